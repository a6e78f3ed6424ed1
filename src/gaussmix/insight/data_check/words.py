"""Columns and numbers in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

NAMED = 8
"""Columns that a sentence names; a finding's ``columns`` has all of them."""


def listed(names: Sequence[str]) -> str:
    """Names in quotes, the first of them where they are many.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    "'a', 'b' and 'c'"
    """
    return joined([repr(name) for name in names])


def joined(parts: Sequence[str]) -> str:
    """Parts of a sentence with commas and an "and" between."""
    if len(parts) > NAMED:
        return f"{', '.join(parts[:NAMED])} and {len(parts) - NAMED} more"
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def columns_are(names: Sequence[str], one: str, many: str) -> str:
    """Subject and verb: "Column 'a' is", or "Columns 'a' and 'b' are"."""
    return f"Column {listed(names)} {one}" if len(names) == 1 else f"Columns {listed(names)} {many}"


def counted(number: int, noun: str) -> str:
    """A number of things: "1 row", "2,000 rows"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def figure(value: float) -> str:
    """A number with as many digits as a sentence wants.

    Examples
    --------
    >>> figure(-999.0), figure(1234567.0), figure(0.0123456)
    ('-999', '1234567', '0.01235')
    """
    return f"{value:.0f}" if isfinite(value) and value == round(value) and abs(value) < 1e7 else f"{value:.4g}"


def percent(share: float) -> str:
    """A share in percent, which is never rounded to nothing or to all."""
    return f"{100.0 * share:.2g} %" if share < 0.995 else f"{100.0 * share:.6g} %"
