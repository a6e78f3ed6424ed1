"""The bytes of a CSV file as UTF-8, looked at as they pass."""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from gaussmix.data.csv.blank_lines import BlankLines
from gaussmix.data.csv.dialect import Dialect
from gaussmix.data.csv.packing import open_bytes
from gaussmix.data.csv.quotations import LONGEST_VALUE, Quotations
from gaussmix.errors import DataError


class Record(NamedTuple):
    """A record of a CSV file: the number of its last line in the file, from 1, and its values."""

    line: int
    values: list[str]


def records(path: Path, dialect: Dialect) -> Iterator[Record]:
    """The records of the file, slowly: for the header and for errors. Blank lines are passed over, as Arrow does."""
    encoding = "utf-8-sig" if dialect.is_utf8 else dialect.encoding
    # Bytes that are not UTF-8 are no error in a column that nobody asked for.
    errors = "surrogateescape" if dialect.is_utf8 else "strict"
    usual = csv.field_size_limit(LONGEST_VALUE)
    try:
        with io.TextIOWrapper(open_bytes(path), encoding=encoding, errors=errors, newline="") as file:
            reader = csv.reader(_without_mark(file), delimiter=dialect.separator or ",", skipinitialspace=True)
            yield from (Record(reader.line_num, values) for values in reader if values)
    except csv.Error as error:
        raise DataError(f"line {reader.line_num + 1} is not CSV: {error}") from error
    finally:
        csv.field_size_limit(usual)


def _without_mark(lines: Iterator[str]) -> Iterator[str]:
    """The lines but for a mark that the encoding's name does not announce, as "utf-16-le"."""
    yield next(lines, "").removeprefix("\ufeff")
    yield from lines


class CheckedText(io.RawIOBase):
    """The file for a parser that would take what is wrong with it for something else.

    Parameters
    ----------
    path : Path
        The file.
    dialect : Dialect
        Its encoding.

    Raises
    ------
    DataError
        While it is read: at a NUL byte, at bytes that are not of its encoding (of another than UTF-8), and where a
        quotation is not closed, or closed in the middle of a value.
    """

    def __init__(self, path: Path, dialect: Dialect) -> None:
        self._path, self._dialect = path, dialect
        self._file = open_bytes(path)
        self._decoder = None if dialect.is_utf8 else codecs.getincrementaldecoder(dialect.encoding or "utf-8")()
        self._at_begin = True
        self._quotations = Quotations(dialect.separator or ",")
        self._last = b"\n"

    @property
    def ends_without_newline(self) -> bool:
        """Whether the last line, if all was read, may have been cut short."""
        return self._last not in b"\r\n"

    @property
    def blank_lines(self) -> BlankLines:
        """Those that were read so far."""
        return self._quotations.blank_lines

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while True:
            raw = self._file.read(size)
            text = self._as_utf8(raw)
            if text or not raw:
                break
        self._look_at(text)
        self._quotations.feed(text, last=not raw)
        return text

    def close(self) -> None:
        self._file.close()
        super().close()

    def pieces(self, size: int) -> Iterator[pa.Buffer]:
        """All of it, cut between records: about so many bytes at a time, more where a record is longer.

        Each is in Arrow's own memory: a thread of Arrow may be the last to hold it.
        """
        waiting = _Waiting()
        while text := self.read(size):
            waiting.append(text)
            if self._quotations.record_end > waiting.begin:
                yield waiting.up_to(self._quotations.record_end)
        if len(waiting):
            yield waiting.up_to(waiting.begin + len(waiting))

    def _as_utf8(self, raw: bytes) -> bytes:
        if self._decoder is not None:
            try:
                raw = self._decoder.decode(raw, final=not raw).encode()
            except UnicodeDecodeError as error:
                line = self._quotations.n_lines + 1
                raise DataError(
                    f"the file is not {self._dialect.encoding}: {error.reason} in line {line} or soon after; give its "
                    "encoding (--encoding)"
                ) from error
        if self._at_begin and raw:
            self._at_begin = False
            return raw.removeprefix(codecs.BOM_UTF8)
        return raw

    def _look_at(self, text: bytes) -> None:
        if b"\0" in text:
            line = self._quotations.n_lines + text[: text.index(b"\0")].count(b"\n") + 1
            raise DataError(
                f"line {line} holds a NUL byte: the file is damaged, or no text (UTF-16? then --encoding utf-16)"
            )
        self._last = text[-1:] or self._last


class _Waiting:
    """What was read and not yet handed on; bytes are counted from the text's beginning."""

    def __init__(self) -> None:
        self.begin = 0
        self._parts: deque[memoryview] = deque()

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def append(self, text: bytes) -> None:
        self._parts.append(memoryview(text))

    def up_to(self, end: int) -> pa.Buffer:
        """Hand on all before this byte; copied once, into memory of Arrow's."""
        buffer = pa.allocate_buffer(end - self.begin)
        into = memoryview(buffer).cast("B")
        while self.begin < end:
            part = self._parts.popleft()
            n = min(len(part), len(into))
            into[:n] = part[:n]
            into, self.begin = into[n:], self.begin + n
            if n < len(part):
                self._parts.appendleft(part[n:])
        return buffer
