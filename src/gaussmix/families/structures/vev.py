"""Variances along the axes are multiples of each other from component to component; the axes are any."""

from __future__ import annotations

import numpy as np

from gaussmix.core.frame import Scaling
from gaussmix.core.types import Floats
from gaussmix.families.forms.full import FullForm
from gaussmix.families.structures.parsimonious import Parsimonious
from gaussmix.families.structures.principal_axes import principal_axes
from gaussmix.families.structures.proportional import multiples


class VEV(Parsimonious):
    """Σₖ = λₖDₖADₖᵀ: ellipsoids of one shape and any volume and orientation."""

    name = "VEV"
    description = "ellipsoidal, equal shape"
    form = FullForm()
    # Stretched along one feature, ellipsoids of one shape in several orientations have several.
    scaling = Scaling.COMMON

    def covariance(self, scatter: Floats, sum_weight: Floats, previous: Floats | None = None) -> Floats:
        # Each component's own axes, the longest with the longest, whatever A is, as for EEV; what is left is VEI.
        along, axes = principal_axes(scatter)  # (k, d), (k, d, d)
        before = None if previous is None else principal_axes(previous[:1])[0]
        volume, shape = multiples(along, sum_weight, before)
        covariance = (axes * (volume[:, np.newaxis] * shape)[:, np.newaxis]) @ axes.swapaxes(1, 2)
        return 0.5 * (covariance + covariance.swapaxes(1, 2))
