"""The contract of whatever holds columns of rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from gaussmix.data.arrow import is_numeric
from gaussmix.data.unchanged import Stamp
from gaussmix.errors import DataError, FileError


class Part(ABC):
    """What holds some of the rows: its columns, and how to read them, again and again.

    Parameters
    ----------
    name : str
        What errors call it.
    """

    format_name: str
    """What kind of thing it is, in errors."""
    no_rows = "there are no rows"
    """What is said of a file without any."""

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    @abstractmethod
    def schema(self) -> pa.Schema:
        """Names and types of the columns."""

    @property
    @abstractmethod
    def n_rows(self) -> int | None:
        """Rows that it has, as it says itself; None where it does not."""

    @property
    def paths(self) -> Sequence[Path]:
        """Files that it reads."""
        return ()

    @property
    def paths_known(self) -> bool:
        """Whether these are all."""
        return True

    def check_unchanged(self) -> None:  # noqa: B027 - not everything can be asked
        """Raise where its rows are not what they were.

        Raises
        ------
        DataError
            If they changed.
        FileError
            If a file is gone.
        """

    @property
    def whole_numbers(self) -> Sequence[str]:
        """Columns that are stored as whole numbers."""
        return [field.name for field in self.schema if pa.types.is_integer(field.type)]

    @property
    def notes(self) -> Sequence[str]:
        """What its reader should know of how it was read."""
        return ()

    def check_names(self) -> None:  # noqa: B027 - most formats have nothing to check
        """Raise where what stands for the columns' names can hardly be meant so, and nobody asked for these names.

        Raises
        ------
        DataError
            With what to do.
        """

    def place(self, row: int) -> str:
        """Where to look for one of these rows, counted from 0."""
        return f"row {row} (from 0)"

    def text_in(self, name: str) -> str:
        """What a column holds that is no number, in words."""
        return str(self.schema.field(name).type)

    def not_numeric(self, names: Sequence[str], weight: str | None) -> DataError:
        """The error for columns that were to be fitted, or to be the weight, and do not hold numbers."""
        kinds = ", ".join(f"{name} ({self.schema.field(name).type})" for name in names)
        numeric = [field.name for field in self.schema if is_numeric(field.type) and field.name != weight]
        return DataError(
            f"{self.name}: not numeric: {kinds}. Choose the columns to fit, for example {self.choice(numeric)}"
        )

    def choice(self, names: Sequence[str]) -> str:
        """How to ask for these columns."""
        return f"columns={list(names)}"

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
        except DataError as error:
            if str(error).startswith(self.name):
                raise
            raise DataError(f"{self.name}: {error}") from error
        except (pa.ArrowMemoryError, pa.ArrowCancelled):
            raise  # these are about the process, not about the file
        except pa.ArrowException as error:
            raise self._damaged(error) from error
        except OSError as error:
            # The library says by OSError, without a number, what it finds wrong inside a file.
            if error.errno is None:
                raise self._damaged(error) from error
            raise FileError(f"{self.name} cannot be read: {error.strerror or error}") from error

    def _damaged(self, error: Exception) -> DataError:
        cause = "it is damaged, cut short or of another format"
        if isinstance(error, pa.ArrowCapacityError):
            cause = "it holds more at one place than fits into an array"
        reason = " ".join(str(error).split())
        return DataError(f"{self.name} cannot be read as {self.format_name}: {cause} ({reason})")


class FilePart(Part):
    """One file.

    Parameters
    ----------
    path : Path
        Where it is.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path
        self._stamp = Stamp.of(path)

    @property
    def paths(self) -> Sequence[Path]:
        return [self.path]

    def check_unchanged(self) -> None:
        self._stamp.check()

    def choice(self, names: Sequence[str]) -> str:
        return f"columns={list(names) or '…'}, in the command --columns {self._as_option(names) or '…'}"

    def _as_option(self, names: Sequence[str]) -> str:
        """These columns as the command's option has them."""
        return ",".join(names)
