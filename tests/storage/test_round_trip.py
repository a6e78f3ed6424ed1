"""What is loaded is what was saved: the same bits, whatever was fitted."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone

import gaussmix
from gaussmix import GaussianMixture, load
from gaussmix.core.frame import Frame
from gaussmix.data.memory import MemorySource
from gaussmix.errors import ConfigError
from gaussmix.estimators import drop_in
from gaussmix.estimators.fitted import PARAMETERS

NOT_KEPT = {"labels_"}


def assert_same(model: GaussianMixture, loaded: GaussianMixture, x: np.ndarray) -> None:
    """All that two estimators say has the same bits."""
    assert type(loaded) is type(model)
    assert set(vars(model)) - set(vars(loaded)) <= NOT_KEPT
    assert repr(loaded) == repr(model)
    assert_array_equal(loaded.predict_proba(x), model.predict_proba(x), strict=True)
    assert_array_equal(loaded.score_samples(x), model.score_samples(x), strict=True)
    assert_array_equal(loaded.predict(x), model.predict(x), strict=True)
    assert loaded.score(x) == model.score(x)
    for drawn, expected in zip(loaded.sample(20), model.sample(20), strict=True):
        assert_array_equal(drawn, expected, strict=True)
    for name in PARAMETERS:
        assert_array_equal(getattr(loaded, name), getattr(model, name), strict=True)


def saved_and_loaded(model: GaussianMixture, folder) -> GaussianMixture:
    model.save(folder / "model.gmm")
    return load(folder / "model.gmm")


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("d", [1, 4])
def test_predictions(structure, dtype, d, clusters, tmp_path):
    x = clusters(300, d, 3, seed=d).astype(dtype)
    model = GaussianMixture(3, covariance_type=structure, random_state=0).fit(x)
    assert_same(model, saved_and_loaded(model, tmp_path), x)


def test_many_features(clusters, tmp_path):
    """Matrices so large that BLAS would share the work among threads, which adds in another order."""
    x = clusters(600, 150, 2)
    with warnings.catch_warnings(action="ignore"):
        model = GaussianMixture(2, random_state=0).fit(x)
    assert_same(model, saved_and_loaded(model, tmp_path), x)


@pytest.mark.parametrize(("offset", "scale"), [(1e10, 1.0), (0.0, 1e-150), (0.0, 1e150), (-1e10, 1e3)])
def test_frames(structure, offset, scale, clusters, tmp_path):
    x = clusters(200, 3, 2) * scale + offset
    model = GaussianMixture(2, covariance_type=structure, random_state=0).fit(x)
    with np.errstate(over="ignore"):
        assert_same(model, saved_and_loaded(model, tmp_path), x)


def test_dropped_components(clusters, tmp_path):
    """A mixture of fewer components than were asked for."""
    x = clusters(300, 2, 3)
    model = GaussianMixture(3, random_state=0).fit(x)
    model.set_params(n_components=5)
    loaded = saved_and_loaded(model, tmp_path)
    assert loaded.n_components == 5
    assert len(loaded.weights_) == 3
    assert_same(model, loaded, x)


def test_a_component_without_weight(clusters, tmp_path):
    x = clusters(100, 2, 2)
    model = GaussianMixture(2, random_state=0).fit(x)
    model.weights_ = np.array([1.0, 0.0])
    loaded = saved_and_loaded(model, tmp_path)
    assert_array_equal(loaded.predict_proba(x), model.predict_proba(x), strict=True)
    assert_array_equal(loaded.score_samples(x), model.score_samples(x), strict=True)


def test_everything_of_the_fit(model, tmp_path):
    loaded = saved_and_loaded(model, tmp_path)
    for name in ("log_likelihood_", "bic_", "aic_", "lower_bound_", "lower_bounds_", "gain_left_", "sum_weight_"):
        assert getattr(loaded, name) == getattr(model, name)
    for name in ("status_", "converged_", "n_iter_", "events_", "n_features_in_", "fitted_rows_"):
        assert getattr(loaded, name) == getattr(model, name)
    assert list(loaded.history_) == list(model.history_)
    assert (loaded.history_.leaps, loaded.history_.repairs) == (model.history_.leaps, model.history_.repairs)
    # Objectives of starts that only raced are −inf, and equal as such.
    assert list(map(repr, loaded.starts_)) == list(map(repr, model.starts_))
    assert loaded.starts_[-1].objective == -np.inf
    assert not hasattr(loaded, "labels_")


def test_the_same_model_makes_the_same_file(model, tmp_path):
    model.save(tmp_path / "one")
    load(tmp_path / "one").save(tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_parameters_of_the_constructor(clusters, tmp_path):
    x = clusters(60, 2, 2)
    given = {
        "n_components": np.int64(2),
        "tol": 0.1,
        "reg_covar": 1e-3,
        "max_iter": 7,
        "means_init": [[0.0, 1.0], [2.0, 3.0]],
        "weights_init": np.float32([0.25, 0.75]),
        "init_params": np.arange(60) % 2,
        "verbose": False,
        "weights": "equal",
        "n_threads": 1,
        "random_state": 5,
    }
    with warnings.catch_warnings(action="ignore"):
        model = GaussianMixture(**given).fit(x)
    loaded = saved_and_loaded(model, tmp_path)
    for name, value in given.items():
        assert_array_equal(getattr(loaded, name), value)
    with warnings.catch_warnings(action="ignore"):
        again = clone(loaded).fit(x)
    for name in PARAMETERS:
        assert_array_equal(getattr(again, name), getattr(model, name), strict=True)


def test_a_generator_becomes_none(clusters, tmp_path):
    x = clusters(50, 2, 2)
    for state in (np.random.default_rng(0), np.random.RandomState(0)):
        loaded = saved_and_loaded(GaussianMixture(2, random_state=state).fit(x), tmp_path)
        assert loaded.random_state is None


def test_refit_and_warm_start(clusters, tmp_path):
    x = clusters(200, 2, 3)
    with warnings.catch_warnings(action="ignore"):
        model = GaussianMixture(3, max_iter=3, tol=0.0, warm_start=True, random_state=0).fit(x)
        loaded = saved_and_loaded(model, tmp_path)
        assert_same(model.fit(x), loaded.fit(x), x)
        assert_array_equal(loaded.labels_, model.labels_)


def test_feature_names_of_a_data_frame(clusters, tmp_path):
    frame = pd.DataFrame(clusters(80, 2, 2), columns=["länge", 'mass "g"'])
    loaded = saved_and_loaded(GaussianMixture(2, random_state=0).fit(frame), tmp_path)
    assert list(loaded.feature_names_in_) == ["länge", 'mass "g"']
    assert len(loaded.predict(frame)) == 80
    with pytest.raises(ValueError, match="feature names"):
        loaded.predict(frame.rename(columns={"länge": "width"}))


def test_names_of_a_source_are_kept_and_not_checked(clusters, tmp_path):
    x = clusters(80, 2, 2)
    model = GaussianMixture(2, random_state=0).fit(MemorySource(x, feature_names=("a", "b")))
    loaded = saved_and_loaded(model, tmp_path)
    assert loaded.fitted_rows_.feature_names == ("a", "b")
    assert not hasattr(loaded, "feature_names_in_")
    assert_same(model, loaded, x)


def test_assigned_parameters_without_a_fit(tmp_path):
    model = GaussianMixture(2, covariance_type="diag", random_state=0)
    model.weights_ = [0.5, 0.5]
    model.means_ = np.asfortranarray([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])
    model.covariances_ = np.asfortranarray([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])
    loaded = saved_and_loaded(model, tmp_path)
    x = np.random.default_rng(0).normal(size=(30, 3))
    assert_array_equal(loaded.score_samples(x), model.score_samples(x))
    assert not hasattr(loaded, "history_")


def test_taken_over_from_scikit_learn(clusters, tmp_path):
    from sklearn import mixture

    frame = pd.DataFrame(clusters(80, 2, 2), columns=["a", "b"])
    model = GaussianMixture.from_sklearn(mixture.GaussianMixture(2, random_state=0).fit(frame))
    loaded = saved_and_loaded(model, tmp_path)
    assert_array_equal(loaded.predict_proba(frame), model.predict_proba(frame))
    assert list(loaded.feature_names_in_) == ["a", "b"]
    assert not hasattr(loaded, "fitted_rows_")


def test_parameters_of_any_dtype(tmp_path):
    model = GaussianMixture(random_state=0)
    model.weights_, model.means_, model.covariances_ = np.float16([1]), np.float16([[2]]), np.longdouble([[[3]]])
    loaded = saved_and_loaded(model, tmp_path)
    assert_array_equal(loaded.score_samples([[1.0]]), model.score_samples([[1.0]]))
    assert loaded.means_.dtype == np.float64


def test_a_model_too_large_for_any_file(model, tmp_path, monkeypatch):
    monkeypatch.setattr("gaussmix.storage.container.LARGEST_HEADER", 1000)
    with pytest.raises(ConfigError, match=r"the model takes .* of them for names and other text; no more than"):
        model.save(tmp_path / "model.gmm")
    assert not list(tmp_path.iterdir())


def test_a_drop_in_stays_one(clusters, tmp_path):
    x = clusters(80, 2, 2)
    model = drop_in.GaussianMixture(2, random_state=0).fit(x)
    loaded = saved_and_loaded(model, tmp_path)
    assert_same(model, loaded, x)
    assert isinstance(loaded, drop_in.GaussianMixture)


def test_relabelled_components_keep_their_rows(model, tmp_path):
    counted = model.fitted_rows_.n_assigned
    model.relabel(model.means_[::-1])
    assert model.fitted_rows_.n_assigned == counted[::-1]
    assert saved_and_loaded(model, tmp_path).fitted_rows_.n_assigned == counted[::-1]


def test_fingerprint_tells_rows_apart(clusters):
    x = clusters(100, 2, 2)
    prints = [GaussianMixture().fit(rows).fitted_rows_.fingerprint for rows in (x, x.copy(), x + 1e-9, x[:-1])]
    assert prints[0] == prints[1]
    assert len(set(prints)) == 3


def test_a_subclass_is_not_saved_as_what_it_is_not(clusters, tmp_path):
    class Mine(GaussianMixture):
        pass

    with pytest.raises(ConfigError, match="Mine is a class of your own"):
        Mine().fit(clusters(20, 2, 2)).save(tmp_path / "mine.gmm")
    assert not list(tmp_path.iterdir())


def test_what_could_not_be_loaded_is_not_saved(model, tmp_path):
    model.weights_ = [0.5, 0.5, 0.5]
    with pytest.raises(ConfigError, match=r"weights must sum to 1; they sum to 1\.5"):
        model.save(tmp_path / "model.gmm")
    model.weights_ = [0.5, 0.25, 0.25]
    model.init_params = np.array(["a", "b"])
    with pytest.raises(ConfigError, match="'init_params' is an array of <U1"):
        model.save(tmp_path / "model.gmm")
    model.init_params, model.max_iter = "auto", -1
    with pytest.raises(ConfigError, match="'max_iter' parameter"):
        model.save(tmp_path / "model.gmm")
    assert not list(tmp_path.iterdir())


def test_a_frame_of_any_exponents(make_mixture, structure, tmp_path):
    exponent = np.full(3, 1000) if structure == "spherical" else np.array([-1000, 3, 1000])
    model = GaussianMixture(2, covariance_type=structure).fit(np.random.default_rng(0).normal(size=(200, 3)))
    mixture = replace(make_mixture(structure, 2, 3), frame=Frame(np.array([1e10, -3.0, 0.0]), exponent))
    with np.errstate(over="ignore"):
        model._set_mixture(mixture, np.dtype(np.float64))
        loaded = saved_and_loaded(model, tmp_path)
    assert loaded.mixture_.frame.exponent.tolist() == exponent.tolist()
    assert_array_equal(loaded.mixture_.family.precision_cholesky, mixture.family.precision_cholesky)


def test_load_is_public():
    assert gaussmix.load is load


def test_a_callback_is_left_out(clusters, tmp_path):
    model = GaussianMixture(2, random_state=0, callback=lambda record: None, time_limit=60.0).fit(clusters(80, 2, 2))
    loaded = saved_and_loaded(model, tmp_path)
    assert (loaded.callback, loaded.time_limit) == (None, 60.0)
