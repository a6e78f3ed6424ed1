"""The compiled k-means of starts against what its definition says, row by row."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaussmix import _native
from gaussmix.starts.k_means import lloyd, nearest
from gaussmix.starts.seeding import greedy_k_means_plus_plus


@pytest.fixture(params=_native.levels())
def level(request: pytest.FixtureRequest) -> Iterator[str]:
    """Every instruction level in turn; puts the one before back."""
    before = _native.level()
    _native.use_level(request.param)
    yield request.param
    _native.use_level(before)


def by_definition(x: np.ndarray, weight: np.ndarray, centres: np.ndarray, iterations: int) -> np.ndarray:
    """Labels of Lloyd's iterations."""
    centres = centres.copy()
    labels = np.array([((row - centres) ** 2).sum(axis=1).argmin() for row in x])
    for _ in range(iterations):
        for j in range(len(centres)):
            mine = labels == j
            if weight[mine].sum() > 0.0:
                centres[j] = np.average(x[mine], axis=0, weights=weight[mine])
        labels = np.array([((row - centres) ** 2).sum(axis=1).argmin() for row in x])
    return labels


@pytest.mark.usefixtures("level")
@pytest.mark.parametrize(
    ("n", "d", "k"), [(1, 1, 1), (7, 2, 3), (32, 1, 4), (33, 3, 2), (200, 5, 9), (1000, 2, 5), (1500, 7, 4)]
)
def test_labels_are_those_of_lloyds_iterations(n: int, d: int, k: int) -> None:
    rng = np.random.default_rng(n)
    x, weight = rng.normal(size=(n, d)), rng.integers(0, 3, n).astype(float)
    centres = rng.normal(size=(k, d))
    np.testing.assert_array_equal(nearest(x, centres), by_definition(x, weight, centres, 0))
    np.testing.assert_array_equal(lloyd(x, weight, centres), by_definition(x, weight, centres, 10))
    # Whatever way the rows lie in memory.
    np.testing.assert_array_equal(lloyd(np.asfortranarray(x), weight, centres), lloyd(x, weight, centres))


def test_the_first_of_equally_near_centres_counts() -> None:
    labels = nearest(np.array([[0.0], [1.0], [2.0]]), np.array([[5.0], [1.0], [1.0], [-1.0]]))
    np.testing.assert_array_equal(labels, [1, 1, 1])


def test_a_centre_without_points_stays() -> None:
    x = np.array([[0.0], [1.0], [10.0]])
    # The second centre has a point of no weight only, the third none; were they moved to nowhere they would lose it.
    labels = lloyd(x, np.array([1.0, 1.0, 0.0]), np.array([[0.5], [9.0], [100.0]]))
    np.testing.assert_array_equal(labels, [0, 0, 1])


@given(seed=st.integers(0, 1000), n=st.integers(3, 40), d=st.integers(1, 3), k=st.integers(1, 6))
def test_first_centres_are_the_best_of_the_same_draws(seed: int, n: int, d: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    x, weight = rng.normal(size=(n, d)), rng.integers(1, 3, n).astype(float)
    found = greedy_k_means_plus_plus(x, weight, k, np.random.default_rng(seed))
    np.testing.assert_array_equal(found, best_of_draws(x, weight, k, np.random.default_rng(seed)))


@pytest.mark.usefixtures("level")
@pytest.mark.parametrize(("n", "d"), [(4096, 1), (4097, 1), (1500, 7), (700, 300), (40, 5000)])
def test_first_centres_of_more_points_than_are_gone_over_at_once(n: int, d: int) -> None:
    rng = np.random.default_rng(n)
    x, weight = rng.normal(size=(n, d)), rng.integers(0, 3, n).astype(float)
    found = greedy_k_means_plus_plus(x, weight, 8, np.random.default_rng(0))
    np.testing.assert_array_equal(found, best_of_draws(x, weight, 8, np.random.default_rng(0)))


def best_of_draws(x: np.ndarray, weight: np.ndarray, k: int, generator: np.random.Generator) -> list[int]:
    """Greedy k-means++ as its definition says."""

    def drawn(size: np.ndarray, count: int) -> np.ndarray:
        cumulative = np.cumsum(size)
        return np.minimum(np.searchsorted(cumulative, generator.random(count) * cumulative[-1], "right"), len(x) - 1)

    chosen = [int(drawn(weight, 1)[0])]
    for _ in range(k - 1):
        distance = np.min([((x - x[c]) ** 2).sum(axis=1) for c in chosen], axis=0)
        draws = drawn(weight * distance if distance.any() else weight, 2 + int(np.log(k)))
        left = [weight @ np.minimum(distance, ((x - x[c]) ** 2).sum(axis=1)) for c in draws]
        chosen.append(int(draws[int(np.argmin(left))]))
    return chosen


def test_centres_where_fewer_points_are_distinct() -> None:
    x = np.repeat([[0.0, 1.0], [2.0, 3.0]], 5, axis=0)
    chosen = greedy_k_means_plus_plus(x, np.ones(10), 4, np.random.default_rng(0))
    assert len(np.unique(x[chosen], axis=0)) == 2


@pytest.mark.parametrize("shape", [(0, 2), (2, 0), (2,)])
def test_there_must_be_points(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"points.*n > 0 and d > 0"):
        _native.lloyd(np.zeros(shape), None, np.zeros((1, 1)), 0)
