"""What one pass counts beside the summary, for the check of the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gaussmix.core.summary import NOWHERE, Summary
from gaussmix.core.types import Array, Floats

MOST_VALUES = 10
"""Different values of a column that are kept. A column with no more of them stands for a few classes: over so few steps
a cluster cannot look like a Gaussian, whose standard deviation must cover some of them."""


@dataclass(frozen=True)
class WeightCensus:
    """Row weights as they were found, which no source has judged.

    Parameters
    ----------
    n_zero, n_wrong : int
        Weights that are 0; that are negative, missing or infinite.
    first_wrong : int
        Row of the first of the latter, ``NOWHERE`` if there is none.
    minimum, maximum : float
        Of the positive ones; NaN where there is none.
    norm : float
        Root of the sum of their squares.
    """

    n_zero: int = 0
    n_wrong: int = 0
    first_wrong: int = NOWHERE
    minimum: float = np.nan
    maximum: float = np.nan
    norm: float = 0.0

    def __add__(self, other: WeightCensus) -> WeightCensus:
        return WeightCensus(
            self.n_zero + other.n_zero,
            self.n_wrong + other.n_wrong,
            min(self.first_wrong, other.first_wrong),
            float(np.fmin(self.minimum, other.minimum)),
            float(np.fmax(self.maximum, other.maximum)),
            float(np.hypot(self.norm, other.norm)),
        )


@dataclass(frozen=True)
class Census:
    """Figures of columns and weights; those of different rows, one after the other, add up to those of all.

    Rows that do not count (their weight is not a positive number) are in no figure of a column but its gaps.

    Parameters
    ----------
    summary : Summary
        Moments, ranges and gaps.
    n_complete : int
        Rows, of any weight, without missing or infinite values.
    whole : array of bool, shape (d,)
        Whether all finite values are whole numbers.
    rises : array of bool, shape (d,)
        Whether each value is the one of the row before, plus one.
    first, last : array, shape (d,)
        The first and the last row.
    values : array, shape (d, MOST_VALUES + 1)
        Different finite values in rising order, NaN behind them. Where there is no NaN, there are too many to keep.
    weights : WeightCensus
        Of all rows.
    """

    summary: Summary
    n_complete: int
    whole: Array
    rises: Array
    first: Array
    last: Array
    values: Floats
    weights: WeightCensus

    @property
    def n_values(self) -> Array:
        """Number of different values of each column, exact up to MOST_VALUES. Shape (d,)."""
        return np.isfinite(self.values).sum(axis=1)

    def __add__(self, other: Census) -> Census:
        here, there = self.summary.n_weighted > 0, other.summary.n_weighted > 0
        meets = (other.first == self.last + 1.0) if here and there else True
        return Census(
            self.summary + other.summary,
            self.n_complete + other.n_complete,
            self.whole & other.whole,
            self.rises & other.rises & meets,
            self.first if here else other.first,
            other.last if there else self.last,
            different(np.concatenate([self.values, other.values], axis=1)),
            self.weights + other.weights,
        )


def different(columns: Floats) -> Floats:
    """The least different finite values of each line (d, b), MOST_VALUES + 1 at most, NaN behind them."""
    ordered = np.sort(columns, axis=1)
    new = np.isfinite(ordered)
    new[:, 1:] &= ordered[:, 1:] != ordered[:, :-1]
    place = np.cumsum(new, axis=1) - 1
    line, column = np.nonzero(new & (place <= MOST_VALUES))
    found = np.full((len(columns), MOST_VALUES + 1), np.nan)
    found[line, place[line, column]] = ordered[line, column]
    return found
