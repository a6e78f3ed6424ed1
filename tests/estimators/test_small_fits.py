"""What is done in less time than scikit-learn's own checks take has the same outcome."""

from __future__ import annotations

import copy
import pickle
import threading
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, InvalidParameterError

from gaussmix import GaussianMixture
from gaussmix.estimators.predicting import generator_of

ROWS = np.random.default_rng(0).normal(size=(60, 2))


@pytest.mark.parametrize("seed", [0, 7, np.int64(7), 2**32 - 1])
def test_seeds_lead_to_the_numbers_that_scikit_learns_check_leads_to(seed: int) -> None:
    expected = np.random.default_rng(check_random_state(seed).randint(2**31)).random(3)
    np.testing.assert_array_equal(generator_of(seed).random(3), expected)
    elsewhere: list[np.ndarray] = []
    thread = threading.Thread(target=lambda: elsewhere.append(generator_of(seed).random(3)))
    thread.start()
    thread.join()
    np.testing.assert_array_equal(elsewhere[0], expected)


def test_a_class_that_allows_other_values_is_asked_for_its_own() -> None:
    class Few(GaussianMixture):
        _parameter_constraints: ClassVar[dict[str, list[Any]]] = GaussianMixture._parameter_constraints | {
            "max_iter": [Interval(Integral, 0, 5, closed="both")]
        }

    GaussianMixture(2, max_iter=6, tol=1e-2).fit(ROWS)
    with pytest.raises(InvalidParameterError, match="'max_iter' parameter of Few must be an int in the range"):
        Few(2, max_iter=6).fit(ROWS)
    with pytest.raises(InvalidParameterError, match="'max_iter' parameter of GaussianMixture"):
        GaussianMixture(2, max_iter=-1).fit(ROWS)


def test_parameters_are_not_checked_where_scikit_learn_is_told_not_to() -> None:
    wrong = GaussianMixture(2, warm_start="no boolean", random_state=0)
    with pytest.raises(InvalidParameterError, match="'warm_start' parameter of GaussianMixture"):
        wrong.fit(ROWS)
    with config_context(skip_parameter_validation=True):
        np.testing.assert_array_equal(wrong.fit(ROWS).means_, GaussianMixture(2, random_state=0).fit(ROWS).means_)


def test_names_of_columns_are_forgotten_with_an_array_that_has_none() -> None:
    model = GaussianMixture(2, random_state=0).fit(pd.DataFrame(ROWS, columns=["a", "b"]))
    assert model.feature_names_in_.tolist() == ["a", "b"]
    model.fit(ROWS)
    assert not hasattr(model, "feature_names_in_")
    assert model.n_features_in_ == 2


@pytest.mark.parametrize(
    "rows",
    [
        ROWS.astype(np.float32),
        np.asfortranarray(ROWS),
        ROWS[::2],
        ROWS.astype(">f8"),
        ROWS.tolist(),
        ROWS[:1],
    ],
    ids=["float32", "by column", "steps", "other byte order", "list", "one row"],
)
def test_rows_are_taken_or_refused_as_scikit_learn_does(rows: Any) -> None:
    from sklearn.mixture import GaussianMixture as Theirs

    try:
        Theirs(2, random_state=0).fit(rows)
    except (ValueError, TypeError) as error:
        with pytest.raises(type(error)):
            GaussianMixture(2, random_state=0).fit(rows)
    else:
        assert GaussianMixture(2, random_state=0).fit(rows).means_.shape == (2, 2)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused_in_scikit_learns_words(value: float) -> None:
    rows = ROWS.copy()
    rows[3, 1] = value
    with pytest.raises(ValueError, match="Input X contains"):
        GaussianMixture(2).fit(rows)


def test_values_whose_sum_is_beyond_floats_are_fitted() -> None:
    model = GaussianMixture(2, random_state=0).fit(ROWS * 1e306)
    assert np.isfinite(model.means_).all()


@pytest.mark.parametrize("structure", ["full", "tied", "diag", "spherical"])
def test_covariances_that_are_made_when_asked_for_are_those_of_the_fit(structure: str) -> None:
    """Inverses of one another, the same object whenever they are asked for, and others after another fit."""
    model = GaussianMixture(2, covariance_type=structure, random_state=0).fit(ROWS)
    untouched = pickle.loads(pickle.dumps(model))
    covariances, precisions, factors = model.covariances_, model.precisions_, model.precisions_cholesky_
    assert model.covariances_ is covariances
    if factors.ndim > 1 and structure != "diag":
        np.testing.assert_allclose(np.linalg.inv(covariances), precisions, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(factors @ factors.swapaxes(-1, -2), precisions, rtol=1e-12, atol=1e-14)
    else:
        np.testing.assert_allclose(1.0 / covariances, precisions, rtol=1e-12)
        np.testing.assert_allclose(factors**2, precisions, rtol=1e-12)
    for other in (untouched, copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(other.covariances_, covariances)
        np.testing.assert_array_equal(other.precisions_, precisions)
    again = model.fit(3.0 * ROWS)
    np.testing.assert_allclose(again.covariances_, 9.0 * covariances, rtol=1e-6)


def test_covariances_follow_the_precisions_that_somebody_assigns() -> None:
    model = GaussianMixture(2, random_state=0).fit(ROWS)
    model.means_ = model.means_ + 1.0
    before = model.covariances_.copy()
    model.precisions_cholesky_ = 2.0 * model.precisions_cholesky_
    np.testing.assert_allclose(model.covariances_, before / 4.0, rtol=1e-12)
    model.precisions_cholesky_[...] *= 0.5  # in place
    np.testing.assert_allclose(model.covariances_, before, rtol=1e-12)
    model.covariances_ = 9.0 * before
    np.testing.assert_allclose(model.precisions_, np.linalg.inv(9.0 * before), rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("name", ["covariances_", "precisions_", "precisions_cholesky_"])
def test_what_follows_from_other_parameters_may_be_deleted(name: str) -> None:
    """As where it lay in the estimator; what is not there cannot be."""
    model = GaussianMixture(2, random_state=0).fit(ROWS)
    covariances = model.covariances_.copy()
    if name == "precisions_cholesky_":
        model.covariances_ = covariances
    delattr(model, name)
    np.testing.assert_allclose(model.covariances_, covariances, rtol=1e-12)
    with pytest.raises(AttributeError, match=name):
        delattr(GaussianMixture(2), name)
