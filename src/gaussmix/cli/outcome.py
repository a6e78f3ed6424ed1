"""What a fit came to, as files and as text."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gaussmix.cli.summary import record_of, summary_of
from gaussmix.cli.watching import rows_counted
from gaussmix.data.tables import write_table
from gaussmix.estimators.assignments import COLUMNS, assignments, wanted_for
from gaussmix.insight.record import to_json

if TYPE_CHECKING:
    from gaussmix.core.source import Source
    from gaussmix.core.types import Array
    from gaussmix.estimators.gaussian_mixture import GaussianMixture
    from gaussmix.estimators.selection import Selection
    from gaussmix.insight.fit_summary import FitSummary


class Outcome:
    """A fit and its rows, which are gone through once more: to be assigned, and counted by component.

    Parameters
    ----------
    model : GaussianMixture
        Fitted; it is told how many rows each component has, so that it is saved after the rows were gone through.
    rows : Source
        What it was fitted to.
    weight : str, optional
        Their column of weights.
    settings : mapping
        What was asked for.
    file : str
        Where the rows came from.
    selection : Selection, optional
        What the model was chosen from.
    """

    def __init__(
        self,
        model: GaussianMixture,
        rows: Source,
        weight: str | None,
        settings: Mapping[str, Any],
        file: str,
        selection: Selection | None = None,
    ) -> None:
        self._model, self._rows, self._weight = model, rows, weight
        self._settings, self._file, self._selection = settings, file, selection

    def count(self) -> None:
        """Go through the rows only to count them."""
        for _ in self._parts(("label",)):
            pass

    def write_assignments(self, path: Path) -> None:
        """Go through the rows, and write what is said of each."""
        table = assignments(self._parts(wanted_for(COLUMNS)))
        with path.open("wb") as file:
            write_table(file, ".csv", rows_counted("Assigning …", table))

    @cached_property
    def summary(self) -> FitSummary:
        """Of the fit; when the rows have been counted."""
        return summary_of(self._model)

    @cached_property
    def record(self) -> str:
        """Every number of the fit as JSON; when the rows have been counted."""
        numbers = record_of(self._model, self.summary, self._file)
        chosen = {} if self._selection is None else {"selection": self._selection.to_dict()}
        return to_json({"versions": _versions(), "settings": self._settings, **chosen, **numbers})

    def write_record(self, path: Path) -> None:
        """Write it into a file."""
        path.write_text(self.record, encoding="utf-8", newline="\n")

    def _parts(self, wanted: tuple[str, ...]) -> Iterator[dict[str, Array]]:
        n_assigned = np.zeros(self._model.mixture_.n_components, dtype=np.int64)
        for part in self._model.row_result_parts(self._rows, wanted):
            n_assigned += np.bincount(part["label"], minlength=len(n_assigned))
            yield part
        rows = self._model.fitted_rows_
        self._model.fitted_rows_ = replace(rows, n_assigned=tuple(n_assigned.tolist()), weight_name=self._weight)


def _versions() -> dict[str, str]:
    from gaussmix import __version__

    return {
        "gaussmix": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
    }
