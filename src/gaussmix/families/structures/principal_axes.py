"""Principal axes of covariances, also of features in very different units."""

from __future__ import annotations

import numpy as np
from scipy.linalg import lapack

from gaussmix.core.types import Floats

SCALED_COLUMNS, NO_LEFT, RIGHT = 0, 3, 0
"""LAPACK's dgejsv: to the accuracy of a matrix whose columns are scaled (joba C), the right vectors alone."""
ALIKE = 100.0
"""Ratio of variances of features up to which an eigenvalue that is known to the rounding of the largest keeps all but
two digits of the narrowest."""


def principal_axes(matrices: Floats) -> tuple[Floats, Floats]:
    """Variances (k, d), the smallest first, and axes (k, d, d), one a column, of positive matrices (k, d, d).

    A structure of common units has one scale for all features, and the widest decides it. An eigenvalue that is found
    to the rounding of the largest is then noise in the narrow ones, where the units are a million apart. So the
    features are scaled to one, a factor is taken, and its singular values by Jacobi's rotations, which know every
    axis to its own digits whatever the scales are (Drmač & Veselić 2008).
    """
    along = np.diagonal(matrices, axis1=1, axis2=2)
    if (along.max(axis=1) <= ALIKE * along.min(axis=1)).all():
        variances, axes = np.linalg.eigh(matrices)
        return np.maximum(variances, 0.0), axes
    scale = np.sqrt(np.maximum(along, 0.0))  # (k, d)
    try:
        if not scale.all():
            raise np.linalg.LinAlgError
        lower = np.linalg.cholesky(matrices / (scale[:, :, np.newaxis] * scale[:, np.newaxis, :]))
    except np.linalg.LinAlgError:  # singular: not all axes have digits of their own
        variances, axes = np.linalg.eigh(matrices)
        return np.maximum(variances, 0.0), axes
    variances, axes = np.empty_like(scale), np.empty_like(lower)
    for j, factor in enumerate(lower * scale[:, :, np.newaxis]):
        values, _, vectors, scaling, _, _ = lapack.dgejsv(factor.T, joba=SCALED_COLUMNS, jobu=NO_LEFT, jobv=RIGHT)
        variances[j] = (values * (scaling[0] / scaling[1]))[::-1] ** 2
        axes[j] = vectors[:, ::-1]
    return variances, axes
