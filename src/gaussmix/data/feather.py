"""A Feather file: Arrow's own format on disk (its second version; the first is another format)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from gaussmix.data.part import FilePart


class FeatherPart(FilePart):
    """Columns of an Arrow IPC file, read a batch at a time."""

    format_name = "Feather (Arrow IPC)"

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with self.read_errors(), self._open([]) as file:
            self._schema = file.schema
        # No column is read to count the rows of a batch, only its head.
        with self.read_errors(), self._open([0] if len(self._schema) else []) as file:
            self._n_rows = sum(file.get_batch(i).num_rows for i in range(file.num_record_batches))

    @property
    def schema(self) -> pa.Schema:
        return self._schema

    @property
    def n_rows(self) -> int:
        return self._n_rows

    def batches(self, columns: Sequence[str], n_rows: int) -> Iterator[pa.RecordBatch]:
        numbers = sorted({self._schema.get_field_index(name) for name in columns})
        with self.read_errors(), self._open(numbers) as file:
            for i in range(file.num_record_batches):
                batch = file.get_batch(i)
                for start in range(0, batch.num_rows, n_rows):
                    yield batch.slice(start, n_rows)

    @contextmanager
    def _open(self, columns: list[int]) -> Iterator[pa.RecordBatchFileReader]:
        options = pa.ipc.IpcReadOptions(included_fields=columns or None)
        # Not mapped: a file that somebody cuts short would end the program.
        with pa.OSFile(str(self.path)) as opened, pa.ipc.open_file(opened, options=options) as file:
            yield file
