"""Model-based agglomeration: brute force, Ward's tree of scipy, mclust's hc, and the start made of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.stats import multivariate_normal
from sklearn.metrics import adjusted_rand_score

from gaussmix import GaussianMixture
from gaussmix.data.memory import MemorySource
from gaussmix.em.stopping import AitkenTolerance
from gaussmix.families.structures import STRUCTURES
from gaussmix.fitting.auto import likeliest
from gaussmix.fitting.fit import fit_mixture
from gaussmix.fitting.hierarchical import HierarchicalStart, Tree
from gaussmix.fitting.recipe import Recipe
from gaussmix.fitting.scene import Scene
from gaussmix.fitting.usable import checked_summary
from gaussmix.kernels.automatic import AutomaticKernel
from gaussmix.starts.coordinates import halfway, principal_components
from gaussmix.starts.hierarchy import MOST_GROUPS, PRIOR_VARIANCE, PRIOR_WEIGHT, Agglomeration, ellipsoids, quantiles
from gaussmix.starts.k_means import nearest

ORACLES = Path(__file__).parents[1] / "oracles"
HC = json.loads((ORACLES / "mclust_hc" / "labels.json").read_text())


def by_brute_force(points: np.ndarray, weight: np.ndarray) -> list[list[set[int]]]:
    """Groups of points after every merge: the criterion of every union from its points, by `numpy.linalg.slogdet`."""
    d = points.shape[1]
    share, prior = weight / weight.sum(), PRIOR_WEIGHT * d
    variance = np.mean(share @ (points - share @ points) ** 2)

    def cost(group: set[int]) -> float:
        rows = sorted(group)
        x, w = points[rows], share[rows]
        z = x - w @ x / w.sum()
        scatter = (z.T * w) @ z / variance + prior * PRIOR_VARIANCE * np.eye(d)
        size = w.sum() + prior
        return float(size * np.linalg.slogdet(scatter / size)[1])

    groups = [{i} for i in range(len(points))]
    steps = [list(groups)]
    while len(groups) > 1:
        pairs = [(i, j) for i in range(len(groups)) for j in range(i)]
        rise = [cost(groups[i] | groups[j]) - cost(groups[i]) - cost(groups[j]) for i, j in pairs]
        i, j = pairs[int(np.argmin(rise))]
        groups[j] = groups[j] | groups.pop(i)
        steps.append(list(groups))
    return steps


def as_sets(labels: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(labels == each).tolist()) for each in np.unique(labels)}


@pytest.mark.parametrize("d", [1, 2, 3, 9])
@pytest.mark.parametrize("seed", range(2))
def test_every_merge_is_that_of_brute_force(d, seed):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(24, d)) * np.exp(rng.normal(size=d)) + 3.0 * rng.integers(2, size=(24, 1))
    weight = rng.uniform(0.5, 2.0, 24)
    tree = Agglomeration.of(points, weight)
    for groups in by_brute_force(points, weight):
        assert as_sets(tree.labels(len(groups))) == {frozenset(group) for group in groups}


def test_many_points_are_first_merged_as_by_ward():
    points = np.random.default_rng(3).normal(size=(3 * MOST_GROUPS, 2))
    tree = Agglomeration.of(points, np.ones(len(points)))
    theirs = linkage(points, "ward")
    for k in (MOST_GROUPS, MOST_GROUPS + 7, 2 * MOST_GROUPS):
        assert as_sets(tree.labels(k)) == as_sets(fcluster(theirs, k, "maxclust"))
    assert as_sets(tree.labels(5)) != as_sets(fcluster(theirs, 5, "maxclust"))


def test_fewer_groups_are_unions_of_more():
    points = np.random.default_rng(4).normal(size=(150, 3))
    tree = Agglomeration.of(points, np.ones(150))
    for k in range(1, 150):
        coarse, fine = tree.labels(k), tree.labels(k + 1)
        assert np.unique(coarse).tolist() == list(range(k))
        assert len({*zip(coarse.tolist(), fine.tolist(), strict=True)}) == k + 1


@pytest.mark.parametrize("n", [30, 150])
def test_a_point_twice_is_one_of_weight_two_and_order_is_nothing(n):
    rng = np.random.default_rng(5)
    points, counts = rng.normal(size=(n, 2)), rng.integers(1, 4, n)
    once = Agglomeration.of(points, counts.astype(float))
    twice = Agglomeration.of(np.repeat(points, counts, axis=0), np.ones(counts.sum()))
    order = rng.permutation(n)
    turned = Agglomeration.of(points[order], counts[order].astype(float))
    for k in (2, 5, 20):
        assert as_sets(np.repeat(once.labels(k), counts)) == as_sets(twice.labels(k))
        assert as_sets(once.labels(k)[order]) == as_sets(turned.labels(k))


@pytest.mark.parametrize("points", [np.zeros((5, 2)), np.array([[0.0], [1e-200], [0.0]])])
def test_points_in_one_place_are_one_group(points):
    assert Agglomeration.of(points, np.ones(len(points))).labels(3).tolist() == [0] * len(points)


def test_fewer_distinct_points_than_groups():
    points = np.repeat([[0.0, 0.0], [1.0, 0.0], [5.0, 2.0]], 4, axis=0)
    assert Agglomeration.of(points, np.ones(12)).labels(7).tolist() == [0] * 4 + [1] * 4 + [2] * 4


@pytest.mark.parametrize("name", sorted(HC))
def test_partitions_are_as_good_as_those_of_mclust(name):
    """At the true number of classes, by the adjusted Rand index with them."""
    x = np.array(json.loads((ORACLES / "mclust" / f"{name}.json").read_text())["X"], dtype=float)
    ones, classes = np.ones(len(x)), HC[name]["class"]
    points = halfway(*principal_components((x - x.mean(axis=0)) / x.std(axis=0), ones))
    found = adjusted_rand_score(classes, Agglomeration.of(points, ones).labels(3))
    assert found >= adjusted_rand_score(classes, HC[name]["labels"]["3"])


def test_others_join_the_likeliest_ellipsoid():
    """A short cluster across the end of a long one: the nearest centre is another."""
    rng = np.random.default_rng(6)
    x = np.concatenate([rng.normal(size=(400, 2)) * (8.0, 0.3), rng.normal((10.0, 4.0), (0.3, 0.6), (100, 2))])
    truth = np.repeat([0, 1], (400, 100))
    centres = np.stack([x[::5][truth[::5] == group].mean(axis=0) for group in (0, 1)])
    assert adjusted_rand_score(truth, nearest(x, centres)) < 0.6
    found = likeliest(AutomaticKernel(1), x, x[::5], truth[::5])
    assert adjusted_rand_score(truth, found) > 0.95
    densities = [
        np.log(size) + multivariate_normal(mean, covariance).logpdf(x)
        for size, mean, covariance in zip(*ellipsoids(x[::5], truth[::5]), strict=True)
    ]
    assert found.tolist() == np.argmax(densities, axis=0).tolist()


def test_where_merged_points_are_one_group_all_join_it():
    groups = np.zeros(5, dtype=np.int64)
    assert likeliest(AutomaticKernel(1), np.zeros((9, 2)), np.zeros((5, 2)), groups).tolist() == [0] * 9


def test_an_ellipsoid_is_the_likeliest_under_the_prior_of_merging():
    """The mode of an inverse Wishart prior, whose rows are added to the group's (Fraley & Raftery 2007)."""
    x = np.random.default_rng(7).normal(size=(30, 3)) * (1.0, 4.0, 0.2)
    groups = np.repeat([0, 1], (20, 10))
    size, means, covariances = ellipsoids(x, groups)
    prior = PRIOR_WEIGHT * 3 * 30
    for group in (0, 1):
        rows = x[groups == group]
        scatter = np.cov(rows, rowvar=False, bias=True) * len(rows)
        expected = (scatter + prior * PRIOR_VARIANCE * x.var(axis=0).mean() * np.eye(3)) / (len(rows) + prior)
        np.testing.assert_allclose(covariances[group], expected, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(means[group], rows.mean(axis=0), rtol=1e-13)
    assert size.tolist() == [20.0, 10.0]


def test_quantiles_share_the_weight_and_part_no_equals():
    points = np.array([3.0, 0.0, 1.0, 2.0, 1.0, 7.0])[:, np.newaxis]
    assert quantiles(points, np.ones(6), 3).tolist() == [2, 0, 1, 1, 1, 2]
    assert quantiles(points, np.array([1.0, 9.0, 1.0, 1.0, 1.0, 9.0]), 2).tolist() == [1, 0, 0, 1, 0, 1]
    assert quantiles(np.zeros((4, 1)), np.ones(4), 3).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("n", [400, 5000])
def test_the_start_by_name_finds_long_clusters(n):
    rng = np.random.default_rng(7)
    labels = rng.integers(3, size=n)
    x = rng.normal(size=(n, 2)) * (15.0, 1.0) + labels[:, np.newaxis] * (0.0, 8.0)
    model = GaussianMixture(3, init_params="hierarchical", random_state=0).fit(x)
    assert adjusted_rand_score(labels, model.labels_) > 0.97
    assert [start.start for start in model.starts_] == ["hierarchical"]


def test_one_dimension_races_quantiles():
    x = np.random.default_rng(8).normal(size=(500, 1)) + np.repeat([0.0, 6.0], 250)[:, np.newaxis]
    model = GaussianMixture(2, random_state=0).fit(x)
    assert "quantiles" in {start.start for start in model.starts_}


def test_one_tree_serves_every_number_of_components(clusters):
    source, kernel = MemorySource(clusters(300, 2, 3, seed=1)), AutomaticKernel(1)

    def recipe(k: int, structure: str) -> Recipe:
        return Recipe(k, STRUCTURES[structure], False, None, AitkenTolerance(1e-8), 200)

    scene = Scene.of(source, kernel, checked_summary(source, 1), recipe(1, "full"))
    tree = Tree.grown(scene, np.random.default_rng(0))
    for k, structure in ((2, "full"), (3, "diag"), (4, "full")):
        own, shared = (
            fit_mixture(source, kernel, recipe(k, structure), start, np.random.default_rng(1))
            for start in (HierarchicalStart(), HierarchicalStart(tree))
        )
        np.testing.assert_array_equal(own.mixture.family.means, shared.mixture.family.means)


def test_one_row_apart_from_many_equal_ones():
    x = np.zeros((20_000, 2))
    x[7] = [3.0, 4.0]
    model = GaussianMixture(2, random_state=0).fit(x)
    assert np.isfinite(model.lower_bound_)
    assert np.isfinite(GaussianMixture(2, init_params="hierarchical").fit(np.full((20, 1), 7.0)).means_).all()
