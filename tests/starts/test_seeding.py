"""Spread-out first centres and draws by weight."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaussmix.starts.seeding import draw_rows, even_rows, greedy_k_means_plus_plus


@given(seed=st.integers(0, 1000), counts=st.lists(st.integers(0, 4), min_size=2, max_size=20))
def test_a_weight_of_two_is_drawn_like_two_rows(seed, counts):
    counts = np.array([*counts, 1])
    weighted = draw_rows(counts.astype(float), 50, np.random.default_rng(seed))
    repeated = draw_rows(np.ones(counts.sum()), 50, np.random.default_rng(seed))
    numbers = np.repeat(np.arange(len(counts)), counts)
    np.testing.assert_array_equal(weighted, numbers[repeated])
    assert (counts[weighted] > 0).all()


def test_draws_are_in_proportion_to_weight():
    weight = np.array([0.0, 1.0, 3.0, 0.0, 6.0])
    n = 20_000
    counts = np.bincount(draw_rows(weight, n, np.random.default_rng(0)), minlength=5)
    # Five standard errors of a proportion.
    assert (np.abs(counts / n - weight / 10.0) < 5 * np.sqrt(0.25 / n)).all()


def test_one_centre_in_each_of_many_far_clusters():
    rng = np.random.default_rng(0)
    places = np.stack(np.meshgrid(np.arange(4), np.arange(4)), axis=-1).reshape(-1, 2) * 100.0
    x = np.concatenate([place + rng.normal(size=(30, 2)) for place in places])
    for seed in range(10):
        rows = greedy_k_means_plus_plus(x, np.ones(len(x)), 16, np.random.default_rng(seed))
        found = np.round(x[rows] / 100.0)
        assert len(np.unique(found, axis=0)) == 16


def test_the_best_of_several_draws_is_taken():
    """The second of two centres: a far row is drawn as often as all of a clump, and leaves more distance than that.

    It is taken only where both draws hit it.
    """
    x = np.concatenate([np.zeros(20), np.full(10, 10.0), [31.0]])[:, np.newaxis]
    weight = np.ones(len(x))
    taken = []
    for seed in range(200):
        rows = greedy_k_means_plus_plus(x, weight, 2, np.random.default_rng(seed))
        if x[rows[0], 0] == 0.0:
            taken.append(x[rows[1], 0])
    # Left over: 21² with a centre in the clump, 10·10² at the far row. Two draws both hit it with (961/1961)².
    far = np.mean(np.array(taken) == 31.0)
    expected = (961.0 / 1961.0) ** 2
    assert len(taken) > 100
    assert abs(far - expected) < 4.0 * np.sqrt(expected * (1.0 - expected) / len(taken))


def test_only_rows_that_count_become_centres():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(50, 3))
    x[::2] += 1e6
    weight = np.tile([0.0, 1.0], 25)
    rows = greedy_k_means_plus_plus(x, weight, 5, rng)
    assert (weight[rows] > 0).all()
    assert len(np.unique(rows)) == 5


@pytest.mark.parametrize("k", [1, 3, 6])
def test_fewer_distinct_rows_than_centres(k):
    x = np.repeat([[0.0], [1.0]], 5, axis=0)
    rows = greedy_k_means_plus_plus(x, np.ones(10), k, np.random.default_rng(0))
    assert rows.shape == (k,)
    assert ((rows >= 0) & (rows < 10)).all()
    assert len(np.unique(x[rows])) == min(k, 2)


@pytest.mark.parametrize("step", [2, 3, 4, 10, 12, 13, 20, 71, 100])
@pytest.mark.parametrize("begin", [0.0, 0.3, 0.99])
def test_rows_of_all_turns_are_met(step, begin):
    """Clusters may take turns: the first row is of the first cluster, the second of the second …"""
    size = 1000
    rows = even_rows(np.ones(step * size), size, begin)
    np.testing.assert_array_equal(rows // step, np.arange(size))  # one of each step
    for turn in range(2, 31):
        met = np.bincount(rows % turn, minlength=turn)
        # As evenly as random rows: a count's standard error is the root of the count.
        assert np.abs(met - size / turn).max() < 4.5 * np.sqrt(size / turn)


@given(n=st.integers(1, 3000), size=st.integers(1, 1000), begin=st.floats(0.0, 1.0, exclude_max=True))
def test_rows_ascend_and_few_are_met_twice(n, size, begin):
    rows = even_rows(np.ones(n), size, begin)
    assert (np.diff(rows) >= (1 if 0.7 * n > size else 0)).all()
    assert np.bincount(rows, minlength=n).max() <= int(np.ceil(size / n)) + 1
    assert rows[0] >= 0
    assert rows[-1] < n


@given(seed=st.integers(0, 1000), counts=st.lists(st.integers(0, 4), min_size=1, max_size=40), size=st.integers(1, 60))
def test_a_weight_of_two_is_met_like_two_rows(seed, counts, size):
    counts = np.array([*counts, 1])
    begin = np.random.default_rng(seed).random()
    numbers = np.repeat(np.arange(len(counts)), counts)
    np.testing.assert_array_equal(
        even_rows(counts.astype(float), size, begin), numbers[even_rows(np.ones(counts.sum()), size, begin)]
    )
