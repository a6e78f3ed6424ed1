"""scikit-learn's factor analysis, which one component of low rank is."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.datasets import load_digits, load_wine
from sklearn.decomposition import FactorAnalysis
from sklearn.exceptions import ConvergenceWarning

from gaussmix import GaussianMixture


def rows_of_factors(n: int, d: int, q: int) -> np.ndarray:
    rng = np.random.default_rng(d + q)
    return rng.normal(size=(n, q)) @ (2.0 * rng.normal(size=(q, d))) + rng.normal(size=(n, d)) * rng.uniform(
        0.3, 2.0, d
    )


def digits() -> np.ndarray:
    pixels = load_digits().data
    return pixels[:, pixels.std(axis=0) > 0.0]


CASES = {
    "2 of 8": (rows_of_factors(500, 8, 2), 2),
    "3 of 20": (rows_of_factors(1000, 20, 3), 3),
    "5 of 60": (rows_of_factors(500, 60, 5), 5),
    "wine": (load_wine().data, 2),
    "digits": (digits(), 3),
}


def fitted(x: np.ndarray, k: int, q: int, **arguments: object) -> GaussianMixture:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return GaussianMixture(k, covariance_type="low_rank", rank=q, random_state=0, **arguments).fit(x)


@pytest.mark.parametrize("name", list(CASES))
def test_one_component_is_as_likely_as_factor_analysis(name):
    x, q = CASES[name]
    unit = x / x.std(axis=0)  # scikit-learn knows one unit for all columns
    theirs = FactorAnalysis(q, svd_method="lapack", tol=1e-8, max_iter=20_000).fit(unit)
    ours = fitted(unit, 1, q, reg_covar=0.0, max_iter=5000)
    assert ours.lower_bound_ == pytest.approx(theirs.score(unit), rel=1e-6)
    # In other units it is the same fit.
    own = fitted(x, 1, q, reg_covar=0.0, max_iter=5000)
    assert own.lower_bound_ == pytest.approx(ours.lower_bound_ - np.log(x.std(axis=0)).sum(), rel=1e-7)


def test_the_covariance_is_factor_analysiss():
    x, q = CASES["3 of 20"]
    theirs = FactorAnalysis(q, svd_method="lapack", tol=1e-10, max_iter=20_000).fit(x)
    ours = fitted(x, 1, q, reg_covar=0.0, tol=1e-13, max_iter=5000)
    np.testing.assert_allclose(ours.covariances_[0], theirs.get_covariance(), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(ours.noise_variance_[0], theirs.noise_variance_, rtol=1e-3)


def test_log_densities_are_scipys():
    x = np.concatenate([rows_of_factors(300, 10, 2), 8.0 + rows_of_factors(200, 10, 3)])
    model = fitted(x, 2, 3)
    parts = zip(model.weights_, model.means_, model.covariances_, strict=True)
    expected = logsumexp([np.log(w) + multivariate_normal.logpdf(x, mean, sigma) for w, mean, sigma in parts], axis=0)
    np.testing.assert_allclose(model.score_samples(x), expected, rtol=1e-11)


def test_the_end_is_a_top():
    """Finite differences of the objective, in every parameter, where iterations have gone on to their end."""
    x = np.concatenate([rows_of_factors(300, 6, 1), 4.0 + rows_of_factors(200, 6, 2)])
    model = fitted(x, 2, 2, reg_covar=0.0, tol=1e-15, max_iter=20_000)
    top = model.score(x)

    def moved(name: str, place: tuple[int, ...], step: float) -> float:
        before = getattr(model, name).copy()
        after = before.copy()
        after[place] += step
        setattr(model, name, after)
        value = model.score(x)
        setattr(model, name, before)
        return value

    for name in ("means_", "loadings_", "noise_variance_"):
        for place in np.ndindex(getattr(model, name).shape):
            step = 1e-4
            slope = (moved(name, place, step) - moved(name, place, -step)) / (2 * step)
            assert abs(slope) < 2e-5, (name, place, slope)
            assert moved(name, place, 1e-2) < top + 1e-7
