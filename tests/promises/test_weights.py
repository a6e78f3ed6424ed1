"""Promise 4: a row of weight 2 is that row twice, weight 0 is that row removed, n is the sum of weights."""

from __future__ import annotations

import numpy as np
import pytest

from gaussmix import GaussianMixture

CLOSE = 1e-9
"""Sums in another order differ by 1e-15 of their terms; a run of EM multiplies that by 1 / (1 − rate)."""


def same_mixture(one: GaussianMixture, other: GaussianMixture) -> None:
    assert one.n_iter_ == other.n_iter_
    np.testing.assert_allclose(one.weights_, other.weights_, rtol=CLOSE)
    np.testing.assert_allclose(one.means_, other.means_, rtol=CLOSE, atol=CLOSE)
    np.testing.assert_allclose(one.covariances_, other.covariances_, rtol=CLOSE, atol=CLOSE)


def counts_for(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).choice([0, 0, 1, 1, 2, 5], size=n)


@pytest.mark.parametrize("reg_covar", ["auto", 0.0, 1e-3])
def test_whole_weights_are_repeated_rows(clusters, structure, each_kernel, reg_covar):
    x = clusters(400, 3, 3, seed=10)
    counts = counts_for(len(x))
    start = GaussianMixture(3, covariance_type=structure, random_state=0, max_iter=0).fit(x)
    model = GaussianMixture(
        3,
        covariance_type=structure,
        reg_covar=reg_covar,
        weights_init=start.weights_,
        means_init=start.means_,
        precisions_init=start.precisions_,
    )
    weighted = GaussianMixture(**model.get_params()).fit(x, sample_weight=counts)
    repeated = GaussianMixture(**model.get_params()).fit(np.repeat(x, counts, axis=0))
    same_mixture(weighted, repeated)
    assert weighted.log_likelihood_ == pytest.approx(repeated.log_likelihood_, rel=1e-12)
    assert weighted.lower_bound_ == pytest.approx(repeated.lower_bound_, rel=1e-12)
    assert weighted.bic_ == pytest.approx(repeated.bic_, rel=1e-12)
    repeats = np.repeat(x, counts, axis=0)
    for name in ("score", "bic", "aic"):
        assert getattr(weighted, name)(x, sample_weight=counts) == pytest.approx(
            getattr(repeated, name)(repeats), rel=1e-11
        )


def test_the_default_start_too(clusters, structure):
    """Draws go by cumulative weight, so that the same random numbers name the same rows."""
    x = clusters(400, 3, 3, seed=11)
    counts = counts_for(len(x), seed=1)
    model = GaussianMixture(3, covariance_type=structure, random_state=4)
    weighted = GaussianMixture(**model.get_params()).fit(x, sample_weight=counts)
    same_mixture(weighted, GaussianMixture(**model.get_params()).fit(np.repeat(x, counts, axis=0)))


@pytest.mark.parametrize("labels", [True, False], ids=["labels", "responsibilities"])
def test_from_labels_and_responsibilities(clusters, structure, labels):
    x = clusters(300, 2, 3, seed=12)
    rng = np.random.default_rng(99)
    counts = counts_for(len(x), seed=2)
    shares = rng.integers(3, size=len(x)) if labels else rng.dirichlet(np.ones(3), size=len(x))
    weighted = GaussianMixture(3, covariance_type=structure, init_params=shares)
    weighted.fit(x, sample_weight=counts)
    repeated = GaussianMixture(3, covariance_type=structure, init_params=np.repeat(shares, counts, axis=0)).fit(
        np.repeat(x, counts, axis=0)
    )
    same_mixture(weighted, repeated)


def test_weight_zero_hides_anything(clusters, structure, each_kernel):
    """Also a row that would ruin every sum it entered."""
    x = clusters(300, 2, 2, seed=13)
    weight = np.ones(len(x))
    weight[::7] = 0.0
    spoiled = x.copy()
    spoiled[::7] = [1e300, -1e300]
    labels = (x[:, 0] > np.median(x[:, 0])).astype(int)
    hidden = GaussianMixture(2, covariance_type=structure, init_params=labels)
    hidden.fit(spoiled, sample_weight=weight)
    kept = weight > 0
    removed = GaussianMixture(2, covariance_type=structure, init_params=labels[kept]).fit(x[kept])
    same_mixture(hidden, removed)


@pytest.mark.parametrize("factor", [1e-6, 0.5, 1e9])
def test_all_weights_times_a_factor(clusters, structure, factor):
    """Parameters stay, also those under the automatic prior; the log-likelihood is multiplied."""
    x = clusters(300, 2, 2, seed=14)
    weight = np.random.default_rng(0).uniform(0.1, 2.0, len(x))
    model = GaussianMixture(2, covariance_type=structure, random_state=0)
    plain = GaussianMixture(**model.get_params()).fit(x, sample_weight=weight)
    scaled = GaussianMixture(**model.get_params()).fit(x, sample_weight=factor * weight)
    same_mixture(plain, scaled)
    assert scaled.log_likelihood_ == pytest.approx(factor * plain.log_likelihood_, rel=1e-11)
    df = plain.mixture_.n_parameters
    n = factor * weight.sum()
    assert scaled.bic_ == pytest.approx(-2 * scaled.log_likelihood_ + df * np.log(n), rel=1e-12)


def test_one_step_of_fractional_weights_by_hand(clusters):
    """One component: the weighted mean and the weighted covariance, by their definitions."""
    x = clusters(200, 3, 2, seed=15)
    weight = np.random.default_rng(1).uniform(0.0, 3.0, len(x))
    model = GaussianMixture(1, reg_covar=0.0, random_state=0).fit(x, sample_weight=weight)
    np.testing.assert_allclose(model.means_[0], np.average(x, axis=0, weights=weight), rtol=1e-12)
    np.testing.assert_allclose(model.covariances_[0], np.cov(x.T, aweights=weight, bias=True), rtol=1e-12)


def test_rows_of_weight_zero_do_not_lengthen_the_race(clusters):
    """How many rows race depends on how many there are: on those that count."""
    x = clusters(6000, 8, 10, seed=9, apart=1.0)
    places = np.sort(np.random.default_rng(0).permutation(66_000)[: len(x)])
    spread, weight = np.zeros((66_000, 8)), np.zeros(66_000)
    spread[places], weight[places] = x, 1.0
    alone = GaussianMixture(10, random_state=0).fit(x)
    found = GaussianMixture(10, random_state=0).fit(spread, sample_weight=weight)
    np.testing.assert_allclose(found.means_, alone.means_, atol=1e-5)


def test_rows_of_weight_zero_are_no_centres_of_many_rows():
    """More rows than the seeding looks at, nearly all of weight 0: only those that count may be drawn."""
    rng = np.random.default_rng(0)
    x, weight = rng.normal(size=(30_000, 2)), np.zeros(30_000)
    counted = rng.choice(len(x), 60, replace=False)
    weight[counted] = 1.0
    x[counted] += np.array([[0.0, 0.0], [8.0, 0.0], [0.0, 8.0]])[np.arange(60) % 3]
    for seed in range(3):
        weighted = GaussianMixture(3, random_state=seed).fit(x, sample_weight=weight)
        removed = GaussianMixture(3, random_state=seed).fit(x[counted])
        assert weighted.lower_bound_ == pytest.approx(removed.lower_bound_, rel=1e-9)
