"""Covariances have one determinant."""

from __future__ import annotations

import numpy as np

from gaussmix.core.frame import Scaling
from gaussmix.core.types import Floats
from gaussmix.families.forms.full import FullForm
from gaussmix.families.structures.parsimonious import Parsimonious
from gaussmix.families.structures.volumes import factors_to_equal_volume


class EVV(Parsimonious):
    """Σₖ = λCₖ: ellipsoids of one volume and any shape and orientation."""

    name = "EVV"
    description = "ellipsoidal, equal volume"
    form = FullForm()
    # Other units, and any linear map, multiply all determinants alike.
    scaling = Scaling.PER_FEATURE

    def covariance(self, scatter: Floats, sum_weight: Floats, previous: Floats | None = None) -> Floats:
        sign, log_determinant = np.linalg.slogdet(scatter)
        log_determinant = np.where(sign > 0.0, log_determinant, -np.inf)
        factor = factors_to_equal_volume(log_determinant, sum_weight, scatter.shape[-1])
        return scatter * factor[:, np.newaxis, np.newaxis]
