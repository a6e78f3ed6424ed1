"""k-means on few rows in memory, and the metric in which distances are taken."""

from __future__ import annotations

import numpy as np

from gaussmix.core.frame import Frame, Scaling
from gaussmix.core.summary import Summary
from gaussmix.core.types import Array, Floats, Integers

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
    return _nearness(points.T, centres).argmax(axis=0)


def _nearness(columns: Floats, centres: Floats) -> Floats:
    """Minus half the squared distance of each point from each centre, but for a number of each point: (k, m).

    The points' own squares are the same for every centre. Coordinates are of order one about zero, so that
    leaving them out costs no digits that matter to a start.

    Parameters
    ----------
    columns : array, shape (d, m)
        The points.
    centres : array, shape (k, d)
        The centres.
    """
    return centres @ columns - 0.5 * np.einsum("kd,kd->k", centres, centres)[:, np.newaxis]


def lloyd(points: Floats, weight: Floats, centres: Floats) -> Integers:
    """Labels of k-means from these centres (Lloyd 1982); a cell without points keeps its centre.

    A point that is equally near to several centres counts for all of them, until it is labelled for the first.

    Parameters
    ----------
    points : array, shape (m, d)
        In units in which distances mean something.
    weight : array, shape (m,)
        Of the points.
    centres : array, shape (k, d)
        Where to begin.
    """
    columns = np.ascontiguousarray(points.T)
    counted = np.concatenate([weight[:, np.newaxis], points * weight[:, np.newaxis]], axis=1)
    member = _members(columns, centres)
    for _ in range(LLOYD_ITERATIONS):
        sums = member.astype(np.float64) @ counted
        size = sums[:, :1]  # (k, 1)
        centres = np.where(size > 0.0, sums[:, 1:] / np.where(size > 0.0, size, 1.0), centres)
        newer = _members(columns, centres)
        if np.array_equal(newer, member):
            break
        member = newer
    return member.argmax(axis=0)


def _members(columns: Floats, centres: Floats) -> Array:
    """Whether each centre is the nearest of each point, shape (k, m): labels would take most of k-means' time."""
    nearness = _nearness(columns, centres)
    return nearness == np.maximum.reduce(nearness, axis=0)
