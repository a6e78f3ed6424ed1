"""The bytes of a CSV file as UTF-8, looked at as they pass."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from gaussmix.data.csv.blank_lines import BlankLines
from gaussmix.data.csv.dialect import Dialect
from gaussmix.data.csv.line_ends import count_ends
from gaussmix.data.csv.packing import open_bytes
from gaussmix.errors import DataError

LONGEST_VALUE = 64 << 20
"""Bytes of a quoted value: what is longer has its closing mark missing."""


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
        self._n_lines = 0
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

    def pieces(self, size: int) -> Iterator[bytes]:
        """All of it, cut between records: about so many bytes at a time, more where a record is longer."""
        waiting, begin = b"", 0
        while text := self.read(size):
            waiting += text
            end = self._quotations.record_end - begin
            if end > 0:
                yield waiting[:end]
                waiting, begin = waiting[end:], begin + end
        if waiting:
            yield waiting

    def _as_utf8(self, raw: bytes) -> bytes:
        if self._decoder is not None:
            try:
                raw = self._decoder.decode(raw, final=not raw).encode()
            except UnicodeDecodeError as error:
                raise DataError(
                    f"the file is not {self._dialect.encoding}: {error.reason} in line {self._n_lines + 1} or soon "
                    "after; give its encoding (--encoding)"
                ) from error
        if self._at_begin and raw:
            self._at_begin = False
            return raw.removeprefix(codecs.BOM_UTF8)
        return raw

    def _look_at(self, text: bytes) -> None:
        if b"\0" in text:
            line = self._n_lines + text[: text.index(b"\0")].count(b"\n") + 1
            raise DataError(
                f"line {line} holds a NUL byte: the file is damaged, or no text (UTF-16? then --encoding utf-16)"
            )
        self._n_lines += count_ends(text)
        self._last = text[-1:] or self._last


class Quotations:
    """Sees that every quotation ends where its value does; else a parser takes lines for a part of a value.

    A quotation opens with a mark at the beginning of a value, and closes with the next that is not doubled. Marks
    elsewhere are letters like others (RFC 4180 does not know them, but they are found). What is outside of quotations
    is shown to ``blank_lines``; ``record_end`` is the number of bytes up to the last line end among them.

    Parameters
    ----------
    separator : str
        Between values.
    """

    def __init__(self, separator: str) -> None:
        ends = re.escape(separator.encode()) + rb"\r\n"
        self._opening = re.compile(rb"(?<=[" + ends + rb'])"')
        self._rest = re.compile(rb'(?:[^"]++|"")*+')
        self._ends = separator.encode() + b"\r\n"
        self.blank_lines = BlankLines()
        self._kept = b"\n"  # what was not decided, after the byte before it
        self._n_lines = 0  # before that
        self._n_bytes = 0  # with it
        self.record_end = 0

    def feed(self, text: bytes, last: bool) -> None:
        """Look at more of the file.

        Raises
        ------
        DataError
            If a quotation ends elsewhere, or not at all.
        """
        is_plain = b'"' not in text and len(self._kept) == 1
        before = self._n_bytes - len(self._kept)
        self._n_bytes += len(text)
        text = self._kept + text
        place = 1
        self.blank_lines.begin(text, self._n_lines)
        if is_plain:
            self._look(text, place, len(text), before)
            self._keep(text, len(text) - 1)
            return
        while (mark := self._opening.search(text, place)) is not None:
            self._look(text, place, mark.start(), before)
            rest = self._rest.match(text, mark.end())
            end = mark.end() if rest is None else rest.end()
            line = self._n_lines + text.count(b"\n", 1, mark.start()) + 1
            if end + 1 >= len(text) and not last:
                if len(text) - mark.start() > LONGEST_VALUE:
                    raise DataError(f"the quotation that begins in line {line} is longer than {LONGEST_VALUE} bytes")
                self._keep(text, mark.start() - 1)
                return
            if end == len(text):
                raise DataError(f"the quotation that begins in line {line} is never closed")
            if end + 1 < len(text) and text[end + 1] not in self._ends:
                closing = line + text.count(b"\n", mark.start(), end)
                raise DataError(
                    f"the quotation that begins in line {line} is closed in line {closing} in the middle of a value; "
                    "double the quotation marks that belong to a text"
                )
            place = end + 1
        self._look(text, place, len(text), before)
        self._keep(text, len(text) - 1)

    def _look(self, text: bytes, begin: int, end: int, before: int) -> None:
        """Look at a part that is outside of quotations; so many bytes came before the text."""
        self.blank_lines.look(begin, end)
        last = text.rfind(b"\n", begin, end)
        last = max(last, text.rfind(b"\r", max(last, begin), end))
        if last >= 0:
            self.record_end = before + last + 1

    def _keep(self, text: bytes, first: int) -> None:
        self._n_lines += count_ends(text, 1, first + 1)
        self._kept = text[first:]
