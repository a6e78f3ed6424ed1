"""Covariances have the same variances along their axes, which are any."""

from __future__ import annotations

from gaussmix.core.frame import Scaling
from gaussmix.core.types import Floats
from gaussmix.families.forms.full import FullForm
from gaussmix.families.structures.parsimonious import Parsimonious
from gaussmix.families.structures.principal_axes import principal_axes


class EEV(Parsimonious):
    """Σₖ = λDₖADₖᵀ: ellipsoids of one volume and shape and any orientation."""

    name = "EEV"
    description = "ellipsoidal, equal volume and shape"
    form = FullForm()
    # Stretched along one feature, turned copies of one ellipsoid are none.
    scaling = Scaling.COMMON

    def covariance(self, scatter: Floats, sum_weight: Floats, previous: Floats | None = None) -> Floats:
        # Each component's own axes, the longest with the longest, whatever A is: tr(DA⁻¹Dᵀ S) is least so.
        along, axes = principal_axes(scatter)  # (k, d), (k, d, d)
        variance = along.sum(axis=0) / sum_weight.sum()
        covariance = (axes * variance) @ axes.swapaxes(1, 2)
        return 0.5 * (covariance + covariance.swapaxes(1, 2))
