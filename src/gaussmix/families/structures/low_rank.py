"""Every component has a few directions of its own beside a diagonal: a mixture of factor analysers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gaussmix.core.frame import Scaling
from gaussmix.core.types import Floats
from gaussmix.errors import ConfigError
from gaussmix.families.forms import loadings
from gaussmix.families.forms.low_rank import LowRankForm
from gaussmix.families.structures.structure import Structure


@dataclass(frozen=True)
class LowRank(Structure):
    """Σ = L Lᵀ + Ψ with q columns L and diagonal Ψ (Ghahramani & Hinton 1996).

    Parameters
    ----------
    rank : int
        Number of columns q.
    """

    rank: int

    name = "low_rank"
    scaling = Scaling.PER_FEATURE
    stepwise = True

    @property
    def mclust_name(self) -> str:
        """What a summary calls it: mclust has no name for it."""
        return f"low rank {self.rank}"

    @property
    def description(self) -> str:
        return f"factor analysers, {self.rank} factor{'s' if self.rank > 1 else ''} and noise of each feature"

    @property
    def form(self) -> LowRankForm:
        return LowRankForm(self.rank)

    @classmethod
    def of_rank(cls, rank: int, n_features: int | None = None) -> LowRank:
        """The structure of this rank.

        Raises
        ------
        ConfigError
            If it is not at least 1, or would have more parameters than any covariance of so many features
            (Ledermann 1937: (d − q)² ≥ d + q is what is left).
        """
        if rank < 1:
            raise ConfigError(f"rank must be at least 1, got {rank}; with none it is covariance 'diag'")
        if n_features is not None and rank > largest_rank(n_features):
            most = largest_rank(n_features)
            instead = f"take a rank of at most {most}" if most else "take more features, or another covariance"
            raise ConfigError(
                f"rank {rank} is too many for {n_features} feature{'s' if n_features > 1 else ''}: loadings and noise "
                f"would have {_count(rank, n_features)} parameters a component, a whole covariance has "
                f"{n_features * (n_features + 1) // 2} (Ledermann's bound); {instead}, or covariance 'full'"
            )
        return cls(rank)

    def n_parameters(self, n_components: int, n_features: int) -> int:
        """Loadings count up to their rotation."""
        return n_components * min(_count(self.rank, n_features), n_features * (n_features + 1) // 2)

    def covariance(self, scatter: Floats, sum_weight: Floats, previous: Floats | None = None) -> Floats:
        """One step of EM from ``previous``, for which the scatter was gathered."""
        if previous is None:
            raise TypeError("a scatter of low rank says something only beside what it was gathered for")
        root = 1.0 / np.sqrt(previous[:, 0])
        scaled = previous[:, 1:] * root[:, np.newaxis]
        noise, lines = loadings.em_step(scatter[:, 0], scatter[:, 1:], root, scaled, sum_weight)
        return np.concatenate([noise[:, np.newaxis], lines], axis=1)

    def to_gather_for(
        self, n_components: int, n_features: int, deviation: Callable[[], Floats], rows: Callable[[], Floats]
    ) -> Floats:
        """The principal directions of all rows, the same for all components."""
        spread = deviation()
        noise, scaled = loadings.principal(rows() / spread, self.rank)
        root = 1.0 / (spread * np.sqrt(noise))
        factor = np.concatenate([root[np.newaxis], scaled])
        return np.broadcast_to(factor, (n_components, *factor.shape))

    def public(self, matrices: Floats) -> Floats:
        return matrices

    def private(self, matrices: Floats, n_components: int, n_features: int) -> Floats:
        return matrices


def _count(rank: int, n_features: int) -> int:
    """Free parameters of one covariance: loadings up to a rotation, and noise."""
    return n_features * rank + n_features - rank * (rank - 1) // 2


def largest_rank(n_features: int) -> int:
    """The largest rank with no more parameters than a whole covariance has; 0 if there is none."""
    fits = [q for q in range(1, n_features) if (n_features - q) ** 2 >= n_features + q]
    return max(fits, default=0)
