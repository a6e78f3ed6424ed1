"""Covariances are multiples of one."""

from __future__ import annotations

import numpy as np

from gaussmix.core.frame import Scaling
from gaussmix.core.types import Floats
from gaussmix.families.forms.full import FullForm
from gaussmix.families.structures.parsimonious import Parsimonious
from gaussmix.families.structures.proportional import multiples


class VEE(Parsimonious):
    """Σₖ = λₖC: ellipsoids of one shape and orientation and any volume."""

    name = "VEE"
    description = "ellipsoidal, equal shape and orientation"
    form = FullForm()
    # Other units, and any linear map, change C alone.
    scaling = Scaling.PER_FEATURE

    def covariance(self, scatter: Floats, sum_weight: Floats, previous: Floats | None = None) -> Floats:
        volume, matrix = multiples(scatter, sum_weight, previous)
        return volume[:, np.newaxis, np.newaxis] * matrix
