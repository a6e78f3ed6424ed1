"""Parameters that people assign, on fitted estimators and on ones that never were."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.exceptions import NotFittedError

from gaussmix import GaussianMixture
from gaussmix.errors import DataError

WEIGHTS, MEANS = np.array([0.25, 0.75]), np.array([[0.0, 1.0], [4.0, -1.0]])


def covariances(structure: str) -> np.ndarray:
    full = np.array([[[2.0, 0.5], [0.5, 1.0]], [[0.5, -0.1], [-0.1, 0.3]]])
    return {
        "full": full,
        "tied": full[0],
        "diag": np.array([[2.0, 1.0], [0.5, 0.3]]),
        "spherical": np.array([2.0, 0.3]),
    }[structure]


def stacked(structure: str) -> list[np.ndarray]:
    given = covariances(structure)
    return {
        "full": lambda: list(given),
        "tied": lambda: [given, given],
        "diag": lambda: [np.diag(row) for row in given],
        "spherical": lambda: [variance * np.eye(2) for variance in given],
    }[structure]()


def density(structure: str, x: np.ndarray) -> np.ndarray:
    parts = zip(WEIGHTS, MEANS, stacked(structure), strict=True)
    return np.log(sum(w * multivariate_normal(m, c).pdf(x) for w, m, c in parts))


@pytest.fixture(scope="module")
def x():
    return np.random.default_rng(0).normal(1.0, 3.0, (50, 2))


def test_a_model_that_was_never_fitted(x, structure):
    model = GaussianMixture(2, covariance_type=structure)
    model.weights_, model.means_ = WEIGHTS, MEANS.tolist()
    with pytest.raises(NotFittedError):
        model.predict(x)
    model.covariances_ = covariances(structure)
    np.testing.assert_allclose(model.score_samples(x), density(structure, x), rtol=1e-10)
    assert model.predict_proba(x).shape == (50, 2)
    assert model.sample(5)[0].shape == (5, 2)
    assert model.bic(x) > model.aic(x) - 100.0


@pytest.mark.parametrize("name", ["covariances_", "precisions_", "precisions_cholesky_"])
def test_the_other_two_follow(x, structure, name):
    whole = GaussianMixture(2, covariance_type=structure)
    whole.weights_, whole.means_, whole.covariances_ = WEIGHTS, MEANS, covariances(structure)
    model = GaussianMixture(2, covariance_type=structure, random_state=0).fit(x)
    model.weights_, model.means_ = WEIGHTS, MEANS
    setattr(model, name, getattr(whole, name))
    for other in ("covariances_", "precisions_", "precisions_cholesky_"):
        np.testing.assert_allclose(getattr(model, other), getattr(whole, other), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(model.score_samples(x), density(structure, x), rtol=1e-10)


def test_changes_in_place_are_seen(x):
    model = GaussianMixture(2, random_state=0).fit(x)
    before = model.mixture_
    assert model.mixture_ is before
    model.means_[0] += 100.0
    assert model.mixture_ is not before
    assert (model.predict(x) == 1).all()


def test_an_order_assigned_is_the_order_of_the_results(x, structure):
    model = GaussianMixture(3, covariance_type=structure, random_state=0).fit(x)
    probability, order = model.predict_proba(x), [2, 0, 1]
    factor = model.precisions_cholesky_
    model.weights_, model.means_ = model.weights_[order], model.means_[order]
    model.precisions_cholesky_ = factor if structure == "tied" else factor[order]
    np.testing.assert_allclose(model.predict_proba(x), probability[:, order], atol=1e-12)


def test_shapes_that_do_not_belong_together(x):
    model = GaussianMixture(2)
    model.weights_, model.means_, model.covariances_ = WEIGHTS, MEANS[:1], covariances("full")
    with pytest.raises(DataError, match=r"weights_ \(2,\) and means_ \(1, 2\)"):
        model.predict(x)
    model.means_ = np.zeros((2, 3))
    with pytest.raises(DataError, match=r"precisions_cholesky_ must have shape \(2, 3, 3\)"):
        model.predict(x)
    model.means_ = MEANS
    with pytest.raises(DataError, match="these rows have 3 features, the mixture 2"):
        model.predict(np.zeros((4, 3)))


def test_fitting_goes_on_from_what_was_assigned(x):
    model = GaussianMixture(2, warm_start=True, max_iter=0)
    model.weights_, model.means_, model.covariances_ = WEIGHTS, MEANS, covariances("full")
    np.testing.assert_allclose(model.fit(x).means_, MEANS, rtol=1e-14)
