"""Records of a fit: what they say, and how they end it."""

from __future__ import annotations

import warnings
from time import perf_counter

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from gaussmix import GaussianMixture
from gaussmix.em.status import Status
from gaussmix.errors import ConfigError


@pytest.fixture
def x(clusters):
    return clusters(600, 2, 4, seed=3, apart=1.5)


def test_records_tell_the_history(x):
    records = []
    model = GaussianMixture(4, init_params="kmeans", random_state=0, callback=records.append).fit(x)
    first, *iterations, last = records
    assert (first.kind, first.iteration, last.kind, last.status) == ("start", 0, "end", "converged")
    assert {record.kind for record in iterations} == {"iteration"}
    assert [record.iteration for record in iterations] == list(range(1, model.n_iter_ + 1))
    means = [record.log_likelihood for record in records[:-1]]
    np.testing.assert_array_equal(means, model.history_.log_likelihood / len(x))
    assert last.gain_left == model.gain_left_
    seconds = [record.seconds for record in records]
    assert seconds == sorted(seconds)
    assert seconds[0] > 0.0
    assert {record.start for record in records} == {0}


def test_every_start_is_told(x):
    records = []
    GaussianMixture(4, init_params="k-means++", n_init=3, random_state=0, callback=records.append).fit(x)
    assert [record.start for record in records if record.kind == "start"] == [0, 1, 2]
    assert [record.start for record in records if record.kind == "end"] == [0, 1, 2]


def test_a_callback_ends_the_fit_with_what_it_has_come_to(x):
    whole = GaussianMixture(4, init_params="kmeans", random_state=0, tol=0, max_iter=7)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        whole.fit(x)
    model = GaussianMixture(4, init_params="kmeans", random_state=0, tol=0, callback=lambda r: r.iteration == 7)
    with pytest.warns(ConvergenceWarning, match="A callback, a time limit or an interrupt ended the fit"):
        model.fit(x)
    assert (model.status_, model.n_iter_, model.converged_) == (Status.STOPPED, 7, False)
    np.testing.assert_array_equal(model.means_, whole.means_)


def test_true_of_numpy_is_true(x):
    model = GaussianMixture(2, random_state=0, callback=lambda record: np.bool_(record.iteration == 1))
    with pytest.warns(ConvergenceWarning):
        model.fit(x)
    assert model.n_iter_ == 1


def test_what_is_merely_true_ends_nothing(x):
    assert GaussianMixture(4, random_state=0, callback=lambda record: record.kind).fit(x).converged_


def test_an_error_of_a_callback_comes_out(x):
    def fail(record):
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        GaussianMixture(4, callback=fail).fit(x)


def test_a_time_limit_ends_the_fit(clusters):
    x = clusters(100_000, 4, 8, seed=1, apart=1.0)
    model = GaussianMixture(8, init_params="k-means++", tol=0.0, max_iter=100_000, random_state=0, time_limit=0.3)
    began = perf_counter()
    with pytest.warns(ConvergenceWarning):
        model.fit(x)
    assert perf_counter() - began < 20.0  # a fit without limit takes many minutes
    assert model.status_ is Status.STOPPED
    assert 0 < model.n_iter_ < 100_000
    none = GaussianMixture(8, random_state=0, time_limit=0.0)
    with pytest.warns(ConvergenceWarning):
        none.fit(x)
    assert none.n_iter_ == 0
    assert np.isfinite(none.score(x[:10]))


@pytest.mark.parametrize("wrong", [{"time_limit": -1.0}, {"time_limit": "long"}, {"callback": "print"}])
def test_what_makes_no_sense_is_refused(x, wrong):
    with pytest.raises(ConfigError):
        GaussianMixture(2, **wrong).fit(x)
