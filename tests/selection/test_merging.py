"""Merging by entropy: against all pairs with every share in memory, and against mclust's clustCombi."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from gaussmix import AutoGaussianMixture, GaussianMixture, merge_components
from gaussmix.data.memory import MemorySource
from gaussmix.errors import ConfigError, DataError
from gaussmix.kernels.automatic import AutomaticKernel
from gaussmix.selection import merging
from gaussmix.selection.merging import MergingTree, membership, merging_tree

ORACLES = Path(__file__).parents[1] / "oracles"
COMBI = json.loads((ORACLES / "mclust_combi" / "combi.json").read_text())


def x_log_x(t):
    return np.where(t > 0.0, t * np.log(np.where(t > 0.0, t, 1.0)), 0.0)


def by_brute_force(share, weight):
    """The definition: every pair, with all shares."""
    clusters, entropies, merges = [(j,) for j in range(share.shape[1])], [], []
    while True:
        t = np.column_stack([share[:, list(c)].sum(axis=1) for c in clusters])
        entropies.append(-float(weight @ x_log_x(t).sum(axis=1)))
        if len(clusters) == 1:
            return entropies[::-1], merges
        falls = {
            (a, b): float(weight @ (x_log_x(t[:, a] + t[:, b]) - x_log_x(t[:, a]) - x_log_x(t[:, b])))
            for a, b in combinations(range(len(clusters)), 2)
        }
        a, b = max(falls, key=falls.get)
        merges.append((clusters[a], clusters[b], falls[a, b]))
        clusters = sorted([tuple(sorted(clusters[a] + clusters[b])), *(c for c in clusters if c not in merges[-1][:2])])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_it_is_the_definition(clusters, dtype, each_kernel, monkeypatch):
    monkeypatch.setattr(merging, "SPAN_VALUES", 1)  # a chunk at a time
    X = clusters(9000, 3, 6, seed=1, apart=1.2).astype(dtype)
    weight = np.random.default_rng(0).integers(0, 3, len(X)).astype(float)
    model = GaussianMixture(6, random_state=0, tol=1e-3).fit(X)
    entropies, merges = by_brute_force(model.predict_proba(X).astype(float), weight)
    merged = merge_components(model, X, sample_weight=weight)
    # Shares of float32 are the same numbers on both sides; sums of nine thousand terms keep twelve digits.
    np.testing.assert_allclose(merged.entropy[1:], entropies[1:], rtol=1e-11)
    assert merged.entropy[0] == 0.0
    for found, (first, second, fall) in zip(merged.merges, merges, strict=True):
        assert found[:2] == (first, second)
        assert found.fall == pytest.approx(fall, rel=1e-9)


def test_falls_add_up_to_the_entropy(clusters):
    X = clusters(500, 2, 5, apart=1.0)
    merged = merge_components(GaussianMixture(5, random_state=0).fit(X), X)
    assert sum(merge.fall for merge in merged.merges) == pytest.approx(merged.entropy[-1], rel=1e-12)
    assert (np.diff(merged.entropy) > 0.0).all()


def test_a_tiny_share_is_not_lost():
    """(a + b)·log(a + b) − a·log a − b·log b for b = 1e-30 beside 1: by the difference it would be 0 or noise."""
    # To first order in b it is b·(1 − log b), by hand; the next term is of order b².
    found = merging._fall(np.array([1.0, 1.0, 0.0]), np.array([1e-30, 0.0, 0.0]))
    assert found[0] == pytest.approx(1e-30 * (1.0 + 30.0 * np.log(10.0)), rel=1e-14)
    assert found[1:].tolist() == [0.0, 0.0]


def test_weights_are_frequencies(clusters):
    X = clusters(300, 2, 4, apart=1.0)
    weight = np.arange(300) % 3
    model = GaussianMixture(4, random_state=0).fit(X)
    once, often = (
        merge_components(model, X, sample_weight=weight),
        merge_components(model, np.repeat(X, weight, axis=0)),
    )
    np.testing.assert_allclose(once.entropy, often.entropy, rtol=1e-12)
    assert [m[:2] for m in once.merges] == [m[:2] for m in often.merges]


def test_the_bits_do_not_depend_on_who_cuts_the_rows(clusters, monkeypatch):
    X = clusters(20_000, 2, 4, apart=1.0)
    model = GaussianMixture(4, random_state=0).fit(X)
    merged = merge_components(model, X)
    for values, threads in ((1, 1), (1 << 15, 2)):
        monkeypatch.setattr(merging, "SPAN_VALUES", values)
        other = merge_components(model.set_params(n_threads=threads), X)
        assert other.merges == merged.merges
        assert other.entropy.tobytes() == merged.entropy.tobytes()


def test_from_a_file(clusters, tmp_path):
    X = clusters(5000, 2, 4, apart=1.0)
    path = tmp_path / "rows.csv"
    np.savetxt(path, X, delimiter=",", header="a,b", comments="", fmt="%.17g")
    model = GaussianMixture(4, random_state=0).fit(X)
    assert merge_components(model, path).merges == merge_components(model, X).merges
    merged = merge_components(model, X)
    np.testing.assert_array_equal(merged.predict(path, 2), merged.predict(X, 2))


class NoManyRows(MemorySource):
    """Rows that may be asked for sums, not for something of each."""

    def map_rows(self, task):
        raise AssertionError("an array with an entry for each row was asked for")

    row_parts = map_rows


def test_no_array_has_an_entry_for_each_row_and_component(clusters):
    X = clusters(3000, 2, 3)
    model = GaussianMixture(3, random_state=0).fit(X)
    tree = merging_tree(NoManyRows(X), AutomaticKernel(1), model.mixture_)
    assert tree.merges == merge_components(model, X).merges


@pytest.mark.parametrize("case", COMBI["cases"], ids=lambda case: f"{case['data']}-{len(case['entropy'])}")
def test_mclusts_tree_from_its_mixture(case):
    """clustCombi from the same parameters merges the same components, to entropies printed with 15 digits."""
    X = np.array(COMBI["data"][case["data"]], dtype=float)
    k = len(case["entropy"])
    model = GaussianMixture(k)
    model.weights_, model.means_ = np.array(case["weights"]), np.array(case["means"])
    model.covariances_ = np.array(case["covariances"])
    merged = merge_components(model, X)
    np.testing.assert_allclose(merged.entropy, case["entropy"], rtol=1e-8, atol=1e-9 * len(X))
    for number, labels in case["labels"].items():
        ours = merged.predict(X, int(number))
        pairs = {(a, b) for a, b in zip(ours.tolist(), labels, strict=True)}
        assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})
    assert merged.n_clusters == case["two_pieces"]
    assert merge_components(model, X, n_pieces=3).n_clusters == case["three_pieces"]


def tree_of(*entropy, sum_weight=1.0):
    return MergingTree((), np.array(entropy), sum_weight)


def test_the_suggested_number_is_where_the_slope_changes():
    assert tree_of(0.0, 1.0, 2.0, 12.0, 22.0).suggested() == 3
    assert tree_of(0.0, 1.0, 11.0, 21.0, 31.0).suggested() == 2
    assert tree_of(0.0, 1.0, 2.0, 12.0, 22.0, 62.0, 102.0).suggested(3) == 3


def test_where_there_is_no_choice_nothing_is_merged():
    assert tree_of(0.0).suggested() == 1
    assert tree_of(0.0, 5.0).suggested() == 2
    assert tree_of(0.0, 1.0, 9.0).suggested() == 3
    assert tree_of(0.0, 1.0, 2.0, 9.0).suggested(3) == 4


def test_components_that_stand_apart_are_not_merged():
    X = np.concatenate([np.random.default_rng(j).normal(20.0 * j, 1.0, (50, 2)) for j in range(5)])
    merged = merge_components(GaussianMixture(5, random_state=0).fit(X), X)
    assert merged.entropy[-1] < merging.APART * len(X)
    assert merged.n_clusters == 5
    assert "no components are merged" in str(merged)


def test_entropy_is_not_negative_by_rounding(monkeypatch):
    """Shares in float32 may be above 1 by rounding."""
    monkeypatch.setattr(merging, "entr", lambda share: np.full_like(share, -1e-9))
    X = np.concatenate([np.random.default_rng(j).normal(20.0 * j, 1.0, (50, 2)) for j in range(3)])
    merged = merge_components(GaussianMixture(3, random_state=0).fit(X.astype(np.float32)), X.astype(np.float32))
    assert (merged.entropy >= 0.0).all()
    assert "-0.00" not in str(merged)


def test_clusters_labels_and_shares(clusters):
    X = clusters(400, 2, 5, apart=1.0)
    model = GaussianMixture(5, random_state=0).fit(X)
    merged, share = merge_components(model, X), model.predict_proba(X)
    for number in range(1, 6):
        parts = merged.clusters(number)
        assert sorted(j for part in parts for j in part) == list(range(5))
        assert parts == tuple(sorted(parts))
        ours = merged.predict_proba(X, number)
        np.testing.assert_allclose(ours, np.column_stack([share[:, list(p)].sum(axis=1) for p in parts]), atol=1e-15)
        np.testing.assert_array_equal(merged.predict(X, number), ours.argmax(axis=1))
    assert merged.predict(X).max() < merged.n_clusters
    assert membership(((0, 2), (1,)), 3).tolist() == [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]


def test_of_a_search_the_best_is_merged(clusters):
    X = clusters(200, 2, 3)
    search = AutoGaussianMixture([2, 3], structures="full", random_state=0).fit(X)
    ours, best = merge_components(search, X), merge_components(search.best_, X)
    assert ours.merges == best.merges
    np.testing.assert_array_equal(ours.predict(X, 2), best.predict(X, 2))


def test_a_later_fit_of_the_model_changes_nothing(clusters):
    X = clusters(300, 2, 3)
    model = GaussianMixture(3, random_state=0).fit(X)
    merged = merge_components(model, X)
    before = merged.predict(X, 2)
    model.set_params(n_components=2).fit(X[:100] * 7.0)
    np.testing.assert_array_equal(merged.predict(X, 2), before)


def test_the_text():
    merged = tree_text()
    assert str(merged).splitlines() == [
        "clusters   entropy   merged next",
        "       4     22.00   2 with 3",
        "       3     12.00   1 with 2+3",
        "*      2      1.00   0 with 1+2+3",
        "       1      0.00",
        "* suggested: 2 clusters; together are components 1+2+3",
    ]
    assert repr(merged) == "<4 components in 2 clusters (suggested)>"


def tree_text():
    from gaussmix.estimators.merging import MergedComponents
    from gaussmix.selection.merging import Merge

    merges = (Merge((2,), (3,), 10.0), Merge((1,), (2, 3), 11.0), Merge((0,), (1, 2, 3), 1.0))
    model = GaussianMixture(4)
    return MergedComponents(MergingTree(merges, np.array([0.0, 1.0, 12.0, 22.0]), 30.0), None, 2, model)


def test_what_is_refused(clusters):
    X = clusters(100, 2, 2)
    model = GaussianMixture(2, random_state=0).fit(X)
    merged = merge_components(model, X)
    with pytest.raises(ConfigError, match="2 components make 1 to 2 clusters, not 3"):
        merged.predict(X, 3)
    with pytest.raises(ConfigError, match="n_pieces must be 2 or 3, got 4"):
        merge_components(model, X, n_pieces=4)
    with pytest.raises(ConfigError, match=r"n_pieces must be 2 or 3, got 2\.0"):
        merge_components(model, X, n_pieces=2.0)
    for number in (2.5, True, "2"):
        with pytest.raises(ConfigError, match="n_clusters must be a whole number from 1 to 2"):
            merged.clusters(number)
    for other in (model.to_sklearn(), model.mixture_, None):
        with pytest.raises(ConfigError, match="must be a fitted GaussianMixture or AutoGaussianMixture of gaussmix"):
            merge_components(other, X)
    for unfitted in (GaussianMixture(2), AutoGaussianMixture()):
        with pytest.raises(NotFittedError):
            merge_components(unfitted, X)
    with pytest.raises(DataError, match="no rows of positive weight"):
        merging_tree(MemorySource(X, np.zeros(100)), AutomaticKernel(1), model.mixture_)
    assert merge_components(GaussianMixture(1).fit(X), X).clusters() == ((0,),)
