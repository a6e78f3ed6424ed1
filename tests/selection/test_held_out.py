"""Held-out log-likelihood: against fits to the rows of each fold as arrays of their own."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

import gaussmix
from gaussmix import GaussianMixture
from gaussmix.core.source import Source
from gaussmix.data.memory import MemorySource
from gaussmix.em.stopping import AutomaticTolerance
from gaussmix.errors import ConfigError, DataError, DegenerateFitError
from gaussmix.families.structures import STRUCTURES
from gaussmix.fitting.even_rows import even_rows
from gaussmix.fitting.fit import fit_mixture
from gaussmix.fitting.recipe import Recipe
from gaussmix.fitting.start import start_named
from gaussmix.kernels.automatic import AutomaticKernel
from gaussmix.kernels.row_weights import RowWeights, cumulative_weights
from gaussmix.kernels.summary import summarise
from gaussmix.selection import held_out
from gaussmix.selection.held_out import FoldRows, Folds, HeldOut, held_out_log_likelihood

KERNEL = AutomaticKernel(1)


def recipe(k: int, structure: str = "full", reg_covar: float | None = None) -> Recipe:
    return Recipe(k, STRUCTURES[structure], False, reg_covar, AutomaticTolerance(), 1000, accelerated=True)


def of(source: Source, k: int, seed: int = 0, n_folds: int = 5, start: str = "kmeans") -> HeldOut:
    return held_out_log_likelihood(source, KERNEL, recipe(k), start_named(start), seed, n_folds)


def test_one_component_by_scipy(clusters):
    """A Gaussian of the other folds' moments, by the density of scipy."""
    X = clusters(503, 3, 2)
    weight = np.random.default_rng(0).uniform(0.5, 2.0, len(X))
    found = held_out_log_likelihood(
        MemorySource(X, weight), KERNEL, recipe(1, reg_covar=0.0), start_named("auto"), 7, 4
    )
    fold = Folds(4, 7).of(np.arange(len(X)))
    for number in range(4):
        rest, ours = fold != number, fold == number
        mean = np.average(X[rest], axis=0, weights=weight[rest])
        covariance = np.cov(X[rest].T, aweights=weight[rest], ddof=0)
        expected = np.average(multivariate_normal(mean, covariance).logpdf(X[ours]), weights=weight[ours])
        assert found.fold_means[number] == pytest.approx(expected, rel=1e-11)
        assert found.fold_weight[number] == pytest.approx(weight[ours].sum(), rel=1e-13)


def test_several_components_by_fits_to_arrays(clusters, monkeypatch):
    """A row outside is a row that is not there: from the same start both fits come to the same top."""
    monkeypatch.setattr(held_out, "SPAN_ROWS", 1)
    X = clusters(6000, 2, 3, apart=4.0)
    found = of(MemorySource(X), 3)
    fold = Folds(5, 0).of(np.arange(len(X)))
    for number in range(5):
        generator = np.random.default_rng([0, number])
        fit = fit_mixture(MemorySource(X[fold != number]), KERNEL, recipe(3), start_named("kmeans"), generator)
        expected = fit.mixture.log_density(X[fold == number]).mean()
        assert found.fold_means[number] == pytest.approx(expected, abs=1e-6)


def test_the_mean_and_its_standard_error():
    found = HeldOut(Folds(3, 0), np.array([1.0, 2.0, 4.0]), np.array([10.0, 10.0, 10.0]))
    assert found.mean == pytest.approx(7.0 / 3.0)
    assert found.standard_error == pytest.approx(np.std([1.0, 2.0, 4.0], ddof=1) / np.sqrt(3.0))
    # Weights 1 and 3: mean 1.75, squared distances 0.5625 and 0.0625·… by hand: (0.25·0.5625 + 0.75·0.0625)/1.
    uneven = HeldOut(Folds(3, 0), np.array([1.0, 2.0]), np.array([1.0, 3.0]))
    assert uneven.mean == 1.75
    assert uneven.standard_error == pytest.approx(np.sqrt(0.25 * 0.5625 + 0.75 * 0.0625))


def test_the_standard_error_is_that_of_weighted_means():
    """10,000 times five means of unlike weights: the estimate of the variance is right on average."""
    rng = np.random.default_rng(0)
    weight = np.array([1.0, 2.0, 3.0, 4.0, 10.0])
    draws = rng.normal(0.0, 1.0 / np.sqrt(weight), (10_000, 5))
    estimated = np.mean([HeldOut(Folds(5, 0), means, weight).standard_error ** 2 for means in draws])
    assert estimated == pytest.approx(1.0 / weight.sum(), rel=0.03)


def test_it_finds_the_number_of_clusters(clusters):
    source = MemorySource(clusters(1500, 2, 3, apart=4.0))
    by_number = {k: of(source, k) for k in (1, 2, 3)}
    gain, error = by_number[3].gain_over(by_number[2])
    assert gain > 4.0 * error > 0.0
    # On the same folds a difference is known better than either mean.
    assert error < by_number[3].standard_error
    assert by_number[1].mean < by_number[2].mean < by_number[3].mean


def test_folds_have_as_many_rows_and_as_many_of_each_kind():
    fold = Folds(5, 3).of(np.arange(10_003))
    assert np.ptp(np.bincount(fold)) <= 1
    assert np.ptp(np.bincount(fold[:100])) == 0
    # Rows whose kind has the folds' period are spread over all: 2000 of each, with a deviation of 18 by chance.
    of_one_kind = np.bincount(fold[::5], minlength=5)
    assert np.abs(of_one_kind - 400).max() < 100
    assert (Folds(5, 4).of(np.arange(10_003)) != fold).any()


