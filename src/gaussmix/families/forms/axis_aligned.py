"""Matrices of k components that are diagonal."""

from __future__ import annotations

import numpy as np

from gaussmix.core.types import Floats, Integers
from gaussmix.families.forms.form import Form, singular


class AxisAlignedForm(Form):
    """Variances and their inverse roots as (k, d), whatever is gathered to estimate them."""

    compiled = True

    def squared_distance(self, x: Floats, means: Floats, precision_cholesky: Floats) -> Floats:
        distance = np.empty((len(means), len(x)))
        for j, (mean, factor) in enumerate(zip(means, precision_cholesky, strict=True)):
            y = (x - mean) * factor  # (b, d)
            distance[j] = np.einsum("bd,bd->b", y, y)
        return distance

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

    def is_factor(self, values: Floats) -> bool:
        return bool((values > 0.0).all())

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
