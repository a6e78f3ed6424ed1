"""Features are uncorrelated; the product of the variances is the same in all components."""

from __future__ import annotations

import numpy as np

from gaussmix.core.frame import Scaling
from gaussmix.core.types import Floats
from gaussmix.families.forms.diagonal import DiagonalForm
from gaussmix.families.structures.parsimonious import Parsimonious
from gaussmix.families.structures.volumes import factors_to_equal_volume


class EVI(Parsimonious):
    """Σₖ = λAₖ: ellipsoids along the axes, of one volume and any shape."""

    name = "EVI"
    description = "diagonal, equal volume, varying shape"
    form = DiagonalForm()
    # Other units multiply all determinants alike.
    scaling = Scaling.PER_FEATURE

    def covariance(self, scatter: Floats, sum_weight: Floats, previous: Floats | None = None) -> Floats:
        with np.errstate(divide="ignore"):  # a variance of zero is told by its volume
            log_determinant = np.log(scatter).sum(axis=1)
        return scatter * factors_to_equal_volume(log_determinant, sum_weight, scatter.shape[1])[:, np.newaxis]
