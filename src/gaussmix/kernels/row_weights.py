"""The rows' weights, for who draws rows by them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from gaussmix.core.block import Block
from gaussmix.core.source import RowField, Source
from gaussmix.core.types import Array, Floats


class RowWeights:
    """A task that gives each row's weight."""

    name = "weight"
    chunk_length = 1
    """Rows that must stay together: nothing is added up here, so that blocks can be taken as they come."""

    @property
    def fields(self) -> Mapping[str, RowField]:
        """One number a row."""
        return {self.name: RowField((), np.dtype(np.float64))}

    def map(self, block: Block, out: Mapping[str, Array]) -> None:
        """Copy them."""
        out[self.name][...] = block.weight


def cumulative_weights(source: Source) -> Iterator[Floats]:
    """Cumulative weight of every row, some rows after others: all of it may be larger than memory.

    The sum goes from row to row, however many come at a time, so that it has the bits of one ``cumsum`` over all.
    """
    before = 0.0
    for part in source.row_parts(RowWeights()):
        weight = part[RowWeights.name]
        if len(weight):
            weight[0] += before
            cumulative = np.cumsum(weight, out=weight)
            before = float(cumulative[-1])
            yield cumulative
