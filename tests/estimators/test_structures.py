"""Estimators with the structures that scikit-learn does not have, and with mclust's names."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.mixture._gaussian_mixture import GaussianMixture as Theirs

from gaussmix import GaussianMixture, check_data, load
from gaussmix.cli.values import COVARIANCES
from gaussmix.errors import ConfigError, DataError
from gaussmix.estimators import drop_in
from gaussmix.families.structures import NAMES, STRUCTURES

SHAPES = {"spherical": (3,), "diagonal": (3, 2), "full": (3, 2, 2)}


def fit(x: np.ndarray, name: str, **arguments: object) -> GaussianMixture:
    return GaussianMixture(3, covariance_type=name, random_state=0, **arguments).fit(x)


def test_the_command_knows_the_same_names():
    assert set(COVARIANCES) == set(NAMES)


def test_shapes_and_inverses(clusters, parsimonious):
    model = fit(clusters(200, 2, 3, seed=1), parsimonious)
    structure = STRUCTURES[parsimonious]
    assert model.covariances_.shape == model.precisions_.shape == SHAPES[structure.form.name]
    if structure.form.name == "full":
        np.testing.assert_allclose(model.covariances_ @ model.precisions_, [np.eye(2)] * 3, atol=1e-9)
    else:
        np.testing.assert_allclose(model.covariances_ * model.precisions_, 1.0)


@pytest.mark.parametrize(("alias", "name"), [("VVV", "full"), ("EEE", "tied"), ("VVI", "diag"), ("VII", "spherical")])
def test_mclusts_names_of_scikit_learns_structures(clusters, alias, name, tmp_path):
    x = clusters(200, 2, 3, seed=1)
    one, other = fit(x, alias), fit(x, name)
    np.testing.assert_array_equal(one.covariances_, other.covariances_)
    assert one.covariance_type == alias
    assert clone(one).get_params()["covariance_type"] == alias
    one.save(tmp_path / "model.gmm")
    assert load(tmp_path / "model.gmm").covariance_type == alias
    again = one.set_params(warm_start=True, max_iter=5).fit(x)
    assert again.log_likelihood_ >= other.log_likelihood_ - 1e-9


def test_one_feature(clusters):
    x = clusters(200, 1, 3, seed=1)
    equal, varying = fit(x, "E"), fit(x, "V")
    assert equal.covariances_.shape == varying.covariances_.shape == (3,)
    assert np.unique(equal.covariances_).size == 1
    assert (equal.mixture_.n_parameters, varying.mixture_.n_parameters) == (6, 8)


def test_names_for_one_feature_are_refused_for_more(clusters):
    x = clusters(50, 2, 3)
    with pytest.raises(ConfigError, match="'E' is for one feature, and there are 2"):
        fit(x, "E")
    with pytest.raises(ConfigError, match="'V' is for one feature, and there are 2"):
        check_data(x, covariance_type="V")


@pytest.mark.parametrize(("wrong", "meant"), [("vvv", "VVV"), ("eei", "EEI"), ("VEVV", "VEV"), ("diagonal", "diag")])
def test_what_may_have_been_meant(clusters, wrong, meant):
    with pytest.raises(ConfigError, match=f"Did you mean '{meant}'"):
        fit(clusters(50, 2, 3), wrong)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_given_parameters_are_made_such_as_the_structure_has(clusters, parsimonious):
    """The objective would fall from others; with no iteration they are what was asked for."""
    x = clusters(300, 2, 3, seed=2)
    form = STRUCTURES[parsimonious].form
    rng = np.random.default_rng(0)
    root = rng.normal(size=(3, 2, 3))
    stacked = np.linalg.inv(root @ root.swapaxes(1, 2))
    precisions = {
        "full": stacked,
        "diagonal": np.diagonal(stacked, axis1=1, axis2=2),
        "spherical": stacked[:, 0, 0],
    }[form.name]
    given = {"means_init": x[:3], "weights_init": np.full(3, 1 / 3), "precisions_init": precisions}
    model = fit(x, parsimonious, tol=0.0, max_iter=15, **given)
    assert len(model.history_) == 16
    assert (np.diff(model.history_.objective) >= -1e-9).all()
    same = fit(x, parsimonious, max_iter=0, **given)
    np.testing.assert_allclose(same.precisions_, precisions, rtol=1e-10)


def test_a_fit_goes_on_to_the_last_bit(clusters, parsimonious):
    x = clusters(400, 3, 3, seed=3, apart=1.0)
    shares = np.random.default_rng(0).dirichlet(np.ones(3), 400)
    whole = GaussianMixture(3, covariance_type=parsimonious, tol=1e-300, max_iter=12, init_params=shares)
    parts = clone(whole).set_params(max_iter=6)
    with pytest.warns(match="did not converge"):
        whole.fit(x)
    with pytest.warns(match="did not converge"):
        parts.fit(x)
    with pytest.warns(match="did not converge"):
        parts.set_params(warm_start=True, max_iter=6).fit(x)
    np.testing.assert_array_equal(parts.means_, whole.means_)
    np.testing.assert_array_equal(parts.covariances_, whole.covariances_)


def test_equal_means_of_one_covariance_are_twins(clusters):
    x = clusters(100, 2, 3)
    for name in ("EII", "EEI"):
        with pytest.raises(DataError, match="no fit could ever tell them apart"):
            fit(x, name, means_init=np.zeros((3, 2)))


def test_to_scikit_learn(clusters, parsimonious):
    x = clusters(200, 2, 3, seed=1)
    model = fit(x, parsimonious)
    theirs = model.to_sklearn()
    assert isinstance(theirs, Theirs)
    np.testing.assert_allclose(theirs.predict_proba(x), model.predict_proba(x), atol=1e-9)
    assert theirs.score(x) == pytest.approx(model.score(x), rel=1e-9)
    theirs.fit(x)  # as its own structure


def test_the_one_in_scikit_learns_place_has_scikit_learns_names(clusters):
    x = clusters(50, 2, 2)
    for name in ("EII", "VVV", "E"):
        with pytest.raises(ConfigError, match="The 'covariance_type' parameter of GaussianMixture must be a str among"):
            drop_in.GaussianMixture(2, covariance_type=name).fit(x)


def test_samples_pickles_and_text(clusters, parsimonious):
    model = fit(clusters(200, 2, 3, seed=1), parsimonious)
    sampled, _ = model.sample(50)
    assert sampled.shape == (50, 2)
    back = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(back.covariances_, model.covariances_)


def test_assigned_parameters(clusters, parsimonious):
    x = clusters(200, 2, 3, seed=1)
    model = fit(x, parsimonious)
    other = GaussianMixture(3, covariance_type=parsimonious)
    other.weights_, other.means_, other.covariances_ = model.weights_, model.means_, model.covariances_
    np.testing.assert_allclose(other.predict_proba(x), model.predict_proba(x), atol=1e-9)


def test_equal_weights(clusters, parsimonious):
    model = fit(clusters(200, 2, 3, seed=1), parsimonious, weights="equal")
    np.testing.assert_allclose(model.weights_, 1 / 3)
    assert model.mixture_.n_parameters == 6 + STRUCTURES[parsimonious].n_parameters(3, 2)
