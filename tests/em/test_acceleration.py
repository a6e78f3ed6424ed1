"""Leaps: on steps whose answer is known, and of mixtures against plain EM."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from gaussmix import GaussianMixture
from gaussmix.core.mixture import Mixture
from gaussmix.data.memory import MemorySource
from gaussmix.em.acceleration import Anderson
from gaussmix.em.driver import run
from gaussmix.em.evaluation import Evaluation
from gaussmix.em.history import Entry
from gaussmix.em.status import Status
from gaussmix.em.stopping import AutomaticTolerance
from gaussmix.errors import DegenerateFitError
from gaussmix.families.gaussian import Gaussian
from gaussmix.fitting.space import SumsSpace
from gaussmix.kernels.reference import ReferenceKernel


@dataclass(frozen=True)
class Plane:
    """All vectors, as they are."""

    possible: bool = True
    measure: np.ndarray = field(default_factory=lambda: np.ones(2))

    def vector(self, sums: np.ndarray) -> np.ndarray:
        return sums

    def sums(self, vector: np.ndarray) -> np.ndarray | None:
        return vector if self.possible else None


@dataclass
class Ascent:
    """Short steps up a hill, whose sums are the parameters to come."""

    rates: tuple[float, ...] = (0.99, 0.5)
    saddle: bool = False
    possible: bool = True
    breaks: bool = False
    sum_weight: float = 1.0
    monotone: bool = True
    passes: int = 0

    def amplification(self, x: np.ndarray) -> float:
        return 1.0

    def objective(self, x: np.ndarray) -> float:
        curvature = 1.0 - np.array(self.rates)
        if self.saddle:  # tops at x₁ = ±1, a saddle between them
            return float(-0.25 * curvature[0] * (x[0] ** 2 - 1.0) ** 2 - 0.5 * curvature[1] * x[1] ** 2)
        return float(-0.5 * curvature @ (x - 3.0) ** 2)

    def expect(self, x: np.ndarray) -> Evaluation[np.ndarray]:
        self.passes += 1
        curvature = 1.0 - np.array(self.rates)
        slope = curvature * (3.0 - x)
        if self.saddle:
            slope = curvature * np.array([x[0] * (1.0 - x[0] ** 2), -x[1]])
        value = self.objective(x)
        return Evaluation(Entry(value, value), x + slope)

    def maximise(self, evaluation: Evaluation[np.ndarray], x: np.ndarray) -> np.ndarray:
        # Only a leap's sums differ from those of a pass.
        if self.breaks and not np.array_equal(evaluation.sums, self.expect(x).sums):
            raise DegenerateFitError("no such parameters")
        return evaluation.sums

    def space(self, x: np.ndarray, sums: np.ndarray) -> Plane:
        return Plane(self.possible, np.ones(len(self.rates)))


RULE = AutomaticTolerance(tol=1e-8, total=0.0)


def test_a_linear_step_is_solved_in_a_few_passes():
    plain, quick = Ascent(), Ascent()
    slow = run(plain, np.zeros(2), RULE, 10_000)
    fast = run(quick, np.zeros(2), RULE, 10_000, Anderson(quick))
    assert fast.status is slow.status is Status.CONVERGED
    np.testing.assert_allclose(fast.parameters, 3.0, atol=2e-3)
    assert 10 * quick.passes < plain.passes
    assert fast.history.leaps
    assert (np.diff(fast.history.objective) > 0.0).all()
    assert fast.n_iter == len(fast.history) - 1


def test_the_end_is_told_by_plain_iterations():
    step = Ascent()
    rule = AutomaticTolerance(tol=1e-6, total=0.0)
    result = run(step, np.zeros(2), rule, 10_000, Anderson(step))
    assert result.status is Status.CONVERGED
    assert result.history.leaps
    assert result.history.since_leap >= 1


def test_on_the_way_down_from_a_saddle_leaps_go_forwards():
    """What would undo the errors of the last iterations leads back to the saddle."""
    begin = np.array([0.02, 2.0])
    step = Ascent((0.98, 0.5), saddle=True)
    plain = run(step, begin, RULE, 10_000)
    step.passes = 0
    result = run(step, begin, RULE, 10_000, Anderson(step))
    np.testing.assert_allclose(plain.parameters, [1.0, 0.0], atol=2e-3)
    np.testing.assert_allclose(np.abs(result.parameters), [1.0, 0.0], atol=2e-3)
    assert 3 * step.passes < plain.n_iter


@pytest.mark.parametrize("trait", ["possible", "breaks"])
def test_where_no_leap_can_be_made_the_fit_is_the_plain_one(trait):
    plain = run(Ascent(), np.zeros(2), RULE, 10_000)
    step = Ascent(**{trait: trait == "breaks"})
    result = run(step, np.zeros(2), RULE, 10_000, Anderson(step))
    np.testing.assert_array_equal(result.history.objective, plain.history.objective)
    assert result.history.leaps == ()


def test_leaps_count_as_updates():
    step = Ascent()
    result = run(step, np.zeros(2), RULE, 8, Anderson(step))
    assert result.status is Status.MAX_ITER
    assert result.n_iter == 8


def test_sums_about_other_points_are_what_a_pass_about_these_gives(clusters, structure, make_mixture):
    x = clusters(200, 3, 3, seed=1)
    mixture = make_mixture(structure, 3, 3, seed=2)
    family = mixture.family
    other = Gaussian(
        family.structure, family.means + np.random.default_rng(0).normal(size=(3, 3)), family.precision_cholesky
    )
    source, kernel = MemorySource(x), ReferenceKernel()
    own, about = kernel.expect(source, mixture), kernel.expect(source, mixture, other)
    moved = family.about(own, other.means)
    np.testing.assert_allclose(moved.buffer, about.buffer, rtol=1e-12, atol=1e-10)
    np.testing.assert_array_equal(moved.pivot, about.pivot)


def test_sums_are_measured_in_their_standard_errors(clusters, structure, make_mixture):
    """Units cancel: rows in other units have the same measured sums."""
    x = clusters(300, 2, 3, seed=3)
    factor = np.array([7.0, 7.0]) if structure == "spherical" else np.array([7.0, 1e-3])
    measured = []
    for scale in (np.ones(2), factor):
        mixture = make_mixture(structure, 3, 2, seed=4)
        family = mixture.family
        root = 1.0 / scale
        scaled = Gaussian(
            family.structure,
            family.means * scale,
            family.structure.form.scale_features(family.precision_cholesky, root),
        )
        mixture = Mixture(scaled, mixture.allocation, mixture.frame)
        sums = ReferenceKernel().expect(MemorySource(x * scale), mixture)
        space = SumsSpace.about(mixture, sums)
        measured.append(space.vector(sums) * space.measure)
    np.testing.assert_allclose(measured[0], measured[1], rtol=1e-10, atol=1e-10)


def test_no_sums_without_rows_in_every_component(clusters, make_mixture):
    mixture = make_mixture("full", 2, 2)
    sums = ReferenceKernel().expect(MemorySource(clusters(50, 2, 2)), mixture)
    space = SumsSpace.about(mixture, sums)
    vector = space.vector(sums)
    assert space.sums(vector) is not None
    vector[1] = -1e-3
    assert space.sums(vector) is None


def test_mixtures_come_to_the_same_top_in_fewer_iterations(clusters, structure, each_kernel):
    x = clusters(1000, 2, 3, seed=6, apart=1.5)
    arguments = {"covariance_type": structure, "init_params": "kmeans", "random_state": 0, "max_iter": 5000}
    plain = GaussianMixture(3, tol=1e-12, **arguments).fit(x)
    quick = GaussianMixture(3, **arguments).fit(x)
    assert quick.log_likelihood_ == pytest.approx(plain.log_likelihood_, abs=0.1)
    assert quick.history_.leaps
    assert 3 * quick.n_iter_ < plain.n_iter_


def test_a_number_for_tol_goes_em_s_own_way(clusters):
    """Every iteration, so that fits are scikit-learn's."""
    x = clusters(500, 2, 3, seed=6, apart=1.5)
    model = GaussianMixture(3, init_params="kmeans", tol=1e-9, random_state=0, max_iter=5000).fit(x)
    assert model.history_.leaps == ()


