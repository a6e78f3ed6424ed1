"""Arrow columns to arrays of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import pyarrow as pa

from gaussmix.core.types import Array, Floats
from gaussmix.errors import DataError

EXACT = 2.0**53
"""Whole numbers up to here are floats; beyond it only every second is, then every fourth."""


def chosen_columns(
    schema: pa.Schema, wanted: Sequence[str] | None, weight: str | None = None, patterns: bool = True
) -> list[str]:
    """Names of the feature columns of a file.

    Parameters
    ----------
    schema : Schema
        Of the file or table.
    wanted : sequence of str, optional
        The features, in this order: names; patterns with ``*``, ``?`` or ``[…]``, for the columns in the file's order;
        and, after a ``!``, names or patterns of columns that are left out. A column's own name always means that
        column. Every column but the weight where not given, or where only some to leave out are.
    weight : str, optional
        The column that holds the rows' weights.
    patterns : bool
        Whether ``wanted`` may hold more than names.

    Raises
    ------
    DataError
        If a column is not there or stands twice, or none is left.
    """
    twice = sorted({name for name in schema.names if schema.names.count(name) > 1})
    if twice:
        raise DataError(f"these column names stand more than once: {', '.join(twice)}; give each its own name")
    features = [name for name in schema.names if name != weight]
    excluded = [name for name in wanted or () if patterns and name.startswith("!") and name not in schema.names]
    included = [name for name in wanted or () if name not in excluded]
    unknown: list[str] = [weight] if weight and weight not in schema.names else []
    names: dict[str, None] = {}
    for pattern in included or ([] if wanted and not excluded else ["*"]):
        found = _matching(pattern, schema.names, features if patterns or wanted is None else ())
        names.update(dict.fromkeys(found))
        unknown += [] if found else [pattern]
    for pattern in excluded:
        left_out = _matching(pattern[1:], schema.names, schema.names)
        names = {name: None for name in names if name not in left_out}
        unknown += [] if left_out else [pattern[1:]]
    if unknown:
        raise DataError(
            f"there is no column {', '.join(map(repr, unknown))}; the columns are {', '.join(schema.names)}"
        )
    if not names:
        raise DataError("no columns are left to fit")
    return list(names)


def _matching(pattern: str, names: Sequence[str], among: Sequence[str]) -> list[str]:
    return [pattern] if pattern in names else [name for name in among if fnmatchcase(name, pattern)]


def is_numeric(kind: pa.DataType) -> bool:
    """Whether values of this type are numbers (or yes and no)."""
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_decimal(kind)
    )


def dtype_of(schema: pa.Schema, names: Sequence[str]) -> np.dtype[Any]:
    """What the named columns are read as: float32 where all are stored so, else float64."""
    narrow = all(pa.types.is_float32(schema.field(name).type) for name in names)
    return np.dtype(np.float32 if narrow else np.float64)


def matrix_of(table: pa.RecordBatch | pa.Table, names: Sequence[str]) -> Array:
    """The named columns as (n, d) in row order, in the dtype of `dtype_of`; a null becomes NaN."""
    matrix = np.empty((table.num_rows, len(names)), dtype=dtype_of(table.schema, names))
    for j, name in enumerate(names):
        matrix[:, j] = vector_of(table, name)
    return matrix


def vector_of(table: pa.RecordBatch | pa.Table, name: str) -> Floats:
    """One column as float64; a null becomes NaN."""
    column = table.column(name).cast(pa.float64(), safe=False)
    return np.asarray(column.to_numpy(zero_copy_only=False) if isinstance(column, pa.Array) else column.to_numpy())


def weight_of(table: pa.RecordBatch | pa.Table, name: str, first_row: int = 0) -> Floats:
    """A column of row weights as float64.

    Parameters
    ----------
    table : RecordBatch or Table
        Some rows.
    name : str
        The column.
    first_row : int
        Number of the first of these rows in the file, from 0.

    Raises
    ------
    DataError
        If a weight is missing, negative or infinite.
    """
    weight = vector_of(table, name)
    wrong = ~(np.isfinite(weight) & (weight >= 0.0))
    if wrong.any():
        row = int(wrong.argmax())
        raise DataError(
            f"the weights in column {name!r} must be numbers of at least 0; row {first_row + row} "
            f"(from 0) has {weight[row]}"
        )
    return weight
