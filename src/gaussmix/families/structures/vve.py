"""Covariances share their axes."""

from __future__ import annotations

from gaussmix.core.frame import Scaling
from gaussmix.core.types import Floats
from gaussmix.families.forms.full import FullForm
from gaussmix.families.structures.common_axes import best_along_axes
from gaussmix.families.structures.parsimonious import Parsimonious


class VVE(Parsimonious):
    """Σₖ = λₖDAₖDᵀ: ellipsoids of one orientation and any volume and shape (common principal components)."""

    name = "VVE"
    description = "ellipsoidal, equal orientation"
    form = FullForm()
    # Stretched along one feature, axes that were orthogonal are not.
    scaling = Scaling.COMMON

    def covariance(self, scatter: Floats, sum_weight: Floats, previous: Floats | None = None) -> Floats:
        return best_along_axes(scatter, sum_weight, previous, equal_volumes=False)