def test_folds_are_the_rows_own():
    fold = Folds(7, 1).of(np.arange(1000))
    numbers = np.random.default_rng(0).permutation(1000)[:300]
    np.testing.assert_array_equal(Folds(7, 1).of(numbers), fold[numbers])


def test_every_way_to_the_rows_has_the_same_weights(clusters, monkeypatch):
    monkeypatch.setattr(held_out, "SPAN_ROWS", 1)
    X, weight = clusters(9000, 2, 2), np.random.default_rng(0).integers(0, 3, 9000).astype(float)
    folds = Folds(3, 0)
    for inside in (False, True):
        rows = FoldRows(MemorySource(X, weight), folds, 1, held_out=inside)
        expected = np.where((folds.of(np.arange(9000)) == 1) == inside, weight, 0.0)
        numbers = np.array([17, 3, 8999, 17])
        np.testing.assert_array_equal(rows.take(numbers).weight, expected[numbers])
        np.testing.assert_array_equal(rows.map_rows(RowWeights())["weight"], expected)
        np.testing.assert_array_equal(np.concatenate(list(cumulative_weights(rows))), np.cumsum(expected))
        summary = summarise(rows)
        assert summary is not None
        assert summary.sum_weight == expected.sum()
        assert (expected[even_rows(rows, summary.sum_weight, 50)] > 0.0).all()


def test_nobody_else_sees_the_weights(clusters):
    X, weight = clusters(100, 2, 2), np.ones(100)
    of(MemorySource(X, weight), 2)
    assert (weight == 1.0).all()


def test_from_a_file_to_the_last_bit(clusters, tmp_path):
    from gaussmix import open_rows

    X = clusters(9000, 2, 2)
    path = tmp_path / "rows.csv"
    np.savetxt(path, X, delimiter=",", header="a,b", comments="", fmt="%.17g")
    ours = of(MemorySource(X), 2, start="auto")
    theirs = of(open_rows(path).for_passes(), 2, start="auto")
    assert theirs.fold_means.tobytes() == ours.fold_means.tobytes()


def test_memory_does_not_grow_with_the_rows(clusters):
    import tracemalloc

    source = MemorySource(clusters(1_000_000, 2, 2))
    tracemalloc.start()
    of(source, 2, n_folds=2, start="auto")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # One number for each row is 8 MB. The weights of 2^20 rows at a time, whose folds and cumulative sums are wanted to
    # draw rows of a race, are some six such numbers; a span's are a quarter of that. A copy of the rows, shares and
    # labels beside these would be 40 MB more.
    assert peak < 64e6


def test_what_is_refused(clusters):
    X = clusters(30, 2, 2)
    with pytest.raises(ConfigError, match="at least 2 folds, not 1"):
        of(MemorySource(X), 2, n_folds=1)
    with pytest.raises(DataError, match=r"the fit without fold 0 \(from 0\) of 2 failed: .*too few"):
        of(MemorySource(X[:6]), 5, n_folds=2)
    with pytest.raises(DataError, match=r"no row of fold . .* has a positive weight; take fewer folds"):
        of(MemorySource(X[:3]), 1, n_folds=20)
    flat, start = MemorySource(np.column_stack([X, np.ones(len(X))])), start_named("auto")
    with pytest.raises(DegenerateFitError, match=r"the fit without fold 0 \(from 0\) of 5 failed: .*the covariance"):
        held_out_log_likelihood(flat, KERNEL, recipe(1, reg_covar=0.0), start, 0)
    with pytest.raises(ConfigError, match="different folds"):
        of(MemorySource(X), 1).gain_over(of(MemorySource(X), 1, seed=1))


def test_the_public_function_is_that_of_the_recipe(tmp_path):
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(0.0, 1.0, (400, 2)), rng.normal(8.0, 1.0, (400, 2))])
    weight = rng.integers(0, 3, 800).astype(float)
    model = GaussianMixture(2, covariance_type="tied")
    found = gaussmix.held_out(model, X, sample_weight=weight, n_folds=4)
    assert not hasattr(model, "n_features_in_")
    fold = found.folds.of(np.arange(800))
    for number in range(4):
        rest, ours = (fold != number) * weight, (fold == number) * weight
        expected = GaussianMixture(2, covariance_type="tied", random_state=0).fit(X, sample_weight=rest)
        # Separate clusters have one top; fits stop within a tenth of a nat of it in all.
        assert found.fold_means[number] == pytest.approx(expected.score(X, sample_weight=ours), abs=1e-3)
    path = tmp_path / "rows.csv"
    table = np.column_stack([X, weight])
    np.savetxt(path, table, delimiter=",", header="a,b,w", comments="", fmt="%.17g")
    theirs = gaussmix.held_out(model, path, sample_weight="w", n_folds=4)
    assert theirs.fold_means.tobytes() == found.fold_means.tobytes()


@pytest.mark.parametrize(
    ("arguments", "n_folds", "text"),
    [
        ({}, 1, "n_folds must be a whole number of at least 2, got 1"),
        ({}, 2.5, "n_folds must be"),
        ({"init_params": np.zeros(40)}, 5, "the name of a start"),
        ({"covariance_type": "round"}, 5, "covariance_type"),
        ({"covariance_type": "E"}, 5, "one feature"),
    ],
)
def test_what_the_public_function_refuses(arguments, n_folds, text, clusters):
    with pytest.raises(ConfigError, match=text):
        gaussmix.held_out(GaussianMixture(2, **arguments), clusters(40, 2, 2), n_folds=n_folds)


def test_the_public_function_says_what_it_takes(clusters):
    for other in (gaussmix.AutoGaussianMixture(), GaussianMixture(2).to_sklearn(), None):
        with pytest.raises(ConfigError, match="model must be a GaussianMixture of gaussmix"):
            gaussmix.held_out(other, clusters(40, 2, 2))
