"""Proof 3: rows with gaps."""

from __future__ import annotations

import numpy as np
import pytest
from climbing import NUMPY_KERNEL, climb
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from missing_diagonal import MissingDiagonal, MissingDiagonalUpdate
from scipy.stats import norm
from two_clusters import frame_of, two_clusters

from gaussmix.allocations.weights import CommonWeights, CommonWeightsUpdate
from gaussmix.core.frame import Frame
from gaussmix.core.mixture import Mixture
from gaussmix.data.memory import MemorySource
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.gaussian_update import GaussianUpdate
from gaussmix.families.prior import Prior
from gaussmix.families.structures import structure_named


def rows_with_gaps(n):
    x = two_clusters(n)
    number = np.arange(n)
    x[number % 4 == 1, 0] = np.nan
    x[number % 7 == 2, 1] = np.nan
    x[5] = np.nan  # a row without any value
    return x


def start_of(x):
    frame = frame_of(x)
    low, high = np.nanquantile(frame.positions_to_internal(x), [0.25, 0.75], axis=0)
    return Mixture(MissingDiagonal(np.stack([low, high]), np.ones((2, 2))), CommonWeights(np.full(2, 0.5)), frame)


def in_user_units(mixture):
    deviation = mixture.frame.lengths_to_user(np.sqrt(mixture.family.variance))
    return mixture.weights, mixture.frame.positions_to_user(mixture.family.means), deviation


def naive_em(x, weights, means, deviations, n_iter):
    """EM value by value in the user's units."""
    n, d = x.shape
    for _ in range(n_iter + 1):
        r, log_likelihood = np.empty((n, 2)), 0.0
        for i in range(n):
            r[i] = weights
            for f in range(d):
                if not np.isnan(x[i, f]):
                    r[i] *= [norm.pdf(x[i, f], means[j][f], deviations[j][f]) for j in range(2)]
            log_likelihood += np.log(r[i].sum())
            r[i] /= r[i].sum()
        before = weights, means, deviations
        weights, means, deviations = r.mean(axis=0), np.empty((2, d)), np.empty((2, d))
        for f in range(d):
            there = ~np.isnan(x[:, f])
            for j in range(2):
                means[j, f] = np.average(x[there, f], weights=r[there, j])
                deviations[j, f] = np.sqrt(np.average((x[there, f] - means[j, f]) ** 2, weights=r[there, j]))
    return log_likelihood, *before


def test_fit_is_that_of_the_formulas_value_by_value():
    x = rows_with_gaps(120)
    start = start_of(x)
    result = climb(MemorySource(x), start, MissingDiagonalUpdate(), CommonWeightsUpdate(), 10)
    log_likelihood, *expected = naive_em(x, *in_user_units(start), 10)
    assert result.evaluation.entry.log_likelihood == pytest.approx(log_likelihood, rel=1e-11)
    for ours, naive in zip(in_user_units(result.parameters), expected, strict=True):
        np.testing.assert_allclose(ours, naive, rtol=1e-10)


@given(x=arrays(np.float64, (6, 3), elements=st.one_of(st.floats(-1e3, 1e3), st.just(np.nan))))
def test_density_of_a_row_is_the_product_over_what_it_has(x):
    """In the user's units: a missing value brings no unit of volume."""
    means, deviation = np.array([[0.5, -2.0, 30.0]]), np.array([[1.0, 3.0, 0.5]])
    frame = Frame(np.array([0.0, 1.0, 32.0]), np.array([3, -2, 5]))
    family = MissingDiagonal(frame.positions_to_internal(means), frame.lengths_to_internal(deviation) ** 2)
    mixture = Mixture(family, CommonWeights(np.ones(1)), frame)
    expected = np.nansum(norm.logpdf(x, means, deviation), axis=1)
    np.testing.assert_allclose(mixture.log_density(x), expected, rtol=1e-10, atol=1e-10)
    rows = NUMPY_KERNEL.rows(MemorySource(x), mixture, ["log_density"])
    np.testing.assert_array_equal(rows["log_density"], mixture.log_density(x))
    np.testing.assert_array_equal(mixture.responsibilities(x), np.ones((6, 1)))


def test_a_row_without_values_says_nothing_but_that_it_is_there():
    x = rows_with_gaps(60)
    start = start_of(x)
    weights = np.array([0.3, 0.7])
    mixture = Mixture(start.family, CommonWeights(weights), start.frame)
    empty = np.full((1, 2), np.nan)
    np.testing.assert_allclose(mixture.responsibilities(empty), weights[np.newaxis], rtol=1e-15)
    np.testing.assert_allclose(mixture.log_density(empty), 0.0, atol=1e-15)
    without = NUMPY_KERNEL.expect(MemorySource(x[6:]), mixture)
    with_it = NUMPY_KERNEL.expect(MemorySource(x[5:]), mixture)
    np.testing.assert_array_equal(with_it["sum_weight_observed"], without["sum_weight_observed"])
    np.testing.assert_allclose(with_it.sum_weight - without.sum_weight, weights, rtol=1e-12)


def test_units_do_not_matter_although_rows_have_different_ones():
    x = rows_with_gaps(120)
    a, b = np.array([1e-7, 1e9]), np.array([3.0, -5e9])
    moved = a * x + b
    start, frame = start_of(x), frame_of(moved)
    weights, means, deviations = in_user_units(start)
    family = MissingDiagonal(frame.positions_to_internal(a * means + b), frame.lengths_to_internal(a * deviations) ** 2)
    ours = climb(MemorySource(x), start, MissingDiagonalUpdate(), CommonWeightsUpdate(), 10)
    theirs = climb(
        MemorySource(moved),
        Mixture(family, CommonWeights(weights), frame),
        MissingDiagonalUpdate(),
        CommonWeightsUpdate(),
        10,
    )
    n_observed = (~np.isnan(x)).sum(axis=0)
    expected = ours.history.log_likelihood - n_observed @ np.log(a)
    # The offset of 3 costs a column that is 1e-7 wide seven of its digits.
    np.testing.assert_allclose(theirs.history.log_likelihood, expected, rtol=1e-8)
    np.testing.assert_allclose(in_user_units(theirs.parameters)[2], a * in_user_units(ours.parameters)[2], rtol=1e-7)


def test_without_gaps_it_is_the_diagonal_gaussian():
    x = two_clusters(150)
    start = start_of(x)
    gaussian = Gaussian.from_covariance(structure_named("diag"), start.family.means, start.family.variance)
    complete = Mixture(gaussian, start.allocation, start.frame)
    ours = climb(MemorySource(x), start, MissingDiagonalUpdate(), CommonWeightsUpdate(), 20)
    theirs = climb(MemorySource(x), complete, GaussianUpdate(Prior.none(2)), CommonWeightsUpdate(), 20)
    np.testing.assert_allclose(ours.history.objective, theirs.history.objective, rtol=1e-12)
    np.testing.assert_allclose(ours.parameters.family.means, theirs.parameters.family.means, rtol=1e-9)
    np.testing.assert_allclose(ours.parameters.family.variance, theirs.parameters.family.covariance, rtol=1e-9)


def test_a_far_row_with_gaps_goes_to_the_nearest_component():
    family = MissingDiagonal(np.array([[0.0, 0.0], [3.0, 3.0]]), np.array([[1.0, 1.0], [4.0, 0.25]]))
    mixture = Mixture(family, CommonWeights(np.full(2, 0.5)), Frame.identity(2))
    far = np.array([[1e250, np.nan], [np.nan, -1e250]])
    np.testing.assert_array_equal(mixture.responsibilities(far), [[0.0, 1.0], [1.0, 0.0]])
