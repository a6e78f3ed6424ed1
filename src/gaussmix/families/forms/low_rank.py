"""Loadings and noise of k components: covariances of few directions beside a diagonal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gaussmix.core.statistics import Field
from gaussmix.core.types import Floats, Integers
from gaussmix.families.forms import loadings, triangular
from gaussmix.families.forms.form import Form, singular
from gaussmix.families.forms.full import FullForm

ORTHOGONAL = 1e-9
"""Cosine up to which the scaled loadings of a file count as orthogonal: they were so to rounding."""
DECOMPOSED = 200
"""Steps by which a whole matrix is taken apart into loadings and noise: where a fit begins, or goes on elsewhere."""


@dataclass(frozen=True)
class LowRankForm(Form):
    """A line for the noise and one for each of q loadings, each of d features: (k, 1 + q, d).

    In covariances these are the noise variances and the loadings Lᵀ. In factors they are the inverse roots of the noise
    variances and the canonical scaled loadings Vᵀ (`gaussmix.families.forms.loadings`): units are in the first line
    alone. What is gathered is the diagonal of the scatter S and, beside it, BᵀS, for the B of the factors that it is
    gathered for: d·q numbers in place of d².

    Parameters
    ----------
    rank : int
        Number of loadings q.
    """

    rank: int

    name = "low_rank"
    compiled = True
    scatter_field = Field("scatter", ("k", "l", "d"))
    shown_as = FullForm()

    @property
    def sizes(self) -> Mapping[str, int]:
        return {"l": 1 + self.rank}

    def squared_distance(self, x: Floats, means: Floats, precision_cholesky: Floats) -> Floats:
        # min over z of |y − Vz|² + |z|² (Woodbury): a sum of squares, where |y|² − yᵀV(1 + VᵀV)⁻¹Vᵀy would lose digits.
        distance = np.empty((len(means), len(x)))
        for j, (mean, (root, *scaled)) in enumerate(zip(means, precision_cholesky, strict=True)):
            lines = np.array(scaled)
            y = (x - mean) * root  # (b, d)
            z = (y @ lines.T) / (1.0 + np.einsum("qd,qd->q", lines, lines))  # (b, q)
            y -= z @ lines
            distance[j] = np.einsum("bd,bd->b", y, y) + np.einsum("bq,bq->b", z, z)
        return distance

    def gather(self, x: Floats, share: Floats, pivot: Floats, precision_cholesky: Floats) -> Floats:
        gathered = np.empty((len(pivot), 1 + self.rank, x.shape[1]))
        for j, (centre, line) in enumerate(zip(pivot, self._regression(precision_cholesky), strict=True)):
            z = x - centre  # (b, d)
            gathered[j, 0] = share[j] @ z**2
            gathered[j, 1:] = (z @ line.T * share[j, :, np.newaxis]).T @ z
        return gathered

    def products(self, z: Floats, precision_cholesky: Floats) -> Floats:
        k, d, b = z.shape
        made = np.empty((k, 1 + self.rank, d, b))
        np.multiply(z, z, out=made[:, 0])
        np.multiply((self._regression(precision_cholesky) @ z)[:, :, np.newaxis], z[:, np.newaxis], out=made[:, 1:])
        return made.reshape(k, (1 + self.rank) * d, b)

    def scatter(self, gathered: Floats, sum_weight: Floats, step: Floats, precision_cholesky: Floats) -> Floats:
        scatter = gathered.copy()
        along = np.einsum("kqd,kd->kq", self._regression(precision_cholesky), step)
        weighted = sum_weight[:, np.newaxis] * step
        scatter[:, 0] = np.maximum(scatter[:, 0] - weighted * step, 0.0)  # sums of squares: only rounding is below
        scatter[:, 1:] -= along[:, :, np.newaxis] * weighted[:, np.newaxis]
        return scatter

    def twice_symmetric(self, left: Floats, right: Floats, precision_cholesky: Floats) -> Floats:
        line = self._regression(precision_cholesky)
        mixed = [
            np.einsum("kqd,kd->kq", line, one)[:, :, np.newaxis] * other[:, np.newaxis]
            for one, other in ((left, right), (right, left))
        ]
        return np.concatenate([(2.0 * left * right)[:, np.newaxis], mixed[0] + mixed[1]], axis=1)

    def pooled(self, scatter: Floats, n_components: int) -> Floats:
        return np.broadcast_to(scatter.mean(axis=0), scatter.shape)

    def add_diagonal(self, matrices: Floats, diagonal: Floats, n_components: int) -> Floats:
        """With ``diagonal`` added to the noise, which it keeps apart from zero."""
        sums = matrices.copy()
        sums[:, 0] += diagonal
        return sums

    def factor(self, covariance: Floats) -> Floats:
        noise = covariance[:, 0]
        good = (noise > 0.0) & np.isfinite(covariance).all(axis=1)
        if not good.all():
            raise singular(int(np.flatnonzero(~good.all(axis=1))[0]))
        root = 1.0 / np.sqrt(noise)[:, np.newaxis]
        return np.concatenate([root, loadings.canonical(covariance[:, 1:] * root)], axis=1)

    requirement = "symmetric, positive-definite, and the inverse of a diagonal beside few loadings"

    def shape(self, n_components: int, n_features: int) -> tuple[int, ...]:
        return (n_components, 1 + self.rank, n_features)

    def is_factor(self, values: Floats) -> bool:
        """Whether the inverse roots are positive, and the scaled loadings orthogonal."""
        with np.errstate(all="ignore"):  # of numbers in a file: what overflows is not orthogonal
            return bool((values[:, 0] > 0.0).all()) and self._are_orthogonal(values[:, 1:])

    def _are_orthogonal(self, scaled: Floats) -> bool:
        length = np.sqrt(loadings.lengths(scaled))
        cosine = scaled @ scaled.swapaxes(1, 2) - np.eye(self.rank) * (length**2)[:, np.newaxis]
        most = ORTHOGONAL * np.maximum(length[:, np.newaxis] * length[:, :, np.newaxis], np.finfo(np.float64).tiny)
        longest = length[:, :1, np.newaxis] ** 2 * float(np.finfo(np.float64).eps) * scaled.shape[2]
        return bool((np.abs(cosine) <= most + longest).all())

    def factor_of_precision(self, precision: Floats) -> Floats | None:
        upper = triangular.factor_of_precision(precision)
        return None if upper is None else self.factor(self.from_stack(triangular.covariance(upper)))

    def precision(self, precision_cholesky: Floats) -> Floats:
        """Whole precisions (k, d, d), which are no loadings and noise."""
        scaled = precision_cholesky[:, 1:]
        shrunk = scaled / (1.0 + loadings.lengths(scaled))[:, :, np.newaxis]
        inner = np.eye(scaled.shape[2]) - scaled.swapaxes(1, 2) @ shrunk
        root = precision_cholesky[:, 0]
        return 0.5 * (inner + inner.swapaxes(1, 2)) * (root[:, :, np.newaxis] * root[:, np.newaxis])

    def covariance(self, precision_cholesky: Floats) -> Floats:
        deviation = 1.0 / precision_cholesky[:, :1]
        return np.concatenate([deviation**2, precision_cholesky[:, 1:] * deviation], axis=1)

    def shown_covariance(self, precision_cholesky: Floats) -> Floats:
        return self.stack(self.covariance(precision_cholesky), len(precision_cholesky))

    def shown_factor(self, precision_cholesky: Floats) -> Floats:
        return triangular.precision_cholesky(self.shown_covariance(precision_cholesky))

    def log_determinant(self, precision_cholesky: Floats, n_components: int) -> Floats:
        of_noise = np.add.reduce(np.log(precision_cholesky[:, 0]), axis=1)
        return of_noise - 0.5 * np.add.reduce(np.log1p(loadings.lengths(precision_cholesky[:, 1:])), axis=1)

    def precision_trace(self, precision_cholesky: Floats, diagonal: Floats, n_components: int) -> float:
        """Sum over components of tr(Ψ⁻¹ diag(diagonal)): a prior acts on the noise.

        On Σ it would not keep noise from vanishing: that Σ is far from singular says nothing of a feature's own part
        (Heywood 1931).
        """
        return float((precision_cholesky[:, 0] ** 2 @ diagonal).sum())

    def scatter_trace(self, precision_cholesky: Floats, scatter: Floats) -> float:
        # Σ⁻¹ = Ψ⁻¹ − Ψ^(-1/2) V Bᵀ (Woodbury), and BᵀS is what was gathered.
        root, scaled = precision_cholesky[:, 0], precision_cholesky[:, 1:]
        of_noise = (root**2 * scatter[:, 0]).sum()
        return float(of_noise - (scaled * root[:, np.newaxis] * scatter[:, 1:]).sum())

    def amplification(self, precision_cholesky: Floats, n_components: int) -> float:
        root, scaled = precision_cholesky[:, 0], precision_cholesky[:, 1:]
        shrunk = scaled**2 / (1.0 + loadings.lengths(scaled))[:, :, np.newaxis]
        variance = self.variances(self.covariance(precision_cholesky), n_components)
        return float((variance * root**2 * (1.0 - shrunk.sum(axis=1))).max())

    def variances(self, covariance: Floats, n_components: int) -> Floats:
        return covariance[:, 0] + np.einsum("kqd,kqd->kd", covariance[:, 1:], covariance[:, 1:])

    def stack(self, covariance: Floats, n_components: int) -> Floats:
        whole = covariance[:, 1:].swapaxes(1, 2) @ covariance[:, 1:]
        diagonal = np.arange(whole.shape[1])
        whole[:, diagonal, diagonal] += covariance[:, 0]
        return whole

    def from_stack(self, matrices: Floats) -> Floats:
        """Loadings and noise that explain whole matrices as well as EM finds."""
        return np.stack([self._taken_apart(matrix) for matrix in matrices])

    def select(self, matrices: Floats, components: Integers) -> Floats:
        return matrices[components]

    def replace(self, matrices: Floats, others: Floats, where: Floats) -> Floats:
        return np.where(where[:, np.newaxis, np.newaxis], others, matrices)

    def scale_features(self, matrices: Floats, scale: Floats) -> Floats:
        """Factors in other units: those of the noise."""
        scaled = matrices.copy()
        scaled[:, 0] *= scale
        return scaled

    def colour(self, noise: Floats, precision_cholesky: Floats, component: int) -> Floats:
        # (1 + VVᵀ)^½ = 1 + V diag((√(1 + λ) − 1) / λ) Vᵀ, and the fraction is 1 / (√(1 + λ) + 1).
        scaled = precision_cholesky[component, 1:]
        length = np.einsum("qd,qd->q", scaled, scaled)
        rows = noise + (noise @ scaled.T / (np.sqrt(1.0 + length) + 1.0)) @ scaled
        coloured: Floats = rows / precision_cholesky[component, 0]
        return coloured

    def _regression(self, precision_cholesky: Floats) -> Floats:
        return loadings.regression(precision_cholesky[:, 0], precision_cholesky[:, 1:])

    def _taken_apart(self, matrix: Floats) -> Floats:
        deviation = np.sqrt(np.diagonal(matrix))
        correlation = matrix / (deviation[:, np.newaxis] * deviation)
        noise, scaled = loadings.principal_of(correlation, self.rank)
        found = np.concatenate([np.full((1, len(matrix)), noise), np.sqrt(noise) * scaled])[np.newaxis]
        one = np.ones(1)
        for _ in range(DECOMPOSED):
            factor = self.factor(found)
            products = self._regression(factor) @ correlation
            diagonal = np.diagonal(correlation)[np.newaxis]
            newer = loadings.em_step(diagonal, products, factor[:, 0], factor[:, 1:], one)
            if not (newer[0] > 0.0).all():  # all but singular: what there was is good enough to begin with
                break
            found = np.concatenate([newer[0][:, np.newaxis], newer[1]], axis=1)
        return np.concatenate([found[0, :1] * deviation**2, found[0, 1:] * deviation])
