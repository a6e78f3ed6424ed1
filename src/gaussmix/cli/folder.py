"""A folder of results, none of which appears before all are complete."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from gaussmix.cli.output import check_folder, check_place
from gaussmix.errors import FileError

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
    """Write files beside their places first, and put them there when all are complete.

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
        If one cannot be written; nothing half-written is left.
    """
    is_new = not folder.exists()
    mark = secrets.token_hex(4)
    places = {folder / f".{name}.{mark}": folder / name for name in writers}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for temporary, place in places.items():
            writers[place.name](temporary)
        for temporary, place in places.items():
            temporary.replace(place)
    except OSError as error:
        raise FileError(f"{folder} cannot be written to: {error.strerror or error}") from error
    finally:
        for temporary in places:
            with suppress(OSError):  # gone to its place, or never made
                temporary.unlink()
        if is_new:
            with suppress(OSError):  # not empty: it holds the results
                folder.rmdir()
    return list(places.values())
