"""Shares that do not come from scores: the whole row to the best component, or as a column says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from gaussmix.core.block import Block
from gaussmix.core.contracts import Allocation, Scores, Shares, Update
from gaussmix.core.statistics import Field, Statistics
from gaussmix.core.types import Floats, Integers

RESPONSIBILITY = "responsibility"
"""Name of the column of a block that holds given responsibilities, shape (b, k)."""


@dataclass(frozen=True)
class Unweighted(Allocation):
    """An allocation without weights: nothing is estimated, and on its own account no component is likelier.

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
    def weights(self) -> Floats:
        return np.full(self.size, 1.0 / self.size)

    @property
    def layout(self) -> tuple[Sequence[Field], Mapping[str, int]]:
        return (), {}

    def gather(self, block: Block, shares: Shares) -> Mapping[str, Floats]:
        return {}

    def reorder(self, order: Integers) -> Self:
        return type(self)(len(order))


class Hard(Unweighted):
    """Each row goes whole to the component under which it is densest (the first of equals), as in k-means."""

    name = "hard"

    def share(self, scores: Scores, block: Block) -> Shares:
        best = scores.log_density.argmax(axis=0)  # (b,)
        every = np.arange(len(block))
        share = np.zeros_like(scores.log_density)
        share[best, every] = block.weight
        return Shares(share, scores.log_density[best, every])

    @property
    def compiled(self) -> tuple[str, Floats] | None:
        return "hard", np.zeros(self.size)


class Given(Unweighted):
    """Rows are shared as their column ``responsibility`` says, whatever their scores."""

    name = "given"

    def share(self, scores: Scores, block: Block) -> Shares:
        share = block.columns[RESPONSIBILITY].values.T * block.weight  # (k, b)
        return Shares(np.ascontiguousarray(share), np.zeros(len(block)))

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
