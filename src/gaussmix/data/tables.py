"""Tables of results, written some rows after others: they may be larger than memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gaussmix.core.types import Array
from gaussmix.data.csv.writing import CsvWriter
from gaussmix.errors import ConfigError

Table = Mapping[str, Array]
"""Columns of equal length, by name."""

GROUP_VALUES = 1 << 21
"""Values of a row group or record batch at least, but for the last: many small ones are slow to read."""

WRITERS: dict[str, Callable[[BinaryIO, pa.Schema], Any]] = {
    ".csv": CsvWriter,
    ".parquet": pq.ParquetWriter,
    ".pq": pq.ParquetWriter,
    ".feather": pa.ipc.new_file,
    ".arrow": pa.ipc.new_file,
    ".ipc": pa.ipc.new_file,
}
"""What writes a table, by the suffix of its file."""


def check_format(path: Path) -> None:
    """See that a table can be written into a file of this name.

    Raises
    ------
    ConfigError
        If its suffix is none of `WRITERS`.
    """
    if path.suffix.lower() not in WRITERS:
        raise ConfigError(
            f"{path}: the format of a table is known by its suffix, and {path.suffix!r} is not one of "
            f"{', '.join(WRITERS)}"
        )


def write_table(file: BinaryIO, suffix: str, parts: Iterable[Table]) -> int:
    """Write a table into a file that is open and stays so.

    Parameters
    ----------
    file : file
        Where it goes.
    suffix : str
        Which of `WRITERS`.
    parts : iterable of table
        The rows, some after others; there must be a first part, which tells the columns.

    Returns
    -------
    n_rows : int
        Rows written.
    """
    batches = map(_batch, _larger(parts))
    first = next(batches)
    with WRITERS[suffix.lower()](file, first.schema) as writer:
        writer.write_batch(first)
        n_rows = int(first.num_rows)
        for batch in batches:
            writer.write_batch(batch)
            n_rows += batch.num_rows
    return n_rows


def _larger(parts: Iterable[Table]) -> Iterator[Table]:
    """The same rows in parts that are not small."""
    waiting: list[Table] = []
    n_waiting = 0
    for part in parts:
        waiting.append(part)
        n_waiting += sum(map(len, part.values()))
        if n_waiting >= GROUP_VALUES:
            yield _joined(waiting)
            waiting, n_waiting = [], 0
    if waiting:
        yield _joined(waiting)


def _joined(parts: list[Table]) -> Table:
    return parts[0] if len(parts) == 1 else {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}


def _batch(part: Table) -> pa.RecordBatch:
    # From NumPy a NaN stays one, so that no value comes out as an empty field or a null.
    return pa.record_batch({name: pa.array(values) for name, values in part.items()})
