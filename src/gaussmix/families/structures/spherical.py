"""Every component has one variance for all features."""

from __future__ import annotations

import numpy as np

from gaussmix.core.frame import Scaling
from gaussmix.core.types import Floats
from gaussmix.families.forms.spherical import SphericalForm
from gaussmix.families.structures.structure import Structure


class Spherical(Structure):
    """One variance a component: balls of any volume."""

    name = "spherical"
    mclust_name = "VII"
    description = "spherical, varying volume"
    form = SphericalForm()
    scaling = Scaling.COMMON
    separate = True

    def n_parameters(self, n_components: int, n_features: int) -> int:
        return n_components

    def covariance(self, scatter: Floats, sum_weight: Floats, previous: Floats | None = None) -> Floats:
        variance = scatter.mean(axis=1) / sum_weight  # (k,)
        return np.repeat(variance[:, np.newaxis], scatter.shape[1], axis=1)

    def public(self, matrices: Floats) -> Floats:
        return matrices[:, 0]

    def private(self, matrices: Floats, n_components: int, n_features: int) -> Floats:
        return np.repeat(matrices[:, np.newaxis], n_features, axis=1)
