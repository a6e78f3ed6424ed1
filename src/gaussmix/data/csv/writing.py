"""Columns of numbers into a CSV file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, Self

import pyarrow as pa
import pyarrow.csv as arrow_csv

from gaussmix.core.types import Array

ROWS_WRITTEN = 1 << 16
"""Rows turned into text at a time."""


class CsvWriter:
    """Writes batches of columns as lines, below a header line, into a file that is open and stays so.

    Parameters
    ----------
    file : file
        Where they go.
    schema : Schema
        Names and types of the columns.
    """

    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        self._file = file
        file.write(",".join(map(quoted, schema.names)).encode() + b"\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is kept back that would have to be written now."""

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Write some rows."""
        for start in range(0, batch.num_rows, ROWS_WRITTEN):
            text = pa.BufferOutputStream()  # Arrow would close the file, which may be standard output
            arrow_csv.write_csv(batch.slice(start, ROWS_WRITTEN), text, arrow_csv.WriteOptions(include_header=False))
            self._file.write(text.getvalue())


def write_csv(path: str | Path, columns: Mapping[str, Array]) -> None:
    """Write columns of numbers with a header line; every float64 is read back exactly.

    Parameters
    ----------
    path : path
        The file, which is overwritten.
    columns : mapping of str to array, shape (n,)
        Columns of equal length, by name.
    """
    # From NumPy a NaN stays one, so that no value comes out as an empty field.
    batch = pa.record_batch({name: pa.array(values) for name, values in columns.items()})
    with Path(path).open("wb") as file, CsvWriter(file, batch.schema) as writer:
        writer.write_batch(batch)


def quoted(name: str) -> str:
    """A name as it stands in a line of CSV."""
    return '"' + name.replace('"', '""') + '"' if set(name) & set(',"\r\n') else name
