"""All components share one variance for all features."""

from __future__ import annotations

import numpy as np

from gaussmix.core.types import Floats
from gaussmix.families.structures.spherical import Spherical


class EII(Spherical):
    """One variance: balls of one volume."""

    name = "EII"
    mclust_name = "EII"
    description = "spherical, equal volume"
    shared = True
    separate = False
    coupled = True

    def n_parameters(self, n_components: int, n_features: int) -> int:
        return 1

    def covariance(self, scatter: Floats, sum_weight: Floats, previous: Floats | None = None) -> Floats:
        variance = scatter.mean(axis=1).sum() / sum_weight.sum()
        return np.full(scatter.shape, variance)
