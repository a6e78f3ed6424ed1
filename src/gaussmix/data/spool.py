"""Rows in a temporary file, as they lie in memory: what was unpacked and parsed once is not done again."""

from __future__ import annotations

import mmap
import shutil
import tempfile
from collections.abc import Iterator
from typing import IO, Any

import numpy as np

from gaussmix.core.block import Block, concatenate
from gaussmix.core.types import Array, Integers

LEFT_FREE = 0.05
"""Part of the disk of temporary files that is left to others."""
KEPT = 4
"""Blocks whose pages stay in memory: as many as may be computed with or read ahead. A page that is needed all the same
comes back by itself."""
TAKEN = 64
"""Rows taken from anywhere before their pages are given back: with each come its neighbours, megabytes of them."""


class Spool:
    """The rows of a source, once they went by.

    The file has no name, so that nothing stays behind however the program ends.

    Parameters
    ----------
    n_features : int
        Numbers in a row.
    dtype : dtype
        Of the rows.
    has_weight : bool
        Whether rows have weights of their own, which are float64.
    """

    def __init__(self, n_features: int, dtype: np.dtype[Any], has_weight: bool) -> None:
        self._kinds = [((n_features,), dtype), *([((), np.dtype(np.float64))] if has_weight else [])]
        self._columns: list[_Column] = []

    @property
    def is_filled(self) -> bool:
        """Whether all rows went by, so that they can be read from here."""
        return bool(self._columns)

    def filled_from(self, blocks: Iterator[Block]) -> Iterator[Block]:
        """The blocks as they are; when the last has gone by, all are in the file."""
        files: list[IO[bytes]] = []
        try:
            complete = _open(files, len(self._kinds))
            for block in blocks:
                yield block
                complete = complete and _has_room(block) and all(map(_write, files, (block.x, block.weight)))
            if complete:
                self._columns = [_Column(file, *kind) for file, kind in zip(files, self._kinds, strict=True)]
        finally:
            for file in files:
                file.close()  # what is mapped stays

    def blocks(self, n_rows: int) -> Iterator[Block]:
        """The rows from the first, so many at a time."""
        total = len(self._columns[0].values)
        for start in range(0, total, n_rows):
            yield self._block(slice(start, start + n_rows))
            for column in self._columns:
                column.forget(start - KEPT * n_rows, n_rows)
        for column in self._columns:
            column.forget(0, total)

    def take(self, numbers: Integers) -> Block:
        """The rows of these numbers, in this order."""
        parts = [self._block(numbers[:TAKEN])]
        for start in range(TAKEN, len(numbers), TAKEN):
            for column in self._columns:
                column.forget(0, len(column.values))
            parts.append(self._block(numbers[start : start + TAKEN]))
        for column in self._columns:
            column.forget(0, len(column.values))
        return concatenate(parts)

    def _block(self, which: slice | Integers) -> Block:
        x, *weight = (column.values[which] for column in self._columns)
        return Block(x, weight[0] if weight else np.broadcast_to(np.ones(1), (len(x),)))


class _Column:
    """Values of a file, mapped into memory."""

    def __init__(self, file: IO[bytes], row: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.values: Array = np.frombuffer(self._map, dtype).reshape(-1, *row)

    def forget(self, first: int, n_rows: int) -> None:
        """Give back the memory of some rows, whole pages of it; their values stay in the file."""
        if first < 0 or not hasattr(self._map, "madvise"):
            return
        row = self.values.strides[0]
        page = mmap.PAGESIZE
        begin, end = -(-first * row // page) * page, min((first + n_rows) * row, len(self._map)) // page * page
        if begin < end:
            self._map.madvise(mmap.MADV_DONTNEED, begin, end - begin)


def _has_room(block: Block) -> bool:
    """Whether there is room for more, and for others."""
    usage = shutil.disk_usage(tempfile.gettempdir())
    return usage.free - block.x.nbytes - block.weight.nbytes > LEFT_FREE * usage.total


def _open(files: list[IO[bytes]], count: int) -> bool:
    """Open so many files; False where there is no place for them."""
    try:
        for _ in range(count):
            files.append(tempfile.TemporaryFile(prefix="gaussmix-", buffering=0))  # noqa: PERF401, SIM115
    except OSError:
        return False
    return True


def _write(file: IO[bytes], values: Array) -> bool:
    """Append values; False where there is no room left, and then the file is of no use."""
    rest = np.ascontiguousarray(values).data.cast("B")
    try:
        while len(rest):
            rest = rest[file.write(rest) :]
    except OSError:
        return False
    return True
