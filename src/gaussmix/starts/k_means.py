"""k-means on few rows in memory, and the metric in which distances are taken."""

from __future__ import annotations

import numpy as np

from gaussmix.core.extension import native as _native
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
    """Number of the nearest centre of each point, the first of equals: shape (m,)."""
    labels: Integers = _native.lloyd(points, None, centres, 0)
    return labels


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
    labels: Integers = _native.lloyd(points, weight, centres, LLOYD_ITERATIONS)
    return labels
