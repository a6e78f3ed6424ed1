"""The table that says of each row which component it is of, and the file that it goes to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from gaussmix.core.source import Source
from gaussmix.core.types import Array
from gaussmix.errors import ConfigError, FileError
from gaussmix.storage.atomic import replacing

RESULTS = {"row": None, "label": "label", "probability": "responsibility", "log_density": "log_density"}
"""Columns that may be asked for, in their order, and what a pass computes for them: nothing for the rows' numbers."""

COLUMNS = tuple(RESULTS)


def check_columns(columns: Iterable[str]) -> tuple[str, ...]:
    """The columns, once it is seen that there are such.

    Raises
    ------
    ConfigError
        If one is unknown or stands twice, or there is none.
    """
    chosen = () if isinstance(columns, str) or not isinstance(columns, Iterable) else tuple(columns)
    if not chosen or not all(name in COLUMNS for name in chosen) or len(set(chosen)) < len(chosen):
        said = chosen or columns
        raise ConfigError(f"columns must be some of {', '.join(map(repr, COLUMNS))}, each once; got {said!r}")
    return chosen


def wanted_for(columns: Sequence[str]) -> tuple[str, ...]:
    """What a pass must compute for these columns."""
    # Something is, even where only the rows' numbers are asked for: it tells how many there are.
    return tuple(wanted for name in columns if (wanted := RESULTS[name]) is not None) or ("label",)


def assignments(parts: Iterable[Mapping[str, Array]], columns: Sequence[str] = COLUMNS) -> Iterator[dict[str, Array]]:
    """The table, some rows after others.

    Parameters
    ----------
    parts : iterable of mapping
        Results of rows, in their order.
    columns : sequence of str
        Of `COLUMNS`: the rows' numbers from 0, labels, probabilities of every component (a column each),
        log-densities.
    """
    n_rows = 0
    for results in parts:
        stop = n_rows + len(next(iter(results.values())))
        table: dict[str, Array] = {}
        for name in columns:
            if name == "row":
                table[name] = np.arange(n_rows, stop)
            elif name == "probability":
                table |= {f"probability_{j}": values for j, values in enumerate(results["responsibility"].T)}
            else:
                table[name] = results[name]
        yield table
        n_rows = stop


def told(parts: Iterable[Mapping[str, Array]], tell: Callable[[int], object]) -> Iterator[Mapping[str, Array]]:
    """Parts of a table as they are; who wants to know is told how many rows are done with."""
    n_rows = 0
    for part in parts:
        yield part
        n_rows += len(next(iter(part.values())))
        tell(n_rows)


def write_assignments(path: Path, force: bool, source: Source, parts: Iterable[Mapping[str, Array]]) -> int:
    """Write a table into a file that appears when it is complete.

    Parameters
    ----------
    path : Path
        The file, whose suffix says its format.
    force : bool
        Whether it may replace another.
    source : Source
        What is read. Its files are never replaced, and nothing is where it cannot say which these are.
    parts : iterable of table
        The rows, some after others.

    Returns
    -------
    n_rows : int
        Rows written.

    Raises
    ------
    FileError
        If it cannot be written.
    """
    from gaussmix.data.tables import write_table  # here, because it brings pyarrow

    if path.exists():
        if any(file.exists() and path.samefile(file) for file in source.paths):
            raise FileError(f"{path} is the file that is read; give another")
        if not source.paths_known:
            raise FileError(
                f"{path} is there already, and may be what the rows are read from, of which their stream says nothing; "
                "give another name"
            )
        if not force:
            raise FileError(f"{path} is there already; give force=True to replace it, or another name")
    with replacing(path) as file:
        return write_table(file, path.suffix, parts)
