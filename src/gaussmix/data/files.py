"""Rows by the name of a file, a folder or a pattern."""

from __future__ import annotations

import glob
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from gaussmix.core.contracts import Source
from gaussmix.data.csv import CsvPart, Dialect
from gaussmix.data.feather import FeatherPart
from gaussmix.data.parquet import ParquetPart
from gaussmix.data.part import Part
from gaussmix.data.parts import PartsSource
from gaussmix.errors import ConfigError, FileError

PARTS: dict[str, Callable[[Path], Part]] = {
    ".parquet": ParquetPart,
    ".pq": ParquetPart,
    ".feather": FeatherPart,
    ".arrow": FeatherPart,
    ".ipc": FeatherPart,
}
"""What reads a file of columns, by suffix."""
CSV = ".csv"
SUFFIXES = (CSV, *PARTS)


def open_rows(
    where: str | Path,
    columns: Sequence[str] | None = None,
    weight: str | None = None,
    dialect: Dialect | None = None,
) -> Source:
    """The rows of a file, of all files in a folder, or of those that a pattern names.

    Parameters
    ----------
    where : str or Path
        A CSV, Parquet or Feather file; a folder of such files; or a pattern with ``*``, ``?`` or
        ``[…]`` (``**``: any folders). Rows come file by file, files in the order of their names. Files and folders
        whose names begin with a dot or an underscore are passed over in folders: they are notes of who wrote them.
    columns : sequence of str, optional
        The features, in this order; every column but the weight where not given.
    weight : str, optional
        The column that holds the rows' weights.
    dialect : Dialect, optional
        How CSV is written; what it does not say is recognised, and said in ``notes``.

    Returns
    -------
    rows : Source
        Opened, not yet read.

    Raises
    ------
    ConfigError
        If a suffix is unknown, or there is no file.
    DataError
        If a column cannot be used, or a file is damaged.
    FileError
        If a file cannot be read.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "rows.csv"
    >>> from gaussmix.data.csv import write_csv
    >>> write_csv(path, {"a": np.array([1.0, 3.0]), "b": np.array([2.0, 4.0])})
    >>> open_rows(path).feature_names
    ('a', 'b')
    """
    paths = _paths(str(where))
    unknown = [path for path in paths if path.suffix.lower() not in SUFFIXES]
    if unknown:
        suffix = repr(unknown[0].suffix) if unknown[0].suffix else "no suffix"
        raise ConfigError(
            f"{unknown[0]}: the format of a file is known by its suffix, and {suffix} is not one of "
            f"{', '.join(SUFFIXES)}"
        )
    readers: dict[str, Callable[[Path], Part]] = {**PARTS, CSV: partial(CsvPart, dialect=dialect)}
    parts = [readers[path.suffix.lower()](path) for path in paths]
    return PartsSource(parts, columns, weight)


def _paths(where: str) -> list[Path]:
    path = Path(where)
    if path.is_dir():
        found = sorted(each for each in path.rglob("*") if each.is_file() and not _is_note(each.relative_to(path)))
        if not found:
            raise ConfigError(f"there is no file of rows in the folder {where}")
        return found
    if glob.has_magic(where) and not path.exists():
        # Not pathlib's, for which a star stands for names that begin with a dot, too.
        found = sorted(each for each in map(Path, glob.glob(where, recursive=True)) if each.is_file())  # noqa: PTH207
        if not found:
            raise ConfigError(f"no file has a name like {where}")
        return found
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}") from error
    return [path]


def _is_note(path: Path) -> bool:
    return any(name.startswith((".", "_")) for name in path.parts)
