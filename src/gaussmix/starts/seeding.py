"""Spread-out first centres."""

from __future__ import annotations

import numpy as np

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


def greedy_k_means_plus_plus(x: Floats, weight: Floats, k: int, generator: np.random.Generator) -> Floats:
    """K rows far from one another (Arthur & Vassilvitskii 2007, with the best of several draws at each step).

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
    x = np.asfortranarray(x)
    chosen = [int(draw_rows(weight, 1, generator)[0])]
    distance = _squared_distances(x, x[chosen])[0]
    while len(chosen) < k:
        potential = weight * distance
        if not potential.sum() > 0.0:  # every row is a centre already
            potential = weight
        draws = draw_rows(potential, n_draws, generator)
        shrunk = np.minimum(distance, _squared_distances(x, x[draws]))  # (draws, m)
        best = int((shrunk @ weight).argmin())
        chosen.append(int(draws[best]))
        distance = shrunk[best]
    return np.array(chosen)


def _squared_distances(x: Floats, centres: Floats) -> Floats:
    """Of each row from each centre, shape (centres, m), for rows that lie column by column."""
    z = x.T[:, np.newaxis] - centres.T[:, :, np.newaxis]  # (d, centres, m)
    return np.einsum("dcm,dcm->cm", z, z)
