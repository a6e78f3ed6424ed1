"""Rows of a source, refused where a value is missing or infinite."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gaussmix.core.block import Block
from gaussmix.core.source import ReduceTask, RowField, RowTask, WrappedSource
from gaussmix.core.tree import Node
from gaussmix.core.types import Array, Integers
from gaussmix.fitting.usable import refuse_gaps
from gaussmix.kernels.summary import summarise


class FiniteRows(WrappedSource):
    """The rows of another source, which are looked at as they pass.

    An array is checked before anything is done with it; to read a file twice for that would double the work. Only
    where a value is not finite, a second reading finds out which.

    Parameters
    ----------
    source : Source
        The rows.
    """

    def map_reduce(self, task: ReduceTask) -> Any:
        try:
            return self._source.map_reduce(_CheckedReduce(task))
        except _NotFiniteError:
            self._refuse()
            raise

    def map_rows(self, task: RowTask) -> dict[str, Array]:
        try:
            return self._source.map_rows(_CheckedRows(task))
        except _NotFiniteError:
            self._refuse()
            raise

    def row_parts(self, task: RowTask) -> Iterator[dict[str, Array]]:
        try:
            yield from self._source.row_parts(_CheckedRows(task))
        except _NotFiniteError:
            self._refuse()
            raise

    def take(self, numbers: Integers) -> Block:
        return self._source.take(numbers)

    def _refuse(self) -> None:
        summary = summarise(self._source)
        if summary is not None:
            refuse_gaps(summary, self._source)


class _NotFiniteError(Exception):
    """A value is missing or infinite."""


@dataclass(frozen=True)
class _CheckedReduce:
    task: ReduceTask

    @property
    def chunk_length(self) -> int:
        return self.task.chunk_length

    def map(self, block: Block, first_chunk: int) -> Iterable[Node[Any]]:
        _check(block)
        return self.task.map(block, first_chunk)


@dataclass(frozen=True)
class _CheckedRows:
    task: RowTask

    @property
    def chunk_length(self) -> int:
        return self.task.chunk_length

    @property
    def fields(self) -> Mapping[str, RowField]:
        return self.task.fields

    def map(self, block: Block, out: Mapping[str, Array]) -> None:
        _check(block)
        self.task.map(block, out)


def _check(block: Block) -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        total = block.x.sum()
    # A sum is finite only if all its terms are; where it is not, it may just have overflowed.
    if not np.isfinite(total) and not np.isfinite(block.x).all():
        raise _NotFiniteError
