"""Leaps by what rows say: on steps whose answer is known, and the information itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from gaussmix import GaussianMixture
from gaussmix.em.driver import run
from gaussmix.em.evaluation import Evaluation
from gaussmix.em.history import Entry
from gaussmix.em.scoring import MOST_DAMPING, RESTS, Scoring, longer
from gaussmix.em.status import Status
from gaussmix.em.stopping import AutomaticTolerance, remaining_gain
from gaussmix.errors import DegenerateFitError


@dataclass(frozen=True)
class Plane:
    """All vectors, and how much is known of each entry."""

    whole: np.ndarray
    observed: np.ndarray
    possible: bool = True
    left: float = np.inf

    def vector(self, sums: np.ndarray) -> np.ndarray:
        return sums

    def sums(self, vector: np.ndarray) -> np.ndarray | None:
        return vector if self.possible else None

    def to_come(self, change: np.ndarray) -> float:
        return self.left


@dataclass
class Ascent:
    """A hill that EM climbs by ``1 − rate`` of what is left in each direction: its sums are the parameters to come."""

    rates: tuple[float, ...] = (0.999, 0.5)
    possible: bool = True
    breaks: bool = False
    sum_weight: float = 1.0
    monotone: bool = True
    passes: int = 0
    surveys: int = 0
    knows: bool = False

    def amplification(self, x: np.ndarray) -> float:
        return 1.0

    def expect(self, x: np.ndarray) -> Evaluation[np.ndarray]:
        self.passes += 1
        curvature = 1.0 - np.array(self.rates)
        value = float(-0.5 * curvature @ (x - 3.0) ** 2)
        return Evaluation(Entry(value, value), x + curvature * (3.0 - x))

    def maximise(self, evaluation: Evaluation[np.ndarray], x: np.ndarray) -> np.ndarray:
        if self.breaks and not np.array_equal(evaluation.sums, self.expect(x).sums):
            raise DegenerateFitError("no such parameters")
        return evaluation.sums

    def survey(self, x: np.ndarray, sums: np.ndarray) -> Plane:
        self.surveys += 1
        curvature = 1.0 - np.array(self.rates)
        left = float(0.5 * curvature @ (x - 3.0) ** 2) if self.knows else np.inf
        return Plane(np.eye(len(self.rates)), np.diag(curvature), self.possible, left)


RULE = AutomaticTolerance(tol=1e-8, total=0.0)


def test_slow_directions_are_walked_in_a_few_passes():
    step = Ascent()
    result = run(step, np.zeros(2), RULE, 10_000, Scoring(step, step))
    assert result.status is Status.CONVERGED
    np.testing.assert_allclose(result.parameters, 3.0, atol=5e-3)
    assert step.passes < 40  # in which EM alone would have come a twenty-fifth of the way
    assert 0 < step.surveys < len(result.history.leaps)
    assert (np.diff(result.history.objective) >= 0.0).all()


def test_a_fit_ends_where_its_curvature_says_that_little_is_to_gain():
    rule = AutomaticTolerance(tol=1e-12, total=1e-3, known=1e-4)
    step, blind = (Ascent(sum_weight=1000.0, knows=knows) for knows in (True, False))
    result = run(step, np.zeros(2), rule, 10_000, Scoring(step, step))
    assert result.status is Status.CONVERGED
    assert 0.0 < result.history.to_come < rule.known
    assert -result.history[-1].objective == pytest.approx(result.history.to_come)
    assert remaining_gain(result.history, 1000.0) == result.history.to_come
    longer_way = run(blind, np.zeros(2), rule, 10_000, Scoring(blind, blind))
    assert longer_way.history.to_come is None
    assert step.passes < blind.passes


@pytest.mark.parametrize("trait", ["possible", "breaks"])
def test_where_no_leap_can_be_made_the_fit_is_the_plain_one(trait):
    plain = run(Ascent((0.9, 0.5)), np.zeros(2), RULE, 10_000)
    step = Ascent((0.9, 0.5), **{trait: trait == "breaks"})
    result = run(step, np.zeros(2), RULE, 10_000, Scoring(step, step))
    np.testing.assert_array_equal(result.history.objective, plain.history.objective)
    assert result.history.leaps == ()


def test_after_refused_leaps_plain_iterations_follow():
    step = Ascent()
    leaps = Scoring(step, step)
    evaluation = step.expect(np.zeros(2))
    asked = []
    for _ in range(4 * RESTS):
        leaps.watch(evaluation, np.zeros(2))
        asked.append(leaps.leap(evaluation, np.zeros(2)) is not None)
        if asked[-1]:
            leaps.refused()
    assert leaps._damping == MOST_DAMPING
    assert sum(asked) < RESTS
    assert asked[-RESTS:] != [False] * RESTS  # but it is tried again


def test_a_step_is_em_s_where_rows_say_all_and_longer_where_they_say_less():
    change = np.array([1.0, 1.0])
    survey = Plane(np.eye(2), np.diag([1.0, 0.01]))
    np.testing.assert_allclose(longer(change, survey, 0.0), [1.0, 100.0])
    np.testing.assert_allclose(longer(change, survey, 1e12), [1.0, 1.0])
    damped = longer(change, survey, 0.1)
    assert damped[0] == pytest.approx(1.0)
    assert 1.0 < damped[1] < 11.0


def test_what_never_varies_stays():
    survey = Plane(np.diag([1.0, 0.0]), np.diag([0.5, 0.0]))
    np.testing.assert_allclose(longer(np.array([1.0, 0.0]), survey, 0.0), [2.0, 0.0], rtol=1e-15, atol=0.0)


@pytest.mark.parametrize("structure", ["full", "diag"])
def test_the_same_fit_in_other_units_and_with_weights_for_rows(clusters, structure):
    x = clusters(700, 2, 3, seed=6, apart=1.5)
    arguments = {"covariance_type": structure, "random_state": 0}
    one = GaussianMixture(3, **arguments).fit(x)
    assert one.history_.leaps
    scale, origin = np.array([3e5, 7e-4]), np.array([1e3, -2.0])
    two = GaussianMixture(3, **arguments).fit(x * scale + origin)
    np.testing.assert_allclose(two.means_, one.means_ * scale + origin, rtol=1e-6)
    assert two.n_iter_ == one.n_iter_


def test_a_constant_column_and_an_empty_direction_do_no_harm(clusters):
    x = clusters(600, 2, 3, seed=6, apart=1.5)
    bare = GaussianMixture(3, random_state=0).fit(x)
    wide = GaussianMixture(3, random_state=0).fit(np.c_[x, np.full(len(x), 7.0)])
    np.testing.assert_allclose(np.sort(wide.weights_), np.sort(bare.weights_), atol=0.02)
