"""What findings are made from: the census of all rows, a sample, and what follows from these, computed once."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gaussmix.core.census import MOST_VALUES, Census
from gaussmix.core.frame import Frame, Scaling
from gaussmix.core.summary import Summary
from gaussmix.core.types import Array, Floats
from gaussmix.data.columns import NotNumeric
from gaussmix.families.structures import Structure
from gaussmix.insight.data_check.extremes import Extremes
from gaussmix.insight.data_check.relations import Relations
from gaussmix.insight.data_check.sample import Sample

ROWS_A_VALUE = 5
"""Rows a value, on average, from which few different values mean that there are few: five rows have five at most."""
EXACT = 2.0**53
"""Beyond it floats do not hold every whole number."""
LARGEST_INTEGER = 2.0**64
"""Beyond it floats are whole because such floats are, unless they came as whole numbers."""
MOST = (5.0, 50.0, 95.0)
"""Percentiles that outliers do not move."""


@dataclass(frozen=True)
class Evidence:
    """All that is known of the rows.

    Parameters
    ----------
    names : tuple of str
        Of the numeric columns.
    not_numeric : tuple of NotNumeric
        The others.
    census : Census
        Of all rows.
    sample : Sample
        Some of them, or all.
    structure : Structure
        Of the covariances that are to be fitted.
    n_components : int or None
        Components that are to be fitted, where that is known.
    dtype : dtype
        Of the rows.
    place : callable
        Says where to look for a row.
    stored_whole : collection of str
        Columns that came as whole numbers, of any length.
    """

    names: tuple[str, ...]
    not_numeric: tuple[NotNumeric, ...]
    census: Census
    sample: Sample
    structure: Structure
    n_components: int | None
    dtype: np.dtype[np.floating]
    place: Callable[[int], str]
    stored_whole: Collection[str] = ()

    @property
    def summary(self) -> Summary:
        """Of all rows."""
        return self.census.summary

    @property
    def n_features(self) -> int:
        """Numeric columns."""
        return len(self.names)

    def named(self, columns: Array | Sequence[int]) -> tuple[str, ...]:
        """Names of columns, given as numbers or as a mask."""
        chosen = np.asarray(columns)
        numbers = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
        return tuple(self.names[j] for j in numbers)

    @cached_property
    def empty(self) -> Array:
        """Columns without any finite value. Shape (d,)."""
        return self.census.n_values == 0

    @cached_property
    def constant(self) -> Array:
        """Columns of one value. Shape (d,)."""
        return self.census.n_values == 1

    @cached_property
    def large_whole(self) -> Array:
        """Columns of whole numbers that floats do not hold: different ones may have become one. Shape (d,)."""
        largest = np.fmax(np.abs(self.summary.minimum), np.abs(self.summary.maximum))
        stored = np.array([name in self.stored_whole for name in self.names])
        return self.census.whole & (largest >= EXACT) & ((largest <= LARGEST_INTEGER) | stored)

    @cached_property
    def few_valued(self) -> Array:
        """Columns of few different values, but more than one. Shape (d,)."""
        n_values = self.census.n_values
        enough = self.summary.n_weighted >= ROWS_A_VALUE * n_values
        return (n_values > 1) & (n_values <= MOST_VALUES) & enough

    @cached_property
    def frame(self) -> Frame:
        """In which most of the sample is of order one, so that no units, offset or outlier cost digits."""
        finite = np.where(np.isfinite(self.sample.x), self.sample.x, np.nan)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of columns without a value
            low, middle, high = np.nanpercentile(finite, MOST, axis=0, method="lower")
        spread = 0.5 * high - 0.5 * low
        spread = np.where(spread > 0.0, spread, self.summary.standard_deviation)
        return Frame.about(np.nan_to_num(middle), spread, Scaling.PER_FEATURE)

    @cached_property
    def internal(self) -> Floats:
        """The sample in the frame, NaN for what is infinite. Shape (m, d)."""
        return self.frame.positions_to_internal(np.where(np.isfinite(self.sample.x), self.sample.x, np.nan))

    @cached_property
    def extremes(self) -> Extremes:
        """Codes for missing values, and values far from all others."""
        ends = np.stack([self.summary.minimum, self.summary.maximum])
        return Extremes.of(self.sample.x, self.internal, ends, self.frame.positions_to_internal(ends))

    @cached_property
    def relations(self) -> Relations:
        """Columns that follow from others."""
        # A code for missing values that stands in two columns at once would make them look alike.
        return Relations.of(self.sample.x, np.where(self.extremes.strange, np.nan, self.internal))
