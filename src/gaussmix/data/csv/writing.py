"""Columns of numbers into a CSV file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as arrow_csv

from gaussmix.core.types import Array

ROWS_WRITTEN = 1 << 16
"""Rows turned into text at a time."""


def write_csv(path: str | Path, columns: Mapping[str, Array]) -> None:
    """Write columns of numbers with a header line; every float64 is read back exactly.

    Parameters
    ----------
    path : path
        The file, which is overwritten.
    columns : mapping of str to array, shape (n,)
        Columns of equal length, by name.
    """
    n_rows = len(next(iter(columns.values())))
    schema = pa.schema([(name, pa.from_numpy_dtype(c.dtype)) for name, c in columns.items()])
    with Path(path).open("wb") as file:
        file.write(",".join(map(quoted, columns)).encode() + b"\n")
        options = arrow_csv.WriteOptions(include_header=False)
        with arrow_csv.CSVWriter(file, schema, write_options=options) as writer:
            for start in range(0, n_rows, ROWS_WRITTEN):
                # From NumPy a NaN stays one, so that no value comes out as an empty field.
                part = [pa.array(c[start : start + ROWS_WRITTEN]) for c in columns.values()]
                writer.write_batch(pa.record_batch(part, schema=schema))


def quoted(name: str) -> str:
    """A name as it stands in a line of CSV."""
    return '"' + name.replace('"', '""') + '"' if set(name) & set(',"\r\n') else name
