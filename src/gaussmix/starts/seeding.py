"""Spread-out first centres."""

from __future__ import annotations

import numpy as np

from gaussmix.core.extension import native as _native
from gaussmix.core.types import Floats, Integers

EARLIER = 0.2, 0.3
"""Part of a step by which a place lies earlier in its step than the one before (or later by the rest): the first time,
and the last. Places are then at least 0.7 of a step apart, so that hardly a row is met twice. A constant part has
multiples of its own, where rows of one turn in 13 or 18 were met five times as often as others; with one that grows
none of the turns up to 30, in steps of up to 130, is met less evenly than with random places."""


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

    A row of weight 2 is met as often as two rows in its place, and none is met twice that weighs less than 0.7 of a
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

    Where in its step a place lies changes from one to the next: were it always the same, rows whose clusters take turns
    (the first of each, then the second of each …) would all be met in one of them where the step is a multiple of the
    turn.

    Parameters
    ----------
    size : int
        Number of steps.
    begin : float
        In which part of the first step the first place lies, from 0 to below 1.
    """
    step = np.arange(size, dtype=np.float64)
    first, last = EARLIER
    inside = (begin - step * (first + 0.5 * (last - first) / size * step)) % 1.0
    return step + np.minimum(inside, 1.0 - 1e-9)  # lest rounding bring it into the next


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
