"""Rows as they were found: the columns of numbers, and what is known of the others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gaussmix.core.source import Source
from gaussmix.core.types import Array, Floats
from gaussmix.data.columns import NotNumeric, came_whole, column_of, numbers_in
from gaussmix.data.frames import eager_frame, is_frame
from gaussmix.data.memory import MemorySource
from gaussmix.errors import DataError

if TYPE_CHECKING:
    import narwhals as nw


@dataclass(frozen=True)
class Table:
    """Rows that nobody has judged.

    Parameters
    ----------
    source : Source or None
        The numeric columns, with missing and infinite values and with whatever weights were given; None where no
        column is numeric.
    names : tuple of str
        Their names; ``x0``, ``x1``, … where they have none.
    not_numeric : tuple of NotNumeric
        The other columns.
    stored_whole : collection of str
        Columns that are known to have come as whole numbers, of any length.
    """

    source: Source | None
    names: tuple[str, ...]
    not_numeric: tuple[NotNumeric, ...] = ()
    stored_whole: Collection[str] = ()


class UnjudgedArray(MemorySource):
    """Rows of an array with weights that may be anything.

    Parameters
    ----------
    x : array, shape (n, d)
        The rows.
    weight : array, shape (n,), optional
        Their weights.
    feature_names : sequence of str, optional
        Names of the columns of ``x``.
    """

    def __init__(self, x: Array, weight: Floats | None = None, feature_names: Sequence[str] | None = None) -> None:
        if weight is not None and weight.shape != (len(x),):
            raise DataError(f"sample_weight must have shape ({len(x)},), one weight a row; got {weight.shape}")
        super().__init__(x, feature_names=feature_names)  # which would refuse some weights
        if weight is not None:
            self._block = replace(self._block, weight=weight)


def table_of(rows: Any, weight: Floats | None = None) -> Table:
    """The table of an array, a list of rows, or a data frame.

    Parameters
    ----------
    rows : array-like or data frame
        Of two dimensions, with columns of any kind.
    weight : array, shape (n,), optional
        Of the rows.

    Raises
    ------
    DataError
        If it is no table of rows.
    TypeError
        If it is sparse, or rows that are not there yet.
    """
    frame = eager_frame(rows) if is_frame(rows) else None
    if frame is not None:
        natives = {
            str(name): np.asarray(frame[name].to_native()) for name in frame.columns if _may_be_long(frame[name])
        }
        whole = {name for name, column in natives.items() if came_whole(column)}
        return replace(_sorted_out(_columns_of_frame(frame), weight), stored_whole=whole)
    values = _values(rows)
    names = [f"x{j}" for j in range(values.shape[1])]
    if values.dtype.kind in "fiub":
        return Table(UnjudgedArray(values, weight), tuple(names))
    whole = {name for j, name in enumerate(names) if came_whole(values[:, j])}
    columns = {name: numbers_in(name, values[:, j]) for j, name in enumerate(names)}
    return replace(_sorted_out(columns, weight), stored_whole=whole)


def _sorted_out(columns: dict[str, Array | NotNumeric], weight: Floats | None) -> Table:
    """The table of columns of numbers and others."""
    numeric = {name: column for name, column in columns.items() if not isinstance(column, NotNumeric)}
    others = [column for column in columns.values() if isinstance(column, NotNumeric)]
    if not numeric:
        return Table(None, (), tuple(others))
    narrow = all(column.dtype == np.float32 for column in numeric.values())
    x = np.empty((len(next(iter(numeric.values()))), len(numeric)), np.float32 if narrow else np.float64)
    for j, column in enumerate(numeric.values()):
        x[:, j] = column
    return Table(UnjudgedArray(x, weight, tuple(numeric)), tuple(numeric), tuple(others))


def _values(rows: Any) -> Array:
    if hasattr(rows, "toarray"):
        raise TypeError("sparse rows cannot be checked; give rows.toarray() if there is room for it")
    if isinstance(rows, np.ma.MaskedArray):
        rows = np.ma.filled(rows if rows.dtype.kind in "fcO" else rows.astype(np.float64), np.nan)
    try:
        values = np.asarray(rows)
    except ValueError as error:
        raise DataError(f"these rows are no table: {error}") from error
    if values.ndim != 2:
        raise DataError(
            f"rows must be an array of shape (n, d), got one of shape {values.shape}; a single column is "
            "X.reshape(-1, 1), a single row X.reshape(1, -1)"
        )
    if values.shape[1] == 0:
        raise DataError("there are no columns")
    if values.dtype.kind == "c":
        raise DataError("Complex data not supported: give real and imaginary parts as columns of their own")
    return values


def _may_be_long(series: nw.Series[Any]) -> bool:
    """Whether a column of a frame may hold whole numbers of Python: others hold those of 64 bits."""
    return getattr(series.to_native(), "dtype", None) is np.dtype(object)


def _columns_of_frame(frame: nw.DataFrame[Any]) -> dict[str, Array | NotNumeric]:
    if not frame.columns:
        raise DataError("there are no columns")
    names = [str(name) for name in frame.columns]
    if len(set(names)) < len(names):  # 1 and "1" are two names to some libraries
        raise DataError(f"column names stand more than once: {', '.join(names)}")
    return {name: column_of(name, series) for name, series in zip(names, frame.iter_columns(), strict=True)}
