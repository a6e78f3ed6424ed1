"""A variance for each feature of each component."""

from __future__ import annotations

import numpy as np

from gaussmix.core.statistics import Field
from gaussmix.core.types import Floats
from gaussmix.families.forms.axis_aligned import AxisAlignedForm


class DiagonalForm(AxisAlignedForm):
    """The scatter of each feature: (k, d)."""

    name = "diagonal"
    scatter_field = Field("scatter", ("k", "d"))

    def gather(self, x: Floats, share: Floats, pivot: Floats, precision_cholesky: Floats) -> Floats:
        return np.stack([share[j] @ (x - centre) ** 2 for j, centre in enumerate(pivot)])

    def products(self, z: Floats, precision_cholesky: Floats) -> Floats:
        return z * z

    def scatter(self, gathered: Floats, sum_weight: Floats, step: Floats, precision_cholesky: Floats) -> Floats:
        scatter = gathered - sum_weight[:, np.newaxis] * step**2
        return np.maximum(scatter, 0.0)  # a sum of squares: only rounding is below

    def twice_symmetric(self, left: Floats, right: Floats, precision_cholesky: Floats) -> Floats:
        return 2.0 * left * right
