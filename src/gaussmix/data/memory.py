"""Rows in an array."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gaussmix.core.block import Block, Column
from gaussmix.core.source import ReduceTask, RowTask, Source
from gaussmix.core.tree import TreeSum
from gaussmix.core.types import Array, Integers, read_only
from gaussmix.data.chunks import new_rows, row_parts_of_blocks
from gaussmix.errors import DataError

READ = (np.dtype(np.float32), np.dtype(np.float64))
"""Types that are read where they lie."""

ONE = read_only(np.ones(1))
"""The weight of every row that has none, over and over."""


class MemorySource(Source):
    """Rows of an array, which is read where it lies: any strides, read-only or not, float32 or float64.

    Parameters
    ----------
    x : array, shape (n, d)
        The rows.
    weight : array, shape (n,), optional
        Their weights; ones (that take no memory) where not given.
    columns : mapping of str to Column, optional
        What else the rows carry.
    feature_names : sequence of str, optional
        Names of the columns of ``x``.

    Raises
    ------
    DataError
        If the rows are not a table, or weights are not one number of at least 0 for each.
    """

    def __init__(
        self,
        x: Array,
        weight: Array | None = None,
        columns: Mapping[str, Column] | None = None,
        feature_names: Sequence[str] | None = None,
    ) -> None:
        if x.ndim != 2:
            raise DataError(f"rows must be an array of shape (n, d), got one of shape {x.shape}")
        if weight is not None and (weight.shape != (len(x),) or not (weight >= 0.0).all()):
            raise DataError(f"weights must be {len(x)} numbers of at least 0, one a row")
        if x.dtype not in READ:
            x = x.astype(np.float64)
        x = _in_steps(x)
        if weight is None:
            weight = np.ndarray((len(x),), buffer=ONE, strides=(0,))
        else:
            weight = _in_steps(weight.astype(np.float64, copy=False))
        self._block = Block(x, weight, dict(columns or {}))
        self._feature_names = None if feature_names is None else tuple(feature_names)

    @property
    def n_features(self) -> int:
        return int(self._block.x.shape[1])

    @property
    def n_values(self) -> int:
        """Rows times columns."""
        return int(self._block.x.size)

    @property
    def feature_names(self) -> Sequence[str] | None:
        return self._feature_names

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._block.x.dtype

    @property
    def held(self) -> Block:
        return self._block

    def map_reduce(self, task: ReduceTask) -> Any:
        total: TreeSum[Any] = TreeSum()
        if len(self._block):
            total.push(task.map(self._block, 0))
        return total.total()

    def map_rows(self, task: RowTask) -> dict[str, Array]:
        out = new_rows(task, len(self._block))
        task.map(self._block, out)
        return out

    def row_parts(self, task: RowTask) -> Iterator[dict[str, Array]]:
        return row_parts_of_blocks([self._block], task)

    def take(self, numbers: Integers) -> Block:
        return self._block.take(numbers)


def _in_steps(values: Array) -> Array:
    """The array itself, or a copy where its values do not lie whole values apart."""
    return values if lies_in_steps(values) else values.copy()


def lies_in_steps(values: Array) -> bool:
    """Whether values lie whole values apart: not so a field of packed records."""
    flags = values.flags
    return flags.aligned and (flags.forc or not any(stride % values.itemsize for stride in values.strides))
