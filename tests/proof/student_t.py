"""Multivariate Student-t components with fixed degrees of freedom: Gaussian ones with heavy tails.

Density of d features, with location μ, shape matrix Σ, ν degrees of freedom and δ² = (x − μ)ᵀ Σ⁻¹ (x − μ):

    f(x) = Γ((ν + d)/2) / (Γ(ν/2) (νπ)^(d/2) |Σ|^(1/2)) · (1 + δ²/ν)^(−(ν + d)/2)

A row is Gaussian with covariance Σ/u, where u is Gamma(ν/2, ν/2) distributed and not seen. Given the row its
expectation is u = (ν + d)/(ν + δ²): far rows count less. With shares r, EM maximises by

    μ = Σᵢ rᵢ uᵢ xᵢ / Σᵢ rᵢ uᵢ,        Σ = Σᵢ rᵢ uᵢ (xᵢ − μ)(xᵢ − μ)ᵀ / Σᵢ rᵢ

Source: Peel & McLachlan (2000), Robust mixture modelling using the t distribution, Statistics and Computing 10,
section 4; McLachlan & Peel (2000), Finite Mixture Models, chapter 7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import gammaln

from gaussmix.core.block import Block
from gaussmix.core.contracts import CompiledStage, Family, Scores, Update
from gaussmix.core.frame import Scaling
from gaussmix.core.statistics import Field, Statistics
from gaussmix.core.types import Floats, Integers
from gaussmix.errors import DegenerateFitError


@dataclass(frozen=True)
class StudentT(Family):
    """Parameters of k Student-t components, in internal units.

    Parameters
    ----------
    degrees_of_freedom : float
        ν, positive, the same for all components and not estimated.
    means : array, shape (k, d)
        Locations μ (the means where ν > 1).
    precision_cholesky : array, shape (k, d, d)
        Upper factors U of the inverse shape matrices, Σ⁻¹ = U Uᵀ.
    """

    degrees_of_freedom: float
    means: Floats
    precision_cholesky: Floats

    @classmethod
    def from_shape_matrix(cls, degrees_of_freedom: float, means: Floats, shape_matrix: Floats) -> StudentT:
        """Components with these shape matrices (k, d, d)."""
        try:
            lower = np.linalg.cholesky(shape_matrix)
        except np.linalg.LinAlgError as error:
            raise DegenerateFitError("the shape matrix of a component became singular") from error
        return cls(degrees_of_freedom, means, np.linalg.inv(lower).swapaxes(-1, -2))

    # --- parameters ---

    @property
    def n_components(self) -> int:
        return int(self.means.shape[0])

    @property
    def n_features(self) -> int:
        return int(self.means.shape[1])

    @property
    def n_parameters(self) -> int:
        d = self.n_features
        return self.n_components * (d + d * (d + 1) // 2)

    @property
    def scaling(self) -> Scaling:
        return Scaling.PER_FEATURE

    @property
    def name(self) -> str:
        return "student_t"

    @property
    def shape_matrix(self) -> Floats:
        """Shape matrices Σ, shape (k, d, d)."""
        inverse = np.linalg.inv(self.precision_cholesky)
        return inverse.swapaxes(-1, -2) @ inverse

    # --- evaluation ---

    @cached_property
    def log_normaliser(self) -> Floats:
        """Log-density at the location of each component, shape (k,)."""
        nu, d = self.degrees_of_freedom, self.n_features
        log_determinant = np.log(np.diagonal(self.precision_cholesky, axis1=1, axis2=2)).sum(axis=1)
        return gammaln((nu + d) / 2) - gammaln(nu / 2) - 0.5 * d * np.log(nu * np.pi) + log_determinant

    def score(self, block: Block) -> Scores:
        nu, d = self.degrees_of_freedom, self.n_features
        # √(1 + δ²/ν) without squares that overflow: the tails are so heavy that hardly a row is out of reach.
        root = np.hypot(1.0, self._distance(block.x) / np.sqrt(nu))  # (k, b)
        return Scores(
            log_density=self.log_normaliser[:, np.newaxis] - (nu + d) * np.log(root),
            scale=(nu + d) / nu / root / root,  # (k, b)
        )

    def relative_distance(self, x: Floats) -> Floats:
        # Far off, f is proportional to (δ · exp(−log f(μ) / (ν + d)))^−(ν + d). Rows are brought to order one first.
        half = 0.5 * x - 0.5 * self.means[:, np.newaxis]  # (k, b, d)
        reach = np.abs(half).max(axis=(0, 2))  # (b,)
        unit = half / np.where(reach > 0.0, reach, 1.0)[:, np.newaxis]
        distance = np.hypot.reduce(unit @ self.precision_cholesky, axis=2)  # (k, b)
        return distance * np.exp(-self.log_normaliser / (self.degrees_of_freedom + self.n_features))[:, np.newaxis]

    def _distance(self, x: Floats) -> Floats:
        with np.errstate(over="ignore", invalid="ignore"):  # where this overflows, `relative_distance` decides
            return np.stack(
                [
                    np.hypot.reduce((x - mean) @ factor, axis=1)
                    for mean, factor in zip(self.means, self.precision_cholesky, strict=True)
                ]
            )

    # --- statistics ---

    @property
    def pivot(self) -> Floats:
        return self.means

    @property
    def layout(self) -> tuple[Sequence[Field], Mapping[str, int]]:
        fields = (
            Field("sum_scaled_weight", ("k",)),
            Field("sum_scaled_x", ("k", "d")),
            Field("scaled_scatter", ("k", "d", "d")),
        )
        return fields, {"k": self.n_components, "d": self.n_features}

    def gather(self, block: Block, share: Floats, scores: Scores) -> Mapping[str, Floats]:
        # Shares that another family's scores led to (a start from labels) come without a scale: every row counts 1.
        scaled = share if scores.scale is None else share * scores.scale  # (k, b)
        sum_x = np.empty_like(self.means)
        scatter = np.empty_like(self.precision_cholesky)
        for j, mean in enumerate(self.means):
            z = block.x - mean  # (b, d)
            sum_x[j] = scaled[j] @ z
            scatter[j] = (z * scaled[j, :, np.newaxis]).T @ z
        return {"sum_scaled_weight": scaled.sum(axis=1), "sum_scaled_x": sum_x, "scaled_scatter": scatter}

    # --- the rest of the contract ---

    def reorder(self, order: Integers) -> StudentT:
        return StudentT(self.degrees_of_freedom, self.means[order], self.precision_cholesky[order])

    def sample(self, component: int, n_samples: int, generator: np.random.Generator) -> Floats:
        nu = self.degrees_of_freedom
        noise = generator.standard_normal((n_samples, self.n_features))
        coloured = noise @ np.linalg.inv(self.precision_cholesky[component])
        return self.means[component] + coloured / np.sqrt(generator.chisquare(nu, (n_samples, 1)) / nu)

    @property
    def compiled(self) -> CompiledStage | None:
        return None


class StudentTUpdate(Update[StudentT]):
    """Maximum likelihood of locations and shape matrices; a component without rows keeps its own."""

    def update(self, statistics: Statistics, current: StudentT) -> StudentT:
        sum_weight, sum_scaled_weight = statistics.sum_weight, statistics["sum_scaled_weight"]  # (k,)
        alive = sum_weight > 0.0
        step = statistics["sum_scaled_x"] / np.where(alive, sum_scaled_weight, 1.0)[:, np.newaxis]  # (k, d)
        moved = sum_scaled_weight[:, np.newaxis, np.newaxis] * step[:, :, np.newaxis] * step[:, np.newaxis, :]
        scatter = statistics["scaled_scatter"] - moved  # (k, d, d)
        shape_matrix = scatter / np.where(alive, sum_weight, 1.0)[:, np.newaxis, np.newaxis]
        if not alive.all():
            shape_matrix = np.where(alive[:, np.newaxis, np.newaxis], shape_matrix, current.shape_matrix)
        return StudentT.from_shape_matrix(current.degrees_of_freedom, statistics.pivot + step, shape_matrix)

    def objective_term(self, parameters: StudentT) -> float:
        """No prior."""
        return 0.0
