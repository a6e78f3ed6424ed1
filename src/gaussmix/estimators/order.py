"""Orders of components: the canonical one, and the one that matches a reference."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from gaussmix.core.types import Floats, Integers

WEIGHT_DIGITS = 9
"""Decimals in which weights must differ to count as different: fits stop with more than that left to change."""


def canonical_order(weights: Floats, means: Floats) -> Integers:
    """Components by weight, the heaviest first; those of one weight by their means, feature by feature.

    Parameters
    ----------
    weights : array, shape (k,)
        Weights.
    means : array, shape (k, d)
        Means.
    """
    return np.lexsort((*means.T[::-1], -weights.round(WEIGHT_DIGITS)))


def matching_order(means: Floats, reference: Floats) -> Integers:
    """Which component comes in each place, so that all squared distances to the reference sum to the least.

    Parameters
    ----------
    means, reference : array, shape (k, d)
        In units in which distances mean something.
    """
    half = 0.5 * reference[:, np.newaxis] - 0.5 * means  # (k, k, d)
    _, order = linear_sum_assignment(np.einsum("ijd,ijd->ij", half, half))
    return np.asarray(order, dtype=np.int64)
