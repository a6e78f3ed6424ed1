"""The rows that a command line names, and the options that say how a CSV file is written."""

from __future__ import annotations

import atexit
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gaussmix.errors import FileError

if TYPE_CHECKING:
    from gaussmix.core.source import Source

Command = Callable[..., None]

STANDARD_INPUT = "-"
KEPT = "gaussmix-input-"
"""Begins the name of the folder that holds what was piped in; `in_words` knows it by that."""
MAGIC = {b"PAR1": ".parquet", b"ARROW1": ".feather"}
"""How files of columns begin, and the suffixes of their formats; what begins otherwise is CSV."""
LOOKED_AT = 16
"""Bytes that tell what a file is; a file of columns has some among them that no text has."""
READ_BYTES = 1 << 20
"""Of standard input, at a time."""

DIALECT = (
    click.option("--sep", "separator", metavar="CHAR", help="Of CSV: between values; recognised if not given."),
    click.option("--decimal", type=click.Choice([".", ","]), help="Of CSV: before decimals; recognised if not given."),
    click.option("--encoding", metavar="NAME", help="Of CSV: UTF-8, or what its first bytes say, if not given."),
    click.option("--header/--no-header", default=True, help="Of CSV: whether a line of names comes first."),
    click.option(
        "--on-bad-rows",
        type=click.Choice(["error", "skip"]),
        default="error",
        help="Of CSV: what becomes of lines with too few or too many values; skipped ones are counted.",
    ),
)


def dialect_options(command: Command) -> Command:
    """Add the options of a CSV file to a command, which gets them as ``dialect``, for `open_rows`."""

    @wraps(command)
    def with_dialect(**options: Any) -> None:
        dialect = {name: options.pop(name) for name in ("separator", "decimal", "encoding", "header", "on_bad_rows")}
        command(dialect=dialect, **options)

    for option in reversed(DIALECT):
        with_dialect = option(with_dialect)
    return with_dialect


def open_rows(
    where: str, columns: tuple[str, ...] | None, weight: str | None, dialect: dict[str, Any], patterns: bool = True
) -> Source:
    """As `gaussmix.data.files.open_rows`, which is imported here: ``--help`` does not wait for pyarrow."""
    from gaussmix.data import files
    from gaussmix.data.csv import Dialect

    return files.open_rows(file_of(where), columns, weight, Dialect(**dialect), patterns)


def file_of(where: str) -> str | Path:
    """The name of what is to be read; what is piped in is put into a file."""
    return _kept() if where == STANDARD_INPUT else where


def in_words(text: str) -> str:
    """A message in which what was piped in has the name that the user knows it by."""
    return re.sub(rf"[^\s'\"]*{KEPT}\w*[/\\]+input\.[a-z]+", "standard input", text)


def _kept() -> Path:
    """What comes from standard input, in a file, since a fit reads it often; it goes when the program ends."""
    if sys.stdin is None:
        raise FileError("standard input is closed: there are no rows to read")
    folder = Path(tempfile.mkdtemp(prefix=KEPT))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    begin = _piped_in(LOOKED_AT)
    path = folder / f"input{_suffix(begin)}"
    try:
        with path.open("wb") as file:
            file.write(begin)
            while piece := _piped_in(READ_BYTES):
                file.write(piece)
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"standard input cannot be kept in {folder.parent}: {error.strerror or error}") from error
    return path


def _piped_in(n_bytes: int) -> bytes:
    try:
        return sys.stdin.buffer.read(n_bytes)
    except OSError as error:
        raise FileError(f"standard input cannot be read: {error.strerror or error}") from error


def _suffix(begin: bytes) -> str:
    """Of the format that something has which begins so: "PAR1" may as well be the name of a column of CSV."""
    is_text = all(byte >= ord(" ") or byte in b"\t\n\v\f\r" for byte in begin)
    return ".csv" if is_text else next((suffix for magic, suffix in MAGIC.items() if begin.startswith(magic)), ".csv")


def tell_notes(rows: Source) -> None:
    """Say on standard error what should be known of how the rows were read."""
    for note in rows.notes:
        click.echo(f"note: {note}", err=True)
