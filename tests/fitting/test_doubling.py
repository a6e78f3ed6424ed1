"""The first iterations of a fit, over some of the rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gaussmix import GaussianMixture
from gaussmix.core.mixture import Mixture
from gaussmix.data.memory import MemorySource
from gaussmix.em.history import History
from gaussmix.em.listener import Listener
from gaussmix.errors import DegenerateFitError
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.gaussian_update import GaussianUpdate
from gaussmix.fitting import auto, doubling
from gaussmix.fitting.doubling import doubled
from gaussmix.fitting.scene import Scene
from gaussmix.fitting.step import EMStep


@pytest.fixture
def caught(monkeypatch):
    """What the default start does after its race: scene, mixture, rows of the race and generator."""
    calls = []

    def spy(scene: Scene, start: Mixture, fewest: int, generator: np.random.Generator) -> Mixture:
        calls.append((scene, start, fewest, generator))
        return doubled(scene, start, fewest, generator)

    monkeypatch.setattr(auto, "doubled", spy)
    return calls


@pytest.fixture
def sizes(monkeypatch):
    """Rows of the passes that are made meanwhile."""
    made: list[int] = []
    expect = EMStep.expect

    def spy(step: EMStep, parameters: Mixture):
        made.append(step.source.n_values // step.source.n_features)
        return expect(step, parameters)

    monkeypatch.setattr(EMStep, "expect", spy)
    return made


def scene_of(caught, x: np.ndarray, **arguments: object):
    GaussianMixture(3, random_state=0, max_iter=1, tol=1e-3, **arguments).fit(x)
    return caught[-1]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
class TestDoubling:
    def test_each_iteration_goes_over_twice_as_many_rows(self, caught, sizes, clusters):
        scene, start, fewest, generator = scene_of(caught, clusters(20_000, 2, 3, seed=1))
        sizes.clear()
        found = doubled(scene, start, fewest, generator)
        assert sizes == [1250, 2500]
        assert sum(sizes) < 20_000 / 4  # together less than a quarter of a pass
        before, after = (scene.step.expect(each).entry.objective for each in (start, found))
        assert after > before

    @pytest.mark.parametrize("seed", range(4))
    def test_an_iteration_over_all_rows_does_not_lead_as_far(self, caught, clusters, seed):
        """Not from where much is to gain; near an optimum the rows that are left out say more."""
        scene, near, fewest, generator = scene_of(caught, clusters(40_000, 4, 3, seed=seed, apart=1.5))
        means = near.family.means + np.random.default_rng(seed).normal(0.0, 0.2, (3, 4))
        wide = Gaussian.from_covariance(near.family.structure, means, 3.0 * near.family.covariance)
        step, start = scene.step, replace(near, family=wide)
        one = step.maximise(step.expect(start), start)
        found = doubled(scene, start, fewest, generator)
        assert step.expect(found).entry.objective > step.expect(one).entry.objective

    @pytest.mark.filterwarnings("ignore::gaussmix.errors.FitWarning")
    @pytest.mark.parametrize("n", [3, 900, 8000])
    def test_few_rows_are_left_to_the_fit(self, caught, sizes, clusters, n):
        scene, start, fewest, generator = scene_of(caught, clusters(n, 2, 3, seed=3))
        sizes.clear()
        assert doubled(scene, start, fewest, generator) is start
        assert not sizes

    def test_a_weight_of_two_is_as_two_rows(self, caught, clusters):
        x = clusters(10_000, 2, 3, seed=4)
        scene, start, fewest, _ = scene_of(caught, np.repeat(x, 2, axis=0))
        summary = replace(scene.summary, n_rows=10_000, n_weighted=10_000)
        heavy = replace(scene, source=MemorySource(x, np.full(10_000, 2.0)), summary=summary)
        twice, once = (doubled(each, start, fewest, np.random.default_rng(0)) for each in (scene, heavy))
        np.testing.assert_allclose(once.family.means, twice.family.means, rtol=1e-9)
        np.testing.assert_allclose(once.weights, twice.weights, rtol=1e-9)

    @pytest.mark.parametrize("mean_weight", [1.0, 7.9, 8.1, 100.0])
    def test_rows_that_are_drawn_stand_for_all_whatever_these_weigh(self, caught, monkeypatch, clusters, mean_weight):
        x = clusters(20_000, 2, 3, seed=8)
        weight = np.where(x[:, 0] > np.quantile(x[:, 0], 0.98), 50.0, 1.0)
        GaussianMixture(3, random_state=0, max_iter=1, tol=1e-3).fit(
            x, sample_weight=weight * (mean_weight / weight.mean())
        )
        scene, start, fewest, generator = caught[-1]
        drawn = []
        on = Scene.on
        monkeypatch.setattr(Scene, "on", lambda self, rows: drawn.append(rows) or on(self, rows))
        doubled(scene, start, fewest, generator)
        assert drawn
        for rows in drawn:
            assert len(rows) <= len(x) / 2
            np.testing.assert_array_equal(rows.weight, 1.0)
            error = rows.x[:, 0].std() / np.sqrt(len(rows))
            assert abs(rows.x[:, 0].mean() - np.average(x[:, 0], weights=weight)) < 5 * error

    def test_memory_is_bounded(self, caught, sizes, monkeypatch, clusters):
        monkeypatch.setattr(doubling, "MOST_NUMBERS", 4000)
        scene, start, fewest, generator = scene_of(caught, clusters(20_000, 2, 3, seed=5))
        sizes.clear()
        doubled(scene, start, fewest, generator)
        assert sizes == [1000, 2000]

    def test_a_fit_that_is_to_end_makes_no_more_iterations(self, caught, sizes, clusters):
        scene, start, fewest, generator = scene_of(caught, clusters(20_000, 2, 3, seed=6))

        class Ends(Listener[Mixture]):
            def evaluated(self, parameters: Mixture, history: History, sum_weight: float) -> bool:
                return False

            def wants_end(self) -> str:
                return "it is enough"

        ended = replace(scene, recipe=replace(scene.recipe, listener=Ends()))
        sizes.clear()
        assert doubled(ended, start, fewest, generator) is start
        assert not sizes

    def test_where_a_covariance_becomes_singular_the_fit_begins_where_it_would(self, caught, monkeypatch, clusters):
        scene, start, fewest, generator = scene_of(caught, clusters(20_000, 2, 3, seed=7))

        def fails(*_: object) -> None:
            raise DegenerateFitError("a covariance is singular")

        monkeypatch.setattr(GaussianUpdate, "update", fails)
        assert doubled(scene, start, fewest, generator) is start
