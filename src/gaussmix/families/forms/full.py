"""A whole matrix for each component."""

from __future__ import annotations

import numpy as np

from gaussmix.core.statistics import Field
from gaussmix.core.types import Floats, Integers
from gaussmix.families.forms import triangular
from gaussmix.families.forms.form import Form


class FullForm(Form):
    """Covariances and factors (k, d, d); scatter gathered as lower triangles, line by line, (k, t)."""

    name = "full"
    compiled = True
    scatter_field = Field("scatter", ("k", "t"))

    def squared_distance(self, x: Floats, means: Floats, precision_cholesky: Floats) -> Floats:
        distance = np.empty((len(means), len(x)))
        for j, (mean, factor) in enumerate(zip(means, precision_cholesky, strict=True)):
            y = (x - mean) @ factor  # (b, d)
            distance[j] = np.einsum("bd,bd->b", y, y)
        return distance

    def gather(self, x: Floats, share: Floats, pivot: Floats, precision_cholesky: Floats) -> Floats:
        lower = triangular.lower_triangle(x.shape[1])
        scatter = np.empty((len(pivot), len(lower[0])))
        for j, centre in enumerate(pivot):
            z = x - centre  # (b, d)
            scatter[j] = ((z * share[j, :, np.newaxis]).T @ z)[lower]
        return scatter

    def products(self, z: Floats, precision_cholesky: Floats) -> Floats:
        return triangular.products(z)

    def gather_cells(
        self, z: Floats, weight: Floats, labels: Integers, n_components: int, precision_cholesky: Floats
    ) -> Floats:
        # Cell by cell, each one product of matrices: rows' own products would be d²/2 numbers a row, of which each cell
        # takes a few.
        ends = labels.searchsorted(np.arange(n_components + 1)).tolist()
        weighted = z * weight
        scatter = np.empty((n_components, len(z), len(z)))
        for j in range(n_components):
            cell = slice(ends[j], ends[j + 1])
            np.matmul(weighted[:, cell], z[:, cell].T, out=scatter[j])
        return triangular.pack(scatter)

    def scatter(self, gathered: Floats, sum_weight: Floats, step: Floats, precision_cholesky: Floats) -> Floats:
        scatter = triangular.unpack(gathered, step.shape[1])
        scatter -= (sum_weight[:, np.newaxis] * step)[:, :, np.newaxis] * step[:, np.newaxis, :]
        return scatter

    def twice_symmetric(self, left: Floats, right: Floats, precision_cholesky: Floats) -> Floats:
        outer = left[:, :, np.newaxis] * right[:, np.newaxis, :]
        outer = outer + outer.swapaxes(1, 2)
        return triangular.pack(outer)

    def add_diagonal(self, matrices: Floats, diagonal: Floats, n_components: int) -> Floats:
        sums = matrices.copy()
        sums.reshape(len(sums), -1)[:, :: len(diagonal) + 1] += diagonal
        return sums

    def factor(self, covariance: Floats) -> Floats:
        return triangular.precision_cholesky(covariance)

    requirement = "symmetric, positive-definite"

    def shape(self, n_components: int, n_features: int) -> tuple[int, ...]:
        return (n_components, n_features, n_features)

    def is_factor(self, values: Floats) -> bool:
        return triangular.is_upper(values)

    def factor_of_precision(self, precision: Floats) -> Floats | None:
        return triangular.factor_of_precision(precision)

    def precision(self, precision_cholesky: Floats) -> Floats:
        return precision_cholesky @ precision_cholesky.swapaxes(-1, -2)

    def covariance(self, precision_cholesky: Floats) -> Floats:
        return triangular.covariance(precision_cholesky)

    def log_determinant(self, precision_cholesky: Floats, n_components: int) -> Floats:
        return np.add.reduce(np.log(precision_cholesky.diagonal(0, 1, 2)), axis=1)

    def precision_trace(self, precision_cholesky: Floats, diagonal: Floats, n_components: int) -> float:
        return float(np.add.reduce(precision_cholesky * precision_cholesky, axis=(0, 2)) @ diagonal)

    def stack(self, covariance: Floats, n_components: int) -> Floats:
        return covariance

    def from_stack(self, matrices: Floats) -> Floats:
        return np.array(matrices)

    def select(self, matrices: Floats, components: Integers) -> Floats:
        return matrices[components]

    def replace(self, matrices: Floats, others: Floats, where: Floats) -> Floats:
        return np.where(where[:, np.newaxis, np.newaxis], others, matrices)

    def scale_features(self, matrices: Floats, scale: Floats) -> Floats:
        return matrices * scale[:, np.newaxis]

    def colour(self, noise: Floats, precision_cholesky: Floats, component: int) -> Floats:
        return triangular.colour(noise, precision_cholesky[component])
