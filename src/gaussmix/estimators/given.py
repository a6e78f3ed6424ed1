"""Parameters that a caller gives, checked and in the shapes that a start wants."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gaussmix.core.types import Floats
from gaussmix.errors import DataError
from gaussmix.families.structures import Structure
from gaussmix.fitting.recipe import Recipe
from gaussmix.fitting.scene import Start
from gaussmix.fitting.start import ParametersStart

SUM_TOLERANCE = 1e-6
"""How far given weights may sum from 1, as in scikit-learn for float64: rounding of decimal figures."""


def given_parameters(
    recipe: Recipe,
    n_features: int,
    weights: npt.ArrayLike | None,
    means: npt.ArrayLike | None,
    precisions: npt.ArrayLike | None,
    otherwise: Start,
    *,
    as_scikit_learn: bool = False,
) -> Start:
    """A start from what is given, or ``otherwise`` itself if nothing is.

    Parameters
    ----------
    recipe : Recipe
        What is to be fitted.
    n_features : int
        Of the rows.
    weights, means, precisions : array-like, optional
        What is given.
    otherwise : Start
        Where the rest comes from.
    as_scikit_learn : bool
        Whether errors are scikit-learn's to the letter, and nothing else is one.

    Raises
    ------
    DataError
        If something given has the wrong shape or impossible values; the sentences are scikit-learn's.
    """
    if weights is None and means is None and precisions is None:
        return otherwise
    k = recipe.n_components
    start = ParametersStart(
        None if weights is None else _weights(weights, k, as_scikit_learn),
        None if means is None else _finite("means", means, (k, n_features)),
        None if precisions is None else precision_factors(precisions, recipe.structure, k, n_features),
        otherwise,
    )
    if not as_scikit_learn:
        _refuse_twins(recipe.structure, start)
    return start


def _weights(weights: npt.ArrayLike, n_components: int, swapped: bool) -> Floats:
    values = _finite("weights", weights, (n_components,))
    if (values < 0.0).any() or (values > 1.0).any():
        first, second = ("max", "min") if swapped else ("min", "max")
        raise DataError(
            "The parameter 'weights' should be in the range [0, 1], but got "
            f"{first} value {values.min():.5f}, {second} value {values.max():.5f}"
        )
    if abs(values.sum() - 1.0) > SUM_TOLERANCE:
        raise DataError(f"The parameter 'weights' should be normalized, but got sum(weights) = {values.sum():.5f}")
    return values / values.sum()


def precision_factors(precisions: npt.ArrayLike, structure: Structure, n_components: int, n_features: int) -> Floats:
    """Upper factors of given precisions, as the structure's form has them."""
    form = structure.form
    shape = structure.public(np.empty(form.shown_as.shape(n_components, n_features))).shape
    values = _finite(f"{structure.name} precision", precisions, shape)
    factor = form.factor_of_precision(structure.private(values, n_components, n_features))
    if factor is None:
        smallest = _smallest(values, whole=form.requirement != "positive")
        raise DataError(f"'{structure.name} precision' should be {form.requirement}{smallest}")
    return factor


def _smallest(precision: Floats, *, whole: bool) -> str:
    """The smallest number that should have been positive, in words."""
    found = np.linalg.eigvalsh(precision) if whole else precision
    return f"; the smallest {'eigenvalue' if whole else 'entry'} is {found.min():.3g}"


def _refuse_twins(structure: Structure, start: ParametersStart) -> None:
    """Raise where two components begin alike: the same in all but weight, they stay the same for ever."""
    if start.means is None:
        return
    k, d = start.means.shape
    spread = np.zeros((k, 1))
    if start.precision_cholesky is not None:
        spread = structure.form.stack(start.precision_cholesky, k).reshape(k, d * d)
    elif not structure.shared:
        return  # the other start gives each a covariance of its own
    _, first = np.unique(np.hstack([start.means, spread]), axis=0, return_index=True)
    twins = np.setdiff1d(np.arange(k), first)
    if twins.size:
        raise DataError(
            f"The parameter 'means' has the same values for component {twins[0]} as for an earlier one, and so has "
            "their covariance: no fit could ever tell them apart"
        )


def _finite(name: str, given: npt.ArrayLike, shape: tuple[int, ...]) -> Floats:
    values = np.asarray(given, dtype=np.float64)
    if values.shape != shape:
        raise DataError(f"The parameter '{name}' should have the shape of {shape}, but got {values.shape}")
    if not np.isfinite(values).all():
        raise DataError(f"The parameter '{name}' should be finite, but it holds NaN or infinity")
    return values
