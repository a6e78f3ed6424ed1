"""Values on the command line that are more than a number or a word."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import click

COVARIANCES = (
    *("full", "tied", "diag", "spherical"),
    *("EII", "EEI", "VEI", "EVI", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV"),
    *("VVV", "EEE", "VVI", "VII", "E", "V"),
    "low_rank",
)
"""What `gaussmix.families.structures` knows by name, which is not asked: the command's help needs no NumPy."""


class FilePath(click.Path):
    """A path, which an empty text is not: it would be the folder in which the command runs."""

    def __init__(self, kind: type[Path | str] = Path, *, dir_okay: bool = True) -> None:
        super().__init__(path_type=kind, dir_okay=dir_okay)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path."""
        if value == "":
            self.fail("the name is empty.", param, ctx)
        return super().convert(value, param, ctx)


def number_or_auto(_ctx: click.Context, _param: click.Parameter, value: str) -> float | str:
    """``auto``, or a number of at least 0."""
    if value == "auto":
        return value
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= 0.0):
        raise click.BadParameter(f"{value!r} is neither 'auto' nor a number of at least 0.")
    return number


def number_of_components(_ctx: click.Context, _param: click.Parameter, value: str) -> int | str:
    """``auto``, or a whole number of at least 1."""
    if value == "auto":
        return value
    try:
        number = int(value)
    except ValueError:
        number = 0
    if number < 1:
        raise click.BadParameter(f"{value!r} is neither 'auto' nor a whole number of at least 1.")
    return number


def numbers(_ctx: click.Context, _param: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    """Whole numbers of at least 1 with commas between, and ranges such as ``1-9``."""
    if value is None:
        return None
    found: list[int] = []
    for part in value.split(","):
        ends = part.strip().split("-")
        if not (1 <= len(ends) <= 2 and all(end.strip().isdecimal() for end in ends)):
            raise click.BadParameter(f"{value!r} is no list of numbers such as '1-9' or '2,3,5'.")
        first, last = int(ends[0]), int(ends[-1])
        if first < 1 or last < first:
            raise click.BadParameter(f"{part.strip()!r} is no range of numbers from 1 on.")
        found += range(first, last + 1)
    return tuple(dict.fromkeys(found))


def structures(_ctx: click.Context, _param: click.Parameter, value: str) -> str | tuple[str, ...]:
    """``all``, or names of covariance structures with commas between."""
    if value == "all":
        return value
    found = tuple(part.strip() for part in value.split(","))
    unknown = [name for name in found if name not in COVARIANCES]
    if unknown:
        raise click.BadParameter(f"{unknown[0]!r} is none of all, {', '.join(COVARIANCES)}.")
    return found


def seconds(_ctx: click.Context, _param: click.Parameter, value: float | None) -> float | None:
    """A time that has an end."""
    if value is not None and not math.isfinite(value):
        raise click.BadParameter(f"{value} is no number of seconds; leave the option away for no limit.")
    return value


def names(_ctx: click.Context, _param: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    """Columns' names with commas between; a name with a comma in it stands in double quotes."""
    if value is None:
        return None
    records = list(csv.reader([value], skipinitialspace=True))
    found = tuple(name.strip() for name in records[0]) if records else ()
    if not found or "" in found:
        raise click.BadParameter(f"{value!r} has an empty name in it.")
    twice = [name for j, name in enumerate(found) if name in found[:j]]
    if twice:
        raise click.BadParameter(f"column {twice[0]!r} is named twice.")
    return found
