"""Shares that do not come from scores: the whole row to the best component, or as a column says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gaussmix.core.block import Block
from gaussmix.core.contracts import Allocation, Scores, Shares, Update
from gaussmix.core.statistics import Field, Statistics
from gaussmix.core.types import Floats, Integers

RESPONSIBILITY = "responsibility"
"""Name of the column of a block that holds given responsibilities, shape (b, k)."""


@dataclass(frozen=True)
class Hard(Allocation):
    """Each row goes whole to the component under which it is densest (the first of equals), as in k-means.

    Parameters
    ----------
    size : int
        Number of components.
    """

    size: int

    @property
    def n_components(self) -> int:
        return self.size

    @property
    def n_parameters(self) -> int:
        return 0

    @property
    def name(self) -> str:
        return "hard"

    @property
    def weights(self) -> Floats:
        return np.full(self.n_components, 1.0 / self.size)

    @property
    def layout(self) -> tuple[Sequence[Field], Mapping[str, int]]:
        return (), {}

    def share(self, scores: Scores, block: Block) -> Shares:
        best = scores.log_density.argmax(axis=0)  # (b,)
        every = np.arange(len(block))
        share = np.zeros_like(scores.log_density)
        share[best, every] = block.weight
        return Shares(share, scores.log_density[best, every])

    def gather(self, block: Block, shares: Shares) -> Mapping[str, Floats]:
        return {}

    def reorder(self, order: Integers) -> Hard:
        return Hard(len(order))

    @property
    def compiled(self) -> tuple[str, Floats] | None:
        return "hard", np.zeros(self.size)


@dataclass(frozen=True)
class Given(Allocation):
    """Rows are shared as their column ``responsibility`` says, whatever their scores.

    Parameters
    ----------
    size : int
        Number of components.
    """

    size: int

    @property
    def n_components(self) -> int:
        return self.size

    @property
    def n_parameters(self) -> int:
        return 0

    @property
    def name(self) -> str:
        return "given"

    @property
    def weights(self) -> Floats:
        return np.full(self.n_components, 1.0 / self.size)

    @property
    def layout(self) -> tuple[Sequence[Field], Mapping[str, int]]:
        return (), {}

    def share(self, scores: Scores, block: Block) -> Shares:
        share = block.columns[RESPONSIBILITY].values.T * block.weight  # (k, b)
        return Shares(np.ascontiguousarray(share), np.zeros(len(block)))

    def gather(self, block: Block, shares: Shares) -> Mapping[str, Floats]:
        return {}

    def reorder(self, order: Integers) -> Given:
        return Given(len(order))

    @property
    def compiled(self) -> tuple[str, Floats] | None:
        return None


class Unchanged(Update[Allocation]):
    """An allocation with nothing to estimate stays what it is."""

    def update(self, statistics: Statistics, current: Allocation) -> Allocation:
        """The same."""
        return current

    def objective_term(self, parameters: Allocation) -> float:
        """No prior."""
        return 0.0
