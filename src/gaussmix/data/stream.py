"""Rows that come as batches of columns from wherever can be asked for them again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from gaussmix.data.frames import is_dataset
from gaussmix.data.part import Part
from gaussmix.data.unchanged import Stamp
from gaussmix.errors import DataError

FIRST_ROWS = 8
"""Rows that are remembered: a stream that was not begun anew does not begin with them."""


def part_of(rows: Any) -> Part:
    """What reads these rows.

    Parameters
    ----------
    rows : object
        A data set of pyarrow, a data frame, a lazy frame of polars, anything with ``__arrow_c_stream__``, or a function
        that gives a new stream of batches whenever it is called.

    Raises
    ------
    TypeError
        If they can be gone through only once, or are nothing of the kind.
    """
    if is_dataset(rows):
        return DatasetPart(rows)
    if hasattr(rows, "read_next_batch") or hasattr(rows, "__next__"):
        raise TypeError(
            "these rows can be gone through only once, and a fit goes over them again and again; give a function that "
            "makes them anew, such as open_rows(lambda: make_reader()), or write them to a Parquet file"
        )
    if hasattr(rows, "collect_batches"):
        return StreamPart(lambda: rows.collect_batches(maintain_order=True))
    if hasattr(rows, "iloc"):  # pandas says its index, too, where it is asked for a stream
        return StreamPart(lambda: pa.Table.from_pandas(rows, preserve_index=False), in_memory=True)
    if hasattr(rows, "__arrow_c_stream__"):
        in_memory = isinstance(rows, pa.Table | pa.RecordBatch) or hasattr(rows, "estimated_size")  # polars has
        return StreamPart(lambda: rows, in_memory)
    if callable(rows):
        return StreamPart(rows)
    raise TypeError(
        f"rows are the name of a file, or something that gives batches of columns again and again, not {type(rows)}; "
        "give an array to the estimator itself"
    )


class StreamPart(Part):
    """Batches of a stream that is asked for anew in every pass.

    Parameters
    ----------
    ask : callable
        Gives the stream: anything with ``__arrow_c_stream__``, or an iterable of batches.
    in_memory : bool
        Whether certainly no file is read for it.

    Raises
    ------
    DataError
        If there are no rows.
    TypeError
        If it gives no batches.
    """

    format_name = "a stream of batches"

    def __init__(self, ask: Callable[[], Any], in_memory: bool = False) -> None:
        super().__init__("the stream")
        self._ask = ask
        self._in_memory = in_memory
        first = next(self._opened(), None)
        if first is None:
            raise DataError(f"{self.name}: {self.no_rows}")
        self._schema = first.schema
        self._begin = _beginning(first)
        self._n_rows: int | None = None

    @property
    def schema(self) -> pa.Schema:
        return self._schema

    @property
    def n_rows(self) -> int | None:
        return self._n_rows

    @property
    def paths_known(self) -> bool:
        return self._in_memory

    def batches(self, columns: Sequence[str], n_rows: int) -> Iterator[pa.RecordBatch]:
        count = 0
        for batch in self._opened():
            if not count and _beginning(batch) != self._begin:
                raise DataError(
                    f"{self.name} does not begin with the rows that it began with at first: whoever gives it must "
                    "begin anew each time, and give the same rows"
                )
            if not batch.schema.equals(self._schema):
                raise DataError(f"{self.name}: after {count} rows its columns have other names or types than at first")
            chosen = batch.select(columns)
            for start in range(0, batch.num_rows, n_rows):
                yield chosen.slice(start, n_rows)
            count += batch.num_rows
        if self._n_rows not in (None, count):
            raise DataError(f"{self.name} had {self._n_rows} rows at first and now {count}: they must be the same")
        self._n_rows = count

    def _opened(self) -> Iterator[pa.RecordBatch]:
        """The batches that have rows."""
        return (batch for batch in _batches(self._ask()) if batch.num_rows)


class DatasetPart(Part):
    """A data set of pyarrow, read with only the columns that are needed.

    Parameters
    ----------
    dataset : Dataset
        The rows.
    """

    format_name = "a data set"

    def __init__(self, dataset: Any) -> None:
        super().__init__("the data set")
        self._dataset = dataset
        named, self._all_named = _files(dataset)
        self._files = [path for path in map(Path, named) if path.is_file()]
        self._all_named &= len(self._files) == len(named)
        self._stamps = [Stamp.of(path) for path in self._files]

    @property
    def schema(self) -> pa.Schema:
        return self._dataset.schema

    @property
    def n_rows(self) -> None:
        return None  # it would have to be read

    @property
    def paths(self) -> Sequence[Path]:
        return self._files

    @property
    def paths_known(self) -> bool:
        return self._all_named

    def check_unchanged(self) -> None:
        for stamp in self._stamps:
            stamp.check()

    def batches(self, columns: Sequence[str], n_rows: int) -> Iterator[pa.RecordBatch]:
        with self.read_errors():
            # Little ahead: rows are read ahead by who asks, and memory must not grow with the files.
            scanner = self._dataset.scanner(
                columns=list(columns), batch_size=n_rows, batch_readahead=2, fragment_readahead=1
            )
            yield from (batch for batch in scanner.to_batches() if batch.num_rows)


def _files(dataset: Any) -> tuple[list[str], bool]:
    """Names of the files of a data set, as it says them, and whether it can say them all."""
    if (parts := getattr(dataset, "children", None)) is not None:
        found = [_files(part) for part in parts]
        return [name for names, _ in found for name in names], all(known for _, known in found)
    if (names := getattr(dataset, "files", None)) is not None:
        return list(names), type(dataset.filesystem).__name__ == "LocalFileSystem"  # others have other paths
    return [], type(dataset).__name__ == "InMemoryDataset"


def _batches(stream: Any) -> Iterator[pa.RecordBatch]:
    """The batches of anything that holds some."""
    if isinstance(stream, pa.RecordBatch):
        yield stream
    elif hasattr(stream, "__arrow_c_stream__"):
        with pa.RecordBatchReader.from_stream(stream) as reader:
            yield from reader
    elif hasattr(stream, "__arrow_c_array__"):
        yield pa.record_batch(stream)
    elif isinstance(stream, Iterable) and not isinstance(stream, str | bytes):
        for item in stream:
            yield from _batches(item)
    else:
        raise TypeError(f"a stream of rows is made of batches of Arrow columns, and here is {type(stream)}")


def _beginning(batch: pa.RecordBatch) -> str:
    return repr([column.slice(0, FIRST_ROWS).to_pylist() for column in batch.columns])
