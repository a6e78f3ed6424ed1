"""What k-means needs before its first pass: a metric and spread-out centres."""

from __future__ import annotations

import numpy as np

from gaussmix.core.contracts import Source
from gaussmix.core.frame import Frame, Scaling
from gaussmix.core.summary import Summary
from gaussmix.core.types import Floats, Integers
from gaussmix.starts.seeding import greedy_k_means_plus_plus

SEEDING_ROWS = 20_000
"""Rows among which first centres are looked for: seeding costs rows · k · draws, and k-means goes over all of
them afterwards anyway."""


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


def seeded_centres(
    source: Source,
    summary: Summary,
    frame: Frame,
    measure: Floats,
    n_components: int,
    generator: np.random.Generator,
) -> Floats:
    """Spread-out rows, internal, shape (k, d).

    Parameters
    ----------
    source : Source
        The rows.
    summary : Summary
        Of the rows.
    frame : Frame
        The internal units.
    measure : array, shape (d,)
        The metric.
    n_components : int
        How many centres.
    generator : Generator
        Of the draws.
    """
    sample = source.take(_row_sample(summary, generator))
    points = frame.positions_to_internal(sample.x)
    return points[greedy_k_means_plus_plus(points * measure, sample.weight, n_components, generator)]


def _row_sample(summary: Summary, generator: np.random.Generator) -> Integers:
    if summary.n_rows <= SEEDING_ROWS:
        return np.arange(summary.n_rows)
    return np.sort(generator.choice(summary.n_rows, SEEDING_ROWS, replace=False))
