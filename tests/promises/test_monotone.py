"""Promise 2: the objective never falls beyond rounding."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning
from ugly_rows import ugly_rows

from gaussmix import GaussianMixture
from gaussmix.em.status import Status
from gaussmix.errors import DegenerateFitError, FitWarning


def climb(x: np.ndarray, k: int, structure: str, **arguments: object) -> GaussianMixture:
    arguments = {"tol": 0.0, "init_params": "kmeans"} | arguments
    model = GaussianMixture(k, covariance_type=structure, max_iter=80, random_state=0, **arguments)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # tol=0 runs into max_iter
        warnings.simplefilter("ignore", FitWarning)  # a few rows are a hard case, too
        return model.fit(x)


def assert_rises(model: GaussianMixture, sum_weight: float) -> None:
    assert model.status_ is not Status.FELL
    objective = model.history_.objective
    # Each row's log-density is right to some 1e-16 of its terms, which are far larger than their sum where a
    # covariance is nearly singular: a thousandth of 1e-9 a row is noise, an update that is wrong loses more.
    noise = 1e-12 * np.maximum(np.abs(objective[1:]), sum_weight)
    rises = np.diff(objective) >= -noise
    rises[[number - 1 for number in model.history_.repairs]] = True  # other parameters, and the history says so
    assert rises.all()


@given(x=ugly_rows(), k=st.integers(1, 4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_with_the_automatic_prior_on_any_rows(structure, each_kernel, x, k):
    assume(k <= len(x))
    assert_rises(climb(x, k, structure), len(x))


@given(x=ugly_rows(), k=st.integers(1, 4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_with_leaps_on_any_rows(structure, x, k):
    assume(k <= len(x))
    assert_rises(climb(x, k, structure, tol="auto"), len(x))


@pytest.mark.parametrize("reg_covar", ["auto", 0.0])
def test_with_leaps_all_the_way(clusters, structure, reg_covar):
    model = climb(clusters(1000, 3, 4, seed=6, apart=1.0), 4, structure, tol="auto", reg_covar=reg_covar)
    assert model.history_.leaps
    assert_rises(model, 1000.0)


@given(x=ugly_rows(), k=st.integers(1, 3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_by_maximum_likelihood_where_covariances_stay_regular(structure, each_kernel, x, k):
    assume(k <= len(x))
    try:
        model = climb(x, k, structure, reg_covar=0.0)
    except DegenerateFitError:
        assume(False)
    np.testing.assert_array_equal(model.history_.objective, model.history_.log_likelihood)
    assert_rises(model, len(x))


@given(seed=st.integers(0, 1000), k=st.integers(1, 4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
def test_with_weights_of_rows(structure, clusters, seed, k):
    rng = np.random.default_rng(seed)
    x = clusters(80, 2, 3, seed=seed)
    weight = rng.choice([0.0, 0.25, 1.0, 7.0], size=80)
    model = GaussianMixture(k, covariance_type=structure, tol=0.0, max_iter=80, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x, sample_weight=weight)
    assert_rises(model, weight.sum())


@pytest.mark.parametrize("weights", ["free", "equal"])
def test_to_the_very_end(clusters, structure, each_kernel, weights):
    """Hundreds of iterations after there is nothing to gain: rounding must not be taken for a fall."""
    x = clusters(1000, 3, 3, seed=2)
    model = GaussianMixture(3, covariance_type=structure, tol=0.0, max_iter=400, random_state=0, weights=weights)
    with pytest.warns(ConvergenceWarning):
        model.fit(x)
    assert model.status_ is Status.MAX_ITER
    assert_rises(model, len(x))


def test_the_objective_is_the_penalised_log_likelihood(clusters, structure):
    """−½·τ·tr(Σ⁻¹·D) a component, D the columns' variances and τ = 1e-6·n/k."""
    x = clusters(300, 3, 2, seed=4)
    model = GaussianMixture(2, covariance_type=structure, random_state=0).fit(x)
    diagonals = {
        "full": lambda p: np.diagonal(p, axis1=1, axis2=2),
        "tied": lambda p: np.broadcast_to(np.diagonal(p), (2, 3)),
        "diag": lambda p: p,
        "spherical": lambda p: np.broadcast_to(p[:, np.newaxis], (2, 3)),
    }[structure](model.precisions_)
    trace = (diagonals @ x.var(axis=0)).sum()
    penalty = model.history_[-1].objective - model.history_[-1].log_likelihood
    assert penalty == pytest.approx(-0.5 * 1e-6 * 300 / 2 * trace, rel=1e-9)
