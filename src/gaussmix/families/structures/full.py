"""Every component has a covariance of its own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gaussmix.core.extension import native as _native
from gaussmix.core.frame import Scaling
from gaussmix.core.statistics import Statistics
from gaussmix.core.types import Floats
from gaussmix.families.forms.form import singular
from gaussmix.families.forms.full import FullForm
from gaussmix.families.null_directions import NullDirections
from gaussmix.families.structures.structure import Structure


class Full(Structure):
    """Any covariance: ellipsoids of any volume, shape and orientation."""

    name = "full"
    mclust_name = "VVV"
    description = "ellipsoidal, varying volume, shape, and orientation"
    form = FullForm()
    scaling = Scaling.PER_FEATURE
    separate = True
    compiled_estimate = "full"

    def n_parameters(self, n_components: int, n_features: int) -> int:
        return n_components * n_features * (n_features + 1) // 2

    def covariance(self, scatter: Floats, sum_weight: Floats, previous: Floats | None = None) -> Floats:
        return scatter / sum_weight[:, np.newaxis, np.newaxis]

    def estimate(
        self, sums: Statistics, scatter_diagonal: Floats, covariance_diagonal: Floats
    ) -> tuple[Floats, Floats, Floats]:
        means, factor, log_determinant, found = _native.full_update(
            sums.buffer, sums.pivot, scatter_diagonal, covariance_diagonal
        )
        if found >= 0:
            raise singular(found)
        return means, factor, log_determinant

    def null_directions(
        self, n_components: int, standard_deviation: Floats, covariance: Callable[[], Floats], prior: float
    ) -> NullDirections:
        """One component cannot be narrower anywhere than another."""
        if n_components == 1:
            return NullDirections.none(len(standard_deviation))
        return NullDirections.of(covariance(), standard_deviation, prior)

    def public(self, matrices: Floats) -> Floats:
        return matrices

    def private(self, matrices: Floats, n_components: int, n_features: int) -> Floats:
        return matrices
