"""Densities, marginals, conditionals and samples against scipy.stats and against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import logsumexp

from gaussmix import GaussianMixture
from gaussmix.core.frame import Frame
from gaussmix.core.mixture import Mixture
from gaussmix.errors import ConfigError

D, K = 4, 3
FRAME = Frame(np.array([10.0, -3.0, 1e4, 0.0]), np.array([2, -3, 5, 0]))
COMMON_FRAME = Frame(FRAME.origin, np.array([2, 2, 2, 2]))


@pytest.fixture
def mixture(make_mixture, structure) -> Mixture:
    frame = COMMON_FRAME if structure == "spherical" else FRAME
    return make_mixture(structure, K, D, seed=5, condition=30.0, frame=frame)


def components(mixture: Mixture) -> list[tuple[float, np.ndarray, np.ndarray]]:
    """Weight, mean and covariance of each component in the user's units."""
    form, frame = mixture.family.structure.form, mixture.frame
    scale = np.ldexp(1.0, frame.exponent)
    stacked = form.stack(mixture.family.covariance, mixture.n_components)
    return [
        (weight, frame.origin + scale * mean, scale[:, np.newaxis] * matrix * scale)
        for weight, mean, matrix in zip(mixture.weights, mixture.family.means, stacked, strict=True)
    ]


def scipy_log_joint(mixture: Mixture, x: np.ndarray) -> np.ndarray:
    return np.stack(
        [np.log(w) + stats.multivariate_normal(m, c).logpdf(x) for w, m, c in components(mixture)],
        axis=-1,
    )


def points(mixture: Mixture, n: int = 200) -> np.ndarray:
    return mixture.sample(n, np.random.default_rng(1))[0]


def test_densities_and_responsibilities(mixture):
    x = points(mixture)
    joint = scipy_log_joint(mixture, x)
    total = logsumexp(joint, axis=1)
    # scipy's own rounding: it takes eigenvalues in the user's units, where the condition number is some 1e6.
    np.testing.assert_allclose(mixture.log_density(x), total, rtol=1e-9)
    np.testing.assert_allclose(mixture.responsibilities(x), np.exp(joint - total[:, np.newaxis]), atol=1e-9)


@pytest.mark.parametrize("features", [[0], [2, 1], [3, 0, 1, 2]])
def test_marginals(mixture, features):
    x = points(mixture)[:, features]
    expected = logsumexp(
        [
            np.log(w) + stats.multivariate_normal(m[features], c[np.ix_(features, features)]).logpdf(x)
            for w, m, c in components(mixture)
        ],
        axis=0,
    )
    np.testing.assert_allclose(mixture.marginal(features).log_density(x), expected, rtol=1e-9)


@pytest.mark.parametrize("known", [[1], [3, 0], [0, 1, 3]])
def test_a_conditional_is_a_ratio_of_densities(mixture, known):
    x = points(mixture, 20)
    rest = [j for j in range(D) if j not in known]
    for row in x:
        given = mixture.conditional(known, row[known])
        others = x[:, rest]
        whole = np.empty((len(x), D))
        whole[:, known] = row[known]
        whole[:, rest] = others
        ratio = mixture.log_density(whole) - mixture.marginal(known).log_density(row[known][np.newaxis])
        np.testing.assert_allclose(given.log_density(others), ratio, rtol=1e-9, atol=1e-9)
        assert given.weights.sum() == pytest.approx(1.0, rel=1e-14)


def test_a_density_of_one_feature_integrates_to_one(mixture):
    one = mixture.marginal([1])
    mean = one.frame.origin[0] + np.ldexp(one.family.means.mean(), one.frame.exponent[0])
    reach = 40.0 * np.ldexp(1.0, one.frame.exponent[0])
    total, _ = integrate.quad(
        lambda v: np.exp(one.log_density(np.array([[v]]))[0]), mean - reach, mean + reach, limit=200
    )
    assert total == pytest.approx(1.0, abs=1e-7)  # quad's own tolerance is 1.5e-8


def test_samples_have_the_moments_of_the_mixture(mixture):
    n = 40_000
    x, labels = mixture.sample(n, np.random.default_rng(0))
    counts = np.bincount(labels, minlength=K)
    # Five standard errors throughout: a right sampler fails once in a million times, and this seed is fixed.
    assert (np.abs(counts / n - mixture.weights) < 5 * np.sqrt(0.25 / n)).all()
    for j, (_, mean, covariance) in enumerate(components(mixture)):
        part, size = x[labels == j], counts[j]
        deviation = np.sqrt(np.diag(covariance))
        assert (np.abs(part.mean(axis=0) - mean) < 5 * deviation / np.sqrt(size)).all()
        error = np.abs(np.cov(part.T) - covariance) / np.outer(deviation, deviation)
        assert (error < 5 * np.sqrt(2.0 / size)).all()


def test_samples_of_one_feature_have_its_distribution(mixture):
    x, _ = mixture.sample(5000, np.random.default_rng(2))
    for feature in range(D):

        def cumulative(v: np.ndarray, feature: int = feature) -> np.ndarray:
            return sum(
                w * stats.norm(m[feature], np.sqrt(c[feature, feature])).cdf(v) for w, m, c in components(mixture)
            )

        assert stats.kstest(x[:, feature], cumulative).pvalue > 1e-4


def test_squared_distances_of_samples_are_chi_squared(mixture):
    """The shape of the covariance, not only its entries: whitened draws have a known distribution."""
    x, labels = mixture.sample(5000, np.random.default_rng(3))
    for j, (_, mean, covariance) in enumerate(components(mixture)):
        z = x[labels == j] - mean
        distance = np.einsum("ni,ij,nj->n", z, np.linalg.inv(covariance), z)
        assert stats.kstest(distance, stats.chi2(D).cdf).pvalue > 1e-4


def test_reordered_components_are_the_same_mixture(mixture):
    x, order = points(mixture), [2, 0, 1]
    turned = mixture.reorder(order)
    np.testing.assert_allclose(turned.log_density(x), mixture.log_density(x), rtol=1e-14)
    np.testing.assert_allclose(turned.responsibilities(x), mixture.responsibilities(x)[:, order], atol=1e-14)
    with pytest.raises(ConfigError, match="each of the 3 components once"):
        mixture.reorder([0, 0, 1])


def test_the_estimator_says_what_its_mixture_says(clusters, structure, each_kernel):
    x = clusters(300, 3, 2, seed=60)
    model = GaussianMixture(2, covariance_type=structure, random_state=0).fit(x)
    np.testing.assert_allclose(model.score_samples(x), model.mixture_.log_density(x), rtol=1e-12)
    np.testing.assert_allclose(model.predict_proba(x), model.mixture_.responsibilities(x), atol=1e-12)
    np.testing.assert_allclose(
        model.score_samples(x), logsumexp(scipy_log_joint(model.mixture_, x), axis=1), rtol=1e-10
    )