def test_no_leaps_where_the_objective_may_fall(clusters):
    x = clusters(500, 2, 3, seed=6, apart=1.5)
    model = GaussianMixture(3, init_params="kmeans", reg_covar=1e-2, random_state=0, max_iter=5000).fit(x)
    assert model.history_.leaps == ()


@pytest.mark.parametrize("n_rates", [2, 3, 4])
def test_a_linear_step_takes_about_as_many_leaps_as_it_has_rates(n_rates):
    """Anderson's method is GMRES where the step is linear: p + 1 iterations in p dimensions (Walker & Ni 2011).

    The ridge leaves a little of each, so that some more are allowed for.
    """
    rates = tuple(np.linspace(0.9, 0.99, n_rates))
    step = Ascent(rates)
    result = run(step, np.zeros(n_rates), RULE, 10_000, Anderson(step))
    distance = [3.0 * np.sqrt(n_rates), np.linalg.norm(result.parameters - 3.0)]
    assert distance[1] < 1e-4 * distance[0]
    assert result.history.leaps
    # With so few leaps all but a millionth of the way has been gained.
    gained = result.history.objective - result.history.objective[0]
    after = result.history.leaps[: 2 * (n_rates + 1)][-1]
    assert gained[after] > (1.0 - 1e-6) * gained[-1]
    # A plain iteration keeps 0.99 of the slowest error: after as many its square alone is far more.
    assert 0.99 ** (2 * after) > 1e-2


