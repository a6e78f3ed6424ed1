"""The first pass over a source."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from gaussmix.core.block import Block
from gaussmix.core.frame import LARGEST_EXPONENT
from gaussmix.core.source import Source
from gaussmix.core.summary import NOWHERE, Summary
from gaussmix.core.tree import Addable, Node
from gaussmix.core.types import Array, Floats, Integers

VALUES = 1 << 16
"""Values of a chunk: half a megabyte, which a second-level cache holds while NumPy goes over it several times."""


T = TypeVar("T", bound=Addable)


@dataclass(frozen=True)
class ChunkTask(Generic[T]):
    """What is learned of the rows chunk by chunk, and adds up.

    Parameters
    ----------
    n_features : int
        Columns of a row.
    learn : callable
        Makes a term of a chunk's rows, their weights and the number of the first.
    """

    n_features: int
    learn: Callable[[Array, Floats, int], T]

    @property
    def chunk_length(self) -> int:
        """A power of two that depends on the number of columns only."""
        return 1 << max(0, (VALUES // max(self.n_features, 1)).bit_length() - 1)

    def map(self, block: Block, first_chunk: int) -> Iterator[Node[T]]:
        """One node a chunk."""
        for number, start in enumerate(range(0, len(block), self.chunk_length), first_chunk):
            part = block.rows(start, start + self.chunk_length)
            yield Node(0, number, self.learn(part.x, part.weight, number * self.chunk_length))


def learn(source: Source, term: Callable[[Array, Floats, int], T]) -> T | None:
    """The sum of the terms of all chunks; None if there are no rows."""
    with np.errstate(over="ignore", invalid="ignore"):  # of weights, whose sum says so, and of ends of the range
        total: T | None = source.map_reduce(ChunkTask(source.n_features, term))
    return total


def summarise(source: Source) -> Summary | None:
    """What one pass over the rows learns; None if there are no rows."""
    return learn(source, summarise_rows)


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
    # Features first: reductions then run along memory, whatever the number of columns.
    columns = np.ascontiguousarray(x.T, dtype=np.float64)  # (d, b)
    with np.errstate(over="ignore", invalid="ignore"):
        total = columns.sum()
    # A sum is finite only if all its terms are; where it is not, look at each (it may just have overflowed).
    finite = None if np.isfinite(total) else np.isfinite(columns)
    gaps = _gaps(columns, finite, first_row)
    positive = weight > 0.0
    if not positive.all():
        columns, weight = columns[:, positive], weight[positive]
        finite = None if finite is None else finite[:, positive]
    weight = np.ascontiguousarray(weight)  # ones that take no memory are added in another order than ones that do
    return Summary(
        n_rows=len(positive),
        n_weighted=len(weight),
        sum_weight=float(weight.sum()),
        **_moments(columns, weight, finite),
        **gaps,
    )


def _moments(columns: Floats, weight: Floats, finite: Array | None) -> dict[str, Array]:
    """Range, mean and scatter of each column's finite values."""
    values, present, known = columns, columns, np.broadcast_to(weight, columns.shape)  # (d, b)
    if finite is not None:
        values, present, known = np.where(finite, columns, 0.0), np.where(finite, columns, np.nan), known * finite
    column_weight = known.sum(axis=1)
    minimum = np.fmin.reduce(present, axis=1, initial=np.nan)
    maximum = np.fmax.reduce(present, axis=1, initial=np.nan)
    # Relative to the middle of the range, in units of it: neither sums nor squares can then overflow.
    middle, reach = 0.5 * minimum + 0.5 * maximum, 0.5 * maximum - 0.5 * minimum
    if not np.isfinite(reach).all():  # a column without values
        middle, reach = np.nan_to_num(middle), np.nan_to_num(reach)
    exponent = np.maximum(np.frexp(reach)[1], -LARGEST_EXPONENT).astype(np.int64)
    scale = np.ldexp(1.0, 1 - exponent)[:, np.newaxis]
    scaled = (0.5 * values - 0.5 * middle[:, np.newaxis]) * scale  # (d, b)
    offset = np.einsum("db,db->d", known, scaled) / np.where(column_weight > 0.0, column_weight, 1.0)
    scaled -= offset[:, np.newaxis]
    return {
        "column_weight": column_weight,
        "mean": middle + np.ldexp(offset, exponent),
        "exponent": exponent,
        "scatter": np.einsum("db,db,db->d", known, scaled, scaled),
        "minimum": minimum,
        "maximum": maximum,
    }


def _gaps(columns: Floats, finite: Array | None, first_row: int) -> dict[str, Array]:
    """Number and first row of the missing and the infinite values of each column."""
    if finite is None:
        none, nowhere = np.zeros(len(columns), dtype=np.int64), np.full(len(columns), NOWHERE)
        return {"n_missing": none, "n_infinite": none, "first_missing": nowhere, "first_infinite": nowhere}
    missing = np.isnan(columns)
    infinite = ~finite & ~missing
    return {
        "n_missing": missing.sum(axis=1),
        "n_infinite": infinite.sum(axis=1),
        "first_missing": _first(missing, first_row),
        "first_infinite": _first(infinite, first_row),
    }


def _first(mask: Array, first_row: int) -> Integers:
    """Row number of the first True of each line."""
    return np.where(mask.any(axis=1), first_row + mask.argmax(axis=1), NOWHERE)
