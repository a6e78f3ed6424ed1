"""Fits that end because they cannot become the best: when they do, what is said of them, and that they could not."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np
import pytest

import gaussmix
from gaussmix.em.history import Entry, History
from gaussmix.em.status import Status
from gaussmix.em.stopping import AutomaticTolerance
from gaussmix.families.structures import STRUCTURES
from gaussmix.selection.candidate import Candidate, Outcome
from gaussmix.selection.cells import Cell
from gaussmix.selection.criteria import CRITERIA
from gaussmix.selection.look import SAFETY, Bar, Look, gain_in_sight
from gaussmix.selection.search import Search

N = 500.0
TOP = -1000.0


@pytest.fixture(scope="module")
def overlapping():
    """Three clusters of 1500 rows that share many."""
    rng = np.random.default_rng(4)
    parts = [([0, 0], [1, 1]), ([2.5, 0], [0.5, 2]), ([0, 3], [2, 0.7])]
    return np.concatenate([rng.normal(mean, deviation, (500, 2)) for mean, deviation in parts])


def climbing(gains: list[float], top: float = TOP) -> History:
    """The history of a fit that made these gains and came to the top by them."""
    history = History()
    for value in top - np.append(np.cumsum(gains[::-1])[::-1], 0.0):
        history.append(Entry(value, value))
    return history


def geometric(length: int, rate: float, first: float = 50.0) -> tuple[History, float]:
    """A fit whose gains shrink by a rate, and where they lead."""
    gains = [first * rate**i for i in range(length)]
    return climbing(gains), TOP + gains[-1] * rate / (1.0 - rate)


def look(needed: float) -> Look:
    """Of fits that never converge."""
    rule = AutomaticTolerance(tol=0.0, total=0.0)
    return Look(rule, rule, needed)


@pytest.mark.parametrize("rate", [0.3, 0.7, 0.9, 0.97])
def test_what_comes_to_what_is_needed_is_not_ended(rate):
    for length in range(1, 60):
        history, end = geometric(length, rate)
        assert not look(end - 1e-9).pointless(history, N)


@pytest.mark.parametrize("rate", [0.3, 0.7, 0.9])
def test_what_stays_far_below_is_ended_soon(rate):
    left = None
    for length in range(1, 60):
        history, end = geometric(length, rate)
        if look(end + 100.0).pointless(history, N):
            left = end - history[-1].log_likelihood
            break
    assert left is not None
    assert SAFETY * history.to_come < 100.0 + left
    assert history.to_come >= left - 1e-6  # geometric gains are what estimates are exact for


def test_slow_gains_before_a_rise_are_no_end():
    """As a fit made them that was to gain forty nats: three single gains promise an end after three."""
    plateau = [0.28, 0.26, 0.24, 0.22, 0.20, 1.5, 0.2, 0.18, 1.3, 7.7, 5.4, 6.6, 11.4]
    for length in range(1, len(plateau) + 1):
        assert not look(TOP - 5.0).pointless(climbing(plateau[:length], TOP - sum(plateau[length:])), N)


def test_a_large_gain_after_a_start_promises_no_near_end():
    history = climbing([661.0, 61.0, 25.7, 15.9, 11.5, 33.5])
    assert gain_in_sight(history, 50_000.0) >= 60.0


def test_nothing_is_needed_where_nothing_is_known():
    history, _ = geometric(40, 0.5)
    assert not look(-inf).pointless(history, N)


@pytest.mark.parametrize("name", sorted(CRITERIA))
def test_the_bar_is_where_a_criterion_is_as_good_as_the_best(name, overlapping):
    """By the criterion's own formula, whose other parts are known before there is a fit."""
    found = gaussmix.select(overlapping[::10], [2], ["VVI"], name, random_state=0)
    candidate = found._choice.best
    recipe = replace(gaussmix.GaussianMixture(2)._recipe(), structure=STRUCTURES["diag"], n_components=2)
    figures = candidate.figures
    bar = Bar(CRITERIA[name], 2, figures.sum_weight, candidate.value(CRITERIA[name]))
    assert bar.count(recipe) == figures.n_parameters
    certain = replace(figures, log_likelihood=bar.log_likelihood(recipe), log_certainty=0.0)
    assert CRITERIA[name].of(certain) == pytest.approx(bar.best, rel=1e-12)
    assert bar.log_likelihood(recipe) == pytest.approx(figures.log_likelihood + figures.log_certainty * (name == "icl"))
    assert Bar(CRITERIA[name], 2, figures.sum_weight).log_likelihood(recipe) == -inf


