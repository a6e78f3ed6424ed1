"""Components of one row under ``reg_covar=0``, as scikit-learn treats them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gaussmix.core.frame import Frame
from gaussmix.core.statistics import Statistics
from gaussmix.core.summary import Summary
from gaussmix.core.types import Floats
from gaussmix.errors import DegenerateFitError
from gaussmix.families.forms.axis_aligned import AxisAlignedForm
from gaussmix.families.forms.form import EPSILON
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.gaussian_update import GaussianUpdate
from gaussmix.families.null_directions import NullDirections
from gaussmix.families.prior import Prior
from gaussmix.fitting.recipe import Recipe


@dataclass(frozen=True)
class SingletonUpdate(GaussianUpdate):
    """The M-step; where a variance along an axis is zero, it becomes the rounding of the mean square.

    scikit-learn subtracts the squared mean from the mean square. What rounding leaves of a zero is its variance if
    it happens to be positive, and its error if not; here it is always positive.

    Parameters
    ----------
    rounding : array, shape (d,)
        Rounding of the mean squares of the rows, internal units.
    """

    rounding: Floats

    def update(self, statistics: Statistics, current: Gaussian) -> Gaussian:
        try:
            return super().update(statistics, current)
        except DegenerateFitError:
            if not isinstance(current.structure.form, AxisAlignedForm):
                raise
        prior = replace(self.prior, covariance_diagonal=self.prior.covariance_diagonal + self.rounding)
        return GaussianUpdate(prior).update(statistics, current)


@dataclass(frozen=True)
class ScikitLearnRecipe(Recipe):
    """A mixture to be fitted with scikit-learn's idea of a zero variance."""

    def family_update(self, summary: Summary, frame: Frame, null: NullDirections) -> GaussianUpdate:
        prior: Prior = super().family_update(summary, frame, null).prior
        mean_square = 1.0 + np.square(frame.shift)
        return SingletonUpdate(prior, EPSILON * mean_square)
