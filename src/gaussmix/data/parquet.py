"""Rows in a Parquet file, read a few row groups at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gaussmix.core.block import Block
from gaussmix.core.contracts import ReduceTask, RowTask, Source
from gaussmix.core.types import Array, Integers
from gaussmix.data.arrow import dtype_of, matrix_of, numeric_columns, weight_of
from gaussmix.data.chunks import map_reduce_blocks, map_rows_blocks, take_from_blocks
from gaussmix.errors import FileError

BATCH_VALUES = 1 << 20
"""Values read at a time: 8 MB, enough to keep a pass busy and little beside any model."""


class ParquetSource(Source):
    """Numeric columns of a Parquet file.

    Only what is being computed with is in memory: a batch of rows, not the file.

    Parameters
    ----------
    path : path
        The file.
    columns, weight : optional
        Which columns are read; see `gaussmix.data.arrow.numeric_columns`.

    Raises
    ------
    DataError
        If a column is not there or not numeric.
    FileError
        If the file cannot be read.
    """

    def __init__(self, path: str | Path, columns: Sequence[str] | None = None, weight: str | None = None) -> None:
        self._path = Path(path)
        with self._open() as file:
            self._feature_names = numeric_columns(file.schema_arrow, columns, weight)
            self._dtype = dtype_of(file.schema_arrow, self._feature_names)
        self._weight = weight

    @property
    def n_features(self) -> int:
        return len(self._feature_names)

    @property
    def feature_names(self) -> Sequence[str]:
        return tuple(self._feature_names)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._dtype

    def blocks(self) -> Iterator[Block]:
        """The rows from the first, a batch at a time."""
        wanted = [*self._feature_names, *([self._weight] if self._weight else [])]
        first_row = 0
        with self._open() as file:
            try:
                for batch in file.iter_batches(max(1, BATCH_VALUES // len(wanted)), columns=wanted):
                    x = matrix_of(batch, self._feature_names)
                    weight = weight_of(batch, self._weight, first_row) if self._weight else np.ones(len(x))
                    yield Block(x, weight)
                    first_row += len(x)
            except (pa.ArrowException, OSError) as error:
                raise FileError(f"{self._path} cannot be read as Parquet: {error}") from error

    def map_reduce(self, task: ReduceTask) -> Any:
        return map_reduce_blocks(self.blocks(), task)

    def map_rows(self, task: RowTask) -> dict[str, Array]:
        return map_rows_blocks(self.blocks(), task)

    def take(self, numbers: Integers) -> Block:
        return take_from_blocks(self.blocks(), numbers)

    def _open(self) -> pq.ParquetFile:
        try:
            return pq.ParquetFile(self._path, memory_map=True)
        except (pa.ArrowException, OSError) as error:
            raise FileError(f"{self._path} cannot be read as Parquet: {error}") from error
