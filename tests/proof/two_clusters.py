"""Rows for the proofs: two clusters that overlap, in units and at an offset that a frame has to take away."""

from __future__ import annotations

import numpy as np

from gaussmix.core.frame import Frame, Scaling
from gaussmix.core.types import Floats, Integers
from gaussmix.data.memory import MemorySource
from gaussmix.kernels.summary import summarise

UNIT = np.array([30.0, 0.04])
OFFSET = np.array([200.0, -1.0])


def two_clusters(n: int) -> Floats:
    """Rows of two features, shape (n, 2); every third belongs to the second cluster."""
    generator = np.random.default_rng(20001)
    x = generator.standard_normal((n, 2)) @ np.array([[1.0, 0.4], [0.0, 0.8]])
    x[::3] += [2.5, -1.5]
    return OFFSET + UNIT * x


def frame_of(x: Floats) -> Frame:
    """The frame in which a fit of these rows would work."""
    summary = summarise(MemorySource(x))
    assert summary is not None
    return summary.frame(Scaling.PER_FEATURE)


def first_means(x: Floats) -> Floats:
    """Two rows, one of each cluster, in the user's units: where fits begin."""
    return x[[0, 1]]


def groups(n: int) -> Integers:
    """Three groups that hold the clusters in different proportions."""
    number = np.arange(n)
    return np.where(number % 3 == 0, number % 2, 1 + (number % 5 == 0))
