"""The compiled factors of precisions against mpmath, and where a covariance counts as singular."""

from __future__ import annotations

from collections.abc import Iterator

import mpmath
import numpy as np
import pytest
from scipy.linalg import hilbert, lapack

from gaussmix import _native

EPSILON = np.finfo(np.float64).eps


@pytest.fixture(params=_native.levels())
def level(request: pytest.FixtureRequest) -> Iterator[str]:
    """Every instruction level in turn; puts the one before back."""
    before = _native.level()
    _native.use_level(request.param)
    yield request.param
    _native.use_level(before)


@pytest.mark.usefixtures("level")
@pytest.mark.parametrize("d", [1, 2, 3, 4, 5, 7, 8, 13, 16, 17, 33, 64, 127, 130])
def test_whitens(d: int) -> None:
    """Uᵀ Σ U is the identity to d roundings times the condition number, which is what any stable method reaches."""
    rng = np.random.default_rng(d)
    root = rng.standard_normal((3, d, d + 2))
    covariances = root @ root.swapaxes(1, 2)
    factors, singular = _native.precision_factors(covariances)
    assert singular == -1
    for covariance, factor in zip(covariances, factors, strict=True):
        assert not np.tril(factor, -1).any()
        assert (np.diagonal(factor) > 0.0).all()
        error = np.abs(factor.T @ covariance @ factor - np.eye(d)).max()
        assert error <= 10.0 * d * EPSILON * np.linalg.cond(covariance)


@pytest.mark.usefixtures("level")
@pytest.mark.parametrize("d", [2, 5, 9])
def test_exact_in_hard_cases(d: int) -> None:
    """Hilbert matrices, of condition 2e1, 5e5 and 5e11, against 60 digits."""
    matrix = hilbert(d)
    (factor,), singular = _native.precision_factors(matrix[np.newaxis])
    assert singular == -1
    with mpmath.workdps(60):
        lower = mpmath.cholesky(mpmath.matrix(matrix.tolist()))
        truth = np.array((lower**-1).T.tolist(), dtype=np.float64)
    assert np.abs(factor - truth).max() <= d * EPSILON * np.linalg.cond(matrix) * np.abs(truth).max()


@pytest.mark.usefixtures("level")
def test_agrees_with_lapack_on_what_is_singular() -> None:
    """A feature that is a combination of those before it up to rounding, and one that is not; NaN; negative."""
    rng = np.random.default_rng(0)
    root = rng.standard_normal((40, 6))
    root[:, 5] = root[:, :5].sum(axis=1)
    flat = np.cov(root.T)
    thin = np.cov(np.column_stack([root[:, :5], root[:, 5] + 1e-6 * rng.standard_normal(40)]).T)
    assert lapack.dpotrf(thin)[1] == 0
    missing = np.where(np.eye(6) > 0, np.nan, 0.0)
    good = np.eye(6)
    for bad in (flat, missing, -good, np.zeros((6, 6))):
        assert _native.precision_factors(np.stack([good, thin, bad, good]))[1] == 2


def test_any_strides() -> None:
    """A view that is turned and reversed gives what its copy gives."""
    rng = np.random.default_rng(1)
    root = rng.standard_normal((4, 5, 9))
    covariances = (root @ root.swapaxes(1, 2))[::-2, :, ::-1][:, ::-1].swapaxes(1, 2)
    whole, _ = _native.precision_factors(np.ascontiguousarray(covariances))
    assert np.array_equal(_native.precision_factors(covariances)[0], whole)


@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 4), (2, 0, 0)])
def test_refuses_what_is_no_stack_of_matrices(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="covariances: expected"):
        _native.precision_factors(np.ones(shape))
