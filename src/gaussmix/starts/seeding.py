"""Spread-out first centres."""

from __future__ import annotations

import numpy as np

from gaussmix.core.extension import native as _native
from gaussmix.core.types import Floats, Integers


def draw_rows(weight: Floats, size: int, generator: np.random.Generator) -> Integers:
    """Row numbers drawn with probability in proportion to weight.

    By cumulative weight, so that a row of weight 2 is as likely as two rows of weight 1.
    """
    cumulative = np.cumsum(weight)
    return np.minimum(
        np.searchsorted(cumulative, generator.random(size) * cumulative[-1], side="right"), len(weight) - 1
    )


def spread_rows(weight: Floats, size: int, generator: np.random.Generator) -> Integers:
    """Row numbers at equal steps of cumulative weight from a random beginning, in order (systematic sampling).

    A row of weight 2 is met as often as two rows of weight 1 in its place, and none is met twice that weighs
    less than a step.
    """
    return even_rows(weight, size, generator.random())


def even_rows(weight: Floats, size: int, begin: float = 0.5) -> Integers:
    """The same from a given part of a step on: no random numbers, for what must not need any."""
    cumulative = np.cumsum(weight)
    places = (np.arange(size) + begin) * (cumulative[-1] / size)
    return np.minimum(np.searchsorted(cumulative, places, side="right"), len(weight) - 1)


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
