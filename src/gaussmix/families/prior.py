"""What keeps covariances apart from zero."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gaussmix.core.frame import Frame, Scaling
from gaussmix.core.summary import Summary
from gaussmix.core.types import Floats
from gaussmix.families.null_directions import NullDirections

AUTOMATIC_STRENGTH = 1e-6
"""Pseudo-rows of the automatic prior as a share of the average component's rows: standard deviations under a
thousandth of the data's are held up, and fits to anything wider are the maximum-likelihood ones to six digits."""


@dataclass(frozen=True)
class Prior:
    """What is added to scatter matrices before, and to covariances after, the structure's own update.

    The first acts as a proper prior, with penalty −½ Σₖ tr(Σₖ⁻¹ diag(``scatter_diagonal``)), so that the
    penalised log-likelihood cannot fall. The second is scikit-learn's ``reg_covar``, which is no prior.

    Parameters
    ----------
    scatter_diagonal : array, shape (d,)
        Added to each component's scatter, internal units.
    covariance_diagonal : array, shape (d,)
        Added to each covariance, internal units.
    null : NullDirections
        Where covariances are held, because the rows have no extent.
    monotone : bool
        Whether the penalised log-likelihood cannot fall under this.
    """

    scatter_diagonal: Floats
    covariance_diagonal: Floats
    null: NullDirections
    monotone: bool = True

    @cached_property
    def adds_to_scatter(self) -> bool:
        """Whether anything is added to scatter matrices; asked in every iteration."""
        return bool(self.scatter_diagonal.any())

    @cached_property
    def adds_to_covariance(self) -> bool:
        """Whether anything is added to covariances."""
        return bool(self.covariance_diagonal.any())

    @classmethod
    def none(cls, n_features: int) -> Prior:
        """Maximum likelihood."""
        return cls(np.zeros(n_features), np.zeros(n_features), NullDirections.none(n_features))

    @classmethod
    def absolute(cls, reg_covar: float, frame: Frame) -> Prior:
        """A fixed number, in the user's squared units, on the diagonal of every covariance."""
        root = np.ldexp(np.sqrt(reg_covar), -frame.exponent)
        return cls(np.zeros_like(root), root * root, NullDirections.none(len(root)), monotone=reg_covar == 0.0)

    @classmethod
    def automatic(
        cls, summary: Summary, frame: Frame, scaling: Scaling, n_components: int, null: NullDirections
    ) -> Prior:
        """The weak prior relative to the data that ``reg_covar="auto"`` stands for.

        Its diagonal is the columns' variances. A constant column has none and tells nothing of any component. Where
        every feature has units of its own, its variance is held at 1 in all components: under the prior alone it
        would shrink with a component's rows, and the largest would take all. Where the features share their units it
        counts as one of the others' mean variance (1 if all are constant). So the prior follows every change of
        units that the structure follows. Columns that are constant only in combination are ``null``'s, and so are
        constant ones where it has them.
        """
        variance = frame.lengths_to_internal(summary.standard_deviation) ** 2
        varying = variance > 0.0
        strength = AUTOMATIC_STRENGTH * summary.sum_weight / n_components
        if scaling is Scaling.PER_FEATURE:
            return cls(strength * variance, np.where(varying | null.held_columns, 0.0, 1.0), null)
        stand_in = float(variance[varying].mean()) if varying.any() else 1.0
        return cls(strength * np.where(varying, variance, stand_in), np.zeros_like(variance), null)
