"""Promise 5: no NaN comes out of finite input, neither parameters nor probabilities, for any query."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.exceptions import ConvergenceWarning

from gaussmix import GaussianMixture
from gaussmix.errors import FitWarning

LARGEST = np.finfo(np.float64).max
FAR = [1e5, 1e150, 1e155, 1e300, 1.7e308, LARGEST]


def quiet_fit(x: np.ndarray, k: int, structure: str, **arguments: object) -> GaussianMixture:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", FitWarning)
        model = GaussianMixture(k, covariance_type=structure, random_state=0, **arguments)
        return model.fit(x)


def assert_parameters(model: GaussianMixture) -> None:
    for name in ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"):
        value = getattr(model, name)
        assert np.isfinite(value).all(), (name, value)
    assert model.weights_.sum() == pytest.approx(1.0, rel=1e-12)
    assert (model.weights_ >= 0.0).all()
    for name in ("lower_bound_", "log_likelihood_", "bic_", "aic_"):
        assert np.isfinite(getattr(model, name)), name


def assert_answers(model: GaussianMixture, queries: np.ndarray) -> None:
    probability = model.predict_proba(queries)
    assert np.isfinite(probability).all()
    # k sums of shares that are each right to an ulp
    np.testing.assert_allclose(probability.sum(axis=1), 1.0, rtol=1e-14 * model.n_components)
    assert (probability >= 0.0).all()
    labels = model.predict(queries)
    np.testing.assert_array_equal(labels, probability.argmax(axis=1))
    density = model.score_samples(queries)
    assert not np.isnan(density).any()
    assert (density < np.inf).all()


def test_rows_that_reach_the_end_of_the_range(structure, each_kernel):
    x = np.random.default_rng(3).uniform(-1.0, 1.0, (200, 2)) * LARGEST
    model = quiet_fit(x, 2, structure)
    assert np.isfinite(model.means_).all()
    assert_answers(model, x)
    assert np.isfinite(model.sample(500)[0]).all()


@pytest.mark.parametrize("scale", [1e-150, 1e-3, 1.0, 1e150])
def test_queries_as_far_as_floats_go(clusters, structure, each_kernel, scale):
    x = clusters(300, 3, 3, seed=30) * scale
    model = quiet_fit(x, 3, structure)
    directions = np.array([[1, 0, 0], [0, -1, 0], [1, 1, 1], [-1, 1, 0.5], [1e-300, 1, 0], [0, 0, 0]], dtype=float)
    assert_answers(model, np.concatenate([size * directions for size in FAR]))
    tiny = np.full((1, 3), 5e-324)
    assert_answers(model, np.concatenate([tiny, -tiny, 0 * tiny]))


def test_a_far_row_belongs_to_the_component_that_is_relatively_nearest(structure, each_kernel):
    """Along the first feature the component that is wide there wins, whatever the weights."""
    rng = np.random.default_rng(0)
    wide, narrow = rng.normal(0, 50, (100, 2)), rng.normal(0, 1, (300, 2))
    x = np.concatenate([wide, narrow])
    labels = np.repeat([0, 1], [100, 300])
    model = quiet_fit(x, 2, structure, init_params=labels, max_iter=3)
    far = np.array([[1e156, 0.0], [-1e300, 1e300], [0.0, LARGEST]])
    if structure != "tied":
        np.testing.assert_array_equal(model.predict(far), 0)
        np.testing.assert_array_equal(model.predict_proba(far), [[1.0, 0.0]] * 3)
    # Where densities still are finite the same component wins.
    near = far / np.abs(far).max(axis=1, keepdims=True) * 1e100
    np.testing.assert_array_equal(model.predict(near), model.predict(far))


def test_a_far_row_belongs_to_no_component_of_weight_zero(clusters, structure, each_kernel):
    x = clusters(200, 2, 2, seed=31)
    first = quiet_fit(x, 2, structure, max_iter=0)
    for dead in (0, 1):
        weights = np.eye(2)[1 - dead]
        model = quiet_fit(x, 2, structure, max_iter=0, weights_init=weights)
        np.testing.assert_array_equal(model.weights_, weights)
        far = np.array([[1e200, 0.0], [0.0, -1e307], [0.0, 0.0]])
        np.testing.assert_array_equal(model.predict(far), 1 - dead)
        assert_answers(model, far)
    assert_answers(first, x)


@pytest.mark.parametrize("weight", [1e-12, 1e-100, 1e-300, 0.0])
def test_a_nearly_empty_component(clusters, structure, each_kernel, weight):
    x = clusters(200, 2, 2, seed=32)
    first = quiet_fit(x, 3, structure, max_iter=0)
    model = quiet_fit(
        x,
        3,
        structure,
        weights_init=[weight, 0.5, 0.5 - weight],
        means_init=np.array([[1e9, -1e9], [-1.0, 0.0], [1.0, 0.0]]),
        precisions_init=first.precisions_,
    )
    assert_parameters(model)
    assert_answers(model, np.concatenate([x, 1e9 * x, 1e200 * x]))


@pytest.mark.parametrize("scale", [1e-320, 1e-310, 1e300])
def test_rows_at_the_ends_of_the_floats(clusters, structure, scale):
    """Warnings are errors here. Where no float holds a precision or its root, it is infinite."""
    x = clusters(200, 2, 2, seed=34) * scale
    model = quiet_fit(x, 2, structure)
    assert_answers(model, x)
    assert np.isfinite(model.means_).all()
    assert not np.isnan(model.precisions_cholesky_).any()
    assert not np.isnan(model.covariances_).any()


@pytest.mark.parametrize("value", [0.0, 0.1, -7e300, 1e-300, 1e8])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_all_rows_equal(structure, each_kernel, value, k):
    x = np.full((20, 2), value)
    model = quiet_fit(x, k, structure)
    assert_parameters(model)
    np.testing.assert_allclose(model.means_, value, rtol=1e-15)
    assert_answers(model, np.concatenate([x[:1], x[:1] + 1.0, -x[:1], [[1e300, 1e-300]]]))


def test_constant_columns(clusters, structure, each_kernel):
    x = clusters(200, 4, 3, seed=33)
    x[:, 1] = 1e12 / 3.0
    x[:, 3] = 0.0
    model = quiet_fit(x, 3, structure)
    assert_parameters(model)
    np.testing.assert_array_equal(model.means_[:, 3], 0.0)
    np.testing.assert_allclose(model.means_[:, 1], 1e12 / 3.0, rtol=1e-15)
    assert_answers(model, np.concatenate([x, x + 1.0, 1e300 * np.ones((1, 4))]))


def test_more_components_than_distinct_rows(structure, each_kernel):
    x = np.repeat([[0.0, 0.0], [1.0, 2.0]], 10, axis=0)
    model = quiet_fit(x, 5, structure)
    assert_parameters(model)
    assert_answers(model, x)


@given(
    x=hnp.arrays(
        np.float64,
        st.tuples(st.integers(2, 12), st.integers(1, 3)),
        elements=st.floats(-1e150, 1e150) | st.sampled_from([0.0, 1.0, -1.0, 1e-150, 5e-324]),
    ),
    queries=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=3),
    k=st.integers(1, 3),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
def test_any_rows_and_any_query(structure, each_kernel, x, queries, k):
    """Rows up to 1e150, beyond which a variance itself is no float any more."""
    model = quiet_fit(x, min(k, len(x)), structure, max_iter=20)
    for name in ("weights_", "means_", "covariances_", "precisions_cholesky_"):
        assert not np.isnan(getattr(model, name)).any(), name
    assert np.isfinite(model.weights_).all()
    assert np.isfinite(model.means_).all()
    assert_answers(model, np.array([queries[: x.shape[1]]]))
    assert_answers(model, x)
