"""A variance for each feature of each component."""

from __future__ import annotations

import numpy as np

from gaussmix.core.statistics import Field
from gaussmix.core.types import Floats, Integers
from gaussmix.families.forms.form import Form, singular


class DiagonalForm(Form):
    """Variances, their inverse roots and the scatter: (k, d)."""

    name = "diagonal"
    compiled = True
    scatter_field = Field("scatter", ("k", "d"))

    def squared_distance(self, x: Floats, means: Floats, precision_cholesky: Floats) -> Floats:
        distance = np.empty((len(means), len(x)))
        for j, (mean, factor) in enumerate(zip(means, precision_cholesky, strict=True)):
            y = (x - mean) * factor  # (b, d)
            distance[j] = np.einsum("bd,bd->b", y, y)
        return distance

    def gather(self, x: Floats, share: Floats, pivot: Floats) -> Floats:
        return np.stack([share[j] @ (x - centre) ** 2 for j, centre in enumerate(pivot)])

    def products(self, z: Floats) -> Floats:
        return z * z

    def scatter(self, gathered: Floats, sum_weight: Floats, step: Floats) -> Floats:
        return np.maximum(
            gathered - sum_weight[:, np.newaxis] * step**2, 0.0
        )  # a sum of squares: only rounding is below

    def twice_symmetric(self, left: Floats, right: Floats) -> Floats:
        return 2.0 * left * right

    def add_diagonal(self, matrices: Floats, diagonal: Floats, n_components: int) -> Floats:
        return matrices + diagonal

    def factor(self, covariance: Floats) -> Floats:
        good = (covariance > 0.0) & np.isfinite(covariance)
        if not good.all():
            raise singular(int(np.flatnonzero(~good.all(axis=1))[0]))
        return 1.0 / np.sqrt(covariance)

    requirement = "positive"

    def shape(self, n_components: int, n_features: int) -> tuple[int, ...]:
        return (n_components, n_features)

    def factor_of_precision(self, precision: Floats) -> Floats | None:
        return np.sqrt(precision) if (precision > 0.0).all() else None

    def precision(self, precision_cholesky: Floats) -> Floats:
        return precision_cholesky**2

    def covariance(self, precision_cholesky: Floats) -> Floats:
        return precision_cholesky**-2.0

    def log_determinant(self, precision_cholesky: Floats, n_components: int) -> Floats:
        return np.add.reduce(np.log(precision_cholesky), axis=1)

    def precision_trace(self, precision_cholesky: Floats, diagonal: Floats, n_components: int) -> float:
        return float((precision_cholesky**2 @ diagonal).sum())

    def stack(self, covariance: Floats, n_components: int) -> Floats:
        return covariance[:, :, np.newaxis] * np.eye(covariance.shape[1])

    def from_stack(self, matrices: Floats) -> Floats:
        return np.diagonal(matrices, axis1=1, axis2=2).copy()

    def select(self, matrices: Floats, components: Integers) -> Floats:
        return matrices[components]

    def replace(self, matrices: Floats, others: Floats, where: Floats) -> Floats:
        return np.where(where[:, np.newaxis], others, matrices)

    def scale_features(self, matrices: Floats, scale: Floats) -> Floats:
        return matrices * scale

    def colour(self, noise: Floats, precision_cholesky: Floats, component: int) -> Floats:
        return noise / precision_cholesky[component]
