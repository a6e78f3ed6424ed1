"""Partitions by merging: Ward's criterion on few rows."""

from __future__ import annotations

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

from gaussmix.core.types import Floats, Integers
from gaussmix.starts.k_means import nearest

MERGED_ROWS = 200
"""Rows that are merged: cost and memory grow with their square, and this many show clusters of a twentieth."""


def ward(points: Floats, merged: Integers, n_components: int) -> Integers:
    """Labels of all points: some are merged by Ward's criterion (1963), the others join the nearest centre.

    Ward's is the classification likelihood of equal balls (Banfield & Raftery 1993), in whitened coordinates of
    equal ellipsoids.

    Parameters
    ----------
    points : array, shape (m, d)
        In units in which distances mean something.
    merged : array of int
        Numbers of the points to merge, each as often as it counts.
    n_components : int
        Clusters wanted; where fewer points are distinct, fewer come out.
    """
    rows = points[merged]
    found = fcluster(linkage(rows, "ward"), n_components, "maxclust") - 1
    size = np.bincount(found)
    centres = np.stack([np.bincount(found, column) for column in rows.T], axis=1) / size[:, np.newaxis]
    return nearest(points, centres)
