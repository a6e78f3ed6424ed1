"""The rows that are looked at closely: all, or as many as memory bears."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gaussmix.core.census import Census
from gaussmix.core.source import Source
from gaussmix.core.types import Floats, Integers
from gaussmix.insight.data_check.words import counted
from gaussmix.kernels.census import counting

VALUES = 1 << 21
"""Values of a sample: 16 MB, of which the check makes a dozen copies. With a thousand columns these are two rows for
each, so that columns do not look as if they followed from others because the rows are few."""
SEED = 0
"""The same rows are drawn each time: a check that is repeated says the same."""


@dataclass(frozen=True)
class Sample:
    """Rows that count, drawn with the same chance.

    Parameters
    ----------
    x : array, shape (m, d)
        The rows.
    numbers : array of int, shape (m,)
        Their places among all rows, from 0, in rising order.
    n_rows : int
        How many rows there are in all.
    is_all : bool
        Whether all rows that count are here.
    """

    x: Floats
    numbers: Integers
    n_rows: int
    is_all: bool

    def __len__(self) -> int:
        return len(self.x)

    @property
    def said(self) -> str:
        """Which rows these are, after "of" or "in"."""
        if self.is_all:
            return f"the {counted(len(self), 'row')}"
        return f"{counted(len(self), 'row')} drawn from the {self.n_rows:,}"


def draw_sample(source: Source, census: Census, n_values: int = VALUES) -> Sample:
    """A sample of a source, of which a census was taken."""
    n_rows = census.summary.n_rows
    size = min(n_rows, max(1, n_values // source.n_features))
    if size == n_rows:
        numbers = np.arange(n_rows)
    else:
        numbers = np.sort(np.random.default_rng(SEED).choice(n_rows, size, replace=False, shuffle=False))
    block = source.take(numbers)
    counts = counting(block.weight)
    if not counts.any():  # of a row without values nothing is said
        return Sample(np.full((1, source.n_features), np.nan), numbers[:1], n_rows, False)
    x = np.asarray(block.x[counts], dtype=np.float64)
    return Sample(x, numbers[counts], n_rows, size == n_rows)
