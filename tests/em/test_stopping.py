"""The loop and the rules that stop it, on steps whose gains are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from gaussmix.em.driver import run
from gaussmix.em.evaluation import Evaluation
from gaussmix.em.history import Entry, History
from gaussmix.em.status import Status
from gaussmix.em.stopping import (
    LONG_WAY,
    AitkenTolerance,
    AutomaticTolerance,
    PlainTolerance,
    remaining_gain,
    rounding,
)

N = 100.0
"""Sum of weights: totals are this many times the means that tolerances speak of."""


@dataclass
class Geometric:
    """A step whose objective rises by ``first · rate^i``: what is still to gain is known in closed form."""

    rate: float
    first: float = N
    limit: float = -5.0 * N
    sum_weight: float = N
    monotone: bool = True

    def remaining(self, iteration: int) -> float:
        return self.first * self.rate**iteration / (1.0 - self.rate)

    def amplification(self, parameters):
        return 1.0

    def expect(self, parameters: int) -> Evaluation[int]:
        value = self.limit - self.remaining(parameters)
        return Evaluation(Entry(value, value), parameters)

    def maximise(self, evaluation: Evaluation[int], parameters: int) -> int:
        assert evaluation.sums == parameters
        return parameters + 1


@dataclass
class Scripted:
    """A step that comes to these objectives one after the other."""

    objectives: list[float]
    monotone: bool = True
    sum_weight: float = N

    def amplification(self, parameters):
        return 1.0

    def expect(self, parameters: int) -> Evaluation[int]:
        return Evaluation(Entry(self.objectives[parameters], self.objectives[parameters]), parameters)

    def maximise(self, evaluation: Evaluation[int], parameters: int) -> int:
        return parameters + 1


def history(*objectives: float) -> History:
    found = History()
    for value in objectives:
        found.append(Entry(value, value))
    return found


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9, 0.999])
def test_aitken_knows_what_a_geometric_series_still_gains(rate):
    step = Geometric(rate)
    for iteration in (3, 5, 20):
        values = [step.expect(i).entry.objective for i in range(iteration - 3, iteration + 1)]
        gain = values[-1] - values[-2]
        if gain < 1e-6:
            continue
        # Gains are differences of totals of order 1000 / (1 − rate): their rounding is all that is wrong.
        assert remaining_gain(history(*values), N) == pytest.approx(
            step.remaining(iteration), rel=1e-13 * abs(values[0]) / gain / (1.0 - rate)
        )


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("tol", [1e-2, 1e-5])
def test_aitken_stops_at_the_first_iteration_that_leaves_less_than_tol(rate, tol):
    step = Geometric(rate)
    result = run(step, 0, AitkenTolerance(tol), 100_000)
    assert result.status is Status.CONVERGED
    exact = next(i for i in range(3, 100_000) if step.remaining(i) < tol * N)
    assert abs(result.n_iter - exact) <= 1  # the estimate rounds
    assert result.parameters == result.n_iter


def test_the_last_gain_alone_would_have_stopped_far_too_early():
    step = Geometric(0.999, first=0.5e-3 * N)
    plain = run(step, 0, PlainTolerance(1e-3), 100_000)
    assert plain.n_iter == 1
    assert step.remaining(plain.n_iter) > 0.4 * N
    aitken = run(step, 0, AitkenTolerance(1e-3), 100_000)
    assert step.remaining(aitken.n_iter) == pytest.approx(1e-3 * N, rel=0.01)


def test_aitken_waits_while_gains_grow_and_before_four_values():
    assert remaining_gain(history(1.0), N) == np.inf
    assert remaining_gain(history(1.0, 2.0), N) == np.inf
    assert remaining_gain(history(0.0, 1.0, 3.0), N) == np.inf
    assert remaining_gain(history(0.0, 1.0, 2.0), N) == np.inf
    assert remaining_gain(history(0.0, 4.0, 6.0), N) == np.inf
    assert remaining_gain(history(0.0, 4.0, 6.0, 7.0), N) == pytest.approx(1.0)


def test_aitken_does_not_take_a_plateau_after_a_jump_for_the_end():
    """One large gain, then small ones that grow again; and a start without any density."""
    values = np.cumsum([0.0, 190.0, 225.0, 0.166, 0.107, 0.097, 0.1, 0.113, 0.14, 0.193, 0.297])
    for n in range(1, len(values) + 1):
        assert remaining_gain(history(*values[:n]), N) > 0.1
    assert remaining_gain(history(-np.inf, 0.0, 1.0), N) == np.inf
    assert remaining_gain(history(-np.inf, 0.0, 1.0, 1.5), N) == np.inf


def leapt(*objectives: float, plain: int = 2) -> History:
    """A history in which all but the first and so many of the last were extrapolated."""
    kept = History()
    for number, value in enumerate(objectives):
        kept.append(Entry(value, value), leapt=0 < number < len(objectives) - plain)
    return kept


def test_after_leaps_three_plain_gains_tell():
    assert remaining_gain(leapt(0.0, 30.0, 40.0, 44.0, 45.0, 45.5), N) == np.inf
    values = leapt(0.0, 30.0, 40.0, 44.0, 45.0, 45.5, plain=3)
    assert values.since_leap == 3
    assert remaining_gain(values, N) == pytest.approx(0.5)
    assert remaining_gain(leapt(0.0, 30.0, 40.0, 44.0, 45.0, 46.5, plain=3), N) == np.inf  # down from a saddle
    values.append(Entry(46.0, 46.0), leapt=True)
    assert remaining_gain(values, N) == np.inf


def test_a_leap_next_to_a_saddle_is_not_the_end():
    """There a plain iteration gains next to nothing, as at the top."""
    assert remaining_gain(leapt(0.0, 1.0, 2.0, 2.0, plain=1), N) == np.inf
    assert remaining_gain(leapt(0.0, 1.0, 2.0, 2.0, 2.0, 2.0, plain=3), N) == 0.0
    growing = leapt(0.0, 1.0, 2.0, 2.0 + 1e-9, 2.0 + 3e-9, 2.0 + 9e-9, plain=3)
    assert remaining_gain(growing, N) == np.inf


def test_leaps_that_gain_little_bring_the_end_in_sight():
    rule = AutomaticTolerance(tol=0.001, total=0.0)
    still = leapt(0.0, 10.0, 11.0, 12.0, 13.0, 13.5, 13.7)
    near = leapt(0.0, 10.0, 11.0, 12.0, 12.2, 12.21, 12.22)
    assert not rule.in_sight(still, N)
    assert rule.in_sight(near, N)
    assert not rule.in_sight(history(0.0, 10.0, 11.0, 12.0, 12.2, 12.21, 12.22), N)


def test_the_automatic_rule_spares_what_the_data_cannot_tell():
    rule = AutomaticTolerance(tol=1e-7, total=0.1, gain=1e-3)
    slow = history(*(-0.065 * 0.99**i for i in range(LONG_WAY + 1)))  # 0.048 to come, half a thousandth at a time
    steady = history(
        *(-0.05 * 2.0 ** (LONG_WAY - i) * 0.5**4 for i in range(LONG_WAY + 1))
    )  # 0.003 to come: a few more
    long = history(*(-0.5 * 0.999**i for i in range(LONG_WAY + 1)))
    assert rule.converged(slow, 1e4)
    assert not rule.converged(slow, N)  # of so few rows a tenth of a nat is something
    assert not rule.converged(steady, 1e4)
    assert not rule.converged(long, 1e4)
    assert rule.converged(steady, 1e5)  # less than 1e-7 a row


def test_totals_count_on_long_ways_only():
    """At the saddles that poor starts lead by, gains are as small and grow again."""
    rule = AutomaticTolerance(tol=1e-7, total=0.1, gain=1e-3)
    early = [-0.065 * 0.99**i for i in range(LONG_WAY)]
    assert not rule.converged(history(*early), 1e4)
    half = LONG_WAY // 2
    grown = [-2.0 + 0.001 * i for i in range(half + 2)] + [-0.065 * 0.99**i for i in range(half - 1)]
    assert len(grown) == LONG_WAY + 1
    assert remaining_gain(history(*grown), 1e4) < 0.1
    assert not rule.converged(history(*grown), 1e4)


@pytest.mark.parametrize("change", [0.0, 1e-13, -1e-13])
def test_aitken_stops_where_only_rounding_is_left(change):
    values = history(-900.0, -900.0, -900.0 + change)
    assert abs(change) < rounding(values, N)
    assert remaining_gain(values, N) == 0.0
    assert AitkenTolerance(1e-300).converged(values, N)
    assert not AitkenTolerance(0.0).converged(values, N)


def test_aitken_stops_where_rounding_goes_up_and_down():
    """Differences that near-singular covariances make: above the rounding of sums, far below the tolerance."""
    up, down = -900.0 + 1e-7, -900.0
    assert up - down > rounding(history(up, down), N)
    rule = AitkenTolerance(1e-6)
    assert rule.converged(history(-901.0, up, down), N)
    assert not rule.converged(history(-901.0, down, up), N)
    assert not AitkenTolerance(1e-8).converged(history(-901.0, up, down), N)


def test_the_plain_rule_compares_means():
    assert not PlainTolerance(1e9).converged(history(0.0), N)
    assert PlainTolerance(0.011).converged(history(0.0, 1.0), N)
    assert not PlainTolerance(0.01).converged(history(0.0, 1.0), N)
    assert PlainTolerance(0.011).converged(history(1.0, 0.0), N)
    assert not PlainTolerance(0.0).converged(history(1.0, 1.0), N)


def test_a_step_that_lies_is_found_out():
    """The objective falls: the better parameters come back, with a status that says what to do."""
    result = run(Scripted([-10.0, -5.0, -5.1, 99.0]), 0, AitkenTolerance(1e-9), 10)
    assert result.status is Status.FELL
    assert result.parameters == 1
    assert result.evaluation.entry.objective == -5.0
    np.testing.assert_array_equal(result.history.objective, [-10.0, -5.0])
    assert "report" in result.status.advice


def test_a_step_that_promises_nothing_may_fall():
    result = run(Scripted([-10.0, -5.0, -5.1, -5.1], monotone=False), 0, PlainTolerance(1e-9), 10)
    assert result.status is Status.CONVERGED
    assert result.n_iter == 3


def test_a_fall_within_rounding_is_none():
    objectives = [-1000.0, -900.0, -900.0 - 1e-13, -900.0]
    result = run(Scripted(objectives), 0, PlainTolerance(0.0), 3)
    assert result.status is Status.MAX_ITER


def test_max_iter_zero_returns_the_start():
    result = run(Geometric(0.5), 7, AitkenTolerance(1e-3), 0)
    assert result.parameters == 7
    assert result.n_iter == 0
    assert result.status is Status.MAX_ITER
    assert len(result.history) == 1
    assert result.history[0] == result.evaluation.entry


@pytest.mark.parametrize("max_iter", [1, 2, 9])
def test_max_iter_counts_updates(max_iter):
    result = run(Geometric(0.9999), 0, AitkenTolerance(1e-9), max_iter)
    assert result.status is Status.MAX_ITER
    assert result.parameters == result.n_iter == max_iter
    assert "raise max_iter" in result.status.advice


def test_converging_in_the_last_iteration_counts():
    # Gains 4, 2, 1 …: after the third update 1 nat is left to 100 rows.
    assert run(Scripted([0.0, 4.0, 6.0, 7.0]), 0, AitkenTolerance(0.03), 3).status is Status.CONVERGED


@pytest.mark.parametrize("status", list(Status))
def test_every_status_has_advice(status):
    assert status.advice.endswith(".")


def test_the_history_is_a_table():
    kept = History()
    kept.append(Entry(-2.0, -3.0))
    kept.append(Entry(-1.0, -2.5))
    np.testing.assert_array_equal(kept.log_likelihood, [-2.0, -1.0])
    np.testing.assert_array_equal(kept.objective, [-3.0, -2.5])
    assert [entry.objective for entry in kept] == [-3.0, -2.5]


@pytest.mark.parametrize(("coarseness", "stops"), [(1.0, False), (2.0**29, True)])
def test_a_fall_within_the_rounding_of_coarser_rows_ends_a_fit(coarseness, stops):
    """float32 rows: 1e-7 of the objective is a fall that the update need not be at fault for; in float64 it is one."""
    kept = History()
    for value in (-4.0 * N, -3.0 * N, -2.9 * N, -2.9 * N * (1.0 + 1e-7)):
        kept.append(Entry(value, value, coarseness))
    assert AitkenTolerance(1e-9).converged(kept, N) is stops


@pytest.mark.parametrize(("coarseness", "stops"), [(1.0, False), (2.0**29, True)])
def test_leaps_and_steps_that_undo_each_other_by_rounding_of_coarser_rows_end_a_fit(coarseness, stops):
    """float32 rows at a top: a leap seems to gain what the next iteration seems to lose, for ever."""
    kept, ended = History(), []
    for number, value in enumerate([-4.0 * N, -3.0 * N, -2.9 * N, *[-2.9 * N + 1e-5, -2.9 * N] * 10]):
        kept.append(Entry(value, value, coarseness), leapt=number > 2 and number % 2 == 1)
        ended.append(AutomaticTolerance().converged(kept, N))
    assert any(ended) is stops


def test_leaps_that_gain_more_than_they_lose_end_no_fit_of_coarser_rows():
    """On the way along a ridge some of float32's iterations seem to fall; those about them gain more."""
    kept = History()
    for number in range(40):
        value = -3.0 * N + 1e-3 * N * (number // 2) - 1e-4 * N * (number % 2)
        kept.append(Entry(value, value, 2.0**29), leapt=number > 2 and number % 2 == 0)
        assert not AutomaticTolerance().converged(kept, N)
