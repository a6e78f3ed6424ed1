"""All components share one covariance."""

from __future__ import annotations

from gaussmix.core.frame import Scaling
from gaussmix.core.types import Floats
from gaussmix.families.forms.tied import TiedForm
from gaussmix.families.structures.structure import Structure


class Tied(Structure):
    """One covariance: ellipsoids alike in volume, shape and orientation."""

    name = "tied"
    mclust_name = "EEE"
    description = "ellipsoidal, equal volume, shape, and orientation"
    form = TiedForm()
    scaling = Scaling.PER_FEATURE
    shared = True

    def n_parameters(self, n_components: int, n_features: int) -> int:
        return n_features * (n_features + 1) // 2

    def covariance(self, scatter: Floats, sum_weight: Floats, previous: Floats | None = None) -> Floats:
        return scatter / sum_weight.sum()

    def public(self, matrices: Floats) -> Floats:
        return matrices

    def private(self, matrices: Floats, n_components: int, n_features: int) -> Floats:
        return matrices
