"""Kinds of values on the command line."""

from __future__ import annotations

import csv
import math

import click


class NumberOrAuto(click.ParamType):
    """``auto``, or a number of at least 0."""

    name = "auto|number"

    def convert(
        self, value: float | str, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | str:
        """The number, or "auto"."""
        if value == "auto":
            return value
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not (math.isfinite(number) and number >= 0.0):
            self.fail(f"{value!r} is neither 'auto' nor a number of at least 0.", param, ctx)
        return number


class Names(click.ParamType):
    """Columns' names with commas between; a name with a comma in it stands in double quotes."""

    name = "name,name,…"

    def convert(
        self,
        value: str | tuple[str, ...],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[str, ...]:
        """The names."""
        if not isinstance(value, str):
            return value
        records = list(csv.reader([value], skipinitialspace=True))
        names = tuple(name.strip() for name in records[0]) if records else ()
        if not names or "" in names:
            self.fail(f"{value!r} has an empty name in it.", param, ctx)
        twice = [name for j, name in enumerate(names) if name in names[:j]]
        if twice:
            self.fail(f"column {twice[0]!r} is named twice.", param, ctx)
        return names
