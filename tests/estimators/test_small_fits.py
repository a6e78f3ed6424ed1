"""What is done in less time than scikit-learn's own checks take has the same outcome."""

from __future__ import annotations

import threading
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
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
