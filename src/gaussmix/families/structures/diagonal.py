"""Features are uncorrelated within each component."""

from __future__ import annotations

import numpy as np

from gaussmix.core.frame import Scaling
from gaussmix.core.types import Floats
from gaussmix.families.forms.diagonal import DiagonalForm
from gaussmix.families.structures.structure import Structure


class Diagonal(Structure):
    """A variance for each feature: ellipsoids along the axes, of any volume and shape."""

    name = "diag"
    mclust_name = "VVI"
    description = "diagonal, varying volume and shape"
    form = DiagonalForm()
    scaling = Scaling.PER_FEATURE
    separate = True

    def n_parameters(self, n_components: int, n_features: int) -> int:
        return n_components * n_features

    def covariance(self, scatter: Floats, sum_weight: Floats, previous: Floats | None = None) -> Floats:
        return scatter / sum_weight[:, np.newaxis]

    def public(self, matrices: Floats) -> Floats:
        return matrices

    def private(self, matrices: Floats, n_components: int, n_features: int) -> Floats:
        return matrices
