"""Proof 5: a variational update."""

from __future__ import annotations

import numpy as np
import pytest
from climbing import NUMPY_KERNEL, climb
from dirichlet_weights import DirichletWeights, DirichletWeightsUpdate
from hypothesis import given, settings
from hypothesis import strategies as st
from missing_diagonal import MissingDiagonal, MissingDiagonalUpdate
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.special import betaln, digamma
from scipy.stats import beta, dirichlet, multivariate_normal, norm
from two_clusters import first_means, frame_of, two_clusters

from gaussmix.core.mixture import Mixture
from gaussmix.data.memory import MemorySource
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.gaussian_update import GaussianUpdate
from gaussmix.families.prior import Prior
from gaussmix.families.structures import structure_named
from gaussmix.kernels.automatic import AutomaticKernel

PRIOR = 0.7


def start_of(x):
    frame = frame_of(x)
    d = x.shape[1]
    means = frame.positions_to_internal(first_means(x))
    family = Gaussian.from_covariance(structure_named("full"), means, np.stack([np.eye(d)] * 2))
    return Mixture(family, DirichletWeights(np.array([2.0, 3.0])), frame)


def bound(log_density, concentration, prior):
    """The evidence lower bound by its definition, term by term (Bishop 2006, equation 10.70), for rows (n, k)."""
    expected_log = digamma(concentration) - digamma(concentration.sum())
    r = np.exp(log_density + expected_log)
    r /= r.sum(axis=1, keepdims=True)
    rows = (r * log_density).sum()
    choices = (r @ expected_log).sum()
    prior_of_weights = np.log(dirichlet.pdf(np.full(len(prior), 1.0 / len(prior)), prior))
    prior_of_weights += (prior - 1.0) @ (expected_log + np.log(len(prior)))  # from the middle of the simplex to there
    entropy_of_choices = -np.where(r > 0.0, r * np.log(np.where(r > 0.0, r, 1.0)), 0.0).sum()
    return rows + choices + prior_of_weights + entropy_of_choices + dirichlet.entropy(concentration)


def naive_em(x, concentration, means, covariances, n_iter):
    prior = np.full(2, PRIOR)
    for _ in range(n_iter + 1):
        log_density = np.stack([multivariate_normal.logpdf(x, means[j], covariances[j]) for j in range(2)], axis=1)
        value = bound(log_density, concentration, prior)
        r = np.exp(log_density + digamma(concentration))
        r /= r.sum(axis=1, keepdims=True)
        before = concentration, means, covariances
        concentration = prior + r.sum(axis=0)
        means = [np.average(x, axis=0, weights=r[:, j]) for j in range(2)]
        covariances = [np.cov(x.T, aweights=r[:, j], bias=True) for j in range(2)]
    return value, *before


@pytest.mark.parametrize("kernel", [NUMPY_KERNEL, AutomaticKernel()], ids=["numpy", "automatic"])
def test_bound_rises_and_is_that_of_its_definition(kernel):
    """The kernel, compiled or not, cannot tell where its log-weights come from."""
    x = two_clusters(150)
    start = start_of(x)
    updates = GaussianUpdate(Prior.none(2)), DirichletWeightsUpdate(PRIOR)
    result = climb(MemorySource(x), start, *updates, 15, kernel)
    fitted, frame = result.parameters, start.frame
    value, concentration, means, covariances = naive_em(
        x,
        start.allocation.concentration,
        start.family.public_means(frame),
        start.family.public_covariance(frame),
        15,
    )
    assert result.evaluation.entry.objective == pytest.approx(value, rel=1e-11)
    np.testing.assert_allclose(fitted.allocation.concentration, concentration, rtol=1e-9)
    np.testing.assert_allclose(fitted.family.public_means(frame), means, rtol=1e-9)
    np.testing.assert_allclose(fitted.family.public_covariance(frame), covariances, rtol=1e-9)


