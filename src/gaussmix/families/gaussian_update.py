"""Gaussian parameters from statistics."""

from __future__ import annotations

from dataclasses import dataclass
from math import isinf

import numpy as np

from gaussmix.core.contracts import CompiledUpdate, Update
from gaussmix.core.extension import native as _native
from gaussmix.core.statistics import Statistics
from gaussmix.core.types import Array, Floats
from gaussmix.families.coupled import admitted_to_structure, coupled_covariance
from gaussmix.families.forms.form import singular
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.prior import Prior

EMPTY = 1e-30
"""A component whose shares sum to less than this part of all weight says nothing of its parameters: it keeps them."""

FAINT = 1e-12
"""Where directions are held, a component of less than this part of all weight keeps its covariance and moves its mean
alone: the prior's τ/N in the directions left free would be up to 1e12/k times what is held, and one matrix of floats
cannot hold both."""

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
        made, structure = statistics.made, current.structure
        ready = structure.compiled_estimate and made is not None and made.update is self
        if ready and made and made.means is not None and made.factor is not None:
            found = Gaussian(structure, made.means, made.factor, made.log_determinant)
        else:
            found = self._estimated(statistics, current)
        if not (self.prior.adds_to_scatter or self.prior.adds_to_covariance):
            _refuse_rounding(found)
        return found

    def compiled(self, current: Gaussian) -> CompiledUpdate | None:
        name, prior = current.structure.compiled_estimate, self.prior
        if not name or len(prior.null):
            return None
        return CompiledUpdate(name, prior.scatter_diagonal, prior.covariance_diagonal, EMPTY)

    def _estimated(self, statistics: Statistics, current: Gaussian) -> Gaussian:
        structure, form = current.structure, current.structure.form
        sum_weight = statistics.sum_weight
        # Two numbers instead of arrays: a pass over few rows takes no longer than a few calls.
        sizes = sum_weight.tolist()
        least, total = min(sizes), sum(sizes)
        if least > EMPTY * total and not len(self.prior.null):
            estimate = structure.estimate(statistics, self.prior.scatter_diagonal, self.prior.covariance_diagonal)
            if estimate is not None:
                return Gaussian(structure, *estimate)
        size, sum_x = sum_weight, statistics["sum_x"]
        if not least > EMPTY * total:
            empty = ~(sum_weight > EMPTY * total)
            size = np.where(empty, 1.0 / len(sum_weight), sum_weight)
            sum_x = np.where(empty[:, np.newaxis], 0.0, sum_x)
        step = sum_x / size[:, np.newaxis]  # (k, d)
        scatter = form.scatter(statistics["scatter"], sum_weight, step, current.precision_cholesky)
        faint = FAINT if len(self.prior.null) else EMPTY
        kept: Array | None = None if least > faint * total else ~(sum_weight > faint * total)
        if structure.coupled:
            if kept is not None:
                size = np.where(kept, EMPTY * total, size)
            covariance = coupled_covariance(structure, self.prior, scatter, size, current.covariance, kept)
        else:
            covariance = self._covariance(current, scatter, size)
            if kept is not None:
                covariance = form.replace(covariance, self.prior.null.hold(current.covariance), kept)
        return Gaussian.from_covariance(structure, statistics.pivot + step, covariance)

    def first(self, statistics: Statistics, current: Gaussian, borrowed: float) -> Gaussian:
        """Components to begin with, from the sums of a partition: each borrows from the partition's pooled scatter.

        A cell of a few rows has a covariance that is nearly singular or is so; EM from there keeps to these rows.
        With ``borrowed`` pseudo-rows of the pooled covariance Ŵ beside its own N, a component has
        (S + ν·Ŵ) / (N + ν), the mode under an inverse Wishart prior about Ŵ up to its constants (Fraley & Raftery
        2007, section 2.1).

        Parameters
        ----------
        statistics : Statistics
            Of the partition, gathered about the pivots of ``current``.
        current : Gaussian
            Of the kind to be made. Means are the cells' means; an empty cell keeps its mean.
        borrowed : float
            ν as a part of the average component's weight; infinite where all covariances are to be the pooled one
            and all means stay the pivots.
        """
        structure, form = current.structure, current.structure.form
        sum_weight = statistics.sum_weight
        k = len(sum_weight)
        safe = np.where(sum_weight > 0.0, sum_weight, 1.0)
        step = statistics["sum_x"] / safe[:, np.newaxis]  # (k, d)
        scatter = form.scatter(statistics["scatter"], sum_weight, step, current.precision_cholesky)
        average = sum_weight.sum() / k
        pooled = form.pooled(scatter, k)
        if isinf(borrowed):
            step, scatter, size = np.zeros_like(step), pooled, np.full(k, average)
        else:
            scatter, size = scatter + borrowed * pooled, sum_weight + borrowed * average
        covariance = self._covariance(current, scatter, size)
        return Gaussian.from_covariance(structure, statistics.pivot + step, covariance)

    def admitted(self, given: Gaussian) -> Gaussian:
        """Given components, of their structure and held where the prior holds them.

        An update would make them so, and lose objective by it.
        """
        if given.structure.coupled:
            return admitted_to_structure(given, self.prior)
        if not len(self.prior.null):
            return given
        return Gaussian.from_covariance(given.structure, given.means, self.prior.null.hold(given.covariance))

    def objective_term(self, parameters: Gaussian) -> float:
        """The prior's penalty, up to a constant."""
        if not self.prior.adds_to_scatter:
            return 0.0
        form, factor = parameters.structure.form, parameters.precision_cholesky
        diagonal = self.prior.scatter_diagonal
        penalty = form.precision_trace(factor, diagonal, parameters.n_components)
        # Where covariances are held it is the same for all, and so large that it would hide the rest.
        return -0.5 * (penalty - self.prior.null.trace(factor, diagonal))

    def _covariance(self, current: Gaussian, scatter: Floats, sum_weight: Floats) -> Floats:
        """The structure's best for the scatter about the means, gathered for ``current``, under the prior."""
        structure = current.structure
        if structure.coupled:
            return coupled_covariance(structure, self.prior, scatter, sum_weight)
        form, prior = structure.form, self.prior
        if prior.adds_to_scatter:
            scatter = form.add_diagonal(scatter, prior.scatter_diagonal, len(sum_weight))
        previous = current.covariance if structure.stepwise else None
        covariance = prior.null.hold(structure.covariance(scatter, sum_weight, previous))
        return form.add_diagonal(covariance, prior.covariance_diagonal, 1) if prior.adds_to_covariance else covariance


@dataclass(frozen=True)
class CentresUpdate(Update[Gaussian]):
    """Means move to the mean of their rows, covariances stay: the M-step of k-means.

    A component without rows stays where it is.
    """

    def update(self, statistics: Statistics, current: Gaussian) -> Gaussian:
        """The next centres."""
        made = statistics.made
        if made is not None and made.update is self and made.means is not None:
            means = made.means
        else:
            means = _native.centres_update(statistics.sum_weight, statistics["sum_x"], statistics.pivot)
        return Gaussian(current.structure, means, current.precision_cholesky, current.log_determinant)

    def compiled(self, current: Gaussian) -> CompiledUpdate | None:
        return CompiledUpdate("centres")

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
