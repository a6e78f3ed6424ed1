"""The bootstrap test: its p-values, its rule to stop, and what it says of known numbers of components."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest, kstest

from gaussmix import GaussianMixture, bootstrap_test
from gaussmix.data.memory import MemorySource
from gaussmix.errors import ConfigError, DataError, DegenerateFitError
from gaussmix.selection import bootstrap_test as module
from gaussmix.selection.bootstrap_test import BootstrapRung, BootstrapTest, enough_exceeding

LRT = json.loads((Path(__file__).parents[1] / "oracles" / "mclust_lrt" / "lrt.json").read_text())


def two_clusters(n: int, seed: int = 0, apart: float = 3.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.normal(0.0, 1.0, n // 2), rng.normal(apart, 1.0, n - n // 2)])[:, np.newaxis]


class Given:
    """Statistics by number, and which were asked for."""

    def __init__(self, statistics):
        self.statistics = statistics
        self.asked = []

    def __call__(self, number):
        self.asked.append(number)
        return module._Drawn(self.statistics[number], 0)


def rung(statistics, level=0.05, n_draws=19, observed=0.5) -> BootstrapRung:
    return module._test(1, observed, Given(statistics), level, n_draws, 1)


def test_the_p_value_of_all_draws():
    """(1 + #{T* >= T}) / (B + 1), a tie counting as exceeding."""
    values = np.linspace(0.0, 0.2, 99)
    assert rung(values, n_draws=99).p_value == 1 / 100
    values[[3, 50]] = 0.9, 0.5
    assert rung(values, n_draws=99).p_value == 3 / 100


def test_draws_end_when_they_cannot_reject():
    """Besag & Clifford: at the h-th exceeding draw of l made, p = h / l."""
    values = np.zeros(199)
    values[4:14] = 1.0
    found = rung(values, n_draws=199)
    assert enough_exceeding(0.05, 199) == 10
    assert len(found.draws) == 14
    assert found.n_exceeding == 10
    assert found.p_value == 10 / 14


@pytest.mark.parametrize(
    ("level", "n_draws"), [(0.05, 199), (0.05, 210), (0.01, 99), (0.07, 99), (0.5, 3), (0.03, 250)]
)
def test_the_decision_is_that_of_all_draws(level, n_draws):
    """Whatever the order: stopping early never changes whether it rejects."""
    rng = np.random.default_rng(0)
    decisions = []
    for chance in np.repeat([0.3 * level, level, 2.0 * level, 0.5], 100):
        values = (rng.random(n_draws) < chance).astype(float)
        found = rung(values, level, n_draws)
        whole = (1 + values.sum()) / (n_draws + 1)
        assert (found.p_value <= level) == (whole <= level)
        assert 0.0 < found.p_value <= 1.0
        decisions.append(whole <= level)
    assert 0 < sum(decisions) < len(decisions)


def test_p_values_of_a_true_hypothesis_are_valid():
    """P(p <= u) <= u, where the data's statistic comes from where the draws do (Besag & Clifford 1991)."""
    rng = np.random.default_rng(1)
    values = rng.normal(size=(4000, 100))
    p = np.array([rung(draws[1:], n_draws=99, observed=draws[0]).p_value for draws in values])
    for u in (0.01, 0.05, 0.1, 0.3, 0.5):
        assert binomtest(int((p <= u).sum()), len(p), u, alternative="greater").pvalue > 1e-3
    # and not far below: at multiples of 1/100 below the level they are exact
    assert binomtest(int((p <= 0.05).sum()), len(p), 0.05).pvalue > 1e-3


@pytest.mark.filterwarnings("ignore::gaussmix.errors.FitWarning")  # where a draw's second component collapses
def test_the_draws_come_from_the_smaller_mixture():
    """Their statistics are those of fits to rows that NumPy draws from the Gaussian of the data's moments."""
    X = np.random.default_rng(0).normal(3.0, 2.0, (80, 1))
    found = bootstrap_test(X, n_components=[1], n_draws=199, level=0.9, random_state=0).rungs[0]
    rng = np.random.default_rng(1)
    ours = []
    for _ in range(len(found.draws)):
        rows = rng.normal(X.mean(), X.std(), (80, 1))
        one, two = (GaussianMixture(k, random_state=0).fit(rows).log_likelihood_ for k in (1, 2))
        ours.append(2.0 * (two - one))
    assert kstest(found.draws, ours).pvalue > 0.01
    one, two = (GaussianMixture(k, random_state=0).fit(X).log_likelihood_ for k in (1, 2))
    assert found.statistic == pytest.approx(2.0 * (two - one), abs=0.2)  # fits stop within a tenth of a nat


def test_it_finds_two_clusters():
    test = bootstrap_test(two_clusters(200, apart=4.0), n_draws=39, random_state=0)
    assert test.decided
    assert test.n_components == 2
    assert [r.n_components for r in test.rungs] == [1, 2]
    assert test.rungs[0].p_value == 1 / 40
    assert test.rungs[1].p_value > 0.05
    lines = str(test).splitlines()
    assert lines[1].split()[:3] == ["1", "vs", "2"]
    assert lines[-1] == "2 components: 3 fit no better than by chance (level 0.05)"


def test_where_all_are_rejected_it_says_so():
    test = bootstrap_test(two_clusters(200, apart=5.0), n_components=[1], n_draws=19, random_state=0)
    assert not test.decided
    assert test.n_components == 2
    assert str(test).splitlines()[-1] == "at least 2 components: 1 were still rejected (level 0.05)"


def test_a_true_two_is_rejected_about_one_time_in_twenty():
    """50 runs of 19 draws here, which take seconds; 200 of 199 by `python -m benchmarks.bootstrap_size`.

    A test of 5 % rejects more than 8 of 50 once in 1300 times; that it can reject is seen in the tests above.
    """
    rejected = 0
    for seed in range(50):
        test = bootstrap_test(two_clusters(200, seed, 4.0), n_components=[2], n_draws=19, random_state=seed)
        rejected += test.rungs[0].p_value <= 0.05
    assert rejected <= 8


def test_any_number_of_jobs_gives_the_same():
    X = two_clusters(150)
    tests = [bootstrap_test(X, n_draws=39, random_state=3, n_jobs=n) for n in (None, 3)]
    for ours, theirs in zip(tests[0].rungs, tests[1].rungs, strict=True):
        assert ours.draws.tobytes() == theirs.draws.tobytes()
        assert (ours.statistic, ours.p_value) == (theirs.statistic, theirs.p_value)


def test_a_weight_of_two_is_the_row_twice():
    X = two_clusters(100)
    weight = 1 + np.arange(100) % 2
    once = bootstrap_test(X, n_components=[1], sample_weight=weight, n_draws=19, random_state=0).rungs[0]
    often = bootstrap_test(np.repeat(X, weight, axis=0), n_components=[1], n_draws=19, random_state=0).rungs[0]
    assert once.statistic == pytest.approx(often.statistic, abs=1e-3)
    # The same draws from mixtures that agree to rounding; fits of them may stop a hair apart.
    np.testing.assert_allclose(once.draws, often.draws, atol=1e-3)


def test_float32_draws_for_float32_rows(monkeypatch):
    seen = set()
    inside = module._Pair.statistic

    def watched(pair, source, generator):
        seen.add(source.dtype)
        return inside(pair, source, generator)

    monkeypatch.setattr(module._Pair, "statistic", watched)
    bootstrap_test(two_clusters(100).astype(np.float32), n_components=[1], n_draws=19, random_state=0)
    assert seen == {np.dtype(np.float32)}


def failing(monkeypatch, fails):
    """Have some of the fits to draws fail."""
    inside, count = module._Pair.statistic, iter(range(10_000))

    def sometimes(pair, source, generator):
        if fails(next(count)):
            raise DegenerateFitError("made to fail")
        return inside(pair, source, generator)

    monkeypatch.setattr(module._Pair, "statistic", sometimes)


def test_draws_that_fail_are_made_anew_and_counted(monkeypatch):
    failing(monkeypatch, lambda number: number % 3 == 1)
    found = bootstrap_test(two_clusters(100, apart=5.0), n_components=[1], n_draws=19, random_state=0)
    assert len(found.rungs[0].draws) == 19
    assert np.isfinite(found.rungs[0].draws).all()
    assert found.rungs[0].n_redrawn == 9  # the 2nd, 5th … of 28
    assert "(9 redrawn)" in str(found)


def test_where_all_draws_fail_it_ends(monkeypatch):
    failing(monkeypatch, lambda number: True)
    with pytest.raises(DegenerateFitError, match=r"to none of 100 draws .* could 2 be fitted; .* made to fail"):
        bootstrap_test(two_clusters(50), n_components=[1], n_draws=19, random_state=0)


@pytest.mark.parametrize("case", LRT["cases"], ids=lambda case: f"{case['data']}-{case['model']}")
def test_mclusts_figures(case):
    """The same statistics and p-values, up to where its fits stay below ours: no draw of it is compared from there."""
    X = np.array(LRT["data"][case["data"]], dtype=float).reshape(len(LRT["data"][case["data"]]), -1)
    ours = bootstrap_test(X, covariance_type=case["model"], n_draws=99, random_state=0)
    n_same = 0
    for found, theirs, p in zip(ours.rungs, case["statistic"], case["p"], strict=False):
        if found.statistic > theirs + 1.0:
            break
        assert found.statistic == pytest.approx(theirs, abs=0.5)
        if len(found.draws) < 99:  # they ended with the decision, which is what is comparable
            assert (found.p_value > 0.05) == (p > 0.05)
        else:  # 99 draws and its 999 agree to three standard deviations of 99
            assert abs(found.p_value - p) < 3.0 * np.sqrt(p * (1.0 - p) / 99) + 0.02
        n_same += 1
    assert n_same == {"eruptions-V": 4, "faithful-EEE": 2, "faithful-VVV": 1}[f"{case['data']}-{case['model']}"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"n_components": 3}, "such as"),
        ({"n_components": [0, 1]}, "at least 1 that ascend"),
        ({"n_components": []}, "at least 1 that ascend"),
        ({"n_components": [2, 1]}, "at least 1 that ascend"),
        ({"n_components": [True]}, "at least 1 that ascend"),
        ({"level": 0}, "level must be a number above 0 and below 1"),
        ({"level": 1}, "level must be a number above 0 and below 1"),
        ({"level": 1.5}, "level must be a number above 0 and below 1"),
        ({"level": "0.05"}, "level must be a number above 0 and below 1"),
        ({"n_draws": 18}, "at least 1 / level"),
        ({"n_draws": 99.0}, "at least 1 / level"),
        ({"n_jobs": 0}, "n_jobs must be"),
        ({"n_jobs": -2}, "n_jobs must be"),
        ({"init_params": np.zeros(4)}, "the name of a start"),
        ({"init_params": "kmean"}, "there is no start 'kmean'"),
        ({"covariance_type": "round"}, "covariance_type"),
        ({"n_init": 0}, "n_init"),
        ({"rank": 1}, "has no rank"),
    ],
)
def test_what_is_refused(arguments, text):
    with pytest.raises(ConfigError, match=text):
        bootstrap_test(two_clusters(40), **arguments)


