"""Whether a file is still the one that was opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gaussmix.errors import DataError, FileError


@dataclass(frozen=True)
class Stamp:
    """What tells a file from another of the same name, or from itself after somebody wrote into it.

    Parameters
    ----------
    path : Path
        The file.
    device, inode, size, modified : int
        As the system counts them; the last in nanoseconds.
    """

    path: Path
    device: int
    inode: int
    size: int
    modified: int

    @classmethod
    def of(cls, path: Path) -> Stamp:
        """The stamp of a file as it is now.

        Raises
        ------
        FileError
            If it is not there, or must not be looked at.
        """
        try:
            status = path.stat()
        except OSError as error:
            raise FileError(f"{path} cannot be read: {error.strerror or error}") from error
        return cls(path, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)

    def check(self) -> None:
        """Raise where the file is not what it was: a fit goes over its rows again and again, and they must be the same.

        Raises
        ------
        DataError
            If it changed.
        FileError
            If it is gone.
        """
        if Stamp.of(self.path) != self:
            raise DataError(f"{self.path} changed while its rows were being read; begin again when nobody writes to it")
