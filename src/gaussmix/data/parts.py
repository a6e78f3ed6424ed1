"""Rows in files, data sets and streams of columns, read a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from gaussmix.core.block import Block
from gaussmix.core.source import ReduceTask, RowTask, Source
from gaussmix.core.types import Array, Floats, Integers
from gaussmix.data.arrow import EXACT, chosen_columns, dtype_of, is_numeric, matrix_of, weight_of
from gaussmix.data.chunks import map_reduce_blocks, map_rows_blocks, row_parts_of_blocks, take_from_blocks
from gaussmix.data.part import Part
from gaussmix.data.read_ahead import read_ahead
from gaussmix.data.spool import Spool
from gaussmix.errors import DataError

BATCH_VALUES = 1 << 20
"""Values read at a time: 8 MB, enough to keep a pass busy and little beside any model."""
WHOLE_CHUNKS = 4096
"""Rows are read in multiples of so many where there are as many: a chunk has this many or an even part of it, and where
batches end with chunks no rows need be copied to the next."""


@dataclass
class _Seen:
    """What the first pass over all rows finds out, for a source and its copies.

    Parameters
    ----------
    rows_of_parts : list of int
        How many rows each file has.
    large : dict of str to str
        Columns of whole numbers that floats do not hold, and where the first such number is.
    """

    rows_of_parts: list[int] = field(default_factory=list)
    large: dict[str, str] = field(default_factory=dict)


class PartsSource(Source):
    """Numeric columns of one file (or whatever else is a part) or of several, one after another.

    Only what is being computed with is in memory: some batches of rows, not the files. While one is computed with, the
    next is read. Files that change between two passes are noticed.

    Parameters
    ----------
    parts : sequence of Part
        The files, in the order of their rows. All have the first one's columns.
    columns, weight, patterns : optional
        Which columns are read; see `gaussmix.data.arrow.chosen_columns`.

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
        patterns: bool = True,
    ) -> None:
        self._parts = tuple(parts)
        first = parts[0]
        if columns is None:
            first.check_names()
            for part in parts[1:]:
                check_same_names(first, part)
        self._feature_names = chosen_columns(first.schema, columns, weight, patterns)
        self._weight = weight
        self._wanted = list(dict.fromkeys([*self._feature_names, *([weight] if weight else [])]))
        for part in parts:
            _check_columns(first, part, self._wanted, weight)
        self._dtype = dtype_of(first.schema, self._feature_names)
        self._seen = _Seen()
        self._spool: Spool | None = None

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
        found = (f"{part.name}: {note}" if several else note for part in self._parts for note in part.notes)
        large = (
            f"column {name!r} holds whole numbers beyond 2^53, the first in {place}, whose last digits are lost: it "
            "looks like an identifier, which tells nothing of clusters"
            for name, place in self._seen.large.items()
        )
        return (*found, *large)

    @property
    def paths(self) -> Sequence[Path]:
        return [path for part in self._parts for path in part.paths]

    @property
    def paths_known(self) -> bool:
        return all(part.paths_known for part in self._parts)

    def place(self, row: int) -> str:
        """Where to look for a row, counted from 0 over all files, of which a pass has gone."""
        for part, n_rows in zip(self._parts, self._seen.rows_of_parts, strict=False):
            if row < n_rows:
                return part.place(row) if len(self._parts) == 1 else f"{part.place(row)} of {part.name}"
            row -= n_rows
        return super().place(row)

    def for_passes(self) -> PartsSource:
        """The same rows, which a first pass over all of them writes into a temporary file.

        From there later passes read faster than from a packed one. Where there is no room for it, they read the files.
        """
        if self._spool is not None:
            return self
        spooled = copy(self)
        spooled._spool = Spool(self.n_features, self._dtype, self._weight is not None)
        return spooled

    def blocks(self) -> Iterator[Block]:
        """The rows from the first, a batch at a time."""
        for part in self._parts:
            part.check_unchanged()
        if self._spool is not None and self._spool.is_filled:
            return self._spool.blocks(self._rows_at_once)
        return self._read() if self._spool is None else self._spool.filled_from(self._read())

    def map_reduce(self, task: ReduceTask) -> Any:
        with read_ahead(self.blocks()) as blocks:
            return map_reduce_blocks(blocks, task)

    def map_rows(self, task: RowTask) -> dict[str, Array]:
        with read_ahead(self.blocks()) as blocks:
            return map_rows_blocks(blocks, task)

    def row_parts(self, task: RowTask) -> Iterator[dict[str, Array]]:
        with read_ahead(self.blocks()) as blocks:
            yield from row_parts_of_blocks(blocks, task)

    def take(self, numbers: Integers) -> Block:
        if self._spool is not None and self._spool.is_filled:
            return self._spool.take(numbers)
        return take_from_blocks(self.blocks(), numbers)

    @property
    def _rows_at_once(self) -> int:
        rows = max(1, BATCH_VALUES // len(self._wanted))
        return rows // WHOLE_CHUNKS * WHOLE_CHUNKS or rows

    def _read(self) -> Iterator[Block]:
        counts: list[int] = []
        whole = np.array([name in self._parts[0].whole_numbers for name in self._feature_names])
        large: dict[str, int] = {}
        for part in self._parts:
            first_row = 0
            for batch in part.batches(self._wanted, self._rows_at_once):
                x = matrix_of(batch, self._feature_names)
                for j in np.flatnonzero(whole)[(np.abs(x[:, whole]) >= EXACT).any(axis=0)]:
                    row = sum(counts) + first_row + int((np.abs(x[:, j]) >= EXACT).argmax())
                    large.setdefault(self._feature_names[j], row)
                yield Block(x, np.ones(len(x)) if self._weight is None else self._weights(part, batch, first_row))
                first_row += len(x)
            part.check_unchanged()
            counts.append(first_row)
        if not any(counts):
            several = f"there are no rows in these {len(counts)} files"
            raise DataError(self._parts[0].no_rows if len(counts) == 1 else several)
        self._seen.rows_of_parts = counts
        if list(large) != list(self._seen.large):  # to find a line is slow
            self._seen.large = {name: self.place(row) for name, row in large.items()}

    def _weights(self, part: Part, batch: pa.RecordBatch, first_row: int) -> Floats:
        try:
            return weight_of(batch, str(self._weight), first_row)
        except DataError as error:
            raise DataError(f"{part.name}: {error}") from error


def check_same_names(first: Part, other: Part) -> None:
    """See that no column is left out only because the first file does not have it."""
    more = [name for name in other.schema.names if name not in first.schema.names]
    if more:
        raise DataError(
            f"{other.name} has columns that {first.name} has not: {', '.join(more)}; choose the columns to fit"
        )


def _check_columns(first: Part, part: Part, wanted: Sequence[str], weight: str | None) -> None:
    for name in wanted:
        here = part.schema.get_all_field_indices(name)
        if len(here) != 1:
            found = "no" if not here else "more than one"
            raise DataError(f"{part.name} has {found} column {name!r}, which {first.name} has")
    text = [name for name in wanted if not is_numeric(part.schema.field(name).type)]
    if text:
        raise part.not_numeric(text, weight)
    for name in wanted:
        kind, expected = part.schema.field(name).type, first.schema.field(name).type
        if kind != expected:
            raise DataError(f"column {name!r} is {kind} in {part.name} and {expected} in {first.name}; make them alike")
