"""Fits whose likelihood is no evidence: a component of no extent can make it as large as one likes."""

from __future__ import annotations

import numpy as np

from gaussmix.families.gaussian import Gaussian
from gaussmix.families.null_directions import NullDirections
from gaussmix.families.prior import Prior
from gaussmix.fitting.collapse import collapsed, held_up
from gaussmix.fitting.fit import Fit
from gaussmix.fitting.scene import Scene

NO_EXTENT = 0.9975
"""Part of a variance that comes from the prior from which on the rows of a component have no extent in a direction:
their own standard deviation is then below a twentieth of the prior's, some 5e-5 of the data's. Clusters that thin are
rare; rows that are equal there (a column that was rounded, rows that stand several times) are not, and EM takes
components to them."""


def why_spurious(scene: Scene, fit: Fit) -> str:
    """What makes the likelihood of a fit meaningless, in words; empty where nothing does.

    The likelihood of a Gaussian mixture has no upper bound (Kiefer & Wolfowitz 1956; Day 1969): a component on rows
    that are equal in some direction gains without end as it gets thinner there. The prior stops it, so that what it
    gained is the prior's choice, not the data's. Such a component stands, therefore, wherever nearly all of its
    variance in a direction in which the data vary is the prior's, and where it has few rows and half of it is.
    """
    family = fit.mixture.family
    if not isinstance(family, Gaussian):
        raise TypeError(f"only Gaussian components are looked at, not those of family {family.name}")
    k, sums = family.n_components, fit.result.evaluation.sums
    if k == 1:
        return ""
    part = sums.sum_weight / scene.summary.sum_weight
    thin = held_up(family, part, _held_by(scene), NO_EXTENT)
    if family.structure.shared and thin.any():
        return "the covariance of all components has no extent in a direction in which the data have one"
    found = np.flatnonzero(thin | collapsed(scene, fit.result))
    if not len(found):
        return ""
    j = int(found[np.argmin(part[found])])
    rows = f"{sums.sum_weight[j]:.4g} rows"
    return f"component {j} ({rows}) has no extent in some direction: its likelihood could be made as large as one likes"


def _held_by(scene: Scene) -> np.ndarray:
    """What holds variances up for one unit of weight: the prior, or as much where there is none."""
    prior, summary = scene.update.prior, scene.summary
    if prior.adds_to_scatter:
        return prior.scatter_diagonal / summary.sum_weight
    k = scene.recipe.n_components
    null = NullDirections.none(len(prior.scatter_diagonal))
    automatic = Prior.automatic(summary, scene.frame, scene.recipe.structure.scaling, k, null)
    return np.maximum(automatic.scatter_diagonal / summary.sum_weight, prior.covariance_diagonal / k)
