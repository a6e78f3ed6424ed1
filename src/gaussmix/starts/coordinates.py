"""Coordinates in which to look for clusters: whitened, and projected on the directions that look least normal.

k-means sees balls. Clusters that are long in one direction are cut across by it in the data's own coordinates;
coordinates made from moments of the data turn them into something rounder.
"""

from __future__ import annotations

import numpy as np

from gaussmix.core.types import Floats

NEGLIGIBLE = 1e-10
"""Principal variances below this part of the largest are rounding or exact collinearity: nothing to divide by."""

NOISE = 3.0
"""Standard errors that the kurtosis of a direction must lie from a normal's to count as more than chance."""

MOST_DIRECTIONS = 6
"""Directions that one projection keeps at most; beyond the first few, noise is added faster than signal."""


def whitened(points: Floats, weight: Floats) -> Floats:
    """Principal components of the points, each of unit variance, the widest first: shape (m, r), r ≤ d."""
    share = weight / weight.sum()
    centred = points - share @ points
    variance, direction = np.linalg.eigh((centred * share[:, np.newaxis]).T @ centred)
    kept = variance > NEGLIGIBLE * max(float(variance[-1]), np.finfo(np.float64).tiny)
    scores = centred @ (direction[:, kept] / np.sqrt(variance[kept]))
    return np.ascontiguousarray(scores[:, ::-1])


def projected(white: Floats, weight: Floats, n_components: int) -> Floats:
    """The few directions of whitened points whose distribution is least like a normal one, shape (m, r).

    Two sets of axes are searched. Principal components hold clusters apart that are parallel to the wide ones
    (among many dimensions most are noise, which whitening blows up to the size of the signal). The eigenvectors of
    the fourth moments E[|z|² zzᵀ] hold clusters apart that stand anywhere: for a mixture of elliptical
    distributions with one covariance they contain Fisher's discriminant directions (Tyler, Critchley, Dümbgen &
    Oja 2009, "Invariant co-ordinate selection", theorem 3), but need many rows where there are many dimensions.

    Kurtosis tells a direction that separates: below 3 where clusters are of like size, above it where a few rows
    stand off (Peña & Prieto 2001).

    Parameters
    ----------
    white : array, shape (m, r)
        As `whitened` gives them.
    weight : array, shape (m,)
        Of the points.
    n_components : int
        Clusters that are looked for: k of them need at most k − 1 directions.
    """
    share = weight / weight.sum()
    if white.shape[1] < 2:
        return white
    axes = np.concatenate([white, white @ _fourth_moment_axes(white, share)], axis=1)
    excess = np.abs(share @ axes**4 - 3.0)
    order = np.argsort(-excess, kind="stable")
    most = min(max(n_components - 1, 1), MOST_DIRECTIONS)
    # Var(kurtosis) of n normal values is 24/n; of weighted ones, with Kish's effective number of them.
    limit = NOISE * np.sqrt(24.0 * (share @ share))
    kept: list[int] = []
    for number in order:
        if kept and (len(kept) == most or excess[number] < limit):
            break
        # The same direction may stand in both sets.
        if all(abs(share @ (axes[:, number] * axes[:, other])) < np.sqrt(0.5) for other in kept):
            kept.append(int(number))
    return np.ascontiguousarray(axes[:, kept])


def _fourth_moment_axes(white: Floats, share: Floats) -> Floats:
    """Eigenvectors of E[|z|² zzᵀ] (Cardoso 1989), shape (r, r)."""
    radius = np.einsum("md,md->m", white, white)
    return np.linalg.eigh((white * (share * radius)[:, np.newaxis]).T @ white)[1]
