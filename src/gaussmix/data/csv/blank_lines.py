"""Lines of a CSV file in which nothing stands: a parser passes over them, and its user should know."""

from __future__ import annotations

import re

from gaussmix.data.csv.line_ends import CR, LF, any_pair

BLANK = re.compile(rb"(?<=\n)(?:\r\n?|\n)|(?<=\r)\r\n?")
"""The end of a blank line, after that of another. The two bytes of one end are no two ends."""


class BlankLines:
    """Counts them in a text that comes in pieces; those within quotations must be kept from it."""

    def __init__(self) -> None:
        self._count, self._first = 0, 0

    def begin(self, text: bytes, n_lines: int) -> None:
        """Take a piece, and see fast whether anything is in it: in most there is not.

        Parameters
        ----------
        text : bytes
            Begins with the byte before the first that is new.
        n_lines : int
            Ends of lines up to this byte.
        """
        self._text, self._n_lines = text, n_lines
        self._some = any_pair(text, LF, LF)
        if not self._some and b"\r" in text:
            self._some = any_pair(text, CR, CR) or any_pair(text, LF, CR)

    def look(self, begin: int, end: int) -> None:
        """Count those in this part of the piece."""
        if not self._some:
            return
        for blank in BLANK.finditer(self._text, begin, end):
            if not self._count:
                self._first = self._n_lines + self._text.count(b"\n", 1, blank.start()) + 1
            self._count += 1

    @property
    def note(self) -> str | None:
        """What there is to say of them."""
        if not self._count:
            return None
        one = f"1 blank line passed over: line {self._first}"
        return one if self._count == 1 else f"{self._count} blank lines passed over, the first is line {self._first}"
