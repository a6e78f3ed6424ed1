"""Proof 1: a family with a scale tile."""

from __future__ import annotations

import numpy as np
import pytest
from climbing import NUMPY_KERNEL, climb
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import f as f_distribution
from scipy.stats import multivariate_t
from scipy.stats import t as student
from student_t import StudentT, StudentTUpdate
from two_clusters import first_means, frame_of, two_clusters

from gaussmix.allocations.given import RESPONSIBILITY, Given
from gaussmix.allocations.weights import CommonWeights, CommonWeightsUpdate
from gaussmix.core.block import Block, Column
from gaussmix.core.frame import Frame
from gaussmix.core.mixture import Mixture
from gaussmix.data.memory import MemorySource
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.structures import structure_named

NU = 3.5


def start_of(x, frame, nu=NU):
    means = frame.positions_to_internal(first_means(x))
    k, d = means.shape
    family = StudentT.from_shape_matrix(nu, means, np.stack([np.eye(d)] * k))
    return Mixture(family, CommonWeights(np.full(k, 1.0 / k)), frame)


def in_user_units(mixture):
    scale = np.ldexp(1.0, mixture.frame.exponent)
    shape_matrix = mixture.family.shape_matrix * scale[:, np.newaxis] * scale
    return mixture.weights, mixture.frame.positions_to_user(mixture.family.means), shape_matrix


def naive_em(x, weights, means, shape_matrices, n_iter):
    """EM row by row, as the papers have it, in the user's units."""
    n, d = x.shape
    k = len(weights)
    for _ in range(n_iter + 1):
        log_likelihood = 0.0
        r, u = np.empty((n, k)), np.empty((n, k))
        for i in range(n):
            density = [weights[j] * multivariate_t.pdf(x[i], means[j], shape_matrices[j], df=NU) for j in range(k)]
            log_likelihood += np.log(sum(density))
            for j in range(k):
                r[i, j] = density[j] / sum(density)
                difference = x[i] - means[j]
                u[i, j] = (NU + d) / (NU + difference @ np.linalg.solve(shape_matrices[j], difference))
        before = weights, means, shape_matrices
        weights = r.mean(axis=0)
        means = [np.average(x, axis=0, weights=r[:, j] * u[:, j]) for j in range(k)]
        shape_matrices = [
            sum(r[i, j] * u[i, j] * np.outer(x[i] - means[j], x[i] - means[j]) for i in range(n)) / r[:, j].sum()
            for j in range(k)
        ]
    return log_likelihood, *before


def test_fit_is_that_of_the_formulas_row_by_row():
    x = two_clusters(90)
    start = start_of(x, frame_of(x))
    result = climb(MemorySource(x), start, StudentTUpdate(), CommonWeightsUpdate(), 12)
    log_likelihood, *expected = naive_em(x, *in_user_units(start), 12)
    assert result.evaluation.entry.log_likelihood == pytest.approx(log_likelihood, rel=1e-11)
    for ours, naive in zip(in_user_units(result.parameters), expected, strict=True):
        np.testing.assert_allclose(ours, naive, rtol=1e-9)


def test_fit_ends_in_the_optimum_that_direct_maximisation_finds():
    x = two_clusters(200)[:, :1]
    frame = frame_of(x)
    start = start_of(x, frame)
    result = climb(MemorySource(x), start, StudentTUpdate(), CommonWeightsUpdate(), 600)
    z = frame.positions_to_internal(x)[:, 0]

    def loss(theta):
        logit, *means, log_a, log_b = theta
        log_w, log_v = -np.logaddexp(0.0, -logit), -np.logaddexp(0.0, logit)
        a = log_w + student.logpdf(z, NU, means[0], np.exp(log_a))
        b = log_v + student.logpdf(z, NU, means[1], np.exp(log_b))
        return -np.logaddexp(a, b).mean()

    best = minimize(loss, [0.0, *start.family.means[:, 0], 0.0, 0.0], method="BFGS", options={"gtol": 1e-7})
    optimum = -best.fun - frame.log_volume
    assert result.evaluation.entry.log_likelihood / len(x) == pytest.approx(optimum, abs=1e-9)


@given(
    nu=st.floats(0.3, 60.0),
    seed=st.integers(0, 1000),
    d=st.integers(1, 5),
    far=st.sampled_from([1.0, 1e3, 1e8]),
)
def test_density_is_scipys(nu, seed, d, far):
    generator = np.random.default_rng(seed)
    mean, root = generator.standard_normal(d), np.tril(generator.standard_normal((d, d))) + 3.0 * np.eye(d)
    x = mean + far * generator.standard_normal((7, d))
    family = StudentT.from_shape_matrix(nu, mean[np.newaxis], (root @ root.T)[np.newaxis])
    ours = Mixture(family, CommonWeights(np.ones(1)), Frame.identity(d)).log_density(x)
    expected = multivariate_t.logpdf(x, mean, root @ root.T, df=nu)
    np.testing.assert_allclose(ours, expected, rtol=1e-10, atol=1e-10)


