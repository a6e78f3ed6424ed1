"""Weights that are not known but distributed: variational Bayes with a Dirichlet prior.

The prior of the weights π is p = Dir(a₀) and their approximate posterior q = Dir(a). Given q, rows are shared by
expected log-weights, and given the shares' sums N the best q is again a Dirichlet:

    E[log πⱼ] = ψ(aⱼ) − ψ(Σ a),        a = a₀ + N        (ψ is the digamma function)

With the components at maximum likelihood each step raises the evidence lower bound

    Σᵢ log Σⱼ exp(E[log πⱼ]) fⱼ(xᵢ) − KL(q‖p)

    KL(q‖p) = log Γ(Σa) − Σⱼ log Γ(aⱼ) − log Γ(Σa₀) + Σⱼ log Γ(a₀ⱼ) + Σⱼ (aⱼ − a₀ⱼ) E[log πⱼ]

The pass is the one of maximum likelihood: it cannot tell where its log-weights come from, and so runs compiled.

Source: Bishop (2006), Pattern Recognition and Machine Learning, section 10.2, equations 10.57, 10.58 and 10.66.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, gammaln

from gaussmix.allocations.soft import soft_shares
from gaussmix.allocations.weights import CommonWeights
from gaussmix.core.block import Block
from gaussmix.core.contracts import Allocation, Scores, Shares, Update
from gaussmix.core.statistics import Field, Statistics
from gaussmix.core.types import Floats, Integers


@dataclass(frozen=True)
class DirichletWeights(Allocation):
    """Every row chooses by the same weights, of which a distribution is known.

    Parameters
    ----------
    concentration : array, shape (k,)
        Of the posterior q, positive.
    """

    concentration: Floats

    @property
    def n_components(self) -> int:
        return len(self.concentration)

    @property
    def n_parameters(self) -> int:
        return self.n_components - 1

    @property
    def name(self) -> str:
        return "dirichlet"

    @property
    def weights(self) -> Floats:
        """Posterior means."""
        return self.concentration / self.concentration.sum()

    @property
    def expected_log_weights(self) -> Floats:
        """Posterior means of the log-weights, shape (k,)."""
        return digamma(self.concentration) - digamma(self.concentration.sum())

    def with_weights(self, weights: Floats) -> CommonWeights:
        """Allocation by known weights: what predicts, where `weights` are handed in."""
        return CommonWeights(weights)

    @property
    def layout(self) -> tuple[Sequence[Field], Mapping[str, int]]:
        return (), {}

    def share(self, scores: Scores, block: Block) -> Shares:
        return soft_shares(scores.log_density + self.expected_log_weights[:, np.newaxis], block.weight)

    def gather(self, block: Block, shares: Shares) -> Mapping[str, Floats]:
        return {}

    def reorder(self, order: Integers) -> DirichletWeights:
        return DirichletWeights(self.concentration[order])

    @property
    def compiled(self) -> tuple[str, Floats] | None:
        return "soft", self.expected_log_weights


@dataclass(frozen=True)
class DirichletWeightsUpdate(Update[DirichletWeights]):
    """The best posterior for the sums.

    Parameters
    ----------
    prior_concentration : float
        a₀ of every component; under 1 it empties components that are not needed.
    """

    prior_concentration: float

    def update(self, statistics: Statistics, current: DirichletWeights) -> DirichletWeights:
        return DirichletWeights(self.prior_concentration + statistics.sum_weight)

    def objective_term(self, parameters: DirichletWeights) -> float:
        """What the bound has beside the rows' part: −KL(q‖p)."""
        posterior, prior = parameters.concentration, np.full(parameters.n_components, self.prior_concentration)
        kl = _log_normaliser(posterior) - _log_normaliser(prior)
        return -float(kl + (posterior - prior) @ parameters.expected_log_weights)


def _log_normaliser(concentration: Floats) -> float:
    """Log of what the product of powers is multiplied by."""
    return float(gammaln(concentration.sum()) - gammaln(concentration).sum())
