"""A folder of results, none of which appears before all are complete."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from gaussmix.cli.output import check_folder, check_place
from gaussmix.errors import FileError
from gaussmix.storage.atomic import replacing_together

Writer = Callable[[Path], None]
"""Writes a file at the path that it is given."""


def check_free(folder: Path, names: tuple[str, ...], force: bool, *read: Path) -> None:
    """See before any work that the files can be written.

    Parameters
    ----------
    folder : Path
        Where they are to go; it need not be there yet.
    names : tuple of str
        The files.
    force : bool
        Whether they may replace others.
    *read : Path
        Files that are read, which are never replaced.

    Raises
    ------
    FileError
        If they cannot.
    """
    check_folder(folder)
    for name in names:
        check_place(folder / name, force, *read)


def write_together(folder: Path, writers: Mapping[str, Writer]) -> list[Path]:
    """Write files beside their places first, and put them there when all are complete and on the disk.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    writers : mapping of str to callable
        What writes each file, by its name.

    Returns
    -------
    paths : list of Path
        The files, in order.

    Raises
    ------
    FileError
        If one cannot be written; nothing half-written is left, and old files are what they were.
    """
    is_new = not folder.exists()
    places = [folder / name for name in writers]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing_together(places) as temporaries:
            for write, temporary in zip(writers.values(), temporaries, strict=True):
                write(temporary)
    except OSError as error:
        # What a writer says in words of its own names a file that nobody knows.
        reason = error.__cause__ if isinstance(error.__cause__, OSError) else error
        raise FileError(f"{folder} cannot be written to: {reason.strerror or reason}") from error
    finally:
        if is_new:
            with suppress(OSError):  # not empty: it holds the results
                folder.rmdir()
    return places