def test_rounded_values_reject_nothing():
    """A component on equal values would make every number of components too few."""
    x = np.round(np.random.default_rng(0).normal(0, 1, (200, 1)))
    test = bootstrap_test(x, n_draws=39, random_state=0)
    assert not test.decided
    last = test.rungs[-1]
    assert "no extent" in last.reason
    assert np.isnan(last.p_value)
    assert test.n_components == last.n_components <= 2
    assert f"{test.n_components + 1} cannot be tested: component" in str(test)


def test_weights_that_count_no_rows_are_refused():
    X = two_clusters(100)
    with pytest.raises(DataError, match="as many rows as the weights sum to"):
        bootstrap_test(X, sample_weight=np.full(100, 1e12), n_draws=19, random_state=0)
    with pytest.raises(DataError, match="the weights sum to 1, and a draw has as many rows"):
        bootstrap_test(X, sample_weight=np.full(100, 0.01), n_draws=19, random_state=0)


def test_a_source_is_taken():
    X = two_clusters(100, apart=5.0)
    ours = bootstrap_test(MemorySource(X), n_components=[1], n_draws=19, random_state=0)
    assert (
        ours.rungs[0].draws.tobytes()
        == bootstrap_test(X, n_components=[1], n_draws=19, random_state=0).rungs[0].draws.tobytes()
    )


def test_results_are_made_by_hand_too():
    rung = BootstrapRung(3, 1.0, 0.2, np.array([0.5, 1.0, 2.0]), 0)
    assert rung.n_exceeding == 2
    assert BootstrapTest((rung,), 0.05).n_components == 3
