"""Covariances that are multiples of one: volumes and a common matrix, by turns."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gaussmix.core.types import Floats
from gaussmix.families.forms.form import singular

TOLERANCE = 1e-12
"""Nats a unit of weight that one more turn must gain. A turn that gains so little is far below the rounding of the
log-likelihood of rows, even if hundreds like it were to come."""
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
    return _by_turns(
        pooled(trace) if previous is None else previous[0], best_shape, volumes, pooled, sum_weight, scatter.shape[1]
    )


def common_matrix(scatter: Floats, sum_weight: Floats, previous: Floats | None) -> tuple[Floats, Floats]:
    """Volumes λ (k,) and matrix C (d, d), of determinant 1, of the best Σₖ = λₖC for scatter (k, d, d).

    As `common_shape`, with C ∝ Σₖ Sₖ/λₖ (model [λₖDADᵀ]); the objective is concave along geodesics.
    """
    d = scatter.shape[-1]

    def best_matrix(weighted: Floats) -> tuple[Floats, Floats]:
        sign, log_determinant = np.linalg.slogdet(weighted)
        if not sign > 0.0:
            raise singular(None)
        matrix = weighted / np.exp(log_determinant / d)
        return matrix, np.linalg.inv(matrix)

    def volumes(inverse: Floats) -> Floats:
        return np.einsum("kij,ji->k", scatter, inverse) / (d * sum_weight)

    def pooled(volume: Floats) -> Floats:
        return (scatter / volume[:, np.newaxis, np.newaxis]).sum(axis=0)

    trace = np.einsum("kii->k", scatter)
    _refuse_nothing(trace)
    return _by_turns(pooled(trace) if previous is None else previous[0], best_matrix, volumes, pooled, sum_weight, d)


def _by_turns(
    first: Floats,
    best: Callable[[Floats], tuple[Floats, Floats]],
    volumes: Callable[[Floats], Floats],
    pooled: Callable[[Floats], Floats],
    sum_weight: Floats,
    n_features: int,
) -> tuple[Floats, Floats]:
    """Volumes and what they are multiples of, until a turn gains nothing.

    Parameters
    ----------
    first : array
        To begin from, of any volume.
    best : callable
        What is common, and its inverse, from the scatter of all in units of their volumes.
    volumes, pooled : callable
        Volumes from that inverse, and the scatter of all from volumes.
    sum_weight : array, shape (k,)
        Sums of shares.
    n_features : int
        d.
    """
    part = sum_weight / sum_weight.sum()
    common, inverse = best(first)
    volume = volumes(inverse)
    _refuse_nothing(volume)
    # With the best volumes the traces are the same for any common matrix, and of the objective the volumes are left.
    worth = -0.5 * n_features * (part @ np.log(volume))
    for _ in range(LIMIT):
        newer, inverse = best(pooled(volume))
        candidate = volumes(inverse)
        gain = -0.5 * n_features * (part @ np.log(candidate)) - worth
        if not gain > 0.0:  # rounding
            break
        common, volume, worth = newer, candidate, worth + gain
        if gain < TOLERANCE:
            break
    return volume, common


def _refuse_nothing(volume: Floats) -> None:
    """Raise where a component has no scatter at all."""
    bad = ~(np.isfinite(volume) & (volume > 0.0))
    if bad.any():
        raise singular(int(np.flatnonzero(bad)[0]))
