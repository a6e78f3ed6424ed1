"""From blocks of any sizes to whole chunks: what a source needs that gets its rows piece by piece."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from gaussmix.core.block import Block, concatenate
from gaussmix.core.source import ReduceTask, RowTask
from gaussmix.core.tree import TreeSum
from gaussmix.core.types import Array, Integers

PART_VALUES = 1 << 20
"""Values of one part of the results, where these are asked for in parts: 8 MB."""


def whole_chunks(blocks: Iterable[Block], chunk_length: int) -> Iterator[tuple[Block, int]]:
    """Blocks of whole chunks with the global number of their first; only the last may be short.

    Rows that do not fill a chunk wait for the next block.
    """
    waiting: list[Block] = []
    n_waiting, first_chunk = 0, 0
    for block in blocks:
        waiting.append(block)
        n_waiting += len(block)
        if n_waiting < chunk_length:
            continue
        rows = concatenate(waiting)
        n_chunks = n_waiting // chunk_length
        yield rows.rows(0, n_chunks * chunk_length), first_chunk
        first_chunk += n_chunks
        n_waiting -= n_chunks * chunk_length
        # Not even none of them: to put the next block behind no rows would copy it.
        waiting = [rows.rows(n_chunks * chunk_length, len(rows))] if n_waiting else []
    if n_waiting:
        yield concatenate(waiting), first_chunk


def map_reduce_blocks(blocks: Iterable[Block], task: ReduceTask) -> Any:
    """The sum over the rows of all blocks; None if there are none."""
    total: TreeSum[Any] = TreeSum()
    for block, first_chunk in whole_chunks(blocks, task.chunk_length):
        total.push(task.map(block, first_chunk))
    return total.total()


def map_rows_blocks(blocks: Iterable[Block], task: RowTask) -> dict[str, Array]:
    """One result a row of all blocks."""
    parts = list(row_parts_of_blocks(blocks, task))
    return {name: np.concatenate([new_rows(task, 0)[name], *(p[name] for p in parts)]) for name in task.fields}


def row_parts_of_blocks(blocks: Iterable[Block], task: RowTask) -> Iterator[dict[str, Array]]:
    """The same, some rows after others: about `PART_VALUES` at a time, or a chunk."""
    width = sum(math.prod(field.shape) for field in task.fields.values())
    n_rows = max(1, PART_VALUES // (width * task.chunk_length)) * task.chunk_length
    for block, _ in whole_chunks(blocks, task.chunk_length):
        for start in range(0, len(block), n_rows):
            rows = block.rows(start, start + n_rows)
            part = new_rows(task, len(rows))
            task.map(rows, part)
            yield part


def new_rows(task: RowTask, n_rows: int) -> dict[str, Array]:
    """Empty arrays for the results of that many rows."""
    return {name: np.empty((n_rows, *field.shape), dtype=field.dtype) for name, field in task.fields.items()}


def take_from_blocks(blocks: Iterable[Block], numbers: Integers) -> Block:
    """The rows of these global numbers, in this order (a number may stand more than once)."""
    order = np.argsort(numbers, kind="stable")
    wanted = numbers[order]
    parts: list[Block] = []
    start = 0
    for block in blocks:
        low, high = np.searchsorted(wanted, (start, start + len(block)))
        if high > low or not parts:  # of the first block even nothing: it says how wide rows are
            parts.append(block.take(wanted[low:high] - start))
        start += len(block)
        if high == len(wanted):
            break
    found = concatenate(parts)
    if len(found) != len(numbers):
        raise IndexError(f"row {int(wanted[len(found)])} was asked for, but there are only {start} rows")
    return found.take(np.argsort(order, kind="stable"))
