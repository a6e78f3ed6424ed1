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
) -> Start:
    """A start from what is given, or ``otherwise`` itself if nothing is.

    Raises
    ------
    DataError
        If something given has the wrong shape or impossible values; the sentences are scikit-learn's.
    """
    if weights is None and means is None and precisions is None:
        return otherwise
    k = recipe.n_components
    return ParametersStart(
        None if weights is None else _weights(weights, k),
        None if means is None else _finite("means", means, (k, n_features)),
        None if precisions is None else precision_factors(precisions, recipe.structure, k, n_features),
        otherwise,
    )


def _weights(weights: npt.ArrayLike, n_components: int) -> Floats:
    values = _finite("weights", weights, (n_components,))
    if (values < 0.0).any() or (values > 1.0).any():
        raise DataError(
            "The parameter 'weights' should be in the range [0, 1], but got "
            f"min value {values.min():.5f}, max value {values.max():.5f}"
        )
    if abs(values.sum() - 1.0) > SUM_TOLERANCE:
        raise DataError(f"The parameter 'weights' should be normalized, but got sum(weights) = {values.sum():.5f}")
    return values / values.sum()


def precision_factors(precisions: npt.ArrayLike, structure: Structure, n_components: int, n_features: int) -> Floats:
    """Upper factors of given precisions, as the structure's form has them."""
    form = structure.form
    shape = structure.public(np.empty(form.shape(n_components, n_features))).shape
    values = _finite(f"{structure.name} precision", precisions, shape)
    factor = form.factor_of_precision(structure.private(values, n_components, n_features))
    if factor is None:
        raise DataError(f"'{structure.name} precision' should be {form.requirement}")
    return factor


def _finite(name: str, given: npt.ArrayLike, shape: tuple[int, ...]) -> Floats:
    values = np.asarray(given, dtype=np.float64)
    if values.shape != shape:
        raise DataError(f"The parameter '{name}' should have the shape of {shape}, but got {values.shape}")
    if not np.isfinite(values).all():
        raise DataError(f"The parameter '{name}' should be finite, but it holds NaN or infinity")
    return values
