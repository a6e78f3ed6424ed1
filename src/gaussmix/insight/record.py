"""A fit as plain values that strict JSON can hold."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from gaussmix.core.frame import Frame
from gaussmix.core.mixture import Mixture
from gaussmix.em.history import History
from gaussmix.families.gaussian import Gaussian
from gaussmix.insight.fit_summary import FitSummary, gaussian_of


def fit_record(summary: FitSummary, mixture: Mixture, history: History) -> dict[str, Any]:
    """Every number of a fit, under names.

    Parameters
    ----------
    summary : FitSummary
        Of the mixture.
    mixture : Mixture
        Its parameters, which are recorded in the user's units.
    history : History
        What every iteration was worth.

    Returns
    -------
    record : dict
        Sections ``model``, ``fit``, ``components``, ``parameters`` and ``history``; see `to_json`.
    """
    family = gaussian_of(mixture)
    names = list(summary.feature_names)
    return {
        "model": {
            "family": family.name,
            "covariance": family.structure.name,
            "weights": mixture.allocation.name,
            "mclust_name": summary.model_name,
            "description": summary.model_description,
            "n_components": mixture.n_components,
            "n_features": mixture.n_features,
        },
        "fit": {
            "status": summary.ending.status.value,
            "converged": summary.converged,
            "advice": summary.ending.status.advice,
            "n_iter": summary.ending.n_iter,
            "n_starts": summary.ending.n_starts,
            "gain_left": summary.ending.gain_left,
            "log_likelihood": summary.log_likelihood,
            "n": summary.rows.sum_weight,
            "df": summary.n_parameters,
            "bic": summary.bic,
            "aic": summary.aic,
        },
        "components": [
            {
                "component": component.number,
                "weight": component.weight,
                "rows": component.n_assigned,
                "mean": dict(zip(names, component.mean, strict=True)),
                "standard_deviation": dict(zip(names, component.standard_deviation, strict=True)),
            }
            for component in summary.components
        ],
        "parameters": {
            "columns": names,
            "weights": mixture.weights,
            "means": family.public_means(mixture.frame),
            **_spread(family, mixture.frame),
        },
        "history": {"log_likelihood": history.log_likelihood, "objective": history.objective},
    }


def _spread(family: Gaussian, frame: Frame) -> dict[str, Any]:
    """Covariances; where they are whole matrices of few numbers, these."""
    if family.structure.rank is None:
        return {"covariances": family.public_covariance(frame)}
    return {"loadings": family.public_loadings(frame), "noise_variances": family.public_noise(frame)}


def to_json(record: Mapping[str, Any]) -> str:
    """The record as strictly valid JSON: floats are read back exactly, and what is not finite is null."""
    return json.dumps(_plain(record), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
