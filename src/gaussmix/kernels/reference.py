"""The three stages of a pass in NumPy, for every family and allocation: clear before fast.

It is the oracle of the compiled pass, and what runs where a family or an allocation has no compiled stage. It computes
in float64 whatever the rows are stored as.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from gaussmix.core.block import Block
from gaussmix.core.contracts import Family, Kernel, Shares, layout_of
from gaussmix.core.mixture import TILE_ENTRIES, Mixture
from gaussmix.core.source import RowField, RowTask, Source
from gaussmix.core.statistics import Layout, Statistics
from gaussmix.core.tree import Node
from gaussmix.core.types import Array, Floats
from gaussmix.kernels.chunks import chunk_length
from gaussmix.kernels.row_fields import row_fields


@dataclass(frozen=True)
class ExpectTask:
    """Sums of a pass, chunk by chunk."""

    mixture: Mixture
    gatherer: Family

    @cached_property
    def layout(self) -> Layout:
        """What is summed."""
        return layout_of(self.gatherer, self.mixture.allocation)

    @property
    def chunk_length(self) -> int:
        return chunk_length(self.mixture.n_components, self.mixture.n_features)

    def map(self, block: Block, first_chunk: int) -> Iterator[Node[Floats]]:
        """One node a chunk."""
        for number, start in enumerate(range(0, len(block), self.chunk_length), first_chunk):
            yield Node(0, number, self._chunk(block.rows(start, start + self.chunk_length)))

    def _chunk(self, block: Block) -> Floats:
        sums = np.zeros(self.layout.size)
        step = max(1, TILE_ENTRIES // self.mixture.n_components)
        for start in range(0, len(block), step):
            sums += self._tile(block.rows(start, start + step))
        return sums

    def _tile(self, block: Block) -> Floats:
        if not block.weight.all():
            block = block.take(np.flatnonzero(block.weight))  # a weight of 0 is a row that is not there
        inside = self.mixture.frame.to_internal(block)
        scores, shares = self.mixture.share(inside)
        return self.layout.pack(
            {
                "log_likelihood": float(inside.weight @ shares.log_density),
                "sum_weight": shares.share.sum(axis=1),
                **self.gatherer.gather(inside, shares.share, scores),
                **self.mixture.allocation.gather(inside, shares),
            }
        )


@dataclass(frozen=True)
class RowsTask:
    """Log-density, responsibilities and label of each row."""

    mixture: Mixture
    fields: Mapping[str, RowField]

    @property
    def chunk_length(self) -> int:
        return max(1, TILE_ENTRIES // self.mixture.n_components)

    def map(self, block: Block, out: Mapping[str, Array]) -> None:
        """Tile by tile."""
        for start in range(0, len(block), self.chunk_length):
            part = block.rows(start, start + self.chunk_length)
            unit = Block(part.x, np.ones(len(part)), part.columns)
            _, shares = self.mixture.share(self.mixture.frame.to_internal(unit))
            for name in self.fields:
                with np.errstate(over="ignore"):  # float32 holds no log-density below -3e38 but that of nothing
                    out[name][start : start + self.chunk_length] = self._result(name, shares)

    def _result(self, name: str, shares: Shares) -> Array:
        if name == "log_density":
            return shares.log_density
        return shares.share.T if name == "responsibility" else shares.share.argmax(axis=0)


class ReferenceKernel(Kernel):
    """Passes in NumPy."""

    def expect(self, source: Source, mixture: Mixture, gather: Family | None = None) -> Statistics:
        gatherer = mixture.family if gather is None else gather
        task = ExpectTask(mixture, gatherer)
        total = source.map_reduce(task)
        return Statistics(
            task.layout,
            np.zeros(task.layout.size) if total is None else total,
            mixture.frame,
            gatherer.pivot,
        )

    def row_task(self, dtype: np.dtype[Any], mixture: Mixture, wanted: Sequence[str]) -> RowTask:
        return RowsTask(mixture, row_fields(wanted, mixture.n_components, dtype))
