"""How a CSV file is written: its encoding, what separates values, and what stands before decimals."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from gaussmix.data.csv.packing import open_bytes
from gaussmix.errors import ConfigError, DataError

SEPARATORS = (",", ";", "\t", "|")
"""Recognised by themselves; any other single character can be given."""
SAMPLE = 1 << 16
"""Bytes from which the rest is recognised: some hundred lines."""
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks, the longer before those that they begin with, and the encodings that they announce."""

OPTIONS = {
    "separator": "--sep",
    "decimal": "--decimal",
    "encoding": "--encoding",
    "header": "--no-header",
    "on_bad_rows": "--on-bad-rows",
}
"""What the command calls the parts of a dialect."""

COMMA_NUMBER = re.compile(r"\s*[+-]?\d*,\d+([eE][+-]?\d+)?\s*")


@dataclass(frozen=True)
class Dialect:
    """What is to be known before the values of a CSV file can be read; None where it is to be recognised.

    Parameters
    ----------
    encoding : str, optional
        A name that Python knows: ``"latin-1"``, ``"cp1252"``, ``"utf-16"``.
    separator : str, optional
        Between values, one character.
    decimal : {".", ","}, optional
        Before the decimals of a number.
    header : bool
        Whether the first line holds the columns' names. Without, they are ``column_1``, ``column_2``, …
    on_bad_rows : {"error", "skip"}
        What becomes of a line with too few or too many values. Skipped ones are counted.
    """

    encoding: str | None = None
    separator: str | None = None
    decimal: str | None = None
    header: bool = True
    on_bad_rows: Literal["error", "skip"] = "error"

    def __post_init__(self) -> None:
        if self.separator is not None and (len(self.separator) != 1 or self.separator in '\r\n"'):
            raise ConfigError(f"the separator must be one character (a tab as a tab), got {self.separator!r}")
        if self.decimal not in (None, ".", ","):
            raise ConfigError(f"the decimal mark must be '.' or ',', got {self.decimal!r}")
        if self.decimal is not None and self.decimal == self.separator:
            raise ConfigError(f"{self.decimal!r} cannot both separate values and stand before decimals")
        if self.encoding is not None:
            try:
                "".encode(self.encoding)  # codecs of other things than text have names, too
            except LookupError:
                raise ConfigError(f"there is no encoding {self.encoding!r}; try utf-8, latin-1 or cp1252") from None

    @property
    def given(self) -> list[str]:
        """What of it is said, not left to be recognised, with the command's names for it."""
        usual = Dialect()
        return [f"{name} ({option})" for name, option in OPTIONS.items() if getattr(self, name) != getattr(usual, name)]

    @property
    def is_utf8(self) -> bool:
        """Whether bytes are read as they are."""
        return codecs.lookup(self.encoding or "utf-8").name in ("utf-8", "utf-8-sig", "ascii")

    def recognised(self, path: Path) -> tuple[Dialect, list[str]]:
        """All of it, and what was recognised that is not as everybody expects, in words.

        Raises
        ------
        DataError
            If the file is empty, or its first lines are not text in this encoding.
        """
        with open_bytes(path) as file:
            sample = file.read(SAMPLE)
            whole = not file.read(1)
        if not sample:
            raise DataError("the file is empty; a header line with the columns' names must come first")
        notes = []
        encoding = self.encoding
        if encoding is None:
            encoding = next((name for mark, name in MARKS if sample.startswith(mark)), "utf-8")
            if encoding != "utf-8":
                notes.append(f"the file is {encoding.upper()}, as its first bytes say")
        lines = _records(_text(sample, encoding, whole))
        separator = self.separator or _separator(lines, self.decimal)
        announced = separator == "\t" and {".tsv", ".tab"} & {suffix.lower() for suffix in path.suffixes[-2:]}
        if self.separator is None and separator != "," and not announced:
            notes.append(f"values are taken to be separated by {separator!r} (if they are not: --sep)")
        decimal = self.decimal or _decimal(lines, separator)
        if self.decimal is None and decimal != ".":
            notes.append("numbers are taken to have a decimal comma (if they have not: --decimal)")
        return replace(self, encoding=encoding, separator=separator, decimal=decimal), notes


def _text(sample: bytes, encoding: str, whole: bool) -> str:
    decoder = codecs.getincrementaldecoder("utf-8-sig" if encoding == "utf-8" else encoding)
    # Bytes that are not UTF-8 are no error in a column that nobody asked for; names are checked later.
    errors = "surrogateescape" if codecs.lookup(encoding).name == "utf-8" else "strict"
    try:
        return decoder(errors).decode(sample, final=whole)
    except UnicodeDecodeError as error:
        raise DataError(f"byte {error.start} is not {encoding}: give the file's encoding (--encoding)") from error


def _records(text: str) -> list[str]:
    """The first lines that are not blank, the last of them only if it is certainly whole."""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[:100] if len(lines) < 2 or text.endswith(("\n", "\r")) else lines[:-1][:100] or lines


def _values(lines: Sequence[str], separator: str) -> list[list[str]]:
    return list(csv.reader(lines, delimiter=separator, skipinitialspace=True))


def _separator(lines: Sequence[str], decimal: str | None) -> str:
    """What cuts the most lines into as many values as the first, two at least; a comma where nothing does."""
    best, most = next(separator for separator in SEPARATORS if separator != decimal), 0
    for separator in SEPARATORS:
        if separator == decimal:
            continue
        counts = [len(values) for values in _values(lines, separator)]
        if not counts or counts[0] < 2:
            continue
        alike = sum(count == counts[0] for count in counts)
        # Lines with a decimal comma are cut by it, too: but not all into as many, or the header is not.
        if alike > most:
            best, most = separator, alike
    return best


def _decimal(lines: Sequence[str], separator: str) -> str:
    if separator == ",":
        return "."
    values = [value for record in _values(lines, separator)[1:] for value in record]
    return (
        "," if any(COMMA_NUMBER.fullmatch(value) for value in values) and not any(_is_point(v) for v in values) else "."
    )


def _is_point(value: str) -> bool:
    return re.fullmatch(r"\s*[+-]?\d*\.\d+([eE][+-]?\d+)?\s*", value) is not None
