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
GOING_ON, BEGINNING, CHOOSING = 100, 400, 40
"""Most rounds of turns (of d − 1 in a sweep, but always a whole one) of an M-step that goes on from earlier axes, of
one that does not, and of each set of axes from which the latter may begin. Every round raises the objective, and the
next M-step goes on from where this ends, so that what many features leave undone comes later. To about five features
axes are then known as well as floats tell; with fifty an M-step takes no longer than with five."""
MOST_BEGINNINGS = 8
"""Components whose own axes are tried where there are none to go on from: sets of axes have local optima."""
DIAGONAL = 1e-8
"""Correlation along axes below which they count as those of a covariance: its square is rounding."""
BALL = 1e-12
"""Relative difference of variances below which a covariance is a ball, which has no axes."""


def best_along_axes(scatter: Floats, sum_weight: Floats, previous: Floats | None, equal_volumes: bool) -> Floats:
    """The best covariances Σₖ = D diag(aₖ) Dᵀ with one orthogonal D, shape (k, d, d).

    Instead of the linear majorisers of Browne & McNicholas (2014), which turn all axes a little, this turns two axes
    at a time as far as is best (Flury & Gautschi 1986, for aₖ that are held): Σₖ tr(DᵀSₖD diag(1/aₖ)) is a sum over
    the axes, so that planes without a common axis turn at once, and in each plane the best angle is a closed form.
    After every turn the variances follow. No step lowers the objective, and near the optimum few sweeps are needed.

    Parameters
    ----------
    scatter : array, shape (k, d, d)
        Scatter S.
    sum_weight : array, shape (k,)
        Sums of shares N.
    previous : array, shape (k, d, d), optional
        Covariances with common axes from which to go on. Balls have none.
    equal_volumes : bool
        Whether the aₖ have one product; else each is free.
    """
    if previous is None or _are_balls(previous):
        tried = [
            _turned(first, scatter, sum_weight, equal_volumes, CHOOSING) for first in _beginnings(scatter, sum_weight)
        ]
        first, most = max(tried, key=lambda pair: pair[1])[0], BEGINNING
    else:
        first, most = _axes_of(previous), GOING_ON
    axes, _ = _turned(first, scatter, sum_weight, equal_volumes, most)
    along = _along(axes, scatter)
    return _covariance(
        axes, _of_equal_volume(along, sum_weight) if equal_volumes else along / sum_weight[:, np.newaxis]
    )


def _of_equal_volume(along: Floats, sum_weight: Floats) -> Floats:
    log_determinant = np.log(along).sum(axis=1)
    return along * factors_to_equal_volume(log_determinant, sum_weight, along.shape[1])[:, np.newaxis]


def _covariance(axes: Floats, variances: Floats) -> Floats:
    covariance = (axes * variances[:, np.newaxis, :]) @ axes.T
    return 0.5 * (covariance + covariance.swapaxes(1, 2))


def _along(axes: Floats, scatter: Floats) -> Floats:
    """Diagonals of DᵀSₖD, shape (k, d)."""
    return np.einsum("ij,kij->kj", axes, scatter @ axes)


def _turned(axes: Floats, scatter: Floats, sum_weight: Floats, equal_volumes: bool, most: int) -> tuple[Floats, float]:
    """Axes turned until a sweep gains nothing, or in at most so many rounds; and what they are worth.

    That is meant a unit of weight, and up to a constant.
    """
    turned, worth, bad = _native.common_axes(axes, scatter, sum_weight, equal_volumes, most, TOLERANCE)
    if bad >= 0:
        raise singular(bad)
    return turned, worth


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
    axes = principal_axes(np.einsum("k,kij->ij", part, covariance)[np.newaxis])[1][0]
    turned = axes.T @ covariance @ axes
    deviation = np.sqrt(np.diagonal(turned, axis1=1, axis2=2))
    correlation = np.abs(turned) / (deviation[:, :, np.newaxis] * deviation[:, np.newaxis, :])
    if (correlation - np.eye(len(axes))).max() > DIAGONAL:
        axes, _ = _turned(axes, covariance, np.ones(k), False, BEGINNING)
    return axes
