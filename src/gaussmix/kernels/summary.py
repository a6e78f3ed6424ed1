"""The first pass over a source."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gaussmix.core.block import Block
from gaussmix.core.contracts import Source
from gaussmix.core.summary import NOWHERE, Summary
from gaussmix.core.tree import Node
from gaussmix.core.types import Array, Floats, Integers
from gaussmix.kernels.chunks import LONGEST


class SummaryTask:
    """Weighted moments and ranges of the columns."""

    chunk_length = LONGEST

    def map(self, block: Block, first_chunk: int) -> Iterator[Node[Summary]]:
        """One node a chunk."""
        for number, start in enumerate(range(0, len(block), self.chunk_length), first_chunk):
            part = block.rows(start, start + self.chunk_length)
            yield Node(0, number, summarise_rows(part.x, part.weight, number * self.chunk_length))


def summarise(source: Source) -> Summary | None:
    """What one pass over the rows learns; None if there are no rows."""
    summary: Summary | None = source.map_reduce(SummaryTask())
    return summary


def summarise_rows(x: Array, weight: Floats, first_row: int) -> Summary:
    """The summary of some rows.

    Parameters
    ----------
    x : array, shape (b, d)
        Rows in the user's units.
    weight : array, shape (b,)
        Their weights, not negative.
    first_row : int
        Global number of the first.
    """
    n_rows, positive = len(x), weight > 0.0
    everything = bool(positive.all())
    numbers = first_row + (np.arange(n_rows) if everything else np.flatnonzero(positive))
    w = weight if everything else weight[positive]
    # Features first: reductions then run along memory, whatever the number of columns.
    columns = np.ascontiguousarray((x if everything else x[positive]).T, dtype=np.float64)  # (d, b)
    finite = np.isfinite(columns)
    whole = bool(finite.all())
    missing = np.isnan(columns) & ~finite if not whole else np.zeros((len(columns), 0), dtype=bool)
    infinite = ~finite & ~missing if not whole else missing
    known = w * finite if not whole else np.broadcast_to(w, columns.shape)  # (d, b)
    values = columns if whole else np.where(finite, columns, 0.0)
    minimum, maximum = _range(columns if whole else np.where(finite, columns, np.nan))
    column_weight = known.sum(axis=1)
    safe = np.where(column_weight > 0.0, column_weight, 1.0)
    # Relative to the middle of the range first, so that neither the sum nor the differences can overflow.
    middle = np.nan_to_num(0.5 * minimum + 0.5 * maximum)
    reach = np.nan_to_num(0.5 * maximum - 0.5 * minimum)
    exponent = np.frexp(reach)[1].astype(np.int64)
    scaled = np.ldexp(0.5 * values - 0.5 * middle[:, np.newaxis], 1 - exponent[:, np.newaxis])  # (d, b)
    offset = np.einsum("db,db->d", known, scaled) / safe
    scaled = scaled - offset[:, np.newaxis]
    return Summary(
        n_rows=n_rows,
        n_weighted=len(numbers),
        sum_weight=float(w.sum()),
        column_weight=column_weight,
        mean=middle + np.ldexp(offset, exponent),
        exponent=exponent,
        scatter=np.einsum("db,db,db->d", known, scaled, scaled),
        minimum=minimum,
        maximum=maximum,
        n_missing=missing.sum(axis=1),
        n_infinite=infinite.sum(axis=1),
        first_missing=_first(missing, numbers),
        first_infinite=_first(infinite, numbers),
    )


def _range(columns: Floats) -> tuple[Floats, Floats]:
    if columns.shape[1] == 0:
        nothing = np.full(len(columns), np.nan)
        return nothing, nothing
    return np.fmin.reduce(columns, axis=1), np.fmax.reduce(columns, axis=1)


def _first(mask: Array, numbers: Integers) -> Integers:
    """Row number of the first True of each line."""
    found = mask.any(axis=1)
    place = mask.argmax(axis=1) if mask.shape[1] else np.zeros(len(mask), dtype=np.int64)
    return np.where(found, numbers[np.where(found, place, 0)] if len(numbers) else 0, NOWHERE).astype(np.int64)
