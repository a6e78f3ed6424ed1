"""How a fit gets its first mixture."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from gaussmix.allocations.given import Given, Hard, Unchanged
from gaussmix.allocations.weights import CommonWeights
from gaussmix.core.contracts import Kernel, Source
from gaussmix.core.frame import Frame
from gaussmix.core.mixture import Mixture
from gaussmix.core.statistics import Statistics
from gaussmix.core.summary import Summary
from gaussmix.core.types import Floats
from gaussmix.em.driver import run
from gaussmix.em.stopping import AitkenTolerance
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.gaussian_update import CentresUpdate, GaussianUpdate
from gaussmix.families.structures import STRUCTURES
from gaussmix.fitting.recipe import Recipe
from gaussmix.fitting.step import EMStep
from gaussmix.starts.k_means import metric, seeded_centres
from gaussmix.starts.shares import from_shares, mean_of_shares

K_MEANS_TOLERANCE = 1e-3
"""A start need not be exact: k-means stops when what is left to gain is under a thousandth of a nat a row."""
K_MEANS_ITERATIONS = 50
"""Most k-means iterations; the few starts that need more are as good a beginning after 50."""


@dataclass(frozen=True)
class Scene:
    """What a start works with.

    Parameters
    ----------
    source, kernel : Source, Kernel
        The rows, and who goes over them.
    summary : Summary
        Of the rows.
    frame : Frame
        The units of the fit.
    recipe : Recipe
        What is to be fitted.
    update : GaussianUpdate
        Its M-step.
    """

    source: Source
    kernel: Kernel
    summary: Summary
    frame: Frame
    recipe: Recipe
    update: GaussianUpdate

    def mixture(self, family: Gaussian, sums: Statistics) -> Mixture:
        """The first mixture from the components and sums that an M-step used."""
        weights = CommonWeights(sums.sum_weight / sums.sum_weight.sum())
        return Mixture(family, self.recipe.allocation(weights), self.frame)


class Start(ABC):
    """Makes a first mixture."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What it is called in tables of attempts."""

    @abstractmethod
    def first(self, scene: Scene, generator: np.random.Generator) -> Mixture:
        """The first mixture."""


@dataclass(frozen=True)
class KMeansStart(Start):
    """k-means from spread-out rows, then one M-step from its partition."""

    name = "kmeans"

    def first(self, scene: Scene, generator: np.random.Generator) -> Mixture:
        structure, k = scene.recipe.structure, scene.recipe.n_components
        measure = metric(scene.summary, scene.frame, structure.scaling)
        centres = seeded_centres(scene.source, scene.summary, scene.frame, measure, k, generator)
        # One fixed metric: a diagonal factor, the same for all.
        balls = Gaussian(STRUCTURES["diag"], centres, np.repeat(measure[np.newaxis], k, axis=0))
        step = EMStep(scene.source, scene.kernel, CentresUpdate(), Unchanged(), scene.summary.sum_weight)
        rule = AitkenTolerance(K_MEANS_TOLERANCE)
        partition = run(step, Mixture(balls, Hard(k), scene.frame), rule, K_MEANS_ITERATIONS).parameters
        target = Gaussian.unit(structure, partition.family.pivot)
        return scene.mixture(*from_shares(scene.source, scene.kernel, partition, target, scene.update))


@dataclass(frozen=True)
class SharesStart(Start):
    """One M-step from the responsibilities that the rows carry."""

    name = "responsibilities"

    def first(self, scene: Scene, generator: np.random.Generator) -> Mixture:
        source, kernel, k = scene.source, scene.kernel, scene.recipe.n_components
        origin = Gaussian.unit(scene.recipe.structure, np.zeros((k, source.n_features)))
        given = Mixture(origin, Given(k), scene.frame)
        target = Gaussian.unit(scene.recipe.structure, mean_of_shares(source, kernel, given))
        return scene.mixture(*from_shares(source, kernel, given, target, scene.update))


@dataclass(frozen=True)
class ParametersStart(Start):
    """Given parameters, in the user's units; what is not given comes from another start.

    Parameters
    ----------
    weights : array, shape (k,), optional
        Weights.
    means : array, shape (k, d), optional
        Means.
    precision_cholesky : array, optional
        Upper factors of the precisions, as the structure's form has them.
    otherwise : Start
        Where the rest comes from; not asked if nothing is missing.
    """

    weights: Floats | None
    means: Floats | None
    precision_cholesky: Floats | None
    otherwise: Start

    name = "parameters"

    def first(self, scene: Scene, generator: np.random.Generator) -> Mixture:
        recipe, frame, form = scene.recipe, scene.frame, scene.recipe.structure.form
        weights = None if self.weights is None else CommonWeights(self.weights)
        if recipe.equal_weights:
            weights = CommonWeights.equal(recipe.n_components)
        means = None if self.means is None else frame.positions_to_internal(self.means)
        factor = None
        if self.precision_cholesky is not None:
            factor = form.scale_features(self.precision_cholesky, np.ldexp(1.0, frame.exponent))
        if weights is None or means is None or factor is None:
            rest = self.otherwise.first(scene, generator)
            if not isinstance(rest.family, Gaussian) or not isinstance(rest.allocation, CommonWeights):
                raise TypeError("the other start must make Gaussian components with common weights")
            weights = rest.allocation if weights is None else weights
            means = rest.family.means if means is None else means
            factor = rest.family.precision_cholesky if factor is None else factor
        return Mixture(Gaussian(recipe.structure, means, factor), weights, frame)
