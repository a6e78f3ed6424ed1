"""Covariances that are multiples of one: volumes and a common matrix, by turns."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gaussmix.core.types import Floats
from gaussmix.families.forms.form import singular
from gaussmix.families.forms.triangular import precision_cholesky

TOLERANCE = 1e-12
"""Relative change of a volume below which turns have come to their end. Not the gain: where that is rounding, volumes
are known to seven digits, and two fits in other units would tell by these how they were rounded."""
LIMIT = 200
"""Most turns of an M-step. Every one of them raises the objective, and the next M-step goes on from where this ends."""


def common_shape(scatter: Floats, sum_weight: Floats, previous: Floats | None) -> tuple[Floats, Floats]:
    """Volumes λ (k,) and shape A (d,), of determinant 1, of the best Σₖ = λₖ·diag(A) for diagonal scatter (k, d).

    By turns λₖ = tr(A⁻¹Sₖ) / (d·Nₖ) and A ∝ Σₖ Sₖ/λₖ (Celeux & Govaert 1995, model [λₖB]). In log A the objective,
    with the best volumes put in, is concave: there is one optimum.

    Parameters
    ----------
    scatter : array, shape (k, d)
        Scatter along the axes.
    sum_weight : array, shape (k,)
        Sums of shares N.
    previous : array, shape (k, d), optional
        Variances with a shape to begin from.
    """

    def best_shape(weighted: Floats) -> tuple[Floats, Floats]:
        if not (weighted > 0.0).all():
            raise singular(None)
        shape = weighted / np.exp(np.log(weighted).mean())
        return shape, 1.0 / shape

    def volumes(inverse: Floats) -> Floats:
        return scatter @ inverse / (len(inverse) * sum_weight)

    def pooled(volume: Floats) -> Floats:
        return (scatter / volume[:, np.newaxis]).sum(axis=0)

    trace = scatter.sum(axis=1)
    _refuse_nothing(trace)
    return _by_turns(pooled(trace) if previous is None else previous[0], best_shape, volumes, pooled)


def common_matrix(scatter: Floats, sum_weight: Floats, previous: Floats | None) -> tuple[Floats, Floats]:
    """Volumes λ (k,) and matrix C (d, d), of determinant 1, of the best Σₖ = λₖC for scatter (k, d, d).

    As `common_shape`, with C ∝ Σₖ Sₖ/λₖ (model [λₖDADᵀ]); the objective is concave along geodesics.
    """
    d = scatter.shape[-1]

    def best_matrix(weighted: Floats) -> tuple[Floats, Floats]:
        upper = precision_cholesky(weighted[np.newaxis], shared=True)[0]  # of the inverse
        size = np.exp(-2.0 * np.log(np.diagonal(upper)).mean())  # |C|^(1/d)
        return weighted / size, size * (upper @ upper.T)

    def volumes(inverse: Floats) -> Floats:
        return np.einsum("kij,ji->k", scatter, inverse) / (d * sum_weight)

    def pooled(volume: Floats) -> Floats:
        return (scatter / volume[:, np.newaxis, np.newaxis]).sum(axis=0)

    trace = np.einsum("kii->k", scatter)
    _refuse_nothing(trace)
    return _by_turns(pooled(trace) if previous is None else previous[0], best_matrix, volumes, pooled)


def _by_turns(
    first: Floats,
    best: Callable[[Floats], tuple[Floats, Floats]],
    volumes: Callable[[Floats], Floats],
    pooled: Callable[[Floats], Floats],
) -> tuple[Floats, Floats]:
    """Volumes and what they are multiples of, until a turn changes nothing.

    Parameters
    ----------
    first : array
        To begin from, of any volume.
    best : callable
        What is common, and its inverse, from the scatter of all in units of their volumes.
    volumes, pooled : callable
        Volumes from that inverse, and the scatter of all from volumes.
    """
    common, inverse = best(first)
    volume = volumes(inverse)
    _refuse_nothing(volume)
    for _ in range(LIMIT):
        common, inverse = best(pooled(volume))
        before, volume = volume, volumes(inverse)
        if (np.abs(volume - before) <= TOLERANCE * before).all():
            break
    return volume, common


def _refuse_nothing(volume: Floats) -> None:
    """Raise where a component has no scatter at all."""
    bad = ~(np.isfinite(volume) & (volume > 0.0))
    if bad.any():
        raise singular(int(np.flatnonzero(bad)[0]))
