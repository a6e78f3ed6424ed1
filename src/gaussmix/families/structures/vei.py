"""Features are uncorrelated; variances are multiples of each other from component to component."""

from __future__ import annotations

import numpy as np

from gaussmix.core.frame import Scaling
from gaussmix.core.types import Floats
from gaussmix.families.forms.diagonal import DiagonalForm
from gaussmix.families.structures.parsimonious import Parsimonious
from gaussmix.families.structures.proportional import multiples


class VEI(Parsimonious):
    """Σₖ = λₖA: ellipsoids along the axes, of one shape and any volume."""

    name = "VEI"
    description = "diagonal, varying volume, equal shape"
    form = DiagonalForm()
    # Other units change A alone: λₖ·SAS is again a multiple of one matrix.
    scaling = Scaling.PER_FEATURE

    def covariance(self, scatter: Floats, sum_weight: Floats, previous: Floats | None = None) -> Floats:
        volume, shape = multiples(scatter, sum_weight, previous)
        return volume[:, np.newaxis] * shape
