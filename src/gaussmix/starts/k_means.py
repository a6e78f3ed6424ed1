"""k-means on few rows in memory, and the metric in which distances are taken."""

from __future__ import annotations

import numpy as np

from gaussmix.core.frame import Frame, Scaling
from gaussmix.core.summary import Summary
from gaussmix.core.types import Floats, Integers

LLOYD_ITERATIONS = 10
"""A partition that is only to be raced need not be k-means' last; most rows have found their place by then."""


def metric(summary: Summary, frame: Frame, scaling: Scaling) -> Floats:
    """What internal differences of each feature are multiplied by before distances are taken, shape (d,).

    Distances are measured in standard deviations of the columns where the fit to come follows every change of
    their units, and in one common unit where it does not. The deviations are exact, not the frame's powers of
    two: how these are rounded must not show in the distances.
    """
    deviation = frame.lengths_to_internal(summary.standard_deviation)
    if scaling is Scaling.COMMON:
        deviation = np.full_like(deviation, np.sqrt(np.mean(deviation**2)))
    varying = deviation > 0.0  # a constant column separates nothing, whatever it is divided by
    return np.where(varying, 1.0 / np.where(varying, deviation, 1.0), 1.0)


def nearest(points: Floats, centres: Floats) -> Integers:
    """Number of the nearest centre of each point, the first of equals: shape (m,).

    The points' own squares are the same for every centre. Coordinates are of order one about zero, so that
    leaving them out costs no digits that matter to a start.
    """
    score = points @ centres.T - 0.5 * np.einsum("kd,kd->k", centres, centres)
    return score.argmax(axis=1)


def lloyd(points: Floats, weight: Floats, centres: Floats) -> Integers:
    """Labels of k-means from these centres (Lloyd 1982); a cell without points keeps its centre.

    Parameters
    ----------
    points : array, shape (m, d)
        In units in which distances mean something.
    weight : array, shape (m,)
        Of the points.
    centres : array, shape (k, d)
        Where to begin.
    """
    labels = nearest(points, centres)
    weighted = points * weight[:, np.newaxis]
    for _ in range(LLOYD_ITERATIONS):
        one_hot = np.zeros((len(centres), len(points)))
        one_hot[labels, np.arange(len(points))] = 1.0
        size = one_hot @ weight  # (k,)
        sums = one_hot @ weighted
        centres = np.where(size[:, np.newaxis] > 0.0, sums / np.where(size > 0.0, size, 1.0)[:, np.newaxis], centres)
        newer = nearest(points, centres)
        if np.array_equal(newer, labels):
            break
        labels = newer
    return labels
