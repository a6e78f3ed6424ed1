"""The estimator: what it accepts, what it refuses and how, and that it is one of scikit-learn's."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from gaussmix import GaussianMixture
from gaussmix.data.memory import MemorySource
from gaussmix.em.status import Status
from gaussmix.errors import ConfigError, DataError, DegenerateFitError, GaussmixError

PARAMETERS = ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_")


@pytest.fixture(scope="module")
def rows(clusters):
    return clusters(200, 2, 3, seed=80)


def same(one: GaussianMixture, other: GaussianMixture) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in PARAMETERS)


# --- shapes and dtypes ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("structure", "shape"), [("full", (3, 2, 2)), ("tied", (2, 2)), ("diag", (3, 2)), ("spherical", (3,))]
)
def test_shapes(rows, structure, shape):
    model = GaussianMixture(3, covariance_type=structure, random_state=0).fit(rows)
    assert model.weights_.shape == (3,)
    assert model.means_.shape == (3, 2)
    for name in PARAMETERS[2:]:
        assert getattr(model, name).shape == shape
    assert model.n_features_in_ == 2
    assert model.predict(rows).shape == (200,)
    assert model.predict(rows).dtype == np.int64
    assert model.predict_proba(rows).shape == (200, 3)
    assert model.score_samples(rows).shape == (200,)
    for name in ("log_likelihood_", "lower_bound_", "bic_", "aic_"):
        assert isinstance(getattr(model, name), float)
    assert isinstance(model.score(rows), float)


def test_precisions_belong_to_covariances(rows, structure):
    model = GaussianMixture(3, covariance_type=structure, random_state=0).fit(rows)
    precision, factor = model.precisions_, model.precisions_cholesky_
    if structure in ("full", "tied"):
        unit = np.broadcast_to(np.eye(2), model.covariances_.shape)
        np.testing.assert_allclose(model.covariances_ @ precision, unit, atol=1e-12)
        np.testing.assert_allclose(factor @ factor.swapaxes(-1, -2), precision, rtol=1e-12)
        np.testing.assert_array_equal(np.tril(factor, -1), 0.0)
    else:
        np.testing.assert_allclose(model.covariances_ * precision, 1.0, rtol=1e-13)
        np.testing.assert_allclose(factor**2, precision, rtol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.int8, bool])
def test_any_kind_of_number(rows, dtype):
    x = (rows * 10).astype(dtype)
    model = GaussianMixture(2, random_state=0).fit(x)
    again = GaussianMixture(2, random_state=0).fit(x.astype(np.float64))
    result = np.float32 if dtype == np.float32 else np.float64
    close = 1e-5 if dtype == np.float32 else 0.0  # float32 is computed with as such: see tests/promises/test_float32.py
    for name in PARAMETERS:
        assert getattr(model, name).dtype == result
        scale = np.abs(getattr(again, name)).max()
        np.testing.assert_allclose(getattr(model, name), getattr(again, name), rtol=0.0, atol=close * scale)
    np.testing.assert_array_equal(model.predict(x), again.predict(x.astype(np.float64)))
    for method in ("predict_proba", "score_samples", "transform"):
        assert getattr(model, method)(x).dtype == result
    assert model.sample(3)[0].dtype == np.float64


def test_lists_data_frames_and_sources(rows):
    model = GaussianMixture(2, random_state=0).fit(rows)
    assert same(model, GaussianMixture(2, random_state=0).fit(rows.tolist()))
    frame = GaussianMixture(2, random_state=0).fit(pd.DataFrame(rows, columns=["a", "b"]))
    assert same(model, frame)
    assert frame.feature_names_in_.tolist() == ["a", "b"]
    source = GaussianMixture(2, random_state=0).fit(MemorySource(rows))
    assert same(model, source)
    np.testing.assert_array_equal(source.predict(MemorySource(rows)), model.predict(rows))


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"n_components": 0}, ConfigError, r"of GaussianMixture must be an int in the range \[1, inf\). Got 0 instead"),
        ({"n_components": 2.0}, ConfigError, r"must be an int in the range \[1, inf\). Got 2.0 instead"),
        ({"n_components": True}, ConfigError, r"must be an int in the range \[1, inf\). Got True instead"),
        (
            {"covariance_type": "round"},
            ConfigError,
            "'covariance_type' parameter .* a str among .* Got 'round' instead",
        ),
        ({"tol": -1.0}, ConfigError, r"'tol' parameter .* a float in the range \[0.0, inf\) or a str among {'auto'}"),
        ({"tol": "soon"}, ConfigError, "'tol' parameter .* Got 'soon' instead"),
        ({"tol": np.nan}, ConfigError, "'tol' parameter .* Got nan instead"),
        ({"reg_covar": -1e-9}, ConfigError, "'reg_covar' parameter .* Got -1e-09 instead"),
        ({"reg_covar": np.inf}, ConfigError, "'reg_covar' parameter .* Got inf instead"),
        ({"max_iter": -1}, ConfigError, r"'max_iter' parameter .* an int in the range \[0, inf\). Got -1"),
        ({"max_iter": 1.5}, ConfigError, "'max_iter' parameter .* Got 1.5 instead"),
        ({"n_init": 0}, ConfigError, r"'n_init' parameter .* an int in the range \[1, inf\). Got 0"),
        ({"weights": "heavy"}, ConfigError, "'weights' parameter .* Got 'heavy' instead"),
        ({"init_params": "magic"}, ConfigError, "'init_params' parameter .* a str among .* Got 'magic' instead"),
        ({"warm_start": 2}, ConfigError, "'warm_start' parameter"),
        ({"verbose_interval": 0}, ConfigError, "'verbose_interval' parameter"),
        ({"init_params": np.zeros(3)}, ConfigError, r"labels of shape \(200,\) or responsibilities"),
        ({"init_params": np.full(200, 2)}, DataError, "row 0 has label 2; .* from 0 to 1"),
        ({"init_params": np.full((200, 2), -0.5)}, DataError, "finite and not negative"),
        ({"n_threads": 0}, ConfigError, "'n_threads' parameter .* or None. Got 0 instead"),
        ({"weights_init": [0.5, 0.6]}, DataError, r"normalized, but got sum\(weights\) = 1.10000"),
        ({"weights_init": [1.5, -0.5]}, DataError, r"in the range \[0, 1\]"),
        ({"weights_init": [1.0]}, DataError, r"'weights' should have the shape of \(2,\)"),
        ({"means_init": np.zeros((2, 3))}, DataError, r"'means' should have the shape of \(2, 2\), but got \(2, 3\)"),
        ({"means_init": np.full((2, 2), np.nan)}, DataError, "'means' should be finite"),
        ({"precisions_init": np.eye(2)}, DataError, r"'full precision' should have the shape of \(2, 2, 2\)"),
        ({"precisions_init": -np.tile(np.eye(2), (2, 1, 1))}, DataError, "should be symmetric, positive-definite"),
        ({"precisions_init": np.tile([[1.0, 0.5], [0.0, 1.0]], (2, 1, 1))}, DataError, "should be symmetric"),
    ],
)
def test_parameters_that_make_no_sense(rows, arguments, error, text):
    with pytest.raises(error, match=text) as raised:
        GaussianMixture(**({"n_components": 2} | arguments)).fit(rows)
    assert isinstance(raised.value, GaussmixError)
    assert isinstance(raised.value, ValueError)


@pytest.mark.parametrize("structure", ["diag", "spherical"])
def test_precisions_that_are_not_positive(rows, structure):
    wrong = {"diag": np.array([[1.0, 1.0], [1.0, 0.0]]), "spherical": np.array([1.0, -1.0])}[structure]
    with pytest.raises(DataError, match=f"'{structure} precision' should be positive"):
        GaussianMixture(2, covariance_type=structure, precisions_init=wrong).fit(rows)


@pytest.mark.parametrize(
    ("weight", "text"),
    [
        (np.ones(3), r"sample_weight must have shape \(200,\), one weight a row; got \(3,\)"),
        (np.r_[np.ones(7), -1.0, np.ones(192)], "finite and not negative; row 7 has -1.0"),
        (np.r_[np.nan, np.ones(199)], "finite and not negative; row 0 has nan"),
        (np.zeros(200), "every sample_weight is zero"),
        (np.r_[1.0, np.zeros(199)], "1 row of positive weight is too few"),
        (np.full(200, 1e307), r"sum to inf, which must be from 1e-290 to 1e\+290; multiply all of them by one number"),
        (np.full(200, 5e-324), r"sum to 9.88e-322, which must be from 1e-290"),
    ],
)
def test_weights_that_make_no_sense(rows, weight, text):
    with pytest.raises(DataError, match=text):
        GaussianMixture(2).fit(rows, sample_weight=weight)


@pytest.mark.parametrize(("value", "word"), [(np.nan, "missing"), (np.inf, "infinite")])
def test_values_that_are_no_numbers(rows, value, word):
    x = rows.copy()
    x[[5, 9], 1] = value
    with pytest.raises(ValueError, match=r"NaN|infinity"):  # scikit-learn's own check of arrays
        GaussianMixture(2).fit(x)
    said = f"column 1 \\(from 0\\) has 2 {word} values, the first in row 5"
    with pytest.raises(DataError, match=said):
        GaussianMixture(2).fit(MemorySource(x))
    model = GaussianMixture(2, random_state=0).fit(rows)
    for ask in (model.predict, model.predict_proba, model.score_samples, model.score, model.bic, model.aic):
        with pytest.raises(ValueError, match=r"NaN|infinity"):
            ask(x)
        with pytest.raises(DataError, match=said):
            ask(MemorySource(x))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_no_numbers_in_rows_of_weight_0(rows, value):
    """Refused alike, from an array and from a source: such rows do not count, but are given labels."""
    x, weight = rows.copy(), np.ones(len(rows))
    x[7, 0], weight[7] = value, 0.0
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        GaussianMixture(2).fit(x, sample_weight=weight)
    with pytest.raises(DataError, match=r"column 0 \(from 0\) has 1 \w+ value, the first in row 7"):
        GaussianMixture(2).fit(MemorySource(x, weight))


def test_errors_say_the_names_that_a_source_has(rows):
    x = rows.copy()
    x[3, 1] = np.nan
    with pytest.raises(DataError, match="column 'mass' has 1 missing value, the first in row 3"):
        GaussianMixture(2).fit(MemorySource(x, feature_names=("length", "mass")))


def test_weights_of_a_query_sum_to_a_float(rows):
    model = GaussianMixture(2, random_state=0).fit(rows)
    with pytest.raises(DataError, match="the weights of the rows sum to inf"):
        model.score(rows, sample_weight=np.full(len(rows), 1e307))


def test_the_mixture_cannot_be_changed(rows):
    """The parameters of the estimator can: they make another mixture."""
    model = GaussianMixture(2, random_state=0).fit(rows)
    mixture = model.mixture_
    for values in (mixture.weights, mixture.family.means, mixture.family.precision_cholesky, mixture.frame.origin):
        with pytest.raises(ValueError, match="read-only"):
            values[...] = 0.0
    model.means_[0] += 1.0
    assert model.mixture_ is not mixture


def test_fewer_rows_than_components(rows):
    with pytest.raises(DataError, match="n_components = 5, n_samples = 4"):
        GaussianMixture(5).fit(rows[:4])


def test_a_query_of_another_width(rows):
    model = GaussianMixture(2, random_state=0).fit(rows)
    with pytest.raises(ValueError, match="X has 3 features"):
        model.predict(np.zeros((4, 3)))
    with pytest.raises(DataError, match="these rows have 3 features, the mixture 2"):
        model.predict(MemorySource(np.zeros((4, 3))))


def test_weights_beside_a_source(rows):
    with pytest.raises(ConfigError, match="a Source carries its own weights"):
        GaussianMixture(2).fit(MemorySource(rows), sample_weight=np.ones(200))
    with pytest.raises(ConfigError, match="need the rows as an array"):
        GaussianMixture(2, init_params=np.zeros(200, dtype=int)).fit(MemorySource(rows))


def test_nothing_is_said_before_the_fit(rows):
    model = GaussianMixture(2)
    for call in (model.predict, model.predict_proba, model.score_samples, model.score, model.bic):
        with pytest.raises(NotFittedError):
            call(rows)
    with pytest.raises(NotFittedError):
        model.sample()


def test_a_singular_covariance_without_a_prior(structure):
    x = np.repeat([[0.0, 0.0], [1.0, 1.0]], 10, axis=0)
    labels = np.repeat([0, 1], 10)
    which = "the shared covariance" if structure == "tied" else "the covariance of component 0"
    with pytest.raises(DegenerateFitError, match=f"{which} is singular; reg_covar='auto'"):
        GaussianMixture(2, covariance_type=structure, reg_covar=0.0, init_params=labels).fit(x)
    GaussianMixture(2, covariance_type=structure, init_params=labels).fit(x)


# --- random_state and starts ---------------------------------------------------------------------


def test_random_state(rows):
    one = GaussianMixture(3, random_state=7).fit(rows)
    assert same(one, GaussianMixture(3, random_state=7).fit(rows))
    state = np.random.RandomState(7)
    assert same(one, GaussianMixture(3, random_state=state).fit(rows))
    first = [
        GaussianMixture(8, random_state=seed, max_iter=0, init_params="kmeans").fit(rows).means_ for seed in range(4)
    ]
    assert len({means.tobytes() for means in first}) == 4


def test_several_starts_keep_the_best(rows):
    one = GaussianMixture(6, random_state=0, init_params="kmeans").fit(rows)
    best = GaussianMixture(6, random_state=0, init_params="kmeans", n_init=8).fit(rows)
    assert len(best.starts_) == 8
    assert {attempt.start for attempt in best.starts_} == {"kmeans"}
    # The first of the eight is the single one: its random numbers come first.
    assert best.starts_[0].objective == one.history_[-1].objective
    assert best.history_[-1].objective == max(a.objective for a in best.starts_)
    assert len({a.objective for a in best.starts_}) > 1


def test_a_degenerate_start_loses_to_a_good_one():
    """Without a prior a start may fail; the fit fails only if all do."""
    x = np.concatenate([np.zeros((3, 1)), np.random.default_rng(0).normal(5.0, 1.0, (60, 1))])
    arguments = {"n_components": 2, "reg_covar": 0.0, "max_iter": 500, "tol": 1e-6}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        seen = set()
        for seed in range(20):
            try:
                model = GaussianMixture(**arguments, n_init=3, random_state=seed).fit(x)
            except DegenerateFitError:
                seen.add("all degenerate")
                continue
            seen |= {a.status for a in model.starts_}
            assert model.converged_
            degenerate = [a for a in model.starts_ if a.status == "degenerate"]
            assert all(a.objective == -np.inf for a in degenerate)
    assert "all degenerate" in seen or "degenerate" in seen


def test_equal_weights(rows, structure):
    model = GaussianMixture(3, covariance_type=structure, weights="equal", random_state=0).fit(rows)
    np.testing.assert_array_equal(model.weights_, 1.0 / 3.0)
    free = GaussianMixture(3, covariance_type=structure, random_state=0).fit(rows)
    assert free.mixture_.n_parameters == model.mixture_.n_parameters + 2
    given = GaussianMixture(
        3, covariance_type=structure, weights="equal", weights_init=[0.8, 0.1, 0.1], random_state=0
    ).fit(rows)
    # What was given keeps its order; the weights given play no part.
    assert same(given.relabel(model), model)


@pytest.mark.parametrize("k", [1, 4])
def test_numbers_of_parameters(rows, structure, k):
    model = GaussianMixture(k, covariance_type=structure, random_state=0, max_iter=1, tol=1e9).fit(rows)
    covariances = {"full": 3 * k, "tied": 3, "diag": 2 * k, "spherical": k}[structure]
    assert model.mixture_.n_parameters == k - 1 + 2 * k + covariances


# --- how it ends ---------------------------------------------------------------------------------


def test_a_fit_that_was_cut_short_says_so(rows):
    with pytest.warns(ConvergenceWarning, match="did not converge.*raise max_iter"):
        model = GaussianMixture(3, max_iter=2, random_state=0).fit(rows)
    assert not model.converged_
    assert model.status_ is Status.MAX_ITER
    assert model.n_iter_ == 2


def test_max_iter_zero_is_the_start_without_a_warning(rows):
    model = GaussianMixture(3, max_iter=0, random_state=0).fit(rows)
    assert model.n_iter_ == 0
    assert model.lower_bounds_ == []
    assert len(model.history_) == 1


def test_auto_goes_on_where_the_plain_rule_stops(clusters):
    """Overlapping clusters: gains are small long before they are over."""
    x = clusters(500, 2, 3, seed=81, apart=1.0)
    plain = GaussianMixture(3, tol=1e-3, random_state=0).fit(x)
    auto = GaussianMixture(3, random_state=0, max_iter=5000).fit(x)
    far = GaussianMixture(3, tol=0.0, random_state=0, max_iter=5000)
    with pytest.warns(ConvergenceWarning):
        far.fit(x)
    assert plain.n_iter_ < auto.n_iter_
    assert far.lower_bound_ - plain.lower_bound_ > 1e-3
    # Of 500 rows at most a twentieth of a nat in all is left, good to a factor while the rate still changes.
    assert 500 * (far.lower_bound_ - auto.lower_bound_) < 0.05


# --- sampling ------------------------------------------------------------------------------------


def test_sample(rows, structure):
    model = GaussianMixture(3, covariance_type=structure, random_state=0).fit(rows)
    x, labels = model.sample(500)
    assert x.shape == (500, 2)
    assert labels.shape == (500,)
    assert (np.diff(labels) >= 0).all()
    again, _ = model.sample(500)
    np.testing.assert_array_equal(x, again)
    assert model.sample()[0].shape == (1, 2)
    with pytest.raises(ConfigError, match="Invalid value for 'n_samples': 0"):
        model.sample(0)


def test_samples_of_a_generator_go_on(rows):
    model = GaussianMixture(3, random_state=np.random.RandomState(0)).fit(rows)
    assert not np.array_equal(model.sample(5)[0], model.sample(5)[0])


# --- one of scikit-learn's -----------------------------------------------------------------------


def test_fit_predict_is_fit_and_predict(rows):
    labels = GaussianMixture(3, random_state=0).fit_predict(rows)
    np.testing.assert_array_equal(labels, GaussianMixture(3, random_state=0).fit(rows).predict(rows))


def test_pickle(rows, structure):
    model = GaussianMixture(3, covariance_type=structure, random_state=0).fit(rows)
    again = pickle.loads(pickle.dumps(model))
    assert same(model, again)
    assert again.status_ is Status.CONVERGED
    np.testing.assert_array_equal(again.score_samples(rows), model.score_samples(rows))
    np.testing.assert_array_equal(again.history_.objective, model.history_.objective)


def test_clone_and_parameters(rows):
    model = GaussianMixture(3, covariance_type="tied", tol=1e-4, random_state=0).fit(rows)
    fresh = clone(model)
    assert fresh.get_params() == model.get_params()
    assert not hasattr(fresh, "means_")
    fresh.set_params(n_components=2)
    assert fresh.fit(rows).means_.shape == (2, 2)
    assert "n_components=2" in repr(fresh)


def test_fit_leaves_its_inputs_alone(rows):
    x, weight = rows.copy(), np.linspace(0.0, 2.0, 200)
    means = x[:3].copy()
    GaussianMixture(3, means_init=means, random_state=0).fit(x, sample_weight=weight)
    np.testing.assert_array_equal(x, rows)
    np.testing.assert_array_equal(means, rows[:3])
    np.testing.assert_array_equal(weight, np.linspace(0.0, 2.0, 200))


def test_a_second_fit_forgets_the_first(rows):
    model = GaussianMixture(2, random_state=0)
    model.fit(rows[:, :1])
    model.fit(rows)
    assert model.n_features_in_ == 2
    assert same(model, GaussianMixture(2, random_state=0).fit(rows))
