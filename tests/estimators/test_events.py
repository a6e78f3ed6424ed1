"""What an estimator tells of a fit that did not go its usual way."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from gaussmix import GaussianMixture
from gaussmix.em.status import Status
from gaussmix.errors import FitWarning


@pytest.fixture(scope="module")
def two() -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(size=(300, 2)), rng.normal((8.0, 0.0), 1.0, (300, 2))])


@pytest.fixture(scope="module")
def with_twins(two) -> np.ndarray:
    """Two clusters, and two places where four rows are the same: nothing to put a covariance on."""
    return np.concatenate([two, np.repeat([[4.0, 9.0], [4.0, -9.0]], 4, axis=0)])


@pytest.mark.parametrize(("covariance_type", "seed"), [("full", 2), ("diag", 3)])
def test_dropped_components_are_told(with_twins, covariance_type, seed):
    with pytest.warns(FitWarning, match=r"of 4 components collapsed .* the fit has \d\.") as caught:
        model = GaussianMixture(4, covariance_type=covariance_type, random_state=seed).fit(with_twins)
    assert caught[0].filename == __file__
    dropped = [event for event in model.events_ if event.kind == "dropped"]
    k = 4 - len(dropped)
    assert 2 <= k < 4
    assert model.n_components == 4  # what was asked for stays
    assert model.weights_.shape == (k,)
    assert model.means_.shape == (k, 2)
    assert model.mixture_.n_components == k
    assert set(model.labels_) <= set(range(k))
    parameters = {"full": 6 * k - 1, "diag": 5 * k - 1}[covariance_type]
    assert model.bic(with_twins) == pytest.approx(-2 * model.log_likelihood_ + parameters * np.log(len(with_twins)))
    for event in dropped:
        before = [e for e in model.events_ if e.kind == "reseeded" and e.iteration < event.iteration]
        assert len(before) >= 2  # it was put elsewhere twice
        assert model.starts_[event.start].n_iter == model.n_iter_


def test_a_fit_goes_on_well_after_a_drop(with_twins):
    """Each part of the way rises, and what is left is no worse than one component less is from the start."""
    with pytest.warns(FitWarning):
        model = GaussianMixture(4, random_state=2).fit(with_twins)
    objective = model.history_.objective
    parts = np.split(objective, model.history_.repairs)
    assert len(parts) == 1 + sum(event.kind in ("reseeded", "dropped") for event in model.events_)
    for part in parts:
        assert (np.diff(part) >= -1e-12 * np.abs(part[1:])).all()
    assert model.status_ is Status.CONVERGED
    two_components = GaussianMixture(2, random_state=0).fit(with_twins)
    assert model.lower_bound_ >= two_components.lower_bound_


@pytest.mark.parametrize("weights", ["free", "equal"])
def test_an_empty_component_is_put_where_rows_are(two, structure, weights):
    """Under every structure; equal weights stay equal."""
    precisions = {"full": [np.eye(2)] * 2, "tied": np.eye(2), "diag": np.ones((2, 2)), "spherical": np.ones(2)}
    model = GaussianMixture(
        2,
        covariance_type=structure,
        weights=weights,
        means_init=[[0.0, 0.0], [1e6, 1e6]],
        precisions_init=precisions[structure],
        weights_init=[0.5, 0.5],
        random_state=0,
    ).fit(two)
    event = next(event for event in model.events_ if event.kind == "reseeded")
    assert (event.component, event.start) == (1, 0)
    assert "emptied" in event.text
    if weights == "equal":
        np.testing.assert_array_equal(model.weights_, 0.5)
    # A tied one has the two clusters' common spread by then, and keeps to it: EM ends with .004 in the second.
    assert model.weights_.min() > (0.001 if structure == "tied" else 0.1)
    if structure != "tied":
        assert np.sort(model.means_[:, 0]) == pytest.approx([0.0, 8.0], abs=0.5)


def test_events_of_every_start_name_it(with_twins):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)
        model = GaussianMixture(4, init_params="kmeans", n_init=3, random_state=0).fit(with_twins)
    places = {event.start for event in model.events_}
    assert len(places) > 1
    assert places <= set(range(3))


def test_nothing_is_told_of_a_plain_fit(two):
    assert GaussianMixture(2, random_state=0).fit(two).events_ == ()
