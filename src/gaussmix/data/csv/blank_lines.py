"""Lines of a CSV file in which nothing stands: a parser passes over them, and its user should know."""

from __future__ import annotations

import re

import numpy as np

from gaussmix.core.types import Integers
from gaussmix.data.csv.scan import CR, LF, any_pair

BLANK = re.compile(rb"(?<=\n)(?:\r\n?|\n)|(?<=\r)\r\n?")
"""The end of a blank line, after that of another. The two bytes of one end are no two ends."""


class BlankLines:
    """Counts them in a text that comes in pieces; those within quotations are none."""

    def __init__(self) -> None:
        self._count, self._first = 0, 0

    def look(self, text: bytes, n_lines: int, begins: Integers, closes: Integers, end: int) -> None:
        """Count those in a piece. In most there is none, which is seen fast.

        Parameters
        ----------
        text : bytes
            Begins with the byte before the first that is new.
        n_lines : int
            Ends of lines up to this byte.
        begins, closes : array of int
            Where quotations open and close.
        end : int
            Where the piece ends.
        """
        some = any_pair(text, LF, LF)
        if not some and b"\r" in text:
            some = any_pair(text, CR, CR) or any_pair(text, LF, CR)
        if not some:
            return
        for blank in BLANK.finditer(text, 1, end):
            if np.searchsorted(begins, blank.start()) > np.searchsorted(closes, blank.start()):
                continue
            if not self._count:
                self._first = n_lines + text.count(b"\n", 1, blank.start()) + 1
            self._count += 1

    @property
    def note(self) -> str | None:
        """What there is to say of them."""
        if not self._count:
            return None
        one = f"1 blank line passed over: line {self._first}"
        return one if self._count == 1 else f"{self._count} blank lines passed over, the first is line {self._first}"
