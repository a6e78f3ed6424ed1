"""One variance for all features of a component."""

from __future__ import annotations

import numpy as np

from gaussmix.core.statistics import Field
from gaussmix.core.types import Floats
from gaussmix.families.forms.axis_aligned import AxisAlignedForm


class SphericalForm(AxisAlignedForm):
    """The scatter of all features together: (k,). Matrices repeat their one number for each feature."""

    name = "spherical"
    scatter_field = Field("scatter", ("k",))

    def gather(self, x: Floats, share: Floats, pivot: Floats, precision_cholesky: Floats) -> Floats:
        return np.stack([share[j] @ ((x - centre) ** 2).sum(axis=1) for j, centre in enumerate(pivot)])

    def products(self, z: Floats, precision_cholesky: Floats) -> Floats:
        return np.einsum("kdb,kdb->kb", z, z)[:, np.newaxis]

    def scatter(self, gathered: Floats, sum_weight: Floats, step: Floats, precision_cholesky: Floats) -> Floats:
        """The mean over the features, repeated: what they tell of their one variance is their sum."""
        k, d = step.shape
        scatter = np.maximum(gathered - sum_weight * np.einsum("kd,kd->k", step, step), 0.0)  # as for `diagonal`
        return np.broadcast_to(scatter[:, np.newaxis] / d, (k, d))

    def twice_symmetric(self, left: Floats, right: Floats, precision_cholesky: Floats) -> Floats:
        return 2.0 * np.einsum("kd,kd->k", left, right)
