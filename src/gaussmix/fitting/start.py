"""Starts by name, from shares and from parameters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gaussmix.allocations.given import Given, Hard, Unchanged
from gaussmix.allocations.weights import CommonWeights
from gaussmix.core.mixture import Mixture
from gaussmix.core.types import Floats
from gaussmix.em.driver import run
from gaussmix.em.stopping import AitkenTolerance
from gaussmix.errors import ConfigError
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.gaussian_update import CentresUpdate
from gaussmix.families.structures import STRUCTURES
from gaussmix.fitting.auto import AutoStart
from gaussmix.fitting.hierarchical import HierarchicalStart
from gaussmix.fitting.points import PlusPlusStart, RandomRowsStart, RandomStart, drawn_points
from gaussmix.fitting.scene import Scene, Start
from gaussmix.fitting.step import EMStep
from gaussmix.starts.k_means import metric
from gaussmix.starts.seeding import greedy_k_means_plus_plus
from gaussmix.starts.shares import from_shares, mean_of_shares

K_MEANS_TOLERANCE = 1e-3
"""A start need not be exact: k-means stops when what is left to gain is under a thousandth of a nat a row."""
K_MEANS_ITERATIONS = 50
"""Most k-means iterations; the few starts that need more are as good a beginning after 50."""


@dataclass(frozen=True)
class KMeansStart(Start):
    """k-means from spread-out rows, then one M-step from its partition."""

    name = "kmeans"

    def first(self, scene: Scene, generator: np.random.Generator) -> Mixture:
        structure, k = scene.recipe.structure, scene.recipe.n_components
        measure = metric(scene.summary, scene.frame, structure.scaling)
        points, weight = drawn_points(scene, generator)
        centres = points[greedy_k_means_plus_plus(points * measure, weight, k, generator)]
        # One fixed metric: a diagonal factor, the same for all.
        balls = Gaussian(STRUCTURES["diag"], centres, measure[np.newaxis].repeat(k, axis=0))
        step = EMStep(scene.source, scene.kernel, CentresUpdate(), Unchanged(), scene.summary.sum_weight)
        rule = AitkenTolerance(K_MEANS_TOLERANCE)
        partition = run(step, Mixture(balls, Hard(k), scene.frame), rule, K_MEANS_ITERATIONS).parameters
        target = scene.target(partition.family.pivot)
        return scene.mixture_of(*from_shares(scene.source, scene.kernel, partition, target, scene.update))


@dataclass(frozen=True)
class SharesStart(Start):
    """One M-step from the responsibilities that the rows carry."""

    name = "responsibilities"

    def first(self, scene: Scene, generator: np.random.Generator) -> Mixture:
        source, kernel, k = scene.source, scene.kernel, scene.recipe.n_components
        origin = Gaussian.unit(scene.recipe.structure, np.zeros((k, source.n_features)))
        given = Mixture(origin, Given(k), scene.frame)
        target = scene.target(mean_of_shares(source, kernel, given))
        return scene.mixture_of(*from_shares(source, kernel, given, target, scene.update))


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
        family = Gaussian(recipe.structure, means, factor)
        # With no update to come, what was given is what was asked for.
        return Mixture(scene.update.admitted(family) if recipe.max_iter else family, weights, frame)


STARTS: dict[str, Start] = {
    start.name: start
    for start in (
        AutoStart(),
        KMeansStart(),
        PlusPlusStart(),
        RandomStart(),
        RandomRowsStart(),
        HierarchicalStart(),
    )
}
"""Every start that has a name."""


def start_named(name: str) -> Start:
    """The start of this name.

    Raises
    ------
    ConfigError
        If there is none.
    """
    if name not in STARTS:
        known = ", ".join(repr(known) for known in STARTS)
        raise ConfigError(f"there is no start {name!r}; give one of {known}, or labels, or responsibilities")
    return STARTS[name]
