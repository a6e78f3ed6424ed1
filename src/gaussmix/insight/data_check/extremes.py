"""Values that lie far from all others: codes for missing values, and outliers."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from gaussmix.core.types import Array, Floats

SENTINELS = np.array(
    [sign * value for value in (99.0, 999.0, 9999.0, 99999.0, 999999.0, 9999999.0) for sign in (-1.0, 1.0)]
    + [-1e10, 1e10, -1e20, 1e20, -1e30, 1e30, -32768.0, 32767.0, -2147483648.0, 2147483647.0]
)
"""What people and programs write where they have no value: nines, powers of ten, the ends of whole numbers."""
CLEAR = 0.5
"""A code lies apart from all other values by at least this part of their range. Values of a scale that goes on to its
end, from 1 to 999 say, do not."""
REPEATED, REPEATED_CLEAR = 3, 0.1
"""From so many times on that a value stands there, this part of the range will do: what was measured and lies at the
end of all values hardly repeats."""
OTHERS = 10
"""Other values without which there is no telling what lies apart."""
FAR = 1000.0
"""Robust standard deviations beyond which a value is an outlier: among a billion draws even Student's t of three
degrees of freedom has about one there."""
FEW, FEW_ROWS = 0.01, 2
"""Share of the rows, or their number, up to which values are outliers; more of them are a cluster of their own."""
NORMAL = 1.4826
"""Standard deviation of a normal distribution whose median absolute deviation is 1."""
INNER = (5.0, 95.0)
"""Percentiles between which a column must have some width, where more than half of its values are the same."""
INNER_WIDTH = 3.2897
"""Of a normal distribution of standard deviation 1."""


@dataclass(frozen=True)
class Extremes:
    """Of each column, what lies far out.

    Parameters
    ----------
    sentinel : array, shape (2, d)
        The least and the largest value where it looks like a code for a missing one, else NaN.
    median : array, shape (d,)
        Of the sample, in internal units.
    distance : array, shape (d,)
        Of the value farthest from the median among all rows, in robust standard deviations; 0 where there are none.
    is_high : array of bool, shape (d,)
        Whether that is the largest value; it is the least otherwise.
    outlying : array of bool, shape (m, d)
        Values of the sample that are outliers.
    coded : array of bool, shape (m, d)
        Values of the sample that are such codes.
    """

    sentinel: Floats
    median: Floats
    distance: Floats
    is_high: Array
    outlying: Array
    coded: Array

    @property
    def strange(self) -> Array:
        """Values of the sample that are either. Shape (m, d)."""
        return self.outlying | self.coded

    @classmethod
    def of(cls, x: Floats, internal: Floats, ends: Floats, internal_ends: Floats) -> Extremes:
        """The extremes of some rows.

        Parameters
        ----------
        x, internal : array, shape (m, d)
            The sample, in the user's units, and in internal ones with NaN for what is not finite.
        ends, internal_ends : array, shape (2, d)
            The least and the largest values of all rows, in either units.
        """
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore", RuntimeWarning)  # of columns without a value
            sentinel, coded = _sentinels(x, internal, ends, internal_ends)
            rest = np.where(coded, np.nan, internal)
            median = np.nanmedian(rest, axis=0)
            spread = _spread(rest, median)
            # Where the end is a code, the farthest of the other values in the sample stands for it.
            low = np.where(np.isnan(sentinel[0]), internal_ends[0], np.nanmin(rest, axis=0))
            high = np.where(np.isnan(sentinel[1]), internal_ends[1], np.nanmax(rest, axis=0))
            distance = np.fmax(high - median, median - low) / spread
            outlying = np.abs(rest - median) > FAR * spread
        few = outlying.sum(axis=0) <= max(FEW * len(x), FEW_ROWS)
        is_far = few & (np.isfinite(rest).sum(axis=0) >= OTHERS) & (spread > 0.0) & (distance > FAR)
        return cls(
            sentinel, median, np.where(is_far, distance, 0.0), high - median > median - low, outlying & is_far, coded
        )


def _sentinels(x: Floats, internal: Floats, ends: Floats, internal_ends: Floats) -> tuple[Floats, Array]:
    """Ends that look like codes (2, d), and where they stand in the sample (m, d)."""
    candidate = np.isin(ends, SENTINELS)
    at_end = np.where(candidate, ends, np.nan)[:, np.newaxis]  # (2, 1, d)
    others = np.where((x == at_end).any(axis=0), np.nan, internal)
    low, high = np.nanmin(others, axis=0), np.nanmax(others, axis=0)
    gap = np.stack([low - internal_ends[0], internal_ends[1] - high])
    enough = (np.isfinite(others).sum(axis=0) >= OTHERS) & (high > low)
    often = (x == at_end).sum(axis=1) >= REPEATED  # (2, d)
    clear = np.where(often, REPEATED_CLEAR, CLEAR) * (high - low)
    sentinel = np.where(candidate & enough & (gap > clear), ends, np.nan)
    return sentinel, (x == sentinel[:, np.newaxis]).any(axis=0)


def _spread(x: Floats, median: Floats) -> Floats:
    """Robust standard deviations; 0 where nine tenths of a column are one value."""
    deviation = NORMAL * np.nanmedian(np.abs(x - median), axis=0)
    low, high = np.nanpercentile(x, INNER, axis=0)
    return np.where(deviation > 0.0, deviation, (high - low) / INNER_WIDTH)
