"""AutoGaussianMixture among scikit-learn's estimators."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import gaussmix
from gaussmix import AutoGaussianMixture
from gaussmix.errors import DataWarning

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::gaussmix.errors.FitWarning"),
]


@pytest.fixture(scope="module")
def x():
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(0, 1, (60, 2)), rng.normal(8, 1, (40, 2))])


@parametrize_with_checks([AutoGaussianMixture((1, 2), structures=("full", "EII"))])
def test_check_estimator(estimator, check):
    check(estimator)


def test_it_predicts_as_the_best_does(x, tmp_path):
    model = AutoGaussianMixture(range(1, 4), random_state=0).fit(x)
    best = model.best_
    assert best is model.selection_.best
    assert (model.n_components_, model.covariance_type_) == (best.n_components, best.covariance_type) == (2, "EII")
    for method in ("predict", "predict_proba", "score_samples", "score", "bic", "aic"):
        np.testing.assert_array_equal(getattr(model, method)(x), getattr(best, method)(x))
    for attribute in ("weights_", "means_", "covariances_", "labels_", "bic_", "converged_", "lower_bounds_"):
        np.testing.assert_array_equal(getattr(model, attribute), getattr(best, attribute))
    for attribute in ("history_", "starts_", "gain_left_", "sum_weight_"):
        assert getattr(model, attribute) is getattr(best, attribute)
    np.testing.assert_allclose(model.to_sklearn().predict_proba(x), model.predict_proba(x), atol=1e-9)
    assert model.predict_to(x, tmp_path / "labels.csv", columns=["label"]) == len(x)
    np.testing.assert_array_equal(np.loadtxt(tmp_path / "labels.csv", skiprows=1), model.predict(x))
    np.testing.assert_array_equal(model.transform(x), best.predict_proba(x))
    assert model.sample(5)[0].shape == (5, 2)
    with pytest.raises(AttributeError, match="has no attribute 'weights_'"):
        _ = AutoGaussianMixture().weights_


def test_in_a_pipeline_cloned_and_pickled(x):
    model = AutoGaussianMixture([1, 2], structures=["full", "EII"], random_state=0)
    pipeline = make_pipeline(StandardScaler(), clone(model)).fit(x)
    again = pickle.loads(pickle.dumps(pipeline))
    np.testing.assert_array_equal(again.predict(x), pipeline.predict(x))
    assert again[-1].selection_.table.equals(pipeline[-1].selection_.table)


def test_data_frames_and_weights(x, tmp_path):
    frame, weight = pd.DataFrame(x, columns=["length", "mass"]), np.arange(len(x)) % 2
    model = AutoGaussianMixture([1, 2], structures="EII", random_state=0).fit(frame, sample_weight=weight)
    assert model.best_.sum_weight_ == weight.sum()
    assert list(model.best_.feature_names_in_) == ["length", "mass"]
    assert list(model.set_output(transform="pandas").transform(frame).columns) == [
        "autogaussianmixture0",
        "autogaussianmixture1",
    ]
    model.save(tmp_path / "best.gmm")
    loaded = gaussmix.load(tmp_path / "best.gmm")
    np.testing.assert_array_equal(loaded.predict(frame), model.predict(frame))


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"criterion": "wic"}, "criterion"),
        ({"n_components": [0]}, "n_components"),
        ({"structures": "round"}, "no covariance structure"),
        ({"n_jobs": 0}, "n_jobs must be"),
        ({"n_jobs": -2}, "n_jobs must be"),
        ({"n_jobs": True}, "n_jobs must be"),
        ({"n_jobs": 1.5}, "n_jobs"),
        ({"time_limit": -1.0}, "time_limit"),
    ],
)
def test_wrong_parameters(x, parameters, said):
    with pytest.raises(gaussmix.errors.ConfigError, match=said):
        AutoGaussianMixture(**parameters).fit(x)


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ({"n_components": np.int64(2)}, {"n_components": 2}),
        ({"n_components": np.array([1, 2])}, {"n_components": [1, 2]}),
        ({"structures": np.array(["VVV", "EEE"])}, {"structures": ["VVV", "EEE"]}),
        ({"n_jobs": -1}, {"n_jobs": None}),
    ],
)
def test_other_ways_to_say_the_same(x, given, plain):
    rest = {"n_components": 2, "structures": ["full"], "random_state": 0}
    one, other = (AutoGaussianMixture(**(rest | asked)).fit(x).selection_.table for asked in (given, plain))
    assert one.drop(columns="seconds").equals(other.drop(columns="seconds"))


def test_select_takes_what_is_gone_through_once(x):
    found = gaussmix.select(x, (k for k in (1, 2)), (name for name in ("full", "EII")), random_state=0)
    assert len(found.table) == 4


ALONE, ALL_ROWS = AutoGaussianMixture([1], structures="EII"), [(range(60), range(60))]
FITS = {
    "select": lambda x, weight: gaussmix.select(x, [1], "EII", sample_weight=weight),
    "fit": lambda x, weight: AutoGaussianMixture([1], structures="EII").fit(x, sample_weight=weight),
    "fit_predict": lambda x, weight: AutoGaussianMixture([1], structures="EII").fit_predict(x, sample_weight=weight),
    "cross_validate": lambda x, weight: cross_validate(ALONE, x, cv=ALL_ROWS, params={"sample_weight": weight}),
}


@pytest.mark.parametrize("name", FITS)
def test_warnings_point_at_the_line_that_asked(name):
    """However many calls, of ours and of scikit-learn, lie between; this line is the caller's."""
    x = np.random.default_rng(0).normal(size=(60, 2))
    with pytest.warns(DataWarning, match="sum to 1") as caught:
        FITS[name](x, np.full(60, 1 / 60))
    assert [each.filename for each in caught] == [__file__]
    assert caught[0].lineno == FITS[name].__code__.co_firstlineno
