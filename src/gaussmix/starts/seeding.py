"""Spread-out first centres."""

from __future__ import annotations

import numpy as np

from gaussmix.core.extension import native as _native
from gaussmix.core.types import Floats, Integers

GOLDEN = (5.0**0.5 - 1.0) / 2.0
"""Multiples of it, less their whole parts, fill the unit interval the most evenly of all (Knuth 1998, "The art of
computer programming", vol. 3, section 6.4), and every second, every third … of them fill it too (Weyl 1916)."""


def draw_rows(weight: Floats, size: int, generator: np.random.Generator) -> Integers:
    """Row numbers drawn with probability in proportion to weight.

    By cumulative weight, so that a row of weight 2 is as likely as two rows of weight 1.
    """
    cumulative = np.cumsum(weight)
    return np.minimum(
        np.searchsorted(cumulative, generator.random(size) * cumulative[-1], side="right"), len(weight) - 1
    )


def spread_rows(weight: Floats, size: int, generator: np.random.Generator) -> Integers:
    """Row numbers from equal steps of cumulative weight, one from each, in order; see `places`.

    A row of weight 2 is met as often as two rows in its place, and none is met more than twice that weighs less than a
    step.
    """
    return even_rows(weight, size, generator.random())


def even_rows(weight: Floats, size: int, begin: float = 0.5) -> Integers:
    """The same from a given part of the first step on: no random numbers, for what must not need any."""
    cumulative = np.cumsum(weight)
    where = places(size, begin) * (cumulative[-1] / size)
    return np.minimum(np.searchsorted(cumulative, where, side="right"), len(weight) - 1)


def places(size: int, begin: float) -> Floats:
    """One place in each of so many steps of length 1, shape (size,), ascending.

    Where in its step a place lies changes from one to the next by the golden section: were it always the same, rows
    whose clusters take turns (the first of each, then the second of each …) would all be met in one of them wherever
    the step is a multiple of the turn.

    Parameters
    ----------
    size : int
        Number of steps.
    begin : float
        In which part of the first step the first place lies, from 0 to below 1.
    """
    step = np.arange(size, dtype=np.float64)
    return step + (begin + GOLDEN * step) % 1.0


def greedy_k_means_plus_plus(x: Floats, weight: Floats, k: int, generator: np.random.Generator) -> Integers:
    """Numbers of k rows far from one another (Arthur & Vassilvitskii 2007), each the best of several draws.

    Parameters
    ----------
    x : array, shape (m, d)
        Rows, in units in which distances mean something.
    weight : array, shape (m,)
        Their weights.
    k : int
        Number of centres; where fewer rows are distinct, some centres are equal.
    generator : Generator
        Of the draws.
    """
    n_draws = 2 + int(np.log(k))  # as many as the paper's authors used in their own code
    chosen: Integers = _native.spread_centres(x, weight, k, n_draws, generator.random(1 + (k - 1) * n_draws))
    return chosen
