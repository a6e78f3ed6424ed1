"""A row from each of equal steps of cumulative weight, found as rows go by: weights alone may be larger than memory."""

from __future__ import annotations

import numpy as np

from gaussmix.core.source import Source
from gaussmix.core.types import Floats, Integers
from gaussmix.kernels.row_weights import cumulative_weights
from gaussmix.starts.seeding import places


def even_rows(source: Source, sum_weight: float, size: int, begin: float = 0.5) -> Integers:
    """Row numbers from equal steps of cumulative weight, in order; `gaussmix.starts.seeding.even_rows` of all weights.

    Parameters
    ----------
    source : Source
        The rows.
    sum_weight : float
        Of all of them, as a pass has summed it.
    size : int
        How many numbers.
    begin : float
        From which part of the first step on.
    """
    steps = places(size, begin)
    numbers, total = _at(steps * (sum_weight / size), source)
    # A pass sums chunk by chunk, here it goes from row to row: other bits, unless weights are whole numbers.
    return numbers if total == sum_weight else _at(steps * (total / size), source)[0]


def _at(wanted: Floats, source: Source) -> tuple[Integers, float]:
    """Numbers of the rows in which these places lie, which ascend, and the sum of all weights."""
    numbers = np.empty(len(wanted), dtype=np.int64)
    done, n_rows, total = 0, 0, 0.0
    for cumulative in cumulative_weights(source):
        total = float(cumulative[-1])
        stop = done + int(np.searchsorted(wanted[done:], total))  # those below it lie here
        numbers[done:stop] = n_rows + np.searchsorted(cumulative, wanted[done:stop], side="right")
        done, n_rows = stop, n_rows + len(cumulative)
    numbers[done:] = n_rows - 1  # rounding may put the last place at the end
    return numbers, total
