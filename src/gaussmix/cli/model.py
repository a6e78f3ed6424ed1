"""The saved model that a command line names."""

from __future__ import annotations

from gaussmix.estimators.gaussian_mixture import GaussianMixture


def names_of(model: GaussianMixture) -> tuple[str, ...] | None:
    """Names of the columns that a model was fitted to; None where they had none."""
    rows = getattr(model, "fitted_rows_", None)
    return None if rows is None else rows.feature_names
