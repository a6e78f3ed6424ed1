"""Columns of numbers into a CSV file."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv as arrow_csv

from gaussmix.core.types import Array

ROWS_WRITTEN = 1 << 16
"""Rows turned into text at a time."""


def write_csv(place: str | Path | BinaryIO, columns: Mapping[str, Array]) -> None:
    """Write columns of numbers with a header line; every float64 is read back exactly.

    Parameters
    ----------
    place : path or file
        The file, which is overwritten, or one that is open and stays so.
    columns : mapping of str to array, shape (n,)
        Columns of equal length, by name.
    """
    n_rows = len(next(iter(columns.values())))
    schema = pa.schema([(name, pa.from_numpy_dtype(c.dtype)) for name, c in columns.items()])
    options = arrow_csv.WriteOptions(include_header=False)
    with Path(place).open("wb") if isinstance(place, str | Path) else nullcontext(place) as file:
        file.write(",".join(map(quoted, columns)).encode() + b"\n")
        for start in range(0, n_rows, ROWS_WRITTEN):
            # From NumPy a NaN stays one, so that no value comes out as an empty field.
            part = [pa.array(c[start : start + ROWS_WRITTEN]) for c in columns.values()]
            text = pa.BufferOutputStream()  # Arrow would close the file, which may be standard output
            arrow_csv.write_csv(pa.record_batch(part, schema=schema), text, options)
            file.write(text.getvalue())


def quoted(name: str) -> str:
    """A name as it stands in a line of CSV."""
    return '"' + name.replace('"', '""') + '"' if set(name) & set(',"\r\n') else name
