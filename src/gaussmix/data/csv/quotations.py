"""Where the quotations of a CSV file are, seen as its bytes pass."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from gaussmix.core.types import Integers
from gaussmix.data.csv.blank_lines import BlankLines
from gaussmix.data.csv.scan import MARK, count_ends, places
from gaussmix.errors import DataError

LONGEST_VALUE = 64 << 20
"""Bytes of a quoted value: what is longer has its closing mark missing."""


class Found(NamedTuple):
    """Places of the opening and of the closing marks, and where a quotation begins whose end is yet to come."""

    begins: Integers
    closes: Integers
    undecided: int | None


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
        ends = separator.encode() + b"\r\n"
        self._opening = re.compile(rb"(?<=[" + re.escape(ends) + rb'])"')
        self._rest = re.compile(rb'(?:[^"]++|"")*+')
        self._is_end = np.zeros(256, dtype=bool)
        self._is_end[list(ends)] = True
        self.blank_lines = BlankLines()
        self._kept = b"\n"  # what was not decided, after the byte before it
        self._n_lines = 0  # before that
        self._n_bytes = 0  # with it
        self.record_end = 0

    @property
    def n_lines(self) -> int:
        """Ends of lines in what was looked at."""
        return self._n_lines + self._kept.count(b"\n", 1)

    def feed(self, text: bytes, last: bool) -> None:
        """Look at more of the file.

        Raises
        ------
        DataError
            If a quotation ends elsewhere, or not at all.
        """
        before = self._n_bytes - len(self._kept)
        self._n_bytes += len(text)
        text = self._kept + text
        found = self._usual(text, last) or self._unusual(text, last)
        decided = len(text) if found.undecided is None else found.undecided
        if len(text) - decided > LONGEST_VALUE:
            line = self._line(text, decided)
            raise DataError(f"the quotation that begins in line {line} is longer than {LONGEST_VALUE} bytes")
        if decided < len(text) and last:
            raise DataError(f"the quotation that begins in line {self._line(text, decided)} is never closed")
        self.blank_lines.look(text, self._n_lines, found.begins, found.closes, decided)
        end = _last_end(text, found, decided)
        if end > 0:
            self.record_end = before + end + 1
        self._n_lines += count_ends(text, 1, decided)
        self._kept = text[decided - 1 :]

    def _usual(self, text: bytes, last: bool) -> Found | None:
        """The quotations if every mark opens, closes or is doubled; None if one may be a letter, or is wrong.

        Every second mark closes then: two that are doubled close and open again.
        """
        marks = places(text, MARK, 1)
        codes = np.frombuffer(text, np.uint8)
        opening, closing = marks[::2], marks[1::2]
        n = len(closing)
        doubled = np.zeros(n + 1, dtype=bool)  # whether a mark follows on a closing one
        doubled[: len(opening) - 1] = opening[1:] == closing[: len(opening) - 1] + 1
        begins_value = self._is_end[codes[opening - 1]]
        begins_value[1:] |= doubled[: len(opening) - 1]
        within = closing + 1 < len(text)
        ends_value = self._is_end[codes[closing[within] + 1]] | doubled[:n][within]
        if not (begins_value.all() and ends_value.all()):
            return None
        begins = opening[np.concatenate([[True], ~doubled[: len(opening) - 1]])] if len(opening) else opening
        closes = closing[~doubled[:n]]
        undecided = None
        if len(closes) < len(begins) or (not last and len(closes) and closes[-1] + 1 == len(text)):
            undecided = int(begins[-1])
            begins, closes = begins[:-1], closes[: len(begins) - 1]
        return Found(begins, closes, undecided)

    def _unusual(self, text: bytes, last: bool) -> Found:
        """The quotations among marks that may be letters, one after another.

        Raises
        ------
        DataError
            If one ends in the middle of a value.
        """
        begins, closes, undecided, place = [], [], None, 1
        while (mark := self._opening.search(text, place)) is not None:
            rest = self._rest.match(text, mark.end())
            end = mark.end() if rest is None else rest.end()
            if end == len(text) or (end + 1 == len(text) and not last):
                undecided = mark.start()
                break
            if end + 1 < len(text) and not self._is_end[text[end + 1]]:
                raise DataError(
                    f"the quotation that begins in line {self._line(text, mark.start())} is closed in line "
                    f"{self._line(text, end)} in the middle of a value; double the quotation marks that belong to a "
                    "text"
                )
            begins.append(mark.start())
            closes.append(end)
            place = end + 1
        return Found(np.array(begins, dtype=np.intp), np.array(closes, dtype=np.intp), undecided)

    def _line(self, text: bytes, place: int) -> int:
        return self._n_lines + text.count(b"\n", 1, place) + 1


def _last_end(text: bytes, found: Found, decided: int) -> int:
    """Place of the last end of a line before this place that is in no quotation; 0 if there is none."""
    end = decided
    for begin, close in zip(found.begins[::-1], found.closes[::-1], strict=True):
        if (place := _last_in(text, int(close) + 1, end)) >= 0:
            return place
        end = int(begin)
    return max(_last_in(text, 1, end), 0)


def _last_in(text: bytes, begin: int, end: int) -> int:
    last = text.rfind(b"\n", begin, end)
    return max(last, text.rfind(b"\r", max(last, begin), end))
