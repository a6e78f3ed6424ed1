"""Axes that all components share, by rotations in planes of two of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from gaussmix.core.types import Floats, Integers
from gaussmix.families.forms.form import singular
from gaussmix.families.structures.principal_axes import principal_axes

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

Variances = Callable[[Floats, Floats], Floats]
"""Scatter along the axes (k, d) and sums of shares (k,) to the best variances along them (k, d)."""


def best_along_axes(scatter: Floats, sum_weight: Floats, previous: Floats | None, variances: Variances) -> Floats:
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
    variances : callable
        The best variances along given axes, for which Σₖ tr(Σₖ⁻¹Sₖ) must be a constant.
    """
    if previous is None or _are_balls(previous):
        tried = [_turned(first, scatter, sum_weight, variances, CHOOSING) for first in _beginnings(scatter, sum_weight)]
        first, most = max(tried, key=lambda pair: pair[1])[0], BEGINNING
    else:
        first, most = _axes_of(previous), GOING_ON
    axes, _ = _turned(first, scatter, sum_weight, variances, most)
    return _covariance(axes, variances(_along(axes, scatter), sum_weight))


def varying(along: Floats, sum_weight: Floats) -> Floats:
    """Variances without any restriction."""
    return along / sum_weight[:, np.newaxis]


def _covariance(axes: Floats, variances: Floats) -> Floats:
    covariance = (axes * variances[:, np.newaxis, :]) @ axes.T
    return 0.5 * (covariance + covariance.swapaxes(1, 2))


def _along(axes: Floats, scatter: Floats) -> Floats:
    """Diagonals of DᵀSₖD, shape (k, d)."""
    return np.einsum("ij,kij->kj", axes, scatter @ axes)


def _turned(axes: Floats, scatter: Floats, sum_weight: Floats, variances: Variances, most: int) -> tuple[Floats, float]:
    """Axes turned until a sweep gains nothing, or in at most so many rounds; and what they are worth.

    That is meant a unit of weight, and up to a constant.
    """
    part = sum_weight / sum_weight.sum()
    axes, turned = axes.copy(), axes.T @ scatter @ axes  # (d, d), (k, d, d)
    found = _positive(variances(_diagonal(turned), sum_weight))
    worth = -0.5 * float(part @ np.log(found).sum(axis=1))
    rounds = _rounds(len(axes))
    for _ in range(max(1, most // max(1, len(rounds)))):
        for one, other in rounds:
            _turn(axes, turned, 1.0 / found, one, other)
            found = _positive(variances(_diagonal(turned), sum_weight))
        newer = -0.5 * float(part @ np.log(found).sum(axis=1))
        gain, worth = newer - worth, newer
        if gain < TOLERANCE:
            break
    return axes, worth


def _turn(axes: Floats, turned: Floats, precision: Floats, one: Integers, other: Integers) -> None:
    """Turn the planes of axes ``one[i]`` and ``other[i]`` as is best for these precisions (k, d) along the axes.

    By an angle θ, Σₖ (w₁/a₁ + w₂/a₂) becomes a constant + p·cos 2θ + q·sin 2θ: least where (cos 2θ, sin 2θ) is −(p, q).
    """
    gap = precision[:, one] - precision[:, other]  # (k, m)
    p = 0.5 * ((turned[:, one, one] - turned[:, other, other]) * gap).sum(axis=0)
    q = (turned[:, one, other] * gap).sum(axis=0)
    angle = np.where(np.hypot(p, q) > 0.0, 0.5 * np.arctan2(-q, -p), 0.0)
    cosine, sine = np.cos(angle), np.sin(angle)
    _mix(axes, one, other, cosine, sine)
    _mix(turned, one, other, cosine, sine)
    _mix(turned.swapaxes(1, 2), one, other, cosine, sine)


def _mix(matrices: Floats, one: Integers, other: Integers, cosine: Floats, sine: Floats) -> None:
    first, second = matrices[..., one], matrices[..., other]
    matrices[..., one] = cosine * first + sine * second
    matrices[..., other] = cosine * second - sine * first


@cache
def _rounds(n_axes: int) -> list[tuple[Integers, Integers]]:
    """Every pair of axes once, in rounds of pairs without a common one (the circle method of tournaments)."""
    seats = list(range(n_axes + n_axes % 2))  # with an odd number one axis rests in every round
    rounds = []
    for _ in range(len(seats) - 1):
        half = len(seats) // 2
        pairs = [(a, b) for a, b in zip(seats[:half], reversed(seats[half:]), strict=True) if max(a, b) < n_axes]
        one, other = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
        rounds.append((one, other))
        seats = [seats[0], seats[-1], *seats[1:-1]]
    return rounds


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
    deviation = np.sqrt(_positive(_diagonal(turned)))
    correlation = np.abs(turned) / (deviation[:, :, np.newaxis] * deviation[:, np.newaxis, :])
    if (correlation - np.eye(len(axes))).max() > DIAGONAL:
        axes, _ = _turned(axes, covariance, np.ones(k), varying, BEGINNING)
    return axes


def _diagonal(matrices: Floats) -> Floats:
    return np.diagonal(matrices, axis1=1, axis2=2).copy()


def _positive(variances: Floats) -> Floats:
    bad = ~((variances > 0.0) & np.isfinite(variances)).all(axis=1)
    if bad.any():
        raise singular(int(np.flatnonzero(bad)[0]))
    return variances
