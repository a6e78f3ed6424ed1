"""Where a command's table goes: a file that appears when it is complete, or standard output."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import click

from gaussmix.cli.failures import WrongUsage
from gaussmix.cli.options import debug_option
from gaussmix.cli.values import FilePath
from gaussmix.errors import FileError
from gaussmix.storage.atomic import replacing

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

    from gaussmix.core.types import Array

OPTIONS = (
    click.option(
        "-o",
        "--output",
        type=FilePath(),
        metavar="FILE",
        help="File to write, CSV, Parquet or Feather by its suffix; CSV to standard output if not given.",
    ),
    click.option("--force", is_flag=True, help="Replace the file if it is there."),
    click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each row in place of CSV."),
    debug_option,
)


def table_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a command that gives one table: ``output``, ``force``, ``as_json`` and ``debug``."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def check_place(path: Path, force: bool, *read: Path, option: str = "-o") -> None:
    """See before any work that a file may be written.

    Parameters
    ----------
    path : Path
        The file.
    force : bool
        Whether it may replace another.
    *read : Path
        Files that are read, which are never replaced.
    option : str
        By which the user says where the file is to be.

    Raises
    ------
    FileError
        If it may not.
    """
    if path.is_dir():
        raise FileError(f"{path} is a folder where a file is to be written; move it away, or give another {option}")
    if path.exists() and any(file.exists() and path.samefile(file) for file in read):
        raise FileError(f"{path} is the file that is read; give another {option}")
    if path.exists() and not force:
        raise FileError(f"{path} is there already; give --force to replace it, or another {option}")


def check_folder(folder: Path, option: str = "-o") -> None:
    """See that files can be written into a folder, or into the nearest above it that is there.

    Raises
    ------
    FileError
        If they cannot.
    """
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not there.is_dir():
        raise FileError(f"{there} is a file, not a folder; give another {option}")
    if not os.access(there, os.W_OK | os.X_OK):
        raise FileError(f"{there} is a folder in which you may not write; give another {option}")


def check_file(path: Path, force: bool, *read: Path, option: str = "-o") -> None:
    """See before any work that a file may be written where the user says; its folder must be there.

    Raises
    ------
    FileError
        If it may not; parameters are those of `check_place`.
    """
    if not path.parent.exists() and not path.parent.parent.is_file():
        raise FileError(f"{path} cannot be written: there is no folder {path.parent}")
    check_folder(path.parent, option)
    check_place(path, force, *read, option=option)


def check_apart(places: Sequence[tuple[str, Path]], folder: Path | None) -> None:
    """See before any work that no two files that are to be written are one.

    Parameters
    ----------
    places : sequence of (str, Path)
        Options, and files that they name.
    folder : Path, optional
        A folder that is to be there for files.

    Raises
    ------
    WrongUsage
        If they are, or one is in the way of the folder.
    """
    for j, (option, path) in enumerate(places):
        for other, taken in places[:j]:
            if other != option and _is_same(path, taken):
                raise WrongUsage(f"{option} and {other} both write {path}; give each a file of its own")
        real = Path(os.path.realpath(path))
        if folder is not None and real in (place := Path(os.path.realpath(folder)), *place.parents):
            raise WrongUsage(f"{option} {path} is to be a file and -o {folder} a folder; give another {option}")


def _is_same(path: Path, other: Path) -> bool:
    """Whether two names are of one file, which need not be there yet."""
    if os.path.realpath(path) == os.path.realpath(other):
        return True
    return path.exists() and other.exists() and path.samefile(other)


def check_kind(output: Path | None, as_json: bool) -> None:
    """See that the user does not ask for two formats.

    Raises
    ------
    WrongUsage
        If so.
    """
    if as_json and output is not None:
        raise WrongUsage("--json is for rows on standard output; the suffix of -o FILE says in which format a file is")


def put_table(output: Path | None, as_json: bool, parts: Iterable[Mapping[str, Array]]) -> None:
    """Write a table to a file in the format of its suffix, or to standard output as CSV or as lines of JSON."""
    from gaussmix.cli.json_lines import write_json_lines  # here, because these bring NumPy and pyarrow
    from gaussmix.data.tables import write_table

    with table_file(output) as file:
        if as_json:
            write_json_lines(file, parts)
        else:
            write_table(file, ".csv" if output is None else output.suffix, parts)


@contextmanager
def table_file(path: Path | None) -> Iterator[BinaryIO]:
    """Open the file of a table, or standard output where there is none; say which file was written."""
    if path is None:
        yield cast("BinaryIO", _StandardOutput())
        with _output_failing():
            sys.stdout.buffer.flush()
        return
    with replacing(path) as file:
        yield file
    click.echo(f"wrote {path}", err=True)


def say(text: str) -> None:
    """Print a text that ends with a line's end on standard output.

    Raises
    ------
    FileError
        If it takes no more.
    """
    with _output_failing():
        click.echo(text, nl=False)


class _StandardOutput(io.BufferedIOBase):
    """Standard output, whose errors can be told from those of the rows that are written to it."""

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer) -> int:
        with _output_failing():
            return sys.stdout.buffer.write(data)


@contextmanager
def _output_failing() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise  # nobody reads on: a quiet end
    except OSError as error:
        let_go_of_output()
        raise FileError(f"standard output cannot be written: {error.strerror or error}") from error


def let_go_of_output() -> None:
    """Have what standard output could not take go nowhere: Python would try once more at its end, and exit with 120."""
    with suppress(OSError, AttributeError, ValueError):  # it is closed, or no file at all
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
