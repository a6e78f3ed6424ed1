"""Axes that all components share, by rotations in planes of two of them."""

from __future__ import annotations

import numpy as np

from gaussmix.core.extension import native as _native
from gaussmix.core.types import Floats
from gaussmix.families.forms.form import singular
from gaussmix.families.structures.principal_axes import principal_axes
from gaussmix.families.structures.volumes import factors_to_equal_volume

TOLERANCE = 1e-12
"""Nats a unit of weight that one more sweep must gain. Near the optimum a sweep leaves the square of what was left."""
TURNS, CHOOSING = 500, 12
"""Most turns of an axis (d − 1 in a sweep, but always a whole one) in an M-step, and for each of the sets of axes from
which one may begin. Every turn raises the objective, and the next M-step goes on from where this ends, so that what
many features leave undone comes later. To some twenty features axes are then known as well as floats tell; with fifty
ten sweeps take as long as a pass over some thousand rows, and with fewer EM goes on for several times as long."""
MOST_BEGINNINGS = 8
"""Components whose own axes are tried where there are none to go on from: sets of axes have local optima."""
DIAGONAL = 1e-8
"""Correlation along axes below which they count as those of a covariance: its square is rounding."""
BALL = 1e-12
"""Relative difference of variances below which a covariance is a ball, which has no axes."""


def best_along_axes(scatter: Floats, sum_weight: Floats, previous: Floats | None, *, equal_volume: bool) -> Floats:
    """The best covariances Σₖ = D diag(aₖ) Dᵀ with one orthogonal D, shape (k, d, d).

    Instead of the linear majorisers of Browne & McNicholas (2014), which turn all axes a little, this turns two axes
    at a time as far as is best (Flury & Gautschi 1986, for aₖ that are held), and the variances follow after every
    turn (`native/matrices/common_axes.cpp`). No step lowers the objective, and near the optimum few sweeps are needed.

    Parameters
    ----------
    scatter : array, shape (k, d, d)
        Scatter S.
    sum_weight : array, shape (k,)
        Sums of shares N.
    previous : array, shape (k, d, d), optional
        Covariances with common axes from which to go on. Balls have none.
    equal_volume : bool
        Whether all covariances are to have one determinant.

    Raises
    ------
    DegenerateFitError
        If a component has no variance along one of the axes.
    """
    if previous is None or _are_balls(previous):
        beginnings = _beginnings(scatter, sum_weight)
        tried = [_turned(first, scatter, sum_weight, CHOOSING, equal_volume) for first in beginnings]
        first = max(tried, key=lambda pair: pair[1])[0]
    else:
        first = _axes_of(previous)
    axes, _ = _turned(first, scatter, sum_weight, TURNS, equal_volume)
    along = np.einsum("ij,kij->kj", axes, scatter @ axes)  # not as turned: to its own digits
    return _covariance(axes, _of_equal_volume(along, sum_weight) if equal_volume else along / sum_weight[:, np.newaxis])


def _of_equal_volume(along: Floats, sum_weight: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):  # a variance of zero is told by its volume
        log_determinant = np.log(along).sum(axis=1)
    return along * factors_to_equal_volume(log_determinant, sum_weight, along.shape[1])[:, np.newaxis]


def _covariance(axes: Floats, variances: Floats) -> Floats:
    covariance = (axes * variances[:, np.newaxis, :]) @ axes.T
    return 0.5 * (covariance + covariance.swapaxes(1, 2))


def _turned(axes: Floats, scatter: Floats, sum_weight: Floats, most: int, equal_volume: bool) -> tuple[Floats, float]:
    """Axes turned until a sweep gains nothing, or at most so many times each; and what they are worth.

    That is meant a unit of weight, and up to a constant.
    """
    turned = axes.T @ scatter @ axes
    sweeps = max(1, most // max(1, len(axes) - 1))
    found, worth, bad = _native.turn_axes(axes.T, turned, sum_weight, equal_volume, sweeps, TOLERANCE)
    if bad >= 0:
        raise singular(bad)
    return found.T, worth


def _beginnings(scatter: Floats, sum_weight: Floats) -> list[Floats]:
    """Axes of all components together, those of the features, and of the largest components each."""
    trace = np.einsum("kii->k", scatter)
    pooled = (scatter / np.where(trace > 0.0, trace, 1.0)[:, np.newaxis, np.newaxis]).sum(axis=0)
    largest = np.argsort(-sum_weight, kind="stable")[:MOST_BEGINNINGS]
    own = principal_axes(scatter[largest])[1]
    return [principal_axes(pooled[np.newaxis])[1][0], np.eye(len(pooled)), *own]


def _are_balls(covariance: Floats) -> bool:
    variance = np.einsum("kii->k", covariance) / covariance.shape[-1]
    ball = variance[:, np.newaxis, np.newaxis] * np.eye(covariance.shape[-1])
    return bool((np.abs(covariance - ball) <= BALL * variance[:, np.newaxis, np.newaxis]).all())


def _axes_of(covariance: Floats) -> Floats:
    """The common axes of covariances that have some."""
    k = len(covariance)
    # Multiples that are no simple ratios: a sum of covariances might have equal variances along two axes where no
    # single one has.
    part = (1.0 + np.modf(np.arange(1, k + 1) * 0.6180339887498949)[0]) / np.einsum("kii->k", covariance)
    whole = np.einsum("k,kij->ij", part, covariance)
    axes: Floats = np.linalg.eigh(whole)[1]
    if _correlation(axes, covariance) <= DIAGONAL:
        return axes
    axes = principal_axes(whole[np.newaxis])[1][0]  # features in very different units
    if _correlation(axes, covariance) <= DIAGONAL:
        return axes
    return _turned(axes, covariance, np.ones(k), TURNS, equal_volume=False)[0]


def _correlation(axes: Floats, covariance: Floats) -> float:
    """The largest along these axes in any component."""
    turned = axes.T @ covariance @ axes
    deviation = np.sqrt(np.abs(np.diagonal(turned, axis1=1, axis2=2)))  # rounding may be negative, and shows
    correlation = np.abs(turned) / (deviation[:, :, np.newaxis] * deviation[:, np.newaxis, :])
    return float((correlation - np.eye(len(axes))).max())
