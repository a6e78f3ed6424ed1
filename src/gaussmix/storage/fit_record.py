"""How a stored mixture came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from gaussmix.core.types import Array
from gaussmix.em.history import Entry, History
from gaussmix.em.status import Status
from gaussmix.fitting.fit import Attempt
from gaussmix.fitting.fitted_rows import FittedRows
from gaussmix.fitting.repair import Event
from gaussmix.storage.section import Section, json_number, shown, wrong

NUMBERS = ("log_likelihood", "bic", "aic", "lower_bound", "gain_left")
"""Fields of a record that are one float each."""


@dataclass(frozen=True)
class FitRecord:
    """A fit without its rows.

    Parameters
    ----------
    rows : FittedRows
        What is remembered of them.
    status : Status
        How it ended.
    n_iter : int
        Iterations of the best start.
    log_likelihood, bic, aic, lower_bound, gain_left : float
        As the estimator's attributes of these names.
    lower_bounds : tuple of float
        Mean log-likelihoods, one an iteration.
    history : History
        Log-likelihood and objective of every set of parameters.
    starts : tuple of Attempt
        Every start.
    events : tuple of Event
        What else happened.
    """

    rows: FittedRows
    status: Status
    n_iter: int
    log_likelihood: float
    bic: float
    aic: float
    lower_bound: float
    gain_left: float
    lower_bounds: tuple[float, ...]
    history: History
    starts: tuple[Attempt, ...]
    events: tuple[Event, ...]

    @property
    def converged(self) -> bool:
        """Whether the fit went on until nothing was left to gain."""
        return self.status is Status.CONVERGED

    @property
    def record(self) -> dict[str, Any]:
        """All that JSON holds of it."""
        rows = self.rows
        return {
            "status": self.status.value,
            "n_iter": self.n_iter,
            **{name: json_number(getattr(self, name)) for name in NUMBERS},
            "rows": {
                "n_rows": rows.n_rows,
                "sum_weight": json_number(rows.sum_weight),
                "fingerprint": rows.fingerprint,
                "n_assigned": None if rows.n_assigned is None else list(rows.n_assigned),
                "weight_name": rows.weight_name,
            },
            "starts": [{"start": a.start, "kind": a.kind, "status": a.status, "reason": a.reason} for a in self.starts],
            "events": [asdict(event) for event in self.events],
        }

    @property
    def tensors(self) -> dict[str, Array]:
        """All that lies beside the JSON."""
        history = self.history
        return {
            "lower_bounds": np.array(self.lower_bounds, dtype=np.float64),
            "history.log_likelihood": history.log_likelihood,
            "history.objective": history.objective,
            "history.coarseness": np.array([entry.coarseness for entry in history], dtype=np.float64),
            "history.leaps": np.array(history.leaps, dtype=np.int64),
            "history.repairs": np.array(history.repairs, dtype=np.int64),
            "starts.raced": np.array([attempt.raced for attempt in self.starts], dtype=np.float64),
            "starts.objective": np.array([attempt.objective for attempt in self.starts], dtype=np.float64),
            "starts.n_iter": np.array([attempt.n_iter for attempt in self.starts], dtype=np.int64),
        }


def fit_record(section: Section, feature_names: tuple[str, ...] | None, n_components: int) -> FitRecord:
    """The record that a file holds.

    Raises
    ------
    ModelFileError
        If it makes no sense.
    """
    numbers: Mapping[str, float] = {name: section.number(name) for name in NUMBERS}
    return FitRecord(
        rows=_rows(section.section("rows"), feature_names, n_components),
        status=_status(section.text("status")),
        n_iter=section.whole("n_iter"),
        **numbers,
        lower_bounds=tuple(section.floats("lower_bounds").tolist()),
        history=_history(section),
        starts=_starts(section),
        events=tuple(_event(event) for event in section.sections("events")),
    )


def _rows(section: Section, feature_names: tuple[str, ...] | None, n_components: int) -> FittedRows:
    assigned = section.counts("n_assigned") if "n_assigned" in section else None
    if assigned is not None and len(assigned) != n_components:
        raise wrong(f"rows are counted for {len(assigned)} components, and there are {n_components}")
    return FittedRows(
        section.whole("n_rows"),
        _positive(section, "sum_weight"),
        section.text("fingerprint"),
        feature_names,
        assigned,
        section.text("weight_name") if "weight_name" in section else None,
    )


def _positive(section: Section, name: str) -> float:
    value = section.number(name)
    if not 0.0 < value < np.inf:
        raise wrong(f"{section.name}.{name} must be positive and finite")
    return value


def _status(name: str) -> Status:
    try:
        return Status(name)
    except ValueError:
        raise wrong(f"a fit cannot end with the status '{shown(name)}'") from None


def _history(section: Section) -> History:
    log_likelihood = section.floats("history.log_likelihood")
    if not len(log_likelihood):
        raise wrong("the history is empty")
    objective = section.floats("history.objective", len(log_likelihood))
    coarseness = section.floats("history.coarseness", len(log_likelihood))
    leaps = set(section.wholes("history.leaps"))
    history = History()
    for number, entry in enumerate(zip(log_likelihood, objective, coarseness, strict=True)):
        history.append(Entry(*map(float, entry)), leapt=number in leaps)
    history.repairs = tuple(section.wholes("history.repairs"))
    return history


def _starts(section: Section) -> tuple[Attempt, ...]:
    entries = section.sections("starts")
    raced, objective = (section.floats(f"starts.{name}", len(entries)) for name in ("raced", "objective"))
    n_iter = section.wholes("starts.n_iter", len(entries))
    return tuple(
        Attempt(
            entry.text("start"),
            entry.text("kind"),
            float(raced[j]),
            float(objective[j]),
            n_iter[j],
            entry.text("status"),
            entry.text("reason"),
        )
        for j, entry in enumerate(entries)
    )


def _event(section: Section) -> Event:
    return Event(
        section.whole("iteration"),
        section.whole("component") if "component" in section else None,
        section.text("kind"),
        section.text("text"),
        section.whole("start") if "start" in section else None,
    )