@pytest.mark.parametrize("step", [1, 5])
def test_what_is_behind_could_not_have_won(overlapping, step):
    """Fitted alone to their end, from starts of their own, they are behind, too; and the best went to its end."""
    x = overlapping[::step]
    found = gaussmix.select(x, range(1, 6), random_state=0)
    table = found.table
    assert table.status[0] == "converged"
    behind = table[table.status == "behind"]
    assert len(behind) > 5
    assert not behind.bic.isna().any()
    assert f"{len(behind)} ended early" in found.explain()
    for row in behind.itertuples():
        model = found.model(row.k, row.structure)
        assert model.status_ is Status.BEHIND
        assert not model.converged_
        assert model.bic(x) == pytest.approx(row.bic, rel=1e-12)
    for row in behind.iloc[::4].itertuples():
        alone = gaussmix.GaussianMixture(row.k, covariance_type=row.structure, random_state=1).fit(x)
        assert alone.bic_ > table.bic[0]


def test_a_tolerance_that_is_asked_for_is_that_of_every_fit(overlapping):
    found = gaussmix.AutoGaussianMixture(
        n_components=range(1, 4), structures=["full", "EEE", "VII", "EII"], tol=1e-4, random_state=0
    )
    assert set(found.fit(overlapping).selection_.table.status) == {"converged"}


def test_a_search_that_is_ended_says_so_of_its_best(overlapping):
    """Whatever may still become the best is not behind."""
    seen = []

    def told(progress):
        seen.append(progress)
        return len(seen) == 30

    table = gaussmix.select(overlapping, range(1, 5), callback=told, random_state=0, n_jobs=1).table
    assert table.status[0] != "behind"
    assert (table.status == "not tried").any()


def test_where_a_fit_that_goes_on_comes_to_nothing_so_does_the_cell(overlapping):
    """Its end counts, not how well it looked before; but one that was not tried says nothing."""
    found = gaussmix.select(overlapping[::5], [2], "full", random_state=0)
    before = found._choice.best
    spike = replace(before, outcome=Outcome.SPIKE, reason="no extent")
    after = before.followed_by(spike)
    assert (after.outcome, after.reason) == (Outcome.SPIKE, "no extent")
    assert before.better_of(spike).eligible
    assert before.followed_by(Candidate(Cell(2, STRUCTURES["full"]), Outcome.NOT_TRIED, "time")).eligible


def test_what_another_verdict_prefers_is_not_behind_where_time_is_up():
    """Of these rows held-out log-likelihood prefers a fit that ended early; here it cannot go on."""
    rng = np.random.default_rng(1)
    x = rng.standard_t(3, (500, 2))
    x = np.concatenate([x, rng.standard_t(3, (500, 2)) @ rng.normal(size=(2, 2)) + 3.0])
    measured = []

    def told(progress):
        measured.extend([progress] if progress.doing else [])
        return len(measured) == 2 * 7

    settings = {"criterion": "held_out", "n_folds": 2, "random_state": 5, "n_jobs": 1}
    found = gaussmix.select(x, range(1, 8), "full", callback=told, **settings)
    assert found.best.status_ is Status.STOPPED
    assert all(model.status_ is not Status.BEHIND for model in found.best_few(3))
    to_its_end = gaussmix.select(x, range(1, 8), "full", **settings).best
    assert to_its_end.converged_
    assert to_its_end.log_likelihood_ > found.best.log_likelihood_


def test_time_for_races_alone_is_enough_for_several_components(overlapping, monkeypatch):
    """Races come first: when they have used up the time, their best winner is the best so far."""
    starts = Search._starts

    def used_up(self, cells):
        raced = starts(self, cells)
        self.work.end.ask("time")
        return raced

    monkeypatch.setattr(Search, "_starts", used_up)
    table = gaussmix.select(overlapping, range(1, 5), random_state=0, n_jobs=1).table
    several = table[table.k > 1]
    assert (several.status != "not tried").sum() == 1
    assert table.k[0] > 1
    assert table.status[0] == "stopped"
