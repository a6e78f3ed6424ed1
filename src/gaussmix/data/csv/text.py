"""The bytes of a CSV file as UTF-8, looked at as they pass."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from gaussmix.data.csv.dialect import Dialect
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
    with path.open(encoding=encoding, errors=errors, newline="") as file:
        reader = csv.reader(file, delimiter=dialect.separator or ",", skipinitialspace=True)
        try:
            for values in reader:
                if values:
                    yield Record(reader.line_num, values)
        except csv.Error as error:
            raise DataError(f"line {reader.line_num + 1} is not CSV: {error}") from error


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
        While it is read: at a NUL byte, at bytes that are not of its encoding (of another than UTF-8), and at its end
        if a quotation mark was not closed.
    """

    def __init__(self, path: Path, dialect: Dialect) -> None:
        self._path, self._dialect = path, dialect
        self._file = path.open("rb")
        self._decoder = None if dialect.is_utf8 else codecs.getincrementaldecoder(dialect.encoding or "utf-8")()
        self._at_begin = True
        self._n_quotes = self._n_lines = 0
        self._last = b"\n"

    @property
    def ends_without_newline(self) -> bool:
        """Whether the last line, if all was read, may have been cut short."""
        return self._last not in b"\r\n"

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while True:
            raw = self._file.read(size)
            text = self._as_utf8(raw)
            if text or not raw:
                break
        self._look_at(text)
        if not raw and self._n_quotes % 2:
            raise DataError(f"{self._unclosed()} is never closed")
        return text

    def close(self) -> None:
        self._file.close()
        super().close()

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
        self._n_lines += text.count(b"\n")
        self._n_quotes += text.count(b'"')
        self._last = text[-1:] or self._last

    def _unclosed(self) -> str:
        """Where a quotation opens that takes in the rest of the file."""
        *_, last = records(self._path, self._dialect)
        within = sum(value.count("\n") for value in last.values) - last.values[-1].endswith("\n")
        return f"the quotation that begins in line {last.line - within}"
