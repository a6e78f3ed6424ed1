"""What the command says of a fitted model."""

from __future__ import annotations

import shutil
import sys
from typing import Any

from gaussmix.errors import ConfigError
from gaussmix.estimators.gaussian_mixture import GaussianMixture
from gaussmix.insight.fit_summary import Ending, FitSummary, Rows
from gaussmix.insight.record import fit_record

OUTPUT_WIDTH = 80
"""Of the summary where it does not go to a terminal."""


def summary_of(model: GaussianMixture) -> FitSummary:
    """The numbers of a fit.

    Raises
    ------
    ConfigError
        If there was none: parameters were given.
    """
    rows = getattr(model, "fitted_rows_", None)
    if rows is None:
        raise ConfigError(
            "the model has parameters that were given, not fitted to any rows, or is the checkpoint of a fit that has "
            "not ended: there is no fit to show"
        )
    return FitSummary.of(
        model.mixture_,
        model.log_likelihood_,
        Rows(rows.n_rows, rows.sum_weight, rows.n_assigned, rows.weight_name),
        Ending(model.status_, model.n_iter_, len(model.starts_), model.gain_left_),
        rows.feature_names,
    )


def record_of(model: GaussianMixture, summary: FitSummary, file: str | None = None) -> dict[str, Any]:
    """The sections of a JSON record that tell of the data and of the fit.

    Parameters
    ----------
    model : GaussianMixture
        Fitted.
    summary : FitSummary
        Of the model.
    file : str, optional
        Where the rows came from, where that is known.
    """
    rows = model.fitted_rows_
    return {
        "data": {
            **({} if file is None else {"file": file}),
            "columns": summary.feature_names,
            "weight": rows.weight_name,
            "n_rows": rows.n_rows,
            "sum_weight": rows.sum_weight,
            "fingerprint": rows.fingerprint,
        },
        **fit_record(summary, model.mixture_, model.history_),
    }


def width() -> int:
    """Characters of a line."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else OUTPUT_WIDTH
