"""Rows from a function that makes blocks: a simulation, a database cursor, a detector's run.

The function is called anew for every pass and must hand out the same rows in the same order; how many it hands out
at a time is its own affair, down to none. Each block must own its arrays: rows that do not fill a chunk wait for the
next block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from gaussmix.core.block import Block
from gaussmix.core.source import ReduceTask, RowTask, Source
from gaussmix.core.types import Array, Integers
from gaussmix.data.chunks import map_reduce_blocks, map_rows_blocks, take_from_blocks


class GeneratorSource(Source):
    """Rows of the blocks that a function yields.

    Parameters
    ----------
    blocks : callable
        Called without arguments for each pass; gives the blocks in order.
    n_features : int
        Columns of a row.
    """

    def __init__(self, blocks: Callable[[], Iterable[Block]], n_features: int) -> None:
        self._blocks = blocks
        self._n_features = n_features

    @property
    def n_features(self) -> int:
        return self._n_features

    def map_reduce(self, task: ReduceTask) -> Any:
        return map_reduce_blocks(self._blocks(), task)

    def map_rows(self, task: RowTask) -> dict[str, Array]:
        return map_rows_blocks(self._blocks(), task)

    def take(self, numbers: Integers) -> Block:
        return take_from_blocks(self._blocks(), numbers)
