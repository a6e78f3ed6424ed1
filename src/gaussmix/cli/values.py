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
