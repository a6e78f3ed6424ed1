"""The rows that a command line names, ready for a fit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gaussmix.core.contracts import Source
from gaussmix.core.summary import Summary
from gaussmix.errors import ConfigError, DataError, FileError
from gaussmix.kernels.summary import summarise

CSV = (".csv",)
PARQUET = (".parquet", ".pq")


@dataclass(frozen=True)
class InputRows:
    """Rows of a file.

    Parameters
    ----------
    source : Source
        The rows, with their weights.
    columns : tuple of str
        Names of the features.
    n_rows : int
        Rows, with those of weight 0.
    sum_weight : float
        Sum of their weights.
    """

    source: Source
    columns: tuple[str, ...]
    n_rows: int
    sum_weight: float


def open_rows(path: Path, columns: tuple[str, ...] | None, weight: str | None, n_components: int) -> InputRows:
    """Open a file by its suffix and check that a fit can use its rows.

    Parameters
    ----------
    path : Path
        CSV or Parquet.
    columns : tuple of str, optional
        The features; every column but the weight where not given.
    weight : str, optional
        The column of weights.
    n_components : int
        Of the fit.

    Raises
    ------
    ConfigError
        If the suffix is another.
    DataError
        If the rows cannot be used.
    FileError
        If the file cannot be read.
    """
    _check_readable(path)
    if path.suffix.lower() not in (*CSV, *PARQUET):
        raise ConfigError(
            f"{path}: the format of a file is known by its suffix, and "
            f"{repr(path.suffix) if path.suffix else 'no suffix'} is not one of {', '.join((*CSV, *PARQUET))}"
        )
    source, names = _opened(path, columns, weight)
    summary = summarise(source)
    if summary is None:
        raise DataError("the file has no rows")
    _check_usable(summary, names, n_components)
    return InputRows(source, names, summary.n_rows, summary.sum_weight)


def _opened(path: Path, columns: tuple[str, ...] | None, weight: str | None) -> tuple[Source, tuple[str, ...]]:
    # Here, so that a command that reads no file, --help first, does not wait for pyarrow.
    if path.suffix.lower() in CSV:
        from gaussmix.data.csv import read_csv

        rows = read_csv(path, columns, weight)
        return rows.source, rows.columns
    from gaussmix.data.parquet import ParquetSource

    source = ParquetSource(path, columns, weight)
    return source, tuple(source.columns)


def _check_readable(path: Path) -> None:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}") from error


def _check_usable(summary: Summary, names: tuple[str, ...], n_components: int) -> None:
    """What a fit would refuse, said with the columns' names, which only this border knows."""
    for word, counts, firsts in (
        ("missing", summary.n_missing, summary.first_missing),
        ("infinite", summary.n_infinite, summary.first_infinite),
    ):
        for name, count, first in zip(names, counts, firsts, strict=True):
            if count:
                raise DataError(
                    f"column {name!r} has {count} {word} value{'' if count == 1 else 's'}, the first in row "
                    f"{first} (from 0); drop or correct those rows, or choose other columns"
                )
    needed = max(2, n_components)
    if summary.n_weighted < needed:
        raise DataError(
            f"a fit with -k {n_components} needs at least {needed} rows of positive weight, and there "
            f"{'is' if summary.n_weighted == 1 else 'are'} {summary.n_weighted}; take more rows or a smaller -k"
        )
