"""One whole matrix that all components share."""

from __future__ import annotations

import numpy as np

from gaussmix.core.statistics import Field
from gaussmix.core.types import Floats, Integers
from gaussmix.families.forms import triangular
from gaussmix.families.forms.form import Form


class TiedForm(Form):
    """One covariance and one factor (d, d); the components' scatter gathered as one lower triangle (t,)."""

    name = "tied"
    compiled = True
    scatter_field = Field("scatter", ("t",))

    def squared_distance(self, x: Floats, means: Floats, precision_cholesky: Floats) -> Floats:
        distance = np.empty((len(means), len(x)))
        for j, mean in enumerate(means):
            y = (x - mean) @ precision_cholesky  # (b, d)
            distance[j] = np.einsum("bd,bd->b", y, y)
        return distance

    def gather(self, x: Floats, share: Floats, pivot: Floats, precision_cholesky: Floats) -> Floats:
        total = np.zeros((x.shape[1], x.shape[1]))
        for j, centre in enumerate(pivot):
            z = x - centre  # (b, d)
            total += (z * share[j, :, np.newaxis]).T @ z
        return total[triangular.lower_triangle(x.shape[1])]

    def products(self, z: Floats, precision_cholesky: Floats) -> Floats:
        return triangular.products(z)

    def gather_cells(
        self, z: Floats, weight: Floats, labels: Integers, n_components: int, precision_cholesky: Floats
    ) -> Floats:
        return triangular.pack(((z * weight) @ z.T)[np.newaxis])[0]

    def scatter(self, gathered: Floats, sum_weight: Floats, step: Floats, precision_cholesky: Floats) -> Floats:
        return triangular.unpack(gathered, step.shape[1]) - np.einsum("k,ki,kj->ij", sum_weight, step, step)

    def twice_symmetric(self, left: Floats, right: Floats, precision_cholesky: Floats) -> Floats:
        row, column = triangular.lower_triangle(left.shape[1])
        return np.einsum("kt,kt->t", left[:, row], right[:, column]) + np.einsum(
            "kt,kt->t", right[:, row], left[:, column]
        )

    def add_diagonal(self, matrices: Floats, diagonal: Floats, n_components: int) -> Floats:
        return matrices + n_components * np.diag(diagonal)

    def factor(self, covariance: Floats) -> Floats:
        return triangular.precision_cholesky(covariance[np.newaxis], shared=True)[0]

    requirement = "symmetric, positive-definite"

    def shape(self, n_components: int, n_features: int) -> tuple[int, ...]:
        return (n_features, n_features)

    def is_factor(self, values: Floats) -> bool:
        return triangular.is_upper(values)

    def factor_of_precision(self, precision: Floats) -> Floats | None:
        return triangular.factor_of_precision(precision)

    def precision(self, precision_cholesky: Floats) -> Floats:
        return precision_cholesky @ precision_cholesky.swapaxes(-1, -2)

    def covariance(self, precision_cholesky: Floats) -> Floats:
        return triangular.covariance(precision_cholesky[np.newaxis])[0]

    def log_determinant(self, precision_cholesky: Floats, n_components: int) -> Floats:
        return np.full(n_components, np.log(np.diagonal(precision_cholesky)).sum())

    def precision_trace(self, precision_cholesky: Floats, diagonal: Floats, n_components: int) -> float:
        return n_components * float(np.einsum("ij,i->", precision_cholesky**2, diagonal))

    def stack(self, covariance: Floats, n_components: int) -> Floats:
        return np.broadcast_to(covariance, (n_components, *covariance.shape))

    def from_stack(self, matrices: Floats) -> Floats:
        return np.array(matrices[0])

    def select(self, matrices: Floats, components: Integers) -> Floats:
        return matrices

    def replace(self, matrices: Floats, others: Floats, where: Floats) -> Floats:
        return matrices

    def scale_features(self, matrices: Floats, scale: Floats) -> Floats:
        return matrices * scale[:, np.newaxis]

    def colour(self, noise: Floats, precision_cholesky: Floats, component: int) -> Floats:
        return triangular.colour(noise, precision_cholesky)
