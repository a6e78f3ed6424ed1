"""The rows that a command line names."""

from __future__ import annotations

from pathlib import Path

from gaussmix.core.contracts import Source
from gaussmix.errors import ConfigError, FileError

CSV = (".csv",)
PARQUET = (".parquet", ".pq")


def open_rows(path: Path, columns: tuple[str, ...] | None, weight: str | None) -> Source:
    """Open a file by its suffix.

    Parameters
    ----------
    path : Path
        CSV or Parquet.
    columns : tuple of str, optional
        The features; every column but the weight where not given.
    weight : str, optional
        The column of weights.

    Raises
    ------
    ConfigError
        If the suffix is another.
    DataError
        If a column cannot be used.
    FileError
        If the file cannot be read.
    """
    _check_readable(path)
    # Here, so that a command that reads no file, --help first, does not wait for pyarrow.
    if path.suffix.lower() in CSV:
        from gaussmix.data.csv import read_csv

        return read_csv(path, columns, weight)
    if path.suffix.lower() in PARQUET:
        from gaussmix.data.parquet import ParquetSource

        return ParquetSource(path, columns, weight)
    raise ConfigError(
        f"{path}: the format of a file is known by its suffix, and "
        f"{repr(path.suffix) if path.suffix else 'no suffix'} is not one of {', '.join((*CSV, *PARQUET))}"
    )


def _check_readable(path: Path) -> None:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}") from error
