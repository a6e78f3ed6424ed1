"""Rows in a CSV file: commas, a header line, UTF-8."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from gaussmix.core.types import Array, Floats
from gaussmix.data.arrow import is_numeric, matrix_of, numeric_columns, weight_of
from gaussmix.data.memory import MemorySource
from gaussmix.errors import DataError, FileError

MISSING = (
    *("", "NA", "N/A", "n/a", "#N/A", "#NA", "<NA>", "NaN", "nan", "-NaN", "-nan"),
    *("NULL", "Null", "null", "None", "none", "?", "."),
)
"""What stands for a missing value: spreadsheets', R's, pandas', databases', UCI's and SAS's ways to say so."""

ROWS_WRITTEN = 1 << 16
"""Rows turned into text at a time."""


class Record(NamedTuple):
    """A line of a CSV file: its number in the file, from 1, and its values."""

    line: int
    values: list[str]


def read_csv(path: str | Path, columns: Sequence[str] | None = None, weight: str | None = None) -> MemorySource:
    """The rows of a CSV file, read as a whole.

    The file has a header line, commas between values and UTF-8 text, with or without a byte order mark.
    Blanks round a column's name do not count, and empty lines are passed over.

    Parameters
    ----------
    path : path
        The file.
    columns, weight : optional
        Which columns are read; see `gaussmix.data.arrow.numeric_columns`.

    Returns
    -------
    rows : MemorySource
        Numbers, with weights and the columns' names.

    Raises
    ------
    DataError
        If a column is not there, not numeric, or not finite everywhere, or if this is no CSV file with a header.
    FileError
        If the file cannot be read.
    """
    path = Path(path)
    try:
        header, n_lines = _header(path, columns is not None)
        # What the columns hold is not known yet: here only their names are checked.
        names = numeric_columns(pa.schema([(n, pa.float64()) for n in header]), columns, weight)
        table = _read(path, header, n_lines, [*names, *([weight] if weight else [])])
        _check_numbers(path, header, table, weight)
        x = matrix_of(table, names)
        _check_finite(path, x, names)
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}") from error
    return MemorySource(x, weight_of(table, weight) if weight else None, feature_names=names)


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
        file.write(",".join(map(_quoted, columns)).encode() + b"\n")
        for start in range(0, n_rows, ROWS_WRITTEN):
            # From NumPy a NaN stays one, so that no value comes out as an empty field.
            part = [pa.array(c[start : start + ROWS_WRITTEN]) for c in columns.values()]
            text = pa.BufferOutputStream()  # Arrow would close the file, which may be standard output
            arrow_csv.write_csv(pa.record_batch(part, schema=schema), text, options)
            file.write(text.getvalue())


def _records(path: Path) -> Iterator[Record]:
    """The lines of the file, for the header and for errors; blank ones are passed over as Arrow does."""
    # Bytes that are not UTF-8 are no error in a column that nobody asked for.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        reader = csv.reader(file, skipinitialspace=True)
        try:
            for values in reader:
                if values:
                    yield Record(reader.line_num, values)
        except csv.Error as error:
            raise DataError(f"line {reader.line_num + 1} is not CSV: {error}") from error


def _header(path: Path, is_asked_for: bool) -> tuple[list[str], int]:
    """Names of all columns, and the number of lines that they take; numbers are names where they are asked for."""
    record = next(_records(path), None)
    if record is None:
        raise DataError("the file is empty; a header line with the columns' names must come first")
    names = [value.strip() for value in record.values]
    if any("\udc80" <= letter <= "\udcff" for name in names for letter in name):
        raise DataError("the header is not UTF-8 text; save the file as CSV in UTF-8")
    other = next((mark for mark in ";\t|" if mark in names[0]), None)
    if len(names) == 1 and other is not None:
        raise DataError(
            f"the header is separated by {other!r}: save the file with commas between values (and points in numbers)"
        )
    if "" in names:
        raise DataError(f"column {names.index('') + 1} of {len(names)} has no name; write one into line {record.line}")
    if not is_asked_for and not any(map(_is_text, names)):
        example = shlex.quote(",".join(map(_quoted, names)))
        raise DataError(
            f"line {record.line} holds numbers where the columns' names must be: write a line of names above it; if "
            f"these are the names, choose the columns to fit: --columns {example}"
        )
    return names, record.line


def _read(path: Path, header: Sequence[str], n_lines: int, wanted: Sequence[str]) -> pa.Table:
    invalid: list[arrow_csv.InvalidRow] = []

    def refuse(row: arrow_csv.InvalidRow) -> str:
        invalid.append(row)
        return "error"

    try:
        table = arrow_csv.read_csv(
            path,
            # One thread, which alone knows the number of an invalid row.
            arrow_csv.ReadOptions(column_names=header, skip_rows=n_lines, use_threads=False),
            arrow_csv.ParseOptions(invalid_row_handler=refuse),
            arrow_csv.ConvertOptions(include_columns=list(dict.fromkeys(wanted)), null_values=MISSING),
        )
    except pa.ArrowInvalid as error:
        if not invalid:
            raise DataError(f"this is not CSV: {error}") from error
        row = invalid[0]
        raise DataError(
            f"line {_line(path, row, n_lines)} has another number of values ({row.actual_columns}) than the "
            f"header ({row.expected_columns}): {row.text[:60]!r}; put text with commas into double quotes"
        ) from error
    if not table.num_rows:
        raise DataError("there are no rows below the header")
    return table


def _line(path: Path, row: arrow_csv.InvalidRow, n_lines: int) -> int:
    """Number in the file of a row that Arrow counts with the header's lines but without blank ones."""
    return next(islice(_records(path), row.number - n_lines, None)).line


def _check_numbers(path: Path, header: list[str], table: pa.Table, weight: str | None) -> None:
    for field in table.schema:
        if is_numeric(field.type):
            continue
        if pa.types.is_null(field.type):
            raise DataError(f"column {field.name!r} has no values at all; leave it out")
        place = header.index(field.name)
        culprits = (r for r in islice(_records(path), 1, None) if _is_text(r.values[place]))
        first = next(culprits, None)
        found = f": {first.values[place][:60]!r} in line {first.line}" if first else ""
        numbers = [f.name for f in table.schema if is_numeric(f.type) and f.name != weight]
        example = shlex.quote(",".join(map(_quoted, numbers)))
        remedy = f", or choose the columns to fit: --columns {example}" if numbers else ""
        raise DataError(f"column {field.name!r} is not numeric{found}; correct it{remedy}")


def _check_finite(path: Path, x: Floats, names: Sequence[str]) -> None:
    """Say which line to look at, where a row alone would be hard to find."""
    if np.isfinite(x).all():
        return
    missing = np.isnan(x)
    words, culprits = ("lack a value", missing) if missing.any() else ("hold an infinite value", np.isinf(x))
    rows = culprits.any(axis=1)
    first = int(rows.argmax())
    line = next(islice(_records(path), 1 + first, None)).line
    raise DataError(
        f"{int(rows.sum())} of {len(x)} rows {words}, the first in line {line} "
        f"(column {names[int(culprits[first].argmax())]!r}); drop or correct those rows, or choose other columns"
    )


def _is_text(value: str) -> bool:
    if value.strip() in MISSING:
        return False
    try:
        float(value)
    except ValueError:
        return True
    return False


def _quoted(name: str) -> str:
    """A name as it stands in a line of CSV."""
    return '"' + name.replace('"', '""') + '"' if set(name) & set(',"\r\n') else name
