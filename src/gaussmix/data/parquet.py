"""A Parquet file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from gaussmix.data.part import FilePart

BUFFER_BYTES = 1 << 18
"""Read at a time of each column: 16 kB to 1 MB take as long, more takes longer."""


class ParquetPart(FilePart):
    """Columns of a Parquet file, read a few row groups at a time."""

    format_name = "Parquet"

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with self.read_errors(), self._open() as file:
            self._schema, self._n_rows = file.schema_arrow, file.metadata.num_rows

    @property
    def schema(self) -> pa.Schema:
        return self._schema

    @property
    def n_rows(self) -> int:
        return int(self._n_rows)

    def batches(self, columns: Sequence[str], n_rows: int) -> Iterator[pa.RecordBatch]:
        with self.read_errors(), self._open() as file:
            yield from file.iter_batches(n_rows, columns=list(columns))

    def _open(self) -> pq.ParquetFile:
        # Not mapped: a file that somebody cuts short would end the program. Nothing read in advance, nor a row group at
        # once: pyarrow would keep all of it until the last row, and memory would grow with the file.
        return pq.ParquetFile(self.path, pre_buffer=False, buffer_size=BUFFER_BYTES)
