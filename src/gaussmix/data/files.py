"""Rows by the name of a file, a folder or a pattern."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from gaussmix.core.source import Source
from gaussmix.data.csv import CsvPart, Dialect
from gaussmix.data.csv.packing import PACKINGS
from gaussmix.data.feather import FeatherPart
from gaussmix.data.parquet import ParquetPart
from gaussmix.data.part import Part
from gaussmix.data.parts import PartsSource
from gaussmix.data.stream import part_of
from gaussmix.errors import ConfigError, FileError

PARTS: dict[str, Callable[[Path], Part]] = {
    ".parquet": ParquetPart,
    ".pq": ParquetPart,
    ".feather": FeatherPart,
    ".arrow": FeatherPart,
    ".ipc": FeatherPart,
}
"""What reads a file of columns, by suffix."""
TEXT = ".txt"
"""Of a table, or of anything else."""
PLAIN = (".csv", ".tsv", ".tab", TEXT)
CSV = (*PLAIN, *(f"{plain}{packed}" for plain in PLAIN for packed in PACKINGS))
"""Text whose separator is recognised."""
SUFFIXES = (*CSV, *PARTS)


def open_rows(
    where: Any,
    columns: Sequence[str] | None = None,
    weight: str | None = None,
    dialect: Dialect | None = None,
    patterns: bool = True,
) -> Source:
    """The rows of a file, of all files in a folder, of those that a pattern names; or of batches from elsewhere.

    Parameters
    ----------
    where : str or Path, or what gives batches
        A CSV (also ``.tsv``, ``.tab``, ``.txt``, and compressed), Parquet or Feather file; a folder of such files; or a
        pattern with ``*``, ``?`` or ``[…]`` (``**``: any folders). Rows come file by file, files in the order of their
        names. Files and folders whose names begin with a dot or an underscore are passed over in folders: they are
        notes of who wrote them. A ``.txt`` file in a folder is an error: it may be a table or a note.
        Or what can be asked for batches of columns again and again: a ``pyarrow.dataset.Dataset``, a data frame, a lazy
        frame of polars, anything with ``__arrow_c_stream__``, or a function that gives a new stream of batches
        whenever it is called.
    columns : sequence of str, optional
        The features, in this order; every column but the weight where not given.
    weight : str, optional
        The column that holds the rows' weights.
    dialect : Dialect, optional
        How CSV is written; what it does not say is recognised, and said in ``notes``.
    patterns : bool
        Whether ``columns`` may hold patterns and exclusions beside names; see `gaussmix.data.arrow.chosen_columns`.

    Returns
    -------
    rows : Source
        Opened, not yet read.

    Raises
    ------
    ConfigError
        If a suffix is unknown, or a dialect is given and no file is CSV.
    DataError
        If a column cannot be used, or a file is damaged.
    FileError
        If there is no file, or one cannot be read.
    TypeError
        If the rows can be gone through only once, or are nothing of this kind.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "rows.csv"
    >>> from gaussmix.data.csv import write_csv
    >>> write_csv(path, {"a": np.array([1.0, 3.0]), "b": np.array([2.0, 4.0])})
    >>> open_rows(path).feature_names
    ('a', 'b')

    Batches that are made anew for each pass, from wherever they come:

    >>> import pyarrow as pa
    >>> def batches():
    ...     for i in range(10):
    ...         yield pa.record_batch({"a": np.arange(i, i + 100.0), "b": np.arange(100.0) ** 2})
    >>> open_rows(batches).feature_names
    ('a', 'b')
    """
    return PartsSource(parts_of(where, columns, dialect), columns, weight, patterns)


def parts_of(where: Any, columns: Sequence[str] | None = None, dialect: Dialect | None = None) -> list[Part]:
    """What a name or an object means, opened; parameters, and what is raised, are those of `open_rows`."""
    if isinstance(columns, str) or (columns is not None and not columns):
        raise ConfigError(f"columns must be a list of names, and not an empty one, got {columns!r}")
    if not isinstance(where, str | Path):
        if dialect is not None:
            raise ConfigError("a dialect says how a CSV file is written, and these rows are in none")
        return [part_of(where)]
    paths = _paths(str(where))
    suffixes = [_suffix(path) for path in paths]
    unknown = [path for path, suffix in zip(paths, suffixes, strict=True) if suffix not in SUFFIXES]
    if unknown:
        found = f"{unknown[0].suffix!r} is not one of" if unknown[0].suffix else "this name has none of"
        known = (PLAIN[0], *PARTS, *PLAIN[1:])
        raise ConfigError(
            f"{unknown[0]}: the format of a file is known by its suffix, and {found} {', '.join(known)}, or of "
            f"text that is compressed, {', '.join(f'.csv{packed}' for packed in PACKINGS)}; give it such a name (the "
            "command reads text of any name where it is piped in, under the name -)"
        )
    given = [] if dialect is None else dialect.given
    if given and not any(suffix in CSV for suffix in suffixes):
        raise ConfigError(
            f"{where} is not CSV, and how CSV is written says nothing of it: leave {' and '.join(given)} away"
        )
    readers: dict[str, Callable[[Path], Part]] = {**PARTS, **dict.fromkeys(CSV, partial(CsvPart, dialect=dialect))}
    return [readers[suffix](path) for path, suffix in zip(paths, suffixes, strict=True)]


def _suffix(path: Path) -> str:
    """What tells the format of a file: the end of its name, and of a compressed one what is before, too."""
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    return "".join(suffixes) if suffixes[-1:] and suffixes[-1] in PACKINGS else "".join(suffixes[-1:])


def _paths(where: str) -> list[Path]:
    """The files that a name means; nothing that looks like one of them is passed over in silence."""
    path = Path(where)
    if not where:
        raise ConfigError("the name of the file is empty")
    if path.is_dir():
        return _in_folder(path)
    if glob.has_magic(where) and not path.exists():
        # Not pathlib's, for which a star stands for names that begin with a dot, too.
        named = sorted(map(Path, glob.glob(where, recursive=True)))  # noqa: PTH207
        found = [file for each in named if not (each.is_dir() and "**" in where) for file in _named(each)]
        if not found:
            raise FileError(f"no file has a name like {where}")
        return list(dict.fromkeys(found))
    return [_ordinary(path)]


def _named(path: Path) -> list[Path]:
    return _in_folder(path) if path.is_dir() else [] if _is_note(path.name) else [_ordinary(path)]


def _in_folder(folder: Path) -> list[Path]:
    """All files in a folder and those below it, but for notes."""
    found = []
    for here, folders, names in os.walk(folder, onerror=_unreadable, followlinks=True):
        folders[:] = [name for name in folders if not _is_note(name)]
        found += [_ordinary(Path(here) / name) for name in names if not _is_note(name)]
    if not found:
        raise FileError(f"there is no file of rows in the folder {folder}")
    if (text := min((path for path in found if _suffix(path).startswith(TEXT)), default=None)) is not None:
        raise ConfigError(
            f"{text} may be a table, or a note to people: files of text are read where they are named, or by a pattern "
            f"such as {folder}/*{_suffix(text)}; give a pattern for the others, or begin its name with an underscore"
        )
    return sorted(found)


def _ordinary(path: Path) -> Path:
    """The file itself, if it is one that can be read again and again."""
    try:
        is_file = stat.S_ISREG(path.stat().st_mode)
        if is_file:
            with path.open("rb"):
                pass
    except OSError as error:
        _unreadable(error)
    if not is_file:
        raise FileError(f"{path} is not an ordinary file; the command reads what is piped into it under the name -")
    return path


def _unreadable(error: OSError) -> NoReturn:
    raise FileError(f"{error.filename} cannot be read: {error.strerror or error}") from error


def _is_note(name: str) -> bool:
    return name.startswith((".", "_"))
