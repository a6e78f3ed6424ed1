"""The race of starts: long clusters, units, agreement."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score

from gaussmix import GaussianMixture
from gaussmix.data.memory import MemorySource
from gaussmix.errors import FitWarning
from gaussmix.fitting.auto import rows_of_a_race
from gaussmix.fitting.start import STARTS
from gaussmix.kernels.summary import summarise
from gaussmix.starts.coordinates import least_normal, principal_components


def long_clusters(d: int, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Three clusters 30 long along one direction, 5 apart across it, turned at random."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(3, size=n)
    x = rng.normal(size=(n, d))
    x[:, 0] *= 30.0
    x[:, 1] += 5.0 * labels
    turn, _ = np.linalg.qr(rng.normal(size=(d, d)))
    return x @ turn.T, labels


@pytest.mark.parametrize("d", [2, 5, 10, 30])
@pytest.mark.parametrize("seed", range(4))
def test_long_turned_clusters_are_found(d, seed):
    x, labels = long_clusters(d, 1500, seed)
    model = GaussianMixture(3, random_state=seed).fit(x)
    assert adjusted_rand_score(labels, model.predict(x)) >= 0.9


def test_long_clusters_of_few_rows_in_many_dimensions():
    """200 rows a component for 495 numbers: with more iterations the race would prefer those that fit noise."""
    found = []
    for seed in range(4):
        x, labels = long_clusters(30, 600, seed)
        with pytest.warns(FitWarning, match="600 rows for 1487 parameters"):
            found.append(adjusted_rand_score(labels, GaussianMixture(3, random_state=seed).fit(x).labels_))
    assert np.median(found) >= 0.9


@pytest.mark.parametrize(("n", "k"), [(10_000, 5), (12_000, 6), (20_000, 4)])
def test_clusters_that_take_turns_are_found(n, k):
    """Row i is of cluster i mod k, and k divides the steps in which rows of the race are drawn."""
    rng = np.random.default_rng(0)
    labels = np.arange(n) % k
    x = (rng.normal(size=(k, 3)) * 8.0)[labels] + rng.normal(size=(n, 3))
    order = rng.permutation(n)
    for seed in range(3):
        turns, mixed = (GaussianMixture(k, random_state=seed).fit(rows).log_likelihood_ for rows in (x, x[order]))
        assert abs(turns - mixed) < 1e-3 * n


@pytest.mark.parametrize("d", [2, 10, 30])
def test_the_direction_in_which_clusters_stand_apart(d):
    x, labels = long_clusters(d, 1500, seed=3)
    weight = np.ones(len(x))
    axis = least_normal(principal_components(x, weight)[0], weight, 3)[:, 0]
    # Within clusters 5 apart the noise is a twentieth of all variance.
    assert np.corrcoef(axis, labels)[0, 1] ** 2 > 0.9


def test_whitened_rows_have_unit_covariance_and_no_flat_direction():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3))
    weight = rng.uniform(0.5, 2.0, 200)
    white, _ = principal_components(np.c_[x, x @ [1.0, 2.0, 3.0]], weight)
    assert white.shape == (200, 3)
    np.testing.assert_allclose(np.cov(white.T, aweights=weight, bias=True), np.eye(3), atol=1e-12)


def test_the_table_of_attempts(clusters):
    x = clusters(2000, 2, 4, seed=1)
    model = GaussianMixture(4, init_params="auto", random_state=0).fit(x)
    assert len(model.starts_) >= 6
    assert len({attempt.kind for attempt in model.starts_}) >= 3
    assert model.starts_[0].objective == model.history_[-1].objective
    raced = [attempt.raced for attempt in model.starts_]
    assert np.isfinite(raced).all()


def test_one_component_needs_no_race(clusters):
    model = GaussianMixture(1, init_params="auto", random_state=0).fit(clusters(500, 3, 2, seed=2))
    assert len(model.starts_) == 1


@pytest.mark.parametrize("name", list(STARTS))
def test_every_named_start_finds_clear_clusters(structure, name):
    """Two rows of one cluster begin near the saddle that splits both clusters alike, where some fits end."""
    n_init = 5 if name in {"random", "random_from_data"} else 1
    rng = np.random.default_rng(2)
    x = np.concatenate([rng.normal((20.0 * j, 0.0), 1.0, (60, 2)) for j in range(2)])
    model = GaussianMixture(2, covariance_type=structure, init_params=name, n_init=n_init, random_state=1).fit(x)
    assert np.sort(model.means_[:, 0]) == pytest.approx([0.0, 20.0], abs=1.0)
    again = GaussianMixture(2, covariance_type=structure, init_params=name, n_init=n_init, random_state=1).fit(x)
    np.testing.assert_array_equal(model.means_, again.means_)


@pytest.mark.parametrize("name", ["k-means++", "random", "random_from_data"])
def test_starts_from_points_take_a_pooled_covariance(clusters, structure, name):
    """Not 1e-6 · I, whatever the units, and weights that sum to 1."""
    x = 1e-4 * clusters(300, 2, 3, seed=4)
    model = GaussianMixture(3, covariance_type=structure, init_params=name, max_iter=0, random_state=0).fit(x)
    np.testing.assert_allclose(model.weights_, 1.0 / 3.0)
    variance = np.array([x.var(axis=0).mean()])
    stacked = {"full": lambda c: c[0].trace() / 2, "tied": lambda c: c.trace() / 2}.get(
        structure, lambda c: c[0].mean()
    )
    assert 0.01 * variance < stacked(model.covariances_) < 2.0 * variance


def test_weight_two_is_two_rows_for_every_start(clusters):
    x = clusters(300, 2, 3, seed=5)
    counts = np.random.default_rng(0).choice([0, 1, 2], size=300)
    for name in STARTS:
        one = GaussianMixture(3, init_params=name, random_state=0, max_iter=5)
        two = GaussianMixture(3, init_params=name, random_state=0, max_iter=5)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            one.fit(x, sample_weight=counts)
            two.fit(np.repeat(x, counts, axis=0))
        np.testing.assert_allclose(one.means_, two.means_, rtol=1e-8, atol=1e-8)


def test_a_race_costs_about_a_pass_where_many_numbers_want_many_rows():
    def rows(k, d, n, weight=1.0):
        return rows_of_a_race(k, d, summarise(MemorySource(np.zeros((n, 1)), np.full(n, weight))))

    assert rows(3, 2, 10**6) == 1000
    assert [rows(16, 32, n) for n in (20_000, 150_000, 10**6)] == [5120, 7500, 10_240]
    assert rows(16, 32, 75_000, weight=2.0) == 7500
    assert rows(64, 64, 10**6) == 20_000
