"""Gaussian parameters from statistics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gaussmix.core.contracts import Update
from gaussmix.core.statistics import Statistics
from gaussmix.families.forms.form import singular
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.prior import Prior

EMPTY = 1e-30
"""A component whose shares sum to less than this part of all weight says nothing of its parameters: it keeps them."""

ROUNDING = 2.0**-50
"""A standard deviation in internal units, where rows are of order one, that is only their own rounding."""


@dataclass(frozen=True)
class GaussianUpdate(Update[Gaussian]):
    """Maximum likelihood, or the mode under a prior, of means and covariances.

    Parameters
    ----------
    prior : Prior
        What keeps covariances apart from zero.
    """

    prior: Prior

    def update(self, statistics: Statistics, current: Gaussian) -> Gaussian:
        """Means are weighted means; covariances are the structure's best for the scatter about them.

        Raises
        ------
        DegenerateFitError
            If a covariance becomes singular, which the automatic prior prevents.
        """
        structure, form = current.structure, current.structure.form
        sum_weight = statistics.sum_weight
        empty = ~(sum_weight > EMPTY * sum_weight.sum())
        safe = np.where(empty, 1.0, sum_weight)
        step = np.where(empty[:, np.newaxis], 0.0, statistics["sum_x"] / safe[:, np.newaxis])  # (k, d)
        scatter = form.scatter(statistics["scatter"], sum_weight, step)
        scatter = form.add_diagonal(scatter, self.prior.scatter_diagonal, len(sum_weight))
        covariance = structure.covariance(scatter, np.where(empty, 1.0 / len(safe), sum_weight))
        covariance = form.add_diagonal(covariance, self.prior.covariance_diagonal, 1)
        if empty.any():
            covariance = form.replace(covariance, current.covariance, empty)
        found = Gaussian.from_covariance(structure, statistics.pivot + step, covariance)
        if not (self.prior.scatter_diagonal.any() or self.prior.covariance_diagonal.any()):
            _refuse_rounding(found)
        return found

    def objective_term(self, parameters: Gaussian) -> float:
        """The prior's penalty, up to a constant."""
        form = parameters.structure.form
        diagonal = self.prior.scatter_diagonal
        return -0.5 * form.precision_trace(parameters.precision_cholesky, diagonal, parameters.n_components)


@dataclass(frozen=True)
class CentresUpdate(Update[Gaussian]):
    """Means move to the mean of their rows, covariances stay: the M-step of k-means.

    A component without rows stays where it is.
    """

    def update(self, statistics: Statistics, current: Gaussian) -> Gaussian:
        """The next centres."""
        sum_weight = statistics.sum_weight[:, np.newaxis]
        step = statistics["sum_x"] / np.where(sum_weight > 0.0, sum_weight, 1.0)
        return Gaussian(current.structure, statistics.pivot + step, current.precision_cholesky)

    def objective_term(self, parameters: Gaussian) -> float:
        """No prior."""
        return 0.0


def _refuse_rounding(family: Gaussian) -> None:
    """Raise where a component has no extent but rounding, such as one of equal rows whose mean was rounded."""
    form, factor = family.structure.form, family.precision_cholesky
    ones = np.ones(family.n_features)
    if form.precision_trace(factor, ones, family.n_components) <= ROUNDING**-2:
        return
    for j in range(family.n_components):
        if form.precision_trace(form.select(factor, np.array([j])), ones, 1) > ROUNDING**-2:
            raise singular(j)
