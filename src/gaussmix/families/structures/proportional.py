"""Covariances that are multiples of one: volumes and a common matrix, by turns."""

from __future__ import annotations

import numpy as np

from gaussmix.core.extension import native as _native
from gaussmix.core.types import Floats
from gaussmix.families.forms.form import singular

TOLERANCE = 1e-12
"""Relative change of a volume below which turns have come to their end. Not the gain: where that is rounding, volumes
are known to seven digits, and two fits in other units would tell by these how they were rounded."""
LIMIT = 200
"""Most turns of an M-step. Every one of them raises the objective, and the next M-step goes on from where this ends."""


def multiples(scatter: Floats, sum_weight: Floats, previous: Floats | None) -> tuple[Floats, Floats]:
    """Volumes λ (k,) and what is common, C, of determinant 1, of the best Σₖ = λₖC.

    By turns λₖ = tr(C⁻¹Sₖ) / (d·Nₖ) and C ∝ Σₖ Sₖ/λₖ (Celeux & Govaert 1995, models [λₖB] and [λₖDADᵀ]; compiled:
    `native/matrices/proportional.cpp`). With the best volumes put in, the objective is concave in log C of diagonal C
    and along geodesics of others: there is one optimum.

    Parameters
    ----------
    scatter : array, shape (k, d) or (k, d, d)
        Scatter along the axes, where C is diagonal, or whole.
    sum_weight : array, shape (k,)
        Sums of shares N.
    previous : array, shape (k, d) or (k, d, d), optional
        Covariances with a C to begin from.

    Raises
    ------
    DegenerateFitError
        If a component has no scatter at all, or all together have none in some direction.
    """
    trace = scatter.sum(axis=1) if scatter.ndim == 2 else np.einsum("kii->k", scatter)
    bad = ~(np.isfinite(trace) & (trace > 0.0))
    if bad.any():
        raise singular(int(np.flatnonzero(bad)[0]))
    first = np.tensordot(1.0 / trace, scatter, axes=1) if previous is None else previous[0]
    volume, common, found = _native.multiples(scatter, sum_weight, first, LIMIT, TOLERANCE)
    if found >= 0:
        raise singular(found if found < len(scatter) else None)
    return volume, common.reshape(scatter.shape[1:])
