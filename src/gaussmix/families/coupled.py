"""Covariances of structures in which components and directions depend on each other, under a prior."""

from __future__ import annotations

import numpy as np

from gaussmix.core.types import Array, Floats
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.prior import Prior
from gaussmix.families.structures import Structure

ROUNDING = 1e-12
"""Difference, in standard deviations squared, at which given covariances still count as those of their structure."""


def coupled_covariance(
    structure: Structure,
    prior: Prior,
    scatter: Floats,
    sum_weight: Floats,
    previous: Floats | None = None,
    kept: Array | None = None,
) -> Floats:
    """The structure's best covariances for the scatter about the means, under the prior.

    Nothing can be put in place afterwards: multiples of one matrix with a number added to their diagonals are none.
    So all of it goes into what the structure is asked for.

    Parameters
    ----------
    structure : Structure
        A coupled one.
    prior : Prior
        What it adds to scatter matrices stays; what it would add to covariances is added to the scatter, times the
        weight, which for covariances that are not coupled is the same; what it holds is taken out before.
    scatter : array
        Scatter about the means, in the form's shape.
    sum_weight : array, shape (k,)
        Sums of shares, positive.
    previous : array, optional
        Covariances of this structure from which an iteration may begin.
    kept : array of bool, shape (k,), optional
        Components without rows. They keep what the structure leaves to each: to the others they are rows of next to
        no weight that have the covariance which they had.
    """
    form, null = structure.form, prior.null
    if prior.adds_to_scatter:
        scatter = form.add_diagonal(scatter, prior.scatter_diagonal, len(sum_weight))
    each = sum_weight.reshape(-1, *(1,) * (scatter.ndim - 1))
    if prior.adds_to_covariance:
        scatter = scatter + each * form.add_diagonal(np.zeros_like(scatter), prior.covariance_diagonal, 1)
    if kept is not None and previous is not None:
        scatter = form.replace(scatter, each * previous, kept)
    if not len(null):
        return structure.covariance(scatter, sum_weight, previous)
    scatter = null.without(scatter)
    if scatter.shape[-1]:  # else all rows are equal, and everything is held
        scatter = structure.covariance(scatter, sum_weight, None if previous is None else null.without(previous))
    return null.beside(scatter)


def admitted_to_structure(given: Gaussian, prior: Prior) -> Gaussian:
    """Given components with the covariances of their structure that are most like theirs.

    They stay as they are, to the last bit, where that is what they have.
    """
    structure, k = given.structure, given.n_components
    covariance = given.covariance
    bare = Prior(np.zeros(given.n_features), np.zeros(given.n_features), prior.null)
    admitted = coupled_covariance(structure, bare, covariance, np.ones(k), covariance)
    mine, theirs = (structure.form.stack(matrices, k) for matrices in (covariance, admitted))
    deviation = np.sqrt(np.diagonal(mine, axis1=1, axis2=2))
    if (np.abs(mine - theirs) <= ROUNDING * deviation[:, :, np.newaxis] * deviation[:, np.newaxis, :]).all():
        return given
    return Gaussian.from_covariance(structure, given.means, admitted)
