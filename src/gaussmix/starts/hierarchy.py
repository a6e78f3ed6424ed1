"""Partitions by merging: model-based agglomeration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gaussmix.core.extension import native as _native
from gaussmix.core.types import Floats, Integers

MOST_GROUPS = 50
"""Groups that are merged as ellipsoids; points are merged to so many as balls. Smaller ones say little of a shape:
from 50 groups partitions were as good as from 100 or from single points, in a tenth of the time."""
MULTIPLICATIONS = 2e6
"""Of the costs of all pairs of groups, each a determinant, at most: some 2 ms. With twenty features and more fewer
groups are left to be ellipsoids; they need more rows for their shapes, and partitions were as good."""
PRIOR_WEIGHT, PRIOR_VARIANCE = 1e-3, 0.1
"""Weight, for each feature, and variance of the prior rows of an ellipsoid, as parts of those of all points. A third or
three times as much of either gave partitions as good; with next to none the smallest groups would be flat, and merged
for being so."""


@dataclass(frozen=True)
class Agglomeration:
    """What merging has led to: partitions into any number of groups, each a refinement of those with fewer.

    Parameters
    ----------
    leaf : array of int, shape (n,)
        Number of the distinct point that each row is.
    merges : array of int, shape (m − 1, 2)
        For each step two of the m distinct points; the group of the second joins that of the first.

    Examples
    --------
    >>> points = np.array([[0.0], [0.1], [4.0], [9.0], [9.2]])
    >>> tree = Agglomeration.of(points, np.ones(5))
    >>> tree.labels(2).tolist(), tree.labels(3).tolist()
    ([0, 0, 0, 1, 1], [0, 0, 1, 2, 2])
    """

    leaf: Integers
    merges: Integers

    @classmethod
    def of(cls, points: Floats, weight: Floats) -> Agglomeration:
        """Merge the two groups whose union costs least classification likelihood, until one is left.

        First as balls of one size, by Ward's criterion (1963), which is their likelihood, until few groups are left;
        then as ellipsoids of any kind, Σₖ (nₖ + ν) log|(Wₖ + ν·v·I) / (nₖ + ν)| (Banfield & Raftery 1993, with the
        most likely covariance under the inverse Wishart prior of Fraley & Raftery 2007). The prior is in place of the
        traces that Fraley (1998, section 3) adds to determinants, which have other units.

        Parameters
        ----------
        points : array, shape (n, d)
            In coordinates in which a prior of one variance for all makes sense, such as `halfway` gives.
        weight : array, shape (n,)
            Of the points, positive. A point of weight 2 is as two in its place.

        Notes
        -----
        Memory and time grow with n²: 2000 points of five features take 16 MB and a tenth of a second.
        """
        distinct, leaf = np.unique(points, axis=0, return_inverse=True)
        leaf = leaf.reshape(len(points))
        mass = np.bincount(leaf, weight / weight.sum()).astype(np.float64, copy=False)
        variance = float(np.mean(mass @ (distinct - mass @ distinct) ** 2))
        if len(distinct) == 1 or not variance > 0.0:  # so near that squares of their distances vanish
            return cls(np.zeros_like(leaf), np.empty((0, 2), dtype=np.int64))
        d = points.shape[1]
        a_pair = d**3 / 6 + d**2
        groups = min(MOST_GROUPS, int(np.sqrt(MULTIPLICATIONS / a_pair)))
        scale = np.sqrt(variance)
        merges = _native.agglomerate(distinct / scale, mass, groups, PRIOR_WEIGHT * d, PRIOR_VARIANCE)
        return cls(leaf, merges)

    def labels(self, n_components: int) -> Integers:
        """Group of each row, shape (n,), from 0; fewer than are asked for where there are fewer distinct points."""
        n_points = len(self.merges) + 1
        done = self.merges[: max(n_points - n_components, 0)]
        leader = np.arange(n_points)
        leader[done[:, 1]] = done[:, 0]
        while (leader[leader] != leader).any():
            leader = leader[leader]
        return np.unique(leader, return_inverse=True)[1][self.leaf]


def ellipsoids(points: Floats, labels: Integers) -> tuple[Floats, Floats, Floats]:
    """Number of points, means and covariances of groups, shapes (g,), (g, d) and (g, d, d), with the prior of merging.

    Parameters
    ----------
    points : array, shape (m, d)
        Points that were merged, not all equal. Covariances are positive definite then: their prior is some 1e-4 of
        what the scatter of all points can be at most.
    labels : array of int, shape (m,)
        Group of each, from 0; no group is empty.
    """
    d = points.shape[1]
    size = np.bincount(labels).astype(np.float64)
    prior = PRIOR_WEIGHT * d * len(points)  # rows
    diagonal = prior * PRIOR_VARIANCE * points.var(axis=0).mean() * np.eye(d)
    means, covariances = np.empty((len(size), d)), np.empty((len(size), d, d))
    for group, count in enumerate(size):
        rows = points[labels == group]
        means[group] = rows.mean(axis=0)
        z = rows - means[group]
        covariances[group] = (z.T @ z + diagonal) / (count + prior)
    return size, means, covariances


def quantiles(points: Floats, weight: Floats, n_components: int) -> Integers:
    """Groups of equal weight along a line, shape (n,), from points (n, 1): equal points stay together."""
    place = np.unique(points[:, 0], return_inverse=True)[1]
    mass = np.bincount(place, weight)
    middle = (np.cumsum(mass) - 0.5 * mass) / mass.sum()
    group = np.minimum((middle * n_components).astype(np.int64), n_components - 1)
    return np.unique(group, return_inverse=True)[1][place]
