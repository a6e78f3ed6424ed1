"""Covariances of equal volume."""

from __future__ import annotations

import numpy as np

from gaussmix.core.types import Floats
from gaussmix.families.forms.form import singular


def factors_to_equal_volume(log_determinant: Floats, sum_weight: Floats, n_features: int) -> Floats:
    """What each component's scatter is to be multiplied by, shape (k,), for the best covariances of equal volume.

    With any shapes and orientations Cₖ = Sₖ / |Sₖ|^(1/d) is the best one, and λ = Σₖ |Sₖ|^(1/d) / N.

    Parameters
    ----------
    log_determinant : array, shape (k,)
        Of the scatter matrices.
    sum_weight : array, shape (k,)
        Sums of shares N.
    n_features : int
        d.

    Raises
    ------
    DegenerateFitError
        If a scatter has no volume: no other of its shape has one.
    """
    bad = ~np.isfinite(log_determinant)
    if bad.any():
        raise singular(int(np.flatnonzero(bad)[0]))
    log_volume = log_determinant / n_features
    return np.exp(log_volume).sum() / sum_weight.sum() * np.exp(-log_volume)
