"""Gaussian components with uncorrelated features, for rows in which some values are missing (NaN).

Where values are missing at random a row speaks for the features that it has, and its density is the marginal one.
With uncorrelated features that is a product over the observed ones alone:

    log f(x) = −½ Σ over observed f of (log 2πσ²[f] + (x[f] − μ[f])² / σ²[f])

With shares r, EM maximises feature by feature over the rows in which it was observed:

    μ[f] = Σᵢ rᵢ xᵢ[f] / Σᵢ rᵢ,        σ²[f] = Σᵢ rᵢ (xᵢ[f] − μ[f])² / Σᵢ rᵢ        (i with xᵢ[f] observed)

Source: Little & Rubin (2002), Statistical Analysis with Missing Data, sections 6.2 and 8.2; the missing values are
integrated out, not filled in, so that they cost no iterations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gaussmix.core.block import Block
from gaussmix.core.contracts import CompiledStage, Family, Scores, Update
from gaussmix.core.frame import Scaling
from gaussmix.core.statistics import Field, Statistics
from gaussmix.core.types import Floats, Integers
from gaussmix.errors import DegenerateFitError


@dataclass(frozen=True)
class MissingDiagonal(Family):
    """Parameters of k diagonal Gaussian components, in internal units.

    Parameters
    ----------
    means : array, shape (k, d)
        Means μ.
    variance : array, shape (k, d)
        Variances σ².
    """

    means: Floats
    variance: Floats

    # --- parameters ---

    @property
    def n_components(self) -> int:
        return int(self.means.shape[0])

    @property
    def n_features(self) -> int:
        return int(self.means.shape[1])

    @property
    def n_parameters(self) -> int:
        return self.means.size + self.variance.size

    @property
    def scaling(self) -> Scaling:
        return Scaling.PER_FEATURE

    @property
    def name(self) -> str:
        return "gaussian with missing values"

    # --- evaluation ---

    def score(self, block: Block) -> Scores:
        observed, x = _observed(block.x)
        log_density = np.empty((self.n_components, len(block)))
        with np.errstate(over="ignore"):  # a row too far for its square: `relative_distance` decides
            for j, (mean, variance) in enumerate(zip(self.means, self.variance, strict=True)):
                terms = np.log(2.0 * np.pi * variance) + (x - mean) ** 2 / variance  # (b, d)
                log_density[j] = -0.5 * (observed * terms).sum(axis=1)
        return Scores(log_density)

    def relative_distance(self, x: Floats) -> Floats:
        # Missing values come as zeros here, which beside a coordinate that left the range of floats are nothing.
        half = 0.5 * x - 0.5 * self.means[:, np.newaxis]  # (k, b, d)
        reach = np.abs(half).max(axis=(0, 2))  # (b,)
        unit = half / np.where(reach > 0.0, reach, 1.0)[:, np.newaxis]
        return (unit**2 / self.variance[:, np.newaxis]).sum(axis=2)

    # --- statistics ---

    @property
    def pivot(self) -> Floats:
        return self.means

    @property
    def layout(self) -> tuple[Sequence[Field], Mapping[str, int]]:
        names = ("sum_weight_observed", "sum_x", "scatter")
        sizes = {"k": self.n_components, "d": self.n_features}
        return tuple(Field(name, ("k", "d")) for name in names), sizes

    def gather(self, block: Block, share: Floats, scores: Scores) -> Mapping[str, Floats]:
        observed, x = _observed(block.x)
        differences = [observed * (x - mean) for mean in self.means]  # k of (b, d)
        return {
            "sum_weight_observed": share @ observed,
            "sum_x": np.stack([s @ z for s, z in zip(share, differences, strict=True)]),
            "scatter": np.stack([s @ z**2 for s, z in zip(share, differences, strict=True)]),
        }

    # --- the rest of the contract ---

    def reorder(self, order: Integers) -> MissingDiagonal:
        return MissingDiagonal(self.means[order], self.variance[order])

    def sample(self, component: int, n_samples: int, generator: np.random.Generator) -> Floats:
        noise = generator.standard_normal((n_samples, self.n_features))
        return self.means[component] + noise * np.sqrt(self.variance[component])

    @property
    def compiled(self) -> CompiledStage | None:
        return None


class MissingDiagonalUpdate(Update[MissingDiagonal]):
    """Maximum likelihood; a feature that a component has in none of its rows keeps its parameters."""

    def update(self, statistics: Statistics, current: MissingDiagonal) -> MissingDiagonal:
        sum_weight = statistics["sum_weight_observed"]  # (k, d)
        seen = sum_weight > 0.0
        safe = np.where(seen, sum_weight, 1.0)
        step = statistics["sum_x"] / safe
        variance = np.where(seen, statistics["scatter"] / safe - step**2, current.variance)
        if not (variance > 0.0).all():
            component, feature = np.argwhere(~(variance > 0.0))[0]
            raise DegenerateFitError(f"the variance of feature {feature} in component {component} became 0")
        return MissingDiagonal(statistics.pivot + step, variance)

    def objective_term(self, parameters: MissingDiagonal) -> float:
        """No prior."""
        return 0.0


def _observed(x: Floats) -> tuple[Floats, Floats]:
    """Ones and zeros for what is there and what is not, and the values with zeros in the gaps: shapes (b, d)."""
    missing = np.isnan(x)
    return 1.0 - missing, np.where(missing, 0.0, x)
