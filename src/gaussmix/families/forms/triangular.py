"""Triangular factors of whole matrices."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.linalg import lapack, solve_triangular

from gaussmix.core.extension import native as _native
from gaussmix.core.types import Floats, Integers
from gaussmix.families.forms.form import singular

SYMMETRY = 1e-5
"""Relative difference at which a given matrix still counts as symmetric, as in scikit-learn: figures are often
given rounded."""


@cache  # a pass over a thousand rows takes less time than finding these numbers anew
def lower_triangle(n_features: int) -> tuple[Integers, Integers]:
    """Line and column of each entry of a lower triangle, line by line."""
    row, column = np.tril_indices(n_features)
    return row, column


@cache
def _places(n_features: int) -> Integers:
    """Where each entry of a matrix is in its packed lower triangle."""
    row, column = lower_triangle(n_features)
    places = np.empty((n_features, n_features), dtype=np.intp)
    places[row, column] = places[column, row] = np.arange(len(row))
    return places


def unpack(packed: Floats, n_features: int) -> Floats:
    """Symmetric matrices (…, d, d) of lower triangles that lie line by line (…, t)."""
    return packed.take(_places(n_features), axis=-1)


@cache
def _lower_places(n_features: int) -> Integers:
    """Where each entry of a packed lower triangle is in its matrix."""
    row, column = lower_triangle(n_features)
    return row * n_features + column


def pack(matrices: Floats) -> Floats:
    """Lower triangles, line by line (k, t), of matrices (k, d, d)."""
    k, d, _ = matrices.shape
    return matrices.reshape(k, d * d).take(_lower_places(d), axis=1)


def products(z: Floats) -> Floats:
    """Products of the features of points (k, d, b), as packed lower triangles (k, t, b)."""
    k, d, b = z.shape
    row, column = lower_triangle(d)
    packed = np.empty((k, len(row), b))
    for number, (i, j) in enumerate(zip(row, column, strict=True)):  # picking lines would copy them twice
        np.multiply(z[:, i], z[:, j], out=packed[:, number])
    return packed


def precision_cholesky(covariance: Floats, *, shared: bool = False) -> Floats:
    """Upper triangular U with Σ⁻¹ = U Uᵀ for each of the matrices (k, d, d): the inverse of Σ's factor, turned.

    A matrix counts as singular where a pivot is no more than the rounding of its diagonal entry: a feature then
    is, as far as float64 knows, a combination of those before it.
    """
    upper, found = _native.precision_factors(covariance)
    if found >= 0:
        raise singular(None if shared else found)
    return upper


def is_upper(matrices: Floats) -> bool:
    """Whether matrices (…, d, d) are upper triangular with a positive diagonal."""
    below = np.tri(matrices.shape[-1], k=-1, dtype=bool)
    diagonal = np.diagonal(matrices, axis1=-2, axis2=-1)
    return bool((diagonal > 0.0).all()) and not matrices[..., below].any()


def factor_of_precision(precision: Floats) -> Floats | None:
    """Upper triangular U with Λ = U Uᵀ of given precisions (…, d, d); None if one is not symmetric, positive definite.

    It is the Cholesky factor of Λ with the order of the features turned round, turned back.
    """
    if not np.allclose(precision, precision.swapaxes(-1, -2), rtol=SYMMETRY, atol=0.0):
        return None
    try:
        return np.ascontiguousarray(np.linalg.cholesky(precision[..., ::-1, ::-1])[..., ::-1, ::-1])
    except np.linalg.LinAlgError:
        return None


def covariance(precision_cholesky: Floats) -> Floats:
    """Σ = U⁻ᵀ U⁻¹ for each upper factor U of a precision (k, d, d)."""
    result = np.empty_like(precision_cholesky)
    for j, upper in enumerate(precision_cholesky):
        inverse, _ = lapack.dtrtri(upper, lower=0)
        result[j] = inverse.T @ inverse
    return result


def colour(noise: Floats, precision_cholesky: Floats) -> Floats:
    """Rows ε U⁻¹ of standard normal rows ε: their covariance is U⁻ᵀ U⁻¹ = Σ."""
    coloured: Floats = solve_triangular(precision_cholesky, noise.T, trans="T", check_finite=False).T
    return coloured
