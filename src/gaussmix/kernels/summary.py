"""The first pass over a source."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from gaussmix.core.block import Block
from gaussmix.core.extension import native as _native
from gaussmix.core.frame import LARGEST_EXPONENT
from gaussmix.core.source import Source
from gaussmix.core.summary import Summary
from gaussmix.core.tree import Addable, Node
from gaussmix.core.types import Array, Floats

VALUES = 1 << 16
"""Values of a chunk: half a megabyte, which a second-level cache holds while it is gone over several times."""

COMPILED = (np.dtype(np.float64), np.dtype(np.float32))
"""What rows are read as where they lie; others become the first."""

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
    weight = weight.astype(np.float64, copy=False)
    x = x if x.dtype in COMPILED else x.astype(np.float64)
    n_weighted, sum_weight, moments, numbers = _native.column_moments(x, weight, first_row, -LARGEST_EXPONENT)
    column_weight, mean, scatter, minimum, maximum = moments
    exponent, n_missing, n_infinite, first_missing, first_infinite = numbers
    return Summary(
        n_rows=len(x),
        n_weighted=n_weighted,
        sum_weight=sum_weight,
        column_weight=column_weight,
        mean=mean,
        exponent=exponent,
        scatter=scatter,
        minimum=minimum,
        maximum=maximum,
        n_missing=n_missing,
        n_infinite=n_infinite,
        first_missing=first_missing,
        first_infinite=first_infinite,
    )
