"""The bytes of a CSV file, which may be compressed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa

from gaussmix.errors import DataError

BUFFER = 1 << 18
"""Bytes unpacked at a time where few are asked for."""
XZ_PADDING = 4
"""Streams of xz begin at multiples of so many bytes; zeros may stand between them."""


class _Streams:
    """Unpacks one stream after another, and whatever else stands after one is an error.

    The files of the standard library pass over what follows the first stream where it does not look like another: a
    flipped bit in a second stream's first bytes would take its rows away.

    Parameters
    ----------
    path : Path
        The file.
    decompressor : callable
        Makes what unpacks one stream.
    padding : int
        Zeros may stand after a stream in multiples of so many; 0 where none may.
    """

    def __init__(self, path: Path, decompressor: Callable[[], Any], padding: int = 0) -> None:
        self._file = path.open("rb")
        self._new = decompressor
        self._padding = padding
        self._stream = decompressor()

    def read(self, size: int) -> bytes:
        """Some of what is unpacked, at most so many bytes; nothing only at the end.

        Raises
        ------
        EOFError, OSError, ValueError, LZMAError
            If the file is damaged or cut short.
        """
        while True:
            raw = b""
            if self._stream.eof:
                raw = self._after_stream(self._stream.unused_data)
                if not raw:
                    return b""
                self._stream = self._new()
            elif self._stream.needs_input:
                raw = self._file.read(BUFFER)
                if not raw:
                    raise EOFError("it ends within a stream")
            text: bytes = self._stream.decompress(raw, size)
            if text:
                return text

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _after_stream(self, rest: bytes) -> bytes:
        """What comes after a stream and its padding; nothing at the end of the file."""
        n_zeros = 0
        while True:
            rest = rest or self._file.read(BUFFER)
            kept = rest.lstrip(b"\0") if self._padding else rest
            n_zeros += len(rest) - len(kept)
            if kept or not rest:
                break
            rest = b""
        if n_zeros and n_zeros % self._padding:
            raise ValueError(f"{n_zeros} bytes of padding after a stream")
        return kept


class Packing(NamedTuple):
    """A way to compress a file: its name, how such files begin, and what unpacks them."""

    name: str
    magic: bytes
    opened: Callable[[Path], Any]


PACKINGS = {
    ".gz": Packing("gzip", b"\x1f\x8b\x08", gzip.GzipFile),
    ".bz2": Packing("bzip2", b"BZh", lambda path: _Streams(path, bz2.BZ2Decompressor)),
    ".xz": Packing("xz", b"\xfd7zXZ\0", lambda path: _Streams(path, _xz, XZ_PADDING)),
    ".zst": Packing("zstd", b"\x28\xb5\x2f\xfd", lambda path: pa.input_stream(str(path), compression="zstd")),
}
"""By the suffix that comes after the format's."""
BZIP2_BLOCK = b"1AY&SY"
"""Stands in the bytes 4 to 9 of a bzip2 file, whose magic alone could begin a column's name."""


def _xz() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ)


def packing_of(path: Path) -> Packing | None:
    """How a file is compressed: as its name says, or else as its first bytes do; None if it is not."""
    with path.open("rb") as file:
        begin = file.read(16)
    if begin and path.suffix.lower() in PACKINGS:
        return PACKINGS[path.suffix.lower()]
    for packing in PACKINGS.values():
        if begin.startswith(packing.magic) and (packing.magic != b"BZh" or begin[4:10] == BZIP2_BLOCK):
            return packing
    return None


def open_bytes(path: Path) -> BinaryIO:
    """Open a file to be read from its beginning to its end, unpacked.

    Raises
    ------
    DataError
        Here or while it is read: if it is damaged or cut short.
    """
    packing = packing_of(path)
    return path.open("rb") if packing is None else io.BufferedReader(_Unpacked(path, packing), BUFFER)


class _Unpacked(io.RawIOBase):
    """What unpacks, with one word for all the errors that it may have."""

    def __init__(self, path: Path, packing: Packing) -> None:
        self._name = packing.name
        self._file = packing.opened(path)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any buffer; this is what comes
        try:
            found = self._file.read(len(buffer))
        except (EOFError, zlib.error, lzma.LZMAError, OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise DataError(f"the {self._name} file is damaged, cut short or no such file ({error})") from error
        buffer[: len(found)] = found
        return len(found)

    def close(self) -> None:
        self._file.close()
        super().close()
