"""The rows' weights, for who draws rows by them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gaussmix.core.block import Block
from gaussmix.core.source import RowField, Source
from gaussmix.core.types import Array, Floats


class RowWeights:
    """A task that gives each row's weight."""

    chunk_length = 1 << 16
    """Rows at a time: any number will do, since nothing is added up."""

    @property
    def fields(self) -> Mapping[str, RowField]:
        """One number a row."""
        return {"weight": RowField((), np.dtype(np.float64))}

    def map(self, block: Block, out: Mapping[str, Array]) -> None:
        """Copy them."""
        out["weight"][...] = block.weight


def row_weights(source: Source) -> Floats:
    """Weight of every row, shape (n,)."""
    return source.map_rows(RowWeights())["weight"]
