"""Components that describe nothing: spikes that only the prior holds up, and empty ones."""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh

from gaussmix.core.mixture import Mixture
from gaussmix.core.statistics import Statistics
from gaussmix.core.types import Array, Floats
from gaussmix.em.driver import FitResult
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.null_directions import FLAT
from gaussmix.fitting.scene import Scene

HELD_UP = 0.5
"""Part of a variance that comes from the prior from which on the prior, not the rows, is what holds it up."""
SMALL = 0.5
"""A component of more than this part of the average weight is no spike: a cluster may well be flat."""
EMPTY = 1e-6
"""A component of less than this part of the average weight is empty: in a million rows it has less than one."""
LOOKED_AT = 1000
"""Rows of a component that are looked at to see whether few of them are distinct."""


def collapsed(scene: Scene, result: FitResult[Mixture, Statistics]) -> Array:
    """Which components are spikes on few rows or empty, shape (k,) of bool; none without the automatic prior.

    A spike has a direction in which the data have an extent but its own rows have none, less than the average weight,
    and no more distinct rows than its covariance needs.

    Parameters
    ----------
    scene : Scene
        The rows and the recipe.
    result : FitResult
        Of a run of EM on these rows.
    """
    mixture, prior = result.parameters, scene.update.prior
    family = mixture.family
    if not isinstance(family, Gaussian):
        raise TypeError(f"only Gaussian components are looked at, not those of family {family.name}")
    k = family.n_components
    none = np.zeros(k, dtype=bool)
    if k == 1 or not prior.adds_to_scatter:
        return none
    part = result.evaluation.sums.sum_weight / scene.summary.sum_weight  # (k,)
    empty = part * k < EMPTY
    # The penalty is the sum of ½ tr(Σ⁻¹ τD), at least a quarter of its weight for a component that is held up.
    penalty = result.evaluation.entry.log_likelihood - result.evaluation.entry.objective
    if not empty.any() and penalty < 0.5 * HELD_UP * part.min() * scene.summary.sum_weight:
        return none
    if family.structure.shared:
        return empty
    small = ~empty & (part * k < SMALL)
    if not small.any():
        return empty
    held = small & held_up(family, part, prior.scatter_diagonal / scene.summary.sum_weight, HELD_UP)
    return empty | _of_few_rows(scene, mixture, held)


def held_up(family: Gaussian, part: Floats, diagonal: Floats, most: float) -> Array:
    """Where more than a part of some variance of the component comes from the prior, though the data have an extent.

    Parameters
    ----------
    family : Gaussian
        The components.
    part : array, shape (k,)
        Their parts of all weight.
    diagonal : array, shape (d,)
        The prior's scatter for one unit of weight.
    most : float
        The part.
    """
    structure, k = family.structure, family.n_components
    form = structure.form
    # In these units the prior is the identity, and nothing depends on the columns'; where their variance is held, it
    # has no part.
    scale = 1.0 / np.sqrt(np.where(diagonal > 0.0, diagonal, 1.0))
    stacked = form.stack(family.covariance, k) * scale[:, np.newaxis] * scale
    middle = part @ family.means
    between = (family.means - middle) * scale
    total = np.einsum("k,kij->ij", part, stacked) + (between * part[:, np.newaxis]).T @ between
    variance, direction = np.linalg.eigh(total)
    wide = direction[:, variance > FLAT * k]  # the components' priors alone add up to k in every direction
    if not wide.shape[1]:
        return np.zeros(k, dtype=bool)
    zero = np.zeros_like(family.covariance)
    size = np.maximum(part, EMPTY / k)
    bare = form.add_diagonal(zero, diagonal, k)
    # What its own rows and prior would make of a component alone, where others or other directions have a say; not
    # where there is but one covariance, which the structure makes of all priors, balls of their mean.
    if structure.stepwise or (structure.coupled and not structure.shared):
        bare /= size.reshape(-1, *(1,) * (bare.ndim - 1))
    else:
        bare = structure.covariance(bare, size)
    held = np.zeros(k, dtype=bool)
    for j, (whole, ours) in enumerate(zip(stacked, form.stack(bare, k), strict=True)):
        of_prior = wide.T @ (ours * scale[:, np.newaxis] * scale) @ wide
        largest = len(of_prior) - 1
        try:
            ratio = eigh(of_prior, wide.T @ whole @ wide, eigvals_only=True, subset_by_index=(largest, largest))
        except np.linalg.LinAlgError:  # so flat beside so wide that floats do not tell: nothing can be said of it
            continue
        held[j] = ratio[0] > most
    return held


def _of_few_rows(scene: Scene, mixture: Mixture, suspects: Array) -> Array:
    """Which of the suspects hold no more than 2·(d + 1) distinct rows, twice what spans a covariance."""
    found = suspects.copy()
    if not suspects.any():
        return found
    labels = scene.kernel.rows(scene.source, mixture, ("label",))["label"]
    for j in np.flatnonzero(suspects):
        rows = scene.source.take(np.flatnonzero(labels == j)[:LOOKED_AT])
        distinct = np.unique(rows.x[rows.weight > 0.0], axis=0)
        found[j] = len(distinct) <= 2 * (scene.source.n_features + 1)
    return found
