"""Where a command's table goes: a file that appears when it is complete, or standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from gaussmix.errors import FileError
from gaussmix.storage.atomic import replacing

OPTIONS = (
    click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="File to write, CSV, Parquet or Feather by its suffix; CSV to standard output if not given.",
    ),
    click.option("--force", is_flag=True, help="Replace the file if it is there."),
    click.option("--debug", is_flag=True, help="Show the traceback of an error."),
)


def table_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a command that gives one table: ``output``, ``force`` and ``debug``."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def check_place(path: Path, force: bool, *read: Path) -> None:
    """See before any work that a file may be written.

    Parameters
    ----------
    path : Path
        The file.
    force : bool
        Whether it may replace another.
    *read : Path
        Files that are read, which are never replaced.

    Raises
    ------
    FileError
        If it may not.
    """
    if path.is_dir():
        raise FileError(f"{path} is a folder where a file is to be written; move it away, or choose another with -o")
    if path.exists() and any(file.exists() and path.samefile(file) for file in read):
        raise FileError(f"{path} is the file that is read; choose another with -o")
    if path.exists() and not force:
        raise FileError(f"{path} is there already; give --force to replace it, or another -o")


def check_folder(folder: Path) -> None:
    """See that files can be written into a folder, or into the nearest above it that is there.

    Raises
    ------
    FileError
        If they cannot.
    """
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not there.is_dir():
        raise FileError(f"{there} is a file, not a folder; give another folder with -o")
    if not os.access(there, os.W_OK | os.X_OK):
        raise FileError(f"{there} is a folder in which you may not write; give another with -o")


def check_file(path: Path, force: bool, *read: Path) -> None:
    """See before any work that a file may be written where the user says; its folder must be there.

    Raises
    ------
    FileError
        If it may not; parameters are those of `check_place`.
    """
    if not path.parent.exists() and not path.parent.parent.is_file():
        raise FileError(f"{path} cannot be written: there is no folder {path.parent}")
    check_folder(path.parent)
    check_place(path, force, *read)


@contextmanager
def table_file(path: Path | None) -> Iterator[BinaryIO]:
    """Open the file of a table, or standard output where there is none; say which file was written."""
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with replacing(path) as file:
        yield file
    click.echo(f"wrote {path}", err=True)
