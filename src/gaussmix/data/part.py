"""The contract of a file of columns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from gaussmix.data.unchanged import Stamp
from gaussmix.errors import DataError, FileError


class Part(ABC):
    """One file that holds some of the rows: its columns, and how to read them.

    Parameters
    ----------
    path : Path
        The file.
    """

    format_name: str
    """As errors call it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stamp = Stamp.of(path)

    @property
    @abstractmethod
    def schema(self) -> pa.Schema:
        """Names and types of the columns."""

    @property
    @abstractmethod
    def n_rows(self) -> int:
        """Rows in the file, as it says itself."""

    @abstractmethod
    def batches(self, columns: Sequence[str], n_rows: int) -> Iterator[pa.RecordBatch]:
        """The rows from the first: the named columns, some ``n_rows`` at a time."""

    @contextmanager
    def read_errors(self) -> Iterator[None]:
        """Errors of the library that reads, in our words.

        Raises
        ------
        DataError
            If the file is damaged or of another format.
        FileError
            If the system does not let it be read.
        """
        try:
            yield
        except (pa.ArrowInvalid, pa.ArrowSerializationError, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
            raise self._damaged(error) from error
        except OSError as error:
            # The library says by OSError, without a number, what it finds wrong inside a file.
            if error.errno is None:
                raise self._damaged(error) from error
            raise FileError(f"{self.path} cannot be read: {error.strerror or error}") from error

    def _damaged(self, error: Exception) -> DataError:
        reason = " ".join(str(error).split())
        cause = "it is damaged, cut short or of another format"
        return DataError(f"{self.path} cannot be read as {self.format_name}: {cause} ({reason})")
