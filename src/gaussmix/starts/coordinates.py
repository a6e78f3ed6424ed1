"""Coordinates in which to look for clusters: whitened, and projected on the directions that look least normal.

k-means sees balls. Clusters that are long in one direction are cut across by it in the data's own coordinates;
coordinates made from moments of the data turn them into something rounder.
"""

from __future__ import annotations

import numpy as np

from gaussmix.core.types import Floats
from gaussmix.starts.seeding import even_rows

NEGLIGIBLE = 1e-10
"""Principal variances below this part of the largest are rounding or exact collinearity: nothing to divide by."""

MOST_DIRECTIONS = 6
"""Directions that one projection keeps at most; beyond the first few, noise is added faster than signal."""

SAME_DIRECTION = 0.5
"""Cosine from which two directions of a search count as one."""

SEARCH_ITERATIONS = 15
"""Steps of the search for directions at most: it converges cubically (Hyvärinen & Oja 1997), from anywhere near in
five."""
SEARCH_ROWS, SEARCH_ROWS_A_FEATURE = 2000, 64
"""Rows on which the search goes at least, and for each feature; which of its directions are kept all rows say."""
SETTLED = 1e-12
"""Part of its length by which an axis may fall short of that on the last, and the search has converged."""


def principal_components(points: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Principal components of the points, each of unit variance, the widest first, and the variances that they had.

    Shapes (m, r) and (r,), r ≤ d.
    """
    share = weight / weight.sum()
    centred = points - share @ points
    variance, direction = np.linalg.eigh((centred * share[:, np.newaxis]).T @ centred)
    kept = variance > NEGLIGIBLE * max(float(variance[-1]), np.finfo(np.float64).tiny)
    scores = centred @ (direction[:, kept] / np.sqrt(variance[kept]))
    return np.ascontiguousarray(scores[:, ::-1]), variance[kept][::-1]


def halfway(white: Floats, variance: Floats) -> Floats:
    """Principal components between those of the points and whitened ones.

    Each is divided by the root of its singular value (the scaled SVD of Scrucca & Raftery 2015, section 3.3): what is
    wide stays wider, which whitening would hide, and no longer hides what is narrow.
    """
    return white * variance**0.25


def least_normal(white: Floats, weight: Floats, n_components: int) -> Floats:
    """The directions of whitened points in which clusters stand apart, the best first: shape (m, r), r ≥ 1.

    Along a direction that separates clusters of like size the kurtosis is far below a normal's 3 (Peña & Prieto
    2001, section 2). Directions of extreme kurtosis are fixed points of a ← E[z(aᵀz)³] − 3a (Hyvärinen & Oja 1997,
    "A fast fixed-point algorithm for independent component analysis", eq. 10). The search begins at two sets of
    axes: principal components, which are near where separation is not across the widest directions, and
    eigenvectors of E[|z|² zzᵀ], which for many rows are the discriminant directions themselves (Tyler, Critchley,
    Dümbgen & Oja 2009, "Invariant co-ordinate selection", theorem 3).

    Parameters
    ----------
    white : array, shape (m, r)
        As `principal_components` gives them.
    weight : array, shape (m,)
        Of the points.
    n_components : int
        Clusters that are looked for: k of them need at most k − 1 directions.
    """
    rank = white.shape[1]
    if rank < 2:
        return white
    share = weight / weight.sum()
    size = max(SEARCH_ROWS, SEARCH_ROWS_A_FEATURE * rank)
    if len(white) > size:
        points = white[even_rows(weight, size)]
        axes = _extreme(points, np.full(size, 1.0 / size))
    else:
        axes = _extreme(white, share)
    squares = (white @ axes) ** 2
    excess = share @ (squares * squares) - 3.0
    # A normal sample's kurtosis has variance 24/n (with weights, Kish's n); the least of r free directions lies
    # about √(2r) standard errors below 3, by extreme values of r independent ones and more.
    limit = np.sqrt(24.0 * (share @ share) * 2.0 * rank)
    most = min(max(n_components - 1, 1), MOST_DIRECTIONS)
    kept: list[int] = []
    for number in np.argsort(excess, kind="stable"):
        if kept and (len(kept) == most or excess[number] > -limit):
            break
        if all(abs(axes[:, number] @ axes[:, other]) < SAME_DIRECTION for other in kept):
            kept.append(int(number))
    return white @ axes[:, kept]


def _extreme(points: Floats, share: Floats) -> Floats:
    """Directions of extreme kurtosis (r, 2r) that the search leads to, some of them more than once."""
    weighted = points * share[:, np.newaxis]
    radius = np.einsum("md,md->m", points, points)
    fourth = np.linalg.eigh((weighted * radius[:, np.newaxis]).T @ points)[1]
    axes: Floats = np.concatenate([np.eye(points.shape[1]), fourth], axis=1)
    for _ in range(SEARCH_ITERATIONS):
        scores = points @ axes
        newer = weighted.T @ (scores * scores * scores) - 3.0 * axes
        length = np.sqrt(np.einsum("rs,rs->s", newer, newer))
        newer = np.where(length > 0.0, newer / np.where(length > 0.0, length, 1.0), axes)
        turned = np.abs(np.einsum("rs,rs->s", newer, axes)).min() < 1.0 - SETTLED  # the sign may change for ever
        axes = newer
        if not turned:
            break
    return axes
