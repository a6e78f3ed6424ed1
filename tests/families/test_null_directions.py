"""Covariances held where the rows have no extent: against the same in coordinates in which the directions are axes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import null_space
from scipy.stats import special_ortho_group

from gaussmix.families.null_directions import FLAT, NullDirections

PRIOR = 1e-6


@pytest.fixture
def total() -> tuple[np.ndarray, np.ndarray]:
    """Covariance of five columns, of units of their own, with two null directions; and their standard deviations."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3)) @ rng.normal(size=(3, 5)) * [1.0, 1e-6, 1e6, 3.0, 0.1]
    return np.cov(x.T, bias=True), x.std(axis=0)


def test_directions_are_the_null_space_of_the_correlation(total):
    covariance, deviation = total
    null = NullDirections.of(covariance, deviation, PRIOR)
    expected = null_space(covariance / np.outer(deviation, deviation), rcond=1e-10)
    assert len(null) == expected.shape[1] == 2
    np.testing.assert_allclose(null.directions @ null.directions.T, expected @ expected.T, atol=1e-10)
    np.testing.assert_allclose(null.variance, PRIOR, rtol=1e-6)


@pytest.mark.parametrize(("variance", "count"), [(0.99 * FLAT * PRIOR, 1), (1.01 * FLAT * PRIOR, 0)])
def test_directions_narrower_than_ten_times_the_prior_are_null(variance, count):
    """Two columns of correlation 1 − v have the variance v across."""
    covariance = np.array([[1.0, 1.0 - variance], [1.0 - variance, 1.0]])
    null = NullDirections.of(covariance, np.ones(2), PRIOR)
    assert len(null) == count
    np.testing.assert_allclose(null.variance, [variance + PRIOR] * count, rtol=1e-6)


def test_constant_columns_belong_to_no_direction():
    covariance = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    null = NullDirections.of(covariance, np.array([1.0, 1.0, 0.0]), PRIOR)
    assert null.columns.tolist() == [0, 1]
    assert (null.directions[2] == 0.0).all()


def test_held_covariances_are_free_across_and_fixed_along(total):
    """In scaled coordinates turned so that the null directions come last, a held covariance has two blocks."""
    covariance, deviation = total
    null = NullDirections.of(covariance, deviation, PRIOR)
    rng = np.random.default_rng(1)
    roots = rng.normal(size=(3, 5, 5))
    given = roots @ roots.swapaxes(-1, -2) * np.outer(deviation, deviation)
    held = null.hold(given)
    turn = np.column_stack([null_space(null.directions.T), null.directions])  # (d, d)
    scale = np.outer(deviation, deviation)
    expected = turn.T @ (given / scale) @ turn
    expected[:, :3, 3:] = expected[:, 3:, :3] = 0.0
    expected[:, 3:, 3:] = np.diag(null.variance)
    np.testing.assert_allclose(turn.T @ (held / scale) @ turn, expected, atol=1e-12)
    np.testing.assert_array_equal(held, held.swapaxes(-1, -2))
    np.testing.assert_allclose(null.hold(held), held, rtol=1e-9)
    factors = np.linalg.cholesky(np.linalg.inv(held / scale)) / deviation[:, np.newaxis]
    np.testing.assert_allclose(
        null.trace(factors, 0.5 * deviation**2), 3 * 0.5 * (1.0 / null.variance).sum(), rtol=1e-6
    )


def test_held_is_the_best_that_is_held(total):
    """No other covariance with these blocks is as likely for the scatter."""
    covariance, deviation = total
    null = NullDirections.of(covariance, deviation, 1e-3)  # wide enough for inverses to be exact beside it
    assert len(null) == 2
    rng = np.random.default_rng(2)
    root = rng.normal(size=(5, 5))
    scale = np.outer(deviation, deviation)
    scatter = root @ root.T * scale

    def worth(sigma: np.ndarray) -> float:
        scaled = sigma / scale
        return -0.5 * (np.linalg.slogdet(scaled)[1] + np.trace(np.linalg.solve(scaled, scatter / scale)))

    best = null.hold(scatter[np.newaxis])[0]
    for seed in range(20):
        turn = np.eye(5) + 0.05 * (special_ortho_group.rvs(5, random_state=seed) - np.eye(5))
        other = turn @ (best / scale) @ turn.T * scale
        assert worth(null.hold(other[np.newaxis])[0]) < worth(best)


def test_nothing_is_held_where_there_is_no_direction():
    given = np.eye(3)[np.newaxis]
    assert NullDirections.none(3).hold(given) is given
