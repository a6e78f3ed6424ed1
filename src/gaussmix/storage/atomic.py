"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from gaussmix.errors import FileError


@contextmanager
def replacing(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file that takes the place of another when all of it is safely written.

    What is written goes to a file of a random name in the same folder, which is flushed to the disk and then renamed.
    Whatever happens before then, be it a full disk, an exception or a killed process, leaves the old file as it was.
    The other file is taken away, but where the process is killed or the power goes: then it stays, and does no harm.

    Parameters
    ----------
    path : path
        The file. Where it is a link the file that it leads to is replaced, which keeps its permissions.

    Raises
    ------
    FileError
        If it cannot be written.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from gaussmix.storage.atomic import replacing
    >>> with TemporaryDirectory() as folder:
    ...     with replacing(Path(folder) / "notes") as file:
    ...         _ = file.write(b"whole")
    ...     (Path(folder) / "notes").read_bytes()
    b'whole'
    """
    try:
        place = Path(os.path.realpath(path))
        mode = _mode_of(place)
        temporary = _beside(place)
        try:
            with temporary.open("xb") as file:
                yield file
                file.flush()
                if mode is not None:
                    temporary.chmod(mode)
                os.fsync(file.fileno())
            temporary.replace(place)  # closed: Windows renames no open file, nor takes one away
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        _sync_folder(place.parent)
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror or error}") from error


@contextmanager
def replacing_together(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """Names for files that take the places of others when all of them are safely written.

    As `replacing` of each, but that none is replaced before the last of them is on the disk.

    Parameters
    ----------
    paths : sequence of Path
        The files; their folders are there.

    Yields
    ------
    temporaries : list of Path
        Where to write them, in order.

    Raises
    ------
    OSError
        If one cannot be written.
    """
    places = [Path(os.path.realpath(path)) for path in paths]
    modes = [_mode_of(place) for place in places]
    temporaries = [_beside(place) for place in places]
    try:
        yield temporaries
        for temporary, mode in zip(temporaries, modes, strict=True):
            with temporary.open("rb+") as file:
                if mode is not None:
                    temporary.chmod(mode)
                os.fsync(file.fileno())
        for temporary, place in zip(temporaries, places, strict=True):
            temporary.replace(place)
    finally:
        for temporary in temporaries:
            with suppress(OSError):  # gone to its place, or never made
                temporary.unlink()
    for folder in {place.parent for place in places}:
        _sync_folder(folder)


def _beside(place: Path) -> Path:
    """A name that nobody has, in the same folder: only there a file can be renamed at one instant."""
    return place.with_name(f".{secrets.token_hex(8)}.tmp")


def _mode_of(place: Path) -> int | None:
    """Permissions of the file that is to be replaced; None if there is none."""
    try:
        status = place.stat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "no ordinary file"
        raise FileError(f"{place} is {kind}; give the name of a file")
    return stat.S_IMODE(status.st_mode)


def _sync_folder(folder: Path) -> None:
    """Have the new name on the disk too."""
    with suppress(OSError):  # some file systems cannot; the file itself is safe
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
