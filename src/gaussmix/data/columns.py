"""Columns of data frames as numbers, or what they hold instead."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from gaussmix.core.types import Array

if TYPE_CHECKING:
    import narwhals as nw


@dataclass(frozen=True)
class NotNumeric:
    """A column that no mixture can be fitted to.

    Parameters
    ----------
    name : str
        The column.
    why : str
        What it holds, in words: ``"'Adelie' in row 0 (from 0)"``.
    """

    name: str
    why: str


def column_of(name: str, series: nw.Series[Any]) -> Array | NotNumeric:
    """A column of a data frame: numbers, in whatever dress, with NaN for what is missing; or that it is none."""
    import narwhals as nw

    if is_certain_text(series.dtype):
        values = series.drop_nulls().head(1).to_list()
        if not values and getattr(series.to_native(), "dtype", None) is np.dtype(object):
            return np.full(len(series), np.nan)  # nothing is called text, for want of a better name
        example = f", {str(values[0])[:60]!r} for one" if values else ""
        return NotNumeric(name, f"{str(series.dtype).partition('(')[0]}{example}")
    if series.dtype == nw.Float32:
        return np.asarray(series.to_numpy(), dtype=np.float32)
    if series.dtype.is_integer():
        numbers = np.asarray(series.to_numpy())
        if numbers.dtype.kind in "iuf":  # Arrow casts no whole numbers that floats do not hold
            return numbers.astype(np.float64)
    if is_certain_number(series.dtype):
        return np.asarray(series.cast(nw.Float64).to_numpy(), dtype=np.float64)
    return numbers_in(name, np.asarray(series.to_numpy(), dtype=object))


def is_certain_text(kind: nw.dtypes.DType) -> bool:
    """Whether a column of this type is none of numbers.

    Others may hold numbers, such as Python objects and categories: whoever makes the array finds out.
    """
    import narwhals as nw

    return kind.is_temporal() or kind.is_nested() or kind in (nw.String, nw.Binary)


def is_certain_number(kind: nw.dtypes.DType) -> bool:
    """Whether a column of this type is one of numbers, or of yes and no."""
    import narwhals as nw

    return kind.is_numeric() or kind == nw.Boolean


def numbers_in(name: str, column: Array) -> Array | NotNumeric:
    """A column as numbers, if it is all numbers in whatever dress; what estimators can read as such, too."""
    numbers = _as_numbers(column)
    return NotNumeric(name, _first_text(column)) if numbers is None else numbers


def _as_numbers(column: Array) -> Array | None:
    if column.dtype.kind in "mMV":
        return None
    try:
        return column.astype(np.float64)
    except (TypeError, ValueError):
        return None


def _first_text(column: Array) -> str:
    """The first value that is no number: found by halves, so that no row is looked at by itself."""
    if column.dtype.kind in "mMV":
        return f"{column.dtype}"
    low, high = 0, len(column)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _as_numbers(column[low:middle]) is None else (middle, high)
    return f"{str(column[low])[:60]!r} in row {low} (from 0)"


def came_whole(column: Array) -> bool:
    """Whether the first value of a column is a whole number of Python, which may have any number of digits."""
    return column.dtype == object and isinstance(next((value for value in column if value is not None), None), Integral)
