"""The race of starts is cut short where a fit is to end, and what has run by then goes on."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from gaussmix import GaussianMixture
from gaussmix.cli.interrupts import Interrupts
from gaussmix.cli.watching import Watch
from gaussmix.em.listener import Listener, Listeners
from gaussmix.em.status import Status
from gaussmix.fitting import auto
from gaussmix.fitting.step import EMStep


@pytest.fixture
def x(clusters):
    return clusters(600, 2, 4, seed=3, apart=1.5)


@pytest.fixture
def clock(monkeypatch):
    """Every look at the clock takes a second."""
    now = iter(range(10**6))
    monkeypatch.setattr("gaussmix.estimators.stream.perf_counter", lambda: float(next(now)))


@pytest.fixture
def runs(monkeypatch):
    """Runs of the race that were made, by the names of the starts."""
    made = []
    run = auto._run
    monkeypatch.setattr(auto, "_run", lambda scene, r, n: made.append(r.partition.name) or run(scene, r, n))
    return made


def ended(model: GaussianMixture, x: np.ndarray) -> GaussianMixture:
    with pytest.warns(ConvergenceWarning, match="a time limit or an interrupt ended the fit"):
        return model.fit(x)


def test_the_race_is_whole_where_there_is_time(x, clock, runs):
    model = GaussianMixture(4, random_state=0, time_limit=1e5).fit(x)
    assert model.converged_
    assert len(runs) in (8, 9)  # six starts, then the best two and the one that always runs, which may be among them
    assert not [event for event in model.events_ if event.kind == "stopped"]


@pytest.mark.parametrize("limit", [0.0, 3.0, 6.0, 9.0, 11.0, 12.0])
def test_a_time_limit_ends_the_race(x, clock, runs, limit):
    model = ended(GaussianMixture(4, random_state=0, time_limit=limit), x)
    assert (model.status_, model.n_iter_, model.converged_) == (Status.STOPPED, 0, False)
    assert np.isfinite(model.score(x))
    # The clock is looked at before every partition but the first, and then before every run but the first.
    assert len(runs) == max(1, int(limit) - 5)
    tried = len(set(runs))
    assert len(model.starts_) == tried
    assert all(np.isfinite(attempt.raced) for attempt in model.starts_)
    (event,) = [event for event in model.events_ if event.kind == "stopped"]
    starts = "1 start" if tried == 1 else f"{tried} starts"
    assert (
        event.text
        == f"the time limit of {limit:g} s was reached after 0 iterations on all rows; {starts} had been tried"
    )


def test_the_best_of_those_that_ran_goes_on(x, clock):
    model = ended(GaussianMixture(4, random_state=0, time_limit=9.0), x)
    raced = [attempt.raced for attempt in model.starts_]
    assert len(raced) > 2
    assert raced[0] >= max(raced) - auto.RACE_TOLERANCE
    assert model.starts_[0].status == "stopped"
    assert {attempt.status for attempt in model.starts_[1:]} == {"raced"}


def test_another_fit_goes_on_from_there(x, clock):
    model = ended(GaussianMixture(4, random_state=0, time_limit=0.0, warm_start=True), x)
    before = model.score(x)
    model.set_params(time_limit=None).fit(x)
    assert model.converged_
    assert model.score(x) > before


def test_a_limit_during_iterations_is_said(x, clock):
    model = ended(GaussianMixture(4, init_params="kmeans", random_state=0, tol=0.0, time_limit=10.0), x)
    assert 0 < model.n_iter_ < 11
    text = f"the time limit of 10 s was reached after {model.n_iter_} iterations on all rows; 1 start had been tried"
    assert [event.text for event in model.events_] == [text]


def test_a_callback_is_said_to_have_ended_the_fit(x):
    model = ended(
        GaussianMixture(4, init_params="kmeans", tol=0, random_state=0, callback=lambda r: r.iteration == 7), x
    )
    text = "a callback ended the fit after 7 iterations on all rows; 1 start had been tried"
    assert [(event.text, event.iteration, event.start) for event in model.events_] == [(text, 7, 0)]


def test_an_interrupt_ends_the_race(x, runs):
    interrupts = Interrupts()
    interrupts.pressed = True
    watch = Watch("Fitting …", None, None, interrupts)
    model = ended(GaussianMixture(4, random_state=0, callback=watch), x)
    assert len(runs) == 1
    assert model.events_[-1].text.startswith("the fit was interrupted after 0 iterations")


def test_a_listener_is_asked_nothing_where_it_has_nothing_to_say(x, runs):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        GaussianMixture(4, random_state=0, callback=lambda record: None).fit(x)
    assert len(runs) in (8, 9)


def test_of_several_listeners_one_is_enough():
    class Silent(Listener[int]):
        def evaluated(self, parameters, history, sum_weight):
            return False

    class Enough(Silent):
        def wants_end(self):
            return "it is late"

    assert Listeners(Silent(), Silent()).wants_end() == ""
    assert Listeners(Silent(), Enough()).wants_end() == "it is late"


def test_a_second_round_goes_on_from_what_the_first_evaluated(x, monkeypatch):
    evaluated = []  # kept, so that no two have one identity
    expect = EMStep.expect
    monkeypatch.setattr(
        EMStep, "expect", lambda step, mixture: evaluated.append((step, mixture)) or expect(step, mixture)
    )
    GaussianMixture(4, random_state=0).fit(x)
    seen = [(id(step), id(mixture)) for step, mixture in evaluated]
    assert len(set(seen)) == len(seen)