def test_fit_ends_in_the_optimum_that_direct_maximisation_finds():
    x = two_clusters(200)[:, :1]
    frame = frame_of(x)
    start = start_of(x)
    result = climb(MemorySource(x), start, GaussianUpdate(Prior.none(1)), DirichletWeightsUpdate(PRIOR), 2000)
    z = frame.positions_to_internal(x)

    def loss(theta):
        log_density = norm.logpdf(z, theta[:2], np.exp(theta[2:4]))
        return -bound(log_density, np.exp(theta[4:]), np.full(2, PRIOR)) / len(x)

    begin = [*start.family.means[:, 0], 0.0, 0.0, *np.log([100.0, 100.0])]
    best = minimize(loss, begin, method="BFGS", options={"gtol": 1e-7})
    assert result.evaluation.entry.objective / len(x) == pytest.approx(-best.fun - frame.log_volume, abs=1e-9)


@given(a=st.floats(0.2, 50.0), b=st.floats(0.2, 50.0), prior=st.floats(0.3, 20.0))
@settings(max_examples=25, deadline=None)
def test_prior_term_and_expected_log_weights_are_integrals_over_the_weights(a, b, prior):
    allocation = DirichletWeights(np.array([a, b]))
    # With two components the first weight is Beta(a, b); its logit makes the integrand smooth.

    def expectation(function):
        def integrand(logit):
            log_w, log_v = -np.logaddexp(0.0, -logit), -np.logaddexp(0.0, logit)
            log_q = a * log_w + b * log_v - betaln(a, b)
            return np.exp(log_q) * function(log_w, log_v)

        middle = np.log(a / b)
        return sum(quad(integrand, *ends, limit=400, epsabs=1e-12)[0] for ends in ((-200, middle), (middle, 200)))

    log_weights = [expectation(lambda log_w, _: log_w), expectation(lambda _, log_v: log_v)]
    np.testing.assert_allclose(allocation.expected_log_weights, log_weights, rtol=1e-8, atol=1e-10)
    kl = expectation(
        lambda log_w, log_v: (a - prior) * log_w + (b - prior) * log_v - betaln(a, b) + betaln(prior, prior)
    )
    assert DirichletWeightsUpdate(prior).objective_term(allocation) == pytest.approx(-kl, rel=1e-7, abs=1e-9)
    np.testing.assert_allclose(allocation.weights[0], beta.mean(a, b), rtol=1e-13)


def test_prediction_hands_the_posterior_mean_weights_in():
    x = two_clusters(100)
    start = start_of(x)
    fitted = climb(MemorySource(x), start, GaussianUpdate(Prior.none(2)), DirichletWeightsUpdate(PRIOR), 5).parameters
    plugged_in = Mixture(fitted.family, fitted.allocation.with_weights(fitted.weights), fitted.frame)
    density = sum(
        fitted.weights[j]
        * multivariate_normal.pdf(
            x, fitted.family.public_means(fitted.frame)[j], fitted.family.public_covariance(fitted.frame)[j]
        )
        for j in range(2)
    )
    np.testing.assert_allclose(plugged_in.log_density(x), np.log(density), rtol=1e-11)
    # With expected log-weights the densities do not integrate to 1: they are smaller, by Jensen's inequality.
    assert (fitted.log_density(x) < plugged_in.log_density(x)).all()


def test_two_extensions_at_once():
    """Missing values × a distribution of the weights: the bound is that of its definition over what was observed."""
    x = two_clusters(160)
    x[1::4, 0] = np.nan
    x[2::7, 1] = np.nan
    frame = frame_of(x)
    low, high = np.nanquantile(frame.positions_to_internal(x), [0.25, 0.75], axis=0)
    start = Mixture(MissingDiagonal(np.stack([low, high]), np.ones((2, 2))), DirichletWeights(np.ones(2)), frame)
    result = climb(MemorySource(x), start, MissingDiagonalUpdate(), DirichletWeightsUpdate(PRIOR), 30)
    fitted = result.parameters
    means = frame.positions_to_user(fitted.family.means)
    deviation = frame.lengths_to_user(np.sqrt(fitted.family.variance))
    log_density = np.nansum(norm.logpdf(x[:, np.newaxis], means, deviation), axis=2)  # (n, k)
    value = bound(log_density, fitted.allocation.concentration, np.full(2, PRIOR))
    assert result.evaluation.entry.objective == pytest.approx(value, rel=1e-11)
