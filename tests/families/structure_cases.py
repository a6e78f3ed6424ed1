"""What tests know of every structure: a new one has its line here, and all laws are then asked of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Floats = np.ndarray
"""Covariances (k, d, d)."""


@dataclass(frozen=True)
class Case:
    """A structure, told independently of its code.

    Parameters
    ----------
    name : str
        In the registry.
    n_parameters : callable
        Free parameters of the covariances for (k, d), written out.
    belongs : callable
        How far covariances (k, d, d) are from being of this structure, relative to their size.
    scaled : bool
        Whether a factor for each feature leads from such covariances to such.
    turned : bool
        Whether a rotation does.
    """

    name: str
    n_parameters: Callable[[int, int], int]
    belongs: Callable[[Floats], float]
    scaled: bool
    turned: bool


def _unit(sigma: Floats) -> Floats:
    return sigma / np.exp(np.linalg.slogdet(sigma)[1] / sigma.shape[-1])[:, np.newaxis, np.newaxis]


def equal(values: Floats) -> float:
    """Largest relative difference from the first."""
    return float(np.abs(values - values[0]).max() / np.abs(values).max())


def volume(sigma: Floats) -> float:
    return equal(np.exp(np.linalg.slogdet(sigma)[1] / sigma.shape[-1]))


def shape(sigma: Floats) -> float:
    return equal(np.linalg.eigvalsh(_unit(sigma)))


def shape_on_axes(sigma: Floats) -> float:
    return max(axes(sigma), equal(np.diagonal(_unit(sigma), axis1=1, axis2=2)))


def orientation(sigma: Floats) -> float:
    """Common axes: the matrices commute."""
    products = np.einsum("kij,ljm->klim", _unit(sigma), _unit(sigma))
    return float(np.abs(products - products.swapaxes(0, 1)).max() / np.abs(products).max())


def axes(sigma: Floats) -> float:
    return float(np.abs(sigma - sigma * np.eye(sigma.shape[-1])).max() / np.abs(sigma).max())


def ball(sigma: Floats) -> float:
    return float(np.abs(_unit(sigma) - np.eye(sigma.shape[-1])).max())


def both(*measures: Callable[[Floats], float]) -> Callable[[Floats], float]:
    return lambda sigma: max(measure(sigma) for measure in measures)


def b(d: int) -> int:
    """Entries of a symmetric matrix: β of Celeux & Govaert's table 1."""
    return d * (d + 1) // 2


CASES = {
    case.name: case
    for case in (
        Case("full", lambda k, d: k * b(d), lambda sigma: 0.0, True, True),
        Case("tied", lambda k, d: b(d), equal, True, True),
        Case("diag", lambda k, d: k * d, axes, True, False),
        Case("spherical", lambda k, d: k, ball, False, True),
        Case("EII", lambda k, d: 1, both(ball, equal), False, True),
        Case("EEI", lambda k, d: d, both(axes, equal), True, False),
        Case("VEI", lambda k, d: d + k - 1, shape_on_axes, True, False),
        Case("EVI", lambda k, d: k * d - k + 1, both(axes, volume), True, False),
        Case("VEE", lambda k, d: b(d) + k - 1, lambda sigma: equal(_unit(sigma)), True, True),
        Case("EVE", lambda k, d: b(d) + (k - 1) * (d - 1), both(orientation, volume), False, True),
        Case("VVE", lambda k, d: b(d) + (k - 1) * d, orientation, False, True),
        Case("EEV", lambda k, d: k * b(d) - (k - 1) * d, both(shape, volume), False, True),
        Case("VEV", lambda k, d: k * b(d) - (k - 1) * (d - 1), shape, False, True),
        Case("EVV", lambda k, d: k * b(d) - (k - 1), volume, True, True),
    )
}
