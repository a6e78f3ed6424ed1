"""One table of weights for all rows: free or equal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gaussmix.allocations.soft import soft_shares
from gaussmix.core.block import Block
from gaussmix.core.contracts import Allocation, Scores, Shares, Update
from gaussmix.core.extension import native as _native
from gaussmix.core.parts import Parts
from gaussmix.core.statistics import Field, Statistics
from gaussmix.core.types import Floats, Integers, read_only
from gaussmix.errors import ConfigError

SUM_TOLERANCE = 1e-6
"""How far stored weights may sum from 1: estimates do so to 1e-15, ones that were assigned as float32 to 1e-7 each."""


@dataclass(frozen=True)
class CommonWeights(Allocation):
    """Every row chooses by the same weights.

    Parameters
    ----------
    values : array, shape (k,)
        Not negative; they sum to 1.
    free : bool
        Whether they are estimated (they then count as k − 1 parameters).
    """

    values: Floats
    free: bool = True

    def __post_init__(self) -> None:
        if self.values.flags.writeable:
            object.__setattr__(self, "values", read_only(self.values))

    @classmethod
    def equal(cls, n_components: int) -> CommonWeights:
        """All components alike, whatever the rows say."""
        return cls(np.full(n_components, 1.0 / n_components), free=False)

    @classmethod
    def of_sums(cls, sum_weight: Floats) -> CommonWeights:
        """Each component's part of all shares."""
        return cls(_native.parts_of_sum(sum_weight))

    @classmethod
    def from_parts(cls, parts: Parts) -> CommonWeights:
        values = parts.finite("weights", 1)
        if (values < 0.0).any():
            raise ConfigError(f"weights must not be negative; the smallest is {values.min():g}")
        with np.errstate(over="ignore"):
            total = float(values.sum())
        if not abs(total - 1.0) <= SUM_TOLERANCE:
            raise ConfigError(f"weights must sum to 1; they sum to {total:.9g}")
        return cls(values, parts.flag("free"))

    @property
    def parts(self) -> Parts:
        return Parts("common", {"free": self.free}, {"weights": self.values})

    @property
    def n_components(self) -> int:
        return len(self.values)

    @property
    def n_parameters(self) -> int:
        return len(self.values) - 1 if self.free else 0

    @property
    def name(self) -> str:
        return "free" if self.free else "equal"

    @property
    def weights(self) -> Floats:
        return self.values

    @property
    def log_weights(self) -> Floats:
        """Log-weights, −inf for a weight of 0."""
        if min(self.values.tolist()) > 0.0:  # a tenth of what NumPy takes for a few numbers
            return np.log(self.values)
        with np.errstate(divide="ignore"):
            return np.log(self.values)

    @property
    def layout(self) -> tuple[Sequence[Field], Mapping[str, int]]:
        return (), {}

    def share(self, scores: Scores, block: Block) -> Shares:
        return soft_shares(scores.log_density + self.log_weights[:, np.newaxis], block.weight)

    def gather(self, block: Block, shares: Shares) -> Mapping[str, Floats]:
        return {}

    def reorder(self, order: Integers) -> CommonWeights:
        return CommonWeights(self.values[order], self.free)

    def with_weights(self, weights: Floats) -> CommonWeights:
        """Allocation by these weights."""
        return CommonWeights(weights)

    @property
    def compiled(self) -> tuple[str, Floats] | None:
        return "soft", self.log_weights


class CommonWeightsUpdate(Update[CommonWeights]):
    """Maximum likelihood: free weights are the components' part of all shares, equal ones stay."""

    def update(self, statistics: Statistics, current: CommonWeights) -> CommonWeights:
        if not current.free:
            return current
        made = statistics.made
        return CommonWeights.of_sums(statistics.sum_weight) if made is None else CommonWeights(made.parts)

    def objective_term(self, parameters: CommonWeights) -> float:
        """No prior."""
        return 0.0