def test_what_leads_against_the_gradient_is_turned_round():
    leaps = Anderson(Ascent())
    leaps._residuals = [np.array([1.0, 0.0])]
    here, measure = np.array([2.0, 2.0]), np.ones(2)
    forwards, back = np.array([5.0, 1.0]), np.array([-1.0, 3.0])
    np.testing.assert_array_equal(leaps._uphill(here, forwards, measure), forwards)
    np.testing.assert_array_equal(leaps._uphill(here, back, measure), forwards)
    # What a measure of 0 says nothing of has no say.
    np.testing.assert_array_equal(leaps._uphill(here, back, np.array([0.0, 1.0])), back)


@dataclass
class Overshooting:
    """Proposes what is far worse; what it was told is kept."""

    n_refused: int = 0
    n_taken: int = 0

    def watch(self, evaluation, parameters):
        pass

    def leap(self, evaluation, parameters):
        return parameters + 1e6

    def to_come(self):
        return np.inf

    def taken(self):
        self.n_taken += 1

    def refused(self):
        self.n_refused += 1


def test_a_leap_that_does_not_gain_is_refused_and_costs_a_pass():
    step, quick = Ascent(), Ascent()
    plain = run(step, np.zeros(2), RULE, 20)
    proposals = Overshooting()
    result = run(quick, np.zeros(2), RULE, 20, proposals)
    np.testing.assert_array_equal(result.history.objective, plain.history.objective)
    np.testing.assert_array_equal(result.parameters, plain.parameters)
    assert (proposals.n_refused, proposals.n_taken) == (20, 0)
    assert result.history.leaps == ()
    assert quick.passes == step.passes + 20


def test_a_listener_hears_of_what_counts_alone():
    """A refused leap is no set of parameters that the fit came to."""
    heard = []

    class Listener:
        def evaluated(self, parameters, history, sum_weight):
            heard.append(history[-1].objective)
            return False

        def ended(self, status):
            heard.append(status)

    result = run(Ascent(), np.zeros(2), RULE, 5, Overshooting(), Listener())
    np.testing.assert_array_equal(heard[:-1], result.history.objective)
    assert heard[-1] is Status.MAX_ITER


@pytest.mark.parametrize("weights", ["free", "equal"])
@pytest.mark.parametrize("seed", [0, 1])
def test_leaps_lead_to_the_top_that_plain_em_leads_to(clusters, structure, seed, weights, monkeypatch):
    x = clusters(1000, 2, 3, seed=20 + seed, apart=1.5)
    monkeypatch.setattr("gaussmix.estimators.fitting.AutomaticTolerance", lambda: RULE)
    arguments = {"covariance_type": structure, "init_params": "kmeans", "random_state": 0, "max_iter": 5000}
    arguments["weights"] = weights
    plain = GaussianMixture(3, tol=0.0, **arguments)
    with pytest.warns(ConvergenceWarning):
        plain.fit(x)
    quick = GaussianMixture(3, **arguments).fit(x)
    assert quick.log_likelihood_ / len(x) == pytest.approx(plain.log_likelihood_ / len(x), abs=1e-6)
    objective = quick.history_.objective
    assert (np.diff(objective) >= -1e-12 * np.abs(objective[:-1])).all()
    assert quick.history_.leaps
    assert all(0 < number < len(objective) for number in quick.history_.leaps)


def test_a_number_for_tol_gives_the_history_of_plain_em(clusters, structure, monkeypatch):
    x = clusters(300, 2, 3, seed=7, apart=1.5)
    arguments = {"covariance_type": structure, "init_params": "kmeans", "random_state": 0, "max_iter": 60}
    monkeypatch.setattr("gaussmix.fitting.repair.acceleration", lambda *_: None)
    plain = GaussianMixture(3, tol="auto", **arguments)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # after max_iter
        numbered = GaussianMixture(3, tol=1e-9, **arguments).fit(x)
        plain.fit(x)
    n = min(len(numbered.history_), len(plain.history_))
    assert n > 10
    np.testing.assert_array_equal(numbered.history_.objective[:n], plain.history_.objective[:n])


@pytest.mark.parametrize("seed", [1, 7, 8, 13, 33])
def test_random_labels_do_not_end_at_a_saddle(seed):
    """There all means are alike, and gains small until they part; leaps go there too (8, 33)."""
    rng = np.random.default_rng(seed)
    of = rng.integers(3, size=1500)
    x = 6.0 * rng.normal(size=(3, 2))[of] + rng.normal(size=(1500, 2))
    labels = rng.integers(3, size=1500)
    model = GaussianMixture(3, covariance_type="tied", init_params=labels, warm_start=True).fit(x)
    found = model.log_likelihood_
    model.set_params(tol=1e-11, max_iter=5000).fit(x)
    assert model.log_likelihood_ - found < 0.01 * len(x)
