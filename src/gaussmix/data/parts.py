"""Rows in files of columns, read a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from gaussmix.core.block import Block
from gaussmix.core.contracts import ReduceTask, RowTask, Source
from gaussmix.core.types import Array, Floats, Integers
from gaussmix.data.arrow import chosen_columns, dtype_of, is_numeric, matrix_of, weight_of
from gaussmix.data.chunks import map_reduce_blocks, map_rows_blocks, take_from_blocks
from gaussmix.data.part import Part
from gaussmix.data.read_ahead import read_ahead
from gaussmix.data.spool import Spool
from gaussmix.errors import DataError

BATCH_VALUES = 1 << 20
"""Values read at a time: 8 MB, enough to keep a pass busy and little beside any model."""
EXACT = 2.0**53
"""Whole numbers up to here are floats; beyond it only every second is, then every fourth."""
WHOLE_CHUNKS = 4096
"""Rows are read in multiples of so many where there are as many: a chunk has this many or an even part of it, and where
batches end with chunks no rows need be copied to the next."""


class PartsSource(Source):
    """Numeric columns of one file or of several, one after another.

    Only what is being computed with is in memory: some batches of rows, not the files. While one is computed with, the
    next is read. Files that change between two passes are noticed.

    Parameters
    ----------
    parts : sequence of Part
        The files, in the order of their rows. All have the first one's columns.
    columns, weight : optional
        Which columns are read; see `gaussmix.data.arrow.chosen_columns`.
    spool : bool
        Whether a first pass over all rows writes them into a temporary file, from which later passes read faster than
        from a packed one. Where there is no room for it, they read the files.

    Raises
    ------
    DataError
        If a column is not there or not numeric, or a file is damaged.
    FileError
        If a file cannot be read.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        columns: Sequence[str] | None = None,
        weight: str | None = None,
        spool: bool = False,
    ) -> None:
        self._parts = tuple(parts)
        schema = parts[0].schema
        if columns is None:
            parts[0].check_names()
        self._feature_names = chosen_columns(schema, columns, weight)
        self._weight = weight
        self._wanted = list(dict.fromkeys([*self._feature_names, *([weight] if weight else [])]))
        text = [name for name in self._wanted if not is_numeric(schema.field(name).type)]
        if text:
            raise parts[0].not_numeric(text, weight)
        for part in parts[1:]:
            _check_alike(parts[0], part, self._wanted)
        self._dtype = dtype_of(schema, self._feature_names)
        self._rows_of_parts: list[int] = []  # once they were counted
        self._large: list[str] = []
        self._spool = Spool(self.n_features, self._dtype, weight is not None) if spool else None

    @property
    def n_features(self) -> int:
        return len(self._feature_names)

    @property
    def feature_names(self) -> Sequence[str]:
        return tuple(self._feature_names)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._dtype

    @property
    def notes(self) -> Sequence[str]:
        several = len(self._parts) > 1
        found = (f"{part.path}: {note}" if several else note for part in self._parts for note in part.notes)
        large = (
            f"column {name!r} holds whole numbers beyond 2^53, whose last digits are lost: it looks like an "
            "identifier, which tells nothing of clusters"
            for name in self._large
        )
        return (*found, *large)

    def place(self, row: int) -> str:
        """Where to look for a row, counted from 0 over all files, of which a pass has gone."""
        for part, n_rows in zip(self._parts, self._rows_of_parts, strict=False):
            if row < n_rows:
                return part.place(row) if len(self._parts) == 1 else f"{part.place(row)} of {part.path}"
            row -= n_rows
        return super().place(row)

    def for_passes(self) -> PartsSource:
        return PartsSource(self._parts, self._feature_names, self._weight, spool=True)

    def blocks(self) -> Iterator[Block]:
        """The rows from the first, a batch at a time."""
        for part in self._parts:
            part.stamp.check()
        if self._spool is not None and self._spool.is_filled:
            return self._spool.blocks(self._rows_at_once)
        return self._read() if self._spool is None else self._spool.filled_from(self._read())

    def map_reduce(self, task: ReduceTask) -> Any:
        with read_ahead(self.blocks()) as blocks:
            return map_reduce_blocks(blocks, task)

    def map_rows(self, task: RowTask) -> dict[str, Array]:
        with read_ahead(self.blocks()) as blocks:
            return map_rows_blocks(blocks, task)

    def take(self, numbers: Integers) -> Block:
        if self._spool is not None and self._spool.is_filled:
            return self._spool.take(numbers)
        return take_from_blocks(self.blocks(), numbers)

    @property
    def _rows_at_once(self) -> int:
        rows = max(1, BATCH_VALUES // len(self._wanted))
        return rows // WHOLE_CHUNKS * WHOLE_CHUNKS or rows

    def _read(self) -> Iterator[Block]:
        counts = []
        whole = np.array([name in self._parts[0].whole_numbers for name in self._feature_names])
        large = np.zeros(int(whole.sum()), dtype=bool)
        for part in self._parts:
            first_row = 0
            for batch in part.batches(self._wanted, self._rows_at_once):
                x = matrix_of(batch, self._feature_names)
                if len(large):
                    large |= (np.abs(x[:, whole]) >= EXACT).any(axis=0)
                yield Block(x, np.ones(len(x)) if self._weight is None else self._weights(part, batch, first_row))
                first_row += len(x)
            part.stamp.check()
            counts.append(first_row)
        if not any(counts):
            raise DataError(
                "there are no rows" if len(counts) == 1 else f"there are no rows in these {len(counts)} files"
            )
        self._rows_of_parts = counts
        self._large = [str(name) for name in np.array(self._feature_names)[whole][large]]

    def _weights(self, part: Part, batch: pa.RecordBatch, first_row: int) -> Floats:
        try:
            return weight_of(batch, str(self._weight), first_row)
        except DataError as error:
            raise DataError(f"{part.path}: {error}") from error


def _check_alike(first: Part, other: Part, wanted: Sequence[str]) -> None:
    for name in wanted:
        here = other.schema.get_all_field_indices(name)
        if len(here) != 1:
            found = "no" if not here else "more than one"
            raise DataError(f"{other.path} has {found} column {name!r}, which {first.path} has")
        kind, expected = other.schema.field(here[0]).type, first.schema.field(name).type
        if kind != expected:
            raise DataError(
                f"column {name!r} is {kind} in {other.path} and {expected} in {first.path}; make them alike"
            )
