"""Fits that go on, print, convert, and put components in order."""

from __future__ import annotations

import pickle
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import BayesianGaussianMixture
from sklearn.mixture._gaussian_mixture import GaussianMixture as Theirs
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from gaussmix import GaussianMixture
from gaussmix.errors import ConfigError
from gaussmix.estimators import drop_in


@pytest.fixture(scope="module")
def rows(clusters):
    return clusters(300, 2, 3, seed=4)


def fitted(model, *data, **more):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(*data, **more)


# --- starts by name ---------------------------------------------------------------------------


@pytest.mark.parametrize("init_params", ["kmeans", "k-means++", "random", "random_from_data"])
@pytest.mark.parametrize("reg_covar", ["auto", 1e-6])
def test_starts_by_name(rows, structure, init_params, reg_covar):
    settings = {"covariance_type": structure, "init_params": init_params, "reg_covar": reg_covar, "random_state": 0}
    model = GaussianMixture(3, n_init=4, max_iter=5000, **settings).fit(rows)
    assert {attempt.start for attempt in model.starts_} == {init_params}
    assert model.converged_
    best = GaussianMixture(3, covariance_type=structure, reg_covar=reg_covar, random_state=0, n_init=4).fit(rows)
    assert model.lower_bound_ > best.lower_bound_ - 0.1
    first, other = (GaussianMixture(3, max_iter=0, **(settings | {"random_state": s})).fit(rows) for s in (0, 1))
    assert not np.array_equal(first.means_, other.means_)
    assert np.array_equal(first.means_, GaussianMixture(3, max_iter=0, **settings).fit(rows).means_)


# --- warm start ----------------------------------------------------------------------------------


def test_warm_start_goes_on(rows, structure):
    start = {"means_init": rows[:3], "weights_init": [0.2, 0.3, 0.5]}
    settings = {"covariance_type": structure, "random_state": 0, "tol": 0.0, **start}
    whole = fitted(GaussianMixture(3, max_iter=6, **settings), rows)
    parts = GaussianMixture(3, max_iter=2, warm_start=True, **settings)
    bounds = []
    for n_init in (1, 4, 4):
        bounds += fitted(parts.set_params(n_init=n_init), rows).lower_bounds_
    assert len(parts.starts_) == 1
    np.testing.assert_allclose(bounds, whole.lower_bounds_, rtol=1e-12)
    np.testing.assert_allclose(parts.means_, whole.means_, rtol=1e-10)


def test_warm_start_with_another_shape_is_refused(rows):
    model = GaussianMixture(3, warm_start=True, random_state=0).fit(rows)
    with pytest.raises(ConfigError, match="goes on from a full mixture of 3 components and 2 features; now full, 2 "):
        model.set_params(n_components=2).fit(rows)


# --- what is printed -----------------------------------------------------------------------------


def test_verbose(rows, capsys):
    settings = {"max_iter": 12, "n_init": 2, "tol": 0.0, "random_state": 0}
    fitted(GaussianMixture(3, verbose=1, verbose_interval=5, **settings), rows)
    start = ["  Iteration 5", "  Iteration 10", "Initialization did not converge."]
    assert capsys.readouterr().out.splitlines() == ["Initialization 0", *start, "Initialization 1", *start]
    fitted(GaussianMixture(3, verbose=2, random_state=0), rows)
    pattern = r"(?s)Initialization 0\n.*Initialization converged\. time lapse \d+\.\d{5}s\t lower bound -\d+\.\d{5}\.\n"
    assert re.fullmatch(pattern, capsys.readouterr().out)


def test_verbose_under_the_patch_is_scikit_learns(rows, capsys):
    settings = {"n_components": 3, "verbose": 2, "verbose_interval": 1, "random_state": 0}
    fitted(drop_in.GaussianMixture(**settings), rows)
    ours = capsys.readouterr().out
    fitted(Theirs(**settings), rows)
    without_times = [re.sub(r"lapse [\d.]+s", "", text) for text in (ours, capsys.readouterr().out)]
    assert without_times[0] == without_times[1]


# --- to scikit-learn and back --------------------------------------------------------------------


@pytest.mark.parametrize("kind", [GaussianMixture, drop_in.GaussianMixture])
def test_to_scikit_learn_and_back(rows, structure, kind):
    model = fitted(kind(3, covariance_type=structure, random_state=0), rows)
    theirs = model.to_sklearn()
    assert type(theirs) is Theirs
    np.testing.assert_allclose(theirs.predict_proba(rows), model.predict_proba(rows), atol=1e-10)
    assert theirs.score(rows) == pytest.approx(model.score(rows), rel=1e-12)
    back = kind.from_sklearn(theirs)
    np.testing.assert_allclose(back.score_samples(rows), model.score_samples(rows), rtol=1e-10)
    assert back.converged_ == model.converged_
    assert back.covariance_type == structure