def test_rows_whose_squares_overflow_have_a_density_and_farther_ones_a_component():
    means = np.array([[0.0, 0.0], [0.0, 0.0]])
    family = StudentT.from_shape_matrix(NU, means, np.stack([np.eye(2), 4.0 * np.eye(2)]))
    mixture = Mixture(family, CommonWeights(np.array([0.5, 0.5])), Frame.identity(2))
    far = np.array([[1e200, 0.0]])
    # In the tail f ~ δ^−(ν + d), so that log f falls by (ν + d) log 10 for each power of ten.
    slope = mixture.log_density(far) - mixture.log_density(np.array([[1e100, 0.0]]))
    np.testing.assert_allclose(slope, -(NU + 2) * 100 * np.log(10.0), rtol=1e-12)
    # A component twice as wide is denser there by 2^ν: |Σ|^(−1/2) gives 2^−d, the distance 2^(ν + d).
    np.testing.assert_allclose(mixture.responsibilities(far)[0, 1], 2.0**NU / (1.0 + 2.0**NU), rtol=1e-12)
    unreachable = np.array([[1.7e308, -1.7e308]])
    narrow = Mixture(StudentT(NU, means, 4.0 * family.precision_cholesky), mixture.allocation, mixture.frame)
    np.testing.assert_array_equal(narrow.responsibilities(unreachable), [[0.0, 1.0]])


def test_expected_precision_is_the_posterior_mean_of_the_gamma_scale():
    family = StudentT.from_shape_matrix(NU, np.zeros((1, 1)), np.ones((1, 1, 1)))
    x = np.array([0.0, 0.7, 4.0])
    u = np.linspace(1e-9, 40.0, 400_001)
    # Gaussian with variance 1/u times the Gamma(ν/2, ν/2) density of u, up to factors that cancel.
    joint = u ** (0.5 + NU / 2 - 1) * np.exp(-0.5 * u * (x[:, np.newaxis] ** 2 + NU))
    expected = (joint @ u) / joint.sum(axis=1)
    scale = family.score(Block(x[:, np.newaxis], np.ones(3))).scale
    np.testing.assert_allclose(scale[0], expected, rtol=1e-7)


def test_as_degrees_of_freedom_grow_the_fit_becomes_the_gaussian_one():
    x = two_clusters(60)
    frame = frame_of(x)
    start = start_of(x, frame, nu=1e9)
    gaussian = Gaussian.from_covariance(structure_named("full"), start.family.means, start.family.shape_matrix)
    source = MemorySource(x)
    ours = NUMPY_KERNEL.expect(source, start)
    theirs = NUMPY_KERNEL.expect(source, Mixture(gaussian, start.allocation, frame))
    assert ours.log_likelihood == pytest.approx(theirs.log_likelihood, rel=1e-6)
    np.testing.assert_allclose(ours["sum_scaled_x"], theirs["sum_x"], atol=1e-6)


def test_a_start_from_labels_needs_nothing_new():
    """The sums of a pass can be gathered for a family that did not score it."""
    x = two_clusters(90)
    responsibility = np.eye(2)[(np.arange(90) % 3 == 0).astype(int)]
    source = MemorySource(x, columns={RESPONSIBILITY: Column(responsibility)})
    frame = frame_of(x)
    target = start_of(x, frame)
    gaussian = Gaussian(structure_named("full"), target.family.means, target.family.precision_cholesky)
    statistics = NUMPY_KERNEL.expect(source, Mixture(gaussian, Given(2), frame), gather=target.family)
    first = StudentTUpdate().update(statistics, target.family)
    for j in range(2):
        rows = x[responsibility[:, j] > 0]
        np.testing.assert_allclose(frame.positions_to_user(first.means)[j], rows.mean(axis=0), rtol=1e-12)
        np.testing.assert_allclose(
            in_user_units(Mixture(first, Given(2), frame))[2][j], np.cov(rows.T, bias=True), rtol=1e-10
        )


def test_far_rows_move_it_less_than_a_gaussian():
    x = two_clusters(90)
    outlying = np.concatenate([x, x.mean(axis=0) + 40.0 * x.std(axis=0) * np.ones((1, 2))])
    start = start_of(x, frame_of(x))
    fits = [
        in_user_units(climb(MemorySource(rows), start, StudentTUpdate(), CommonWeightsUpdate(), 60).parameters)
        for rows in (x, outlying)
    ]
    moved = np.abs(fits[1][1] - fits[0][1]).max(axis=0) / x.std(axis=0)
    assert (moved < 40.0 / 90 * 0.5).all()  # the mean of a Gaussian cluster with all rows would move by 40/90


def test_sample_has_its_distribution():
    family = StudentT.from_shape_matrix(NU, np.array([[1.0, -2.0]]), np.array([[[2.0, 0.6], [0.6, 1.0]]]))
    draws = family.sample(0, 20_000, np.random.default_rng(1))
    # δ²/d is F(d, ν) distributed; its median is known.
    difference = draws - family.means[0]
    squared = np.einsum("bi,ij,bj->b", difference, np.linalg.inv(family.shape_matrix[0]), difference)
    share_below = (squared / 2 < f_distribution.median(2, NU)).mean()
    assert abs(share_below - 0.5) < 5 * 0.5 / np.sqrt(len(draws))
