"""Fits whose likelihood is no evidence: a component of no extent can make it as large as one likes."""

from __future__ import annotations

import numpy as np

from gaussmix.core.statistics import Statistics
from gaussmix.core.types import Floats
from gaussmix.families.forms.axis_aligned import AxisAlignedForm
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.gaussian_update import GaussianUpdate
from gaussmix.families.null_directions import NullDirections
from gaussmix.families.prior import Prior
from gaussmix.families.structures import STRUCTURES
from gaussmix.fitting.collapse import EMPTY, LOOKED_AT, collapsed, held_up
from gaussmix.fitting.fit import Fit
from gaussmix.fitting.scene import Scene
from gaussmix.selection.figures import own_scatter

NO_EXTENT = 0.9
"""Part of a variance that comes from the prior from which on the rows of a component have no extent in a direction:
their own standard deviation is then below a third of the prior's, some 3e-4 of the data's. Clusters that thin are rare;
rows that are equal there (a column that was rounded, rows that stand several times) are not, and EM takes components to
them. Not nearer to 1: a row or two that happen to lie as near as the prior is wide must not hide it."""


def why_spurious(scene: Scene, fit: Fit) -> str:
    """What makes the likelihood of a fit meaningless, in words; empty where nothing does.

    The likelihood of a Gaussian mixture has no upper bound (Kiefer & Wolfowitz 1956; Day 1969): a component on rows
    that are equal in some direction gains without end as it gets thinner there. The prior stops it, so that what it
    gained is the prior's choice, not the data's. Such a component stands, therefore, wherever nearly all of what is
    said of its variance in a direction in which the data vary is the prior's, and where it has few rows and half is.
    """
    family = fit.mixture.family
    if not isinstance(family, Gaussian):
        raise TypeError(f"only Gaussian components are looked at, not those of family {family.name}")
    k, sums = family.n_components, fit.result.evaluation.sums
    structure, d = family.structure, family.n_features
    # One component, too; balls, axes and factors need no more rows than columns (mclust tries no others there).
    whole = not (isinstance(structure.form, AxisAlignedForm) or structure.stepwise)
    if whole and scene.summary.n_weighted <= d:
        return _too_few(f"{scene.summary.n_weighted} rows", d)
    if whole and k == 1 and (n_distinct := _n_distinct(scene)) <= d:  # several components are seen to be thin below
        return _too_few(f"{n_distinct} distinct rows", d)
    if k == 1:
        return ""
    part = sums.sum_weight / scene.summary.sum_weight
    prior = _held_by(scene)
    if family.structure.shared or family.structure.stepwise:  # a step is from what each component has to itself
        alone = family if prior is scene.update.prior else GaussianUpdate(prior).update(sums, family)
    else:
        alone = _alone(family, sums, prior.scatter_diagonal)
    thin = held_up(alone, part, prior.scatter_diagonal / scene.summary.sum_weight, NO_EXTENT)
    if family.structure.shared and thin.any():
        return "the covariance of all components has no extent in a direction in which the data have one"
    found = np.flatnonzero(thin | collapsed(scene, fit.result))
    if not len(found):
        return ""
    j = int(found[np.argmin(part[found])])
    rows = f"{sums.sum_weight[j]:.4g} rows"
    return f"component {j} ({rows}) has no extent in some direction: its likelihood could be made as large as one likes"


def _too_few(rows: str, n_features: int) -> str:
    return (
        f"{rows} are too few for {n_features} columns: whole covariances have no extent in some direction, and their "
        "likelihood could be made as large as one likes"
    )


def _n_distinct(scene: Scene) -> int:
    """Number of distinct rows that count, as far as it is no more than that of columns: a row may stand many times."""
    found = np.empty((0, scene.source.n_features))
    for first in range(0, scene.summary.n_rows, LOOKED_AT):
        rows = scene.source.take(np.arange(first, min(first + LOOKED_AT, scene.summary.n_rows)))
        found = np.unique(np.concatenate([found, rows.x[rows.weight > 0.0]]), axis=0)
        if len(found) > scene.source.n_features:
            break
    return len(found)


def _alone(family: Gaussian, sums: Statistics, diagonal: Floats) -> Gaussian:
    """The components with the covariances that their own rows and the prior say, whatever they share.

    Of equal volume, a component that is flat in one direction is wide in the others, and not as thin as its rows.
    """
    k, d = family.means.shape
    size = np.maximum(sums.sum_weight, EMPTY / k * sums.sum_weight.sum())[:, np.newaxis, np.newaxis]
    scatter = family.structure.form.stack(own_scatter(family, sums), k)
    # A constant column has neither scatter nor prior.
    covariance = scatter / size + np.eye(d) * np.where(diagonal > 0.0, diagonal / size[:, 0], 1.0)[:, np.newaxis]
    return Gaussian.from_covariance(STRUCTURES["full"], family.means, covariance)


def _held_by(scene: Scene) -> Prior:
    """Beside what rows have an extent: the automatic prior, also where a number is given in its place.

    Such a number says how narrow components may be, not how narrow rows are. Rows that vary less than it are a cluster;
    rows that are equal in some direction are none, however wide it makes their component.
    """
    given, summary = scene.update.prior, scene.summary
    if given.adds_to_scatter:
        return given
    k, structure = scene.recipe.n_components, scene.recipe.structure
    null = NullDirections.none(len(given.scatter_diagonal))
    return Prior.automatic(summary, scene.frame, structure.scaling, k, null)
