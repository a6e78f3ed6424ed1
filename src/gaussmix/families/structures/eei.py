"""Features are uncorrelated, with one variance each that all components share."""

from __future__ import annotations

import numpy as np

from gaussmix.core.frame import Scaling
from gaussmix.core.types import Floats
from gaussmix.families.forms.diagonal import DiagonalForm
from gaussmix.families.structures.parsimonious import Parsimonious


class EEI(Parsimonious):
    """Σ = λA: ellipsoids along the axes, all alike."""

    name = "EEI"
    description = "diagonal, equal volume and shape"
    form = DiagonalForm()
    scaling = Scaling.PER_FEATURE
    shared = True

    def covariance(self, scatter: Floats, sum_weight: Floats, previous: Floats | None = None) -> Floats:
        return np.tile(scatter.sum(axis=0) / sum_weight.sum(), (len(scatter), 1))