def test_only_what_can_be_taken_over(rows):
    with pytest.raises(ConfigError, match="not BayesianGaussianMixture"):
        GaussianMixture.from_sklearn(BayesianGaussianMixture())
    assert not hasattr(GaussianMixture(2).to_sklearn(), "means_")
    assert GaussianMixture(2, tol="auto").to_sklearn().tol == 1e-3
    assert not hasattr(GaussianMixture.from_sklearn(Theirs(2)), "means_")


# --- order ---------------------------------------------------------------------------------------


def test_the_heaviest_comes_first(rows, structure):
    for seed in range(4):
        model = GaussianMixture(3, covariance_type=structure, random_state=seed).fit(rows)
        assert (np.diff(model.weights_) <= 1e-9).all()
        np.testing.assert_array_equal(model.labels_, model.predict(rows))
    equal = GaussianMixture(3, covariance_type=structure, weights="equal", random_state=0).fit(rows)
    assert (np.diff(equal.means_[:, 0]) > 0.0).all()


def test_a_given_order_stays(rows):
    fitted = GaussianMixture(3, random_state=0).fit(rows)
    means = fitted.means_
    for order in ([0, 1, 2], [2, 0, 1], [2, 1, 0]):
        # All three: what is not given comes in an order of its own, and may lead to another optimum.
        given = {"weights_init": fitted.weights_[order], "precisions_init": fitted.precisions_[order]}
        model = GaussianMixture(3, means_init=means[order], **given).fit(rows)
        np.testing.assert_allclose(model.means_, means[order], atol=0.5)
    labels = GaussianMixture(3, random_state=0).fit_predict(rows)
    model = GaussianMixture(3, init_params=2 - labels).fit(rows)
    np.testing.assert_allclose(model.means_, means[::-1], atol=0.5)


def test_relabel(rows, structure):
    model = GaussianMixture(3, covariance_type=structure, random_state=0).fit(rows)
    means, labels, score = model.means_, model.labels_, model.score(rows)
    for order in ([1, 2, 0], [2, 1, 0]):
        for reference in (means[order] + 0.01, model.mixture_.reorder(np.array(order))):
            assert model.relabel(reference) is model
            np.testing.assert_array_equal(model.means_, means[order])
            np.testing.assert_array_equal(np.array(order)[model.labels_], labels)
            np.testing.assert_array_equal(model.predict(rows), model.labels_)
            model.relabel(means)
    np.testing.assert_array_equal(model.means_, means)
    assert model.score(rows) == pytest.approx(score, rel=1e-13)
    with pytest.raises(ConfigError, match=r"the reference's means have shape \(2, 2\), these \(3, 2\)"):
        model.relabel(means[:2])


# --- among other estimators ----------------------------------------------------------------------


def test_set_output_and_names(rows):
    frame = pd.DataFrame(rows, columns=["a", "b"], index=np.arange(300) + 7)
    model = GaussianMixture(3, random_state=0).set_output(transform="pandas").fit(frame)
    found = model.transform(frame)
    assert found.columns.tolist() == model.get_feature_names_out().tolist() == [f"gaussianmixture{j}" for j in range(3)]
    assert found.index.equals(frame.index)
    np.testing.assert_array_equal(found, model.predict_proba(frame))
    steps = make_pipeline(StandardScaler(), GaussianMixture(2, random_state=0))
    assert steps.fit_transform(rows).shape == (300, 2)


def test_metadata_routing(rows):
    weight = np.r_[np.zeros(100), np.ones(200)]
    with config_context(enable_metadata_routing=True):
        model = GaussianMixture(2, random_state=0).set_fit_request(sample_weight=True)
        model.set_score_request(sample_weight=True)
        steps = make_pipeline(
            StandardScaler(with_mean=False, with_std=False).set_fit_request(sample_weight=False), model
        )
        steps.fit(rows, sample_weight=weight)
        expected = GaussianMixture(2, random_state=0).fit(rows, sample_weight=weight)
        np.testing.assert_allclose(steps[-1].means_, expected.means_, rtol=1e-12)
        found = steps.score(rows, sample_weight=weight)
        assert found == pytest.approx(expected.score(rows, sample_weight=weight), rel=1e-12)


def test_as_a_page(rows):
    page = GaussianMixture(2, random_state=0).fit(rows)._repr_html_()
    assert "Fitted" in page
    assert "means_" in page


def test_a_pickle_of_scikit_learns_state(rows):
    """What scikit-learn's estimator holds is what ours holds, under the same names."""
    model = GaussianMixture(2)
    model.__setstate__(pickle.loads(pickle.dumps(Theirs(2, random_state=0).fit(rows).__dict__)))
    model.weights, model.n_threads = "free", None
    assert model.predict_proba(rows).shape == (300, 2)
