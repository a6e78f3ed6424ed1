"""Components without extent are recognised, and never chosen."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

import gaussmix


@pytest.fixture(scope="module")
def two():
    rng = np.random.default_rng(1)
    return np.concatenate([rng.normal(0, 1, (120, 3)), rng.normal(6, 1, (80, 3))])


def chosen(x: np.ndarray, **asked: object) -> gaussmix.estimators.selection.Selection:
    return gaussmix.select(x, range(1, 6), random_state=0, **asked)


def without_extent(model: gaussmix.GaussianMixture, x: np.ndarray) -> bool:
    """Whether a component is a thousand times thinner in some direction than the rows, whatever their units."""
    k, d = model.means_.shape
    family = model.mixture_.family
    stacked = family.structure.form.stack(family.covariance, k)
    inside = model.mixture_.frame.to_internal(gaussmix.core.block.Block(x, np.ones(len(x)))).x
    whole = np.cov(inside.T).reshape(d, d)
    varying = np.linalg.eigvalsh(whole)[0] > 1e-8 * np.linalg.eigvalsh(whole)[-1]
    ratio = np.linalg.eigvals(np.linalg.solve(whole, stacked)).real.min() if varying else 1.0
    return bool(ratio < 1e-5)


ROWS = {
    "a rounded column": lambda two, rng: np.column_stack([two[:, :2], two[:, 2].round()]),
    "a column of two values": lambda two, rng: np.column_stack([two, (rng.random(200) < 0.3) * 1.0]),
    "a column of many zeros": lambda two, rng: np.column_stack(
        [two[:, :2], np.where(rng.random(200) < 0.4, 0, two[:, 2])]
    ),
    "rows that stand several times": lambda two, rng: np.concatenate([two, np.repeat(two[:3], 15, axis=0)]),
    "whole numbers": lambda two, rng: two.round(),
    "one value many times": lambda two, rng: np.concatenate([rng.normal(0, 1, 200), np.full(40, 0.5)])[:, np.newaxis],
    "heaps": lambda two, rng: rng.normal(0, 3, (300, 1)).round(),
}


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("reg_covar", ["auto", 1e-9])
def test_no_spike_is_chosen(two, name, reg_covar):
    x = ROWS[name](two, np.random.default_rng(2))
    found = chosen(x, reg_covar=reg_covar)
    assert not without_extent(found.best, x)
    spikes = found.table[found.table.status == "spike"]
    if len(spikes):
        assert spikes.reason.str.contains("no extent").all()
        assert "without extent" in found.explain()


@pytest.mark.parametrize("structure", ["EII", "VII", "EEI"])
def test_rows_on_a_line_that_stand_several_times(structure):
    """Each component has the rows of one place: a ball of no extent, whatever the units of the columns."""
    x = np.repeat([[0.0, 0.0], [3.0, 1.0], [6.0, 2.0]], 30, axis=0)
    table = gaussmix.select(x, [1, 3], structure, random_state=0).table
    assert table.k.tolist() == [1, 3]
    assert table.status.tolist() == ["converged", "spike"]
    line = np.arange(40.0)[:, np.newaxis] * [100.0, 37.0]
    assert gaussmix.select(line, [2, 40], structure, random_state=0).table.status.tolist()[1] == "spike"


@pytest.mark.parametrize("name", ["a column of two values", "a column of many zeros", "one value many times"])
def test_spikes_would_have_won(two, name):
    """The likelihood of what is left out is the larger: it is the rule that keeps it out."""
    table = chosen(ROWS[name](two, np.random.default_rng(2))).table
    assert (table.bic[table.status == "spike"] < table.bic[0]).any()


def test_a_constant_column_changes_no_choice(two):
    """mclust reports a log-likelihood of +10,490 there."""
    plain = chosen(two).best
    with_constant = chosen(np.column_stack([two, np.full(200, 7.0)])).best
    assert with_constant.n_components == plain.n_components == 2


def test_whole_covariances_of_too_few_rows_are_not_chosen():
    """Not even of one component: in most directions its variance is the prior's."""
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(0, 1, (10, 40)), rng.normal(20, 1, (10, 40))])
    found = gaussmix.select(x, [1, 2], ["EII", "VII", "EEI", "VVI", "EEE"], random_state=0)
    assert found.best.n_components == 2
    assert found.table.status[found.table.structure == "EEE"].tolist() == ["spike", "spike"]
    assert found.table.reason.str.contains("20 rows are too few for 40 columns").sum() == 2


@pytest.mark.parametrize("shuffled", [False, True])
def test_rows_that_stand_several_times_are_as_few(shuffled):
    """Weights and repeated rows say the same: five rows, however often, have no extent in some of six directions."""
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(0, 1, (3, 6)), rng.normal(8, 1, (2, 6))])
    weight = np.array([300, 500, 200, 700, 400])
    repeated = np.repeat(rows, weight, axis=0)
    asked = {"n_components": [1, 2], "structures": ["VVI", "EEE", "EVE", "VVV"], "random_state": 0}
    weighted = gaussmix.select(rows, sample_weight=weight, **asked)
    found = gaussmix.select(rng.permutation(repeated) if shuffled else repeated, **asked)
    for table in (weighted.table, found.table):
        whole = table[table.structure != "VVI"]
        assert (whole.status == "spike").all()
        assert whole.reason[whole.k == 1].str.contains("5 (?:distinct )?rows are too few for 6 columns").all()
    assert found.best.covariance_type == weighted.best.covariance_type == "diag"


def test_structures_are_compared_in_the_plane_of_the_rows(two):
    """Of a column that stands twice: by SciPy's densities in coordinates of that plane."""
    x = two[:, [0, 1, 0]]
    table = gaussmix.select(x, [1], ["EII", "EEE"], random_state=0).table.set_index("structure")
    inside = np.column_stack([np.sqrt(2.0) * two[:, 0], two[:, 1]])  # lengths in the plane
    variance = x.var(axis=0).mean()

    def log_likelihood(covariance):
        return multivariate_normal(inside.mean(axis=0), covariance).logpdf(inside).sum()

    expected = log_likelihood(np.cov(inside.T, bias=True)) - log_likelihood(variance * np.eye(2))
    assert table.log_likelihood["EEE"] - table.log_likelihood["EII"] == pytest.approx(expected, abs=1e-2)
    assert table.df.to_dict() == {"EII": 3, "EEE": 5}


def test_a_column_that_stands_twice_changes_no_differences_of_whole_covariances(two):
    plain, twice = (
        gaussmix.select(x, [1, 2], ["EEE", "VVV"], random_state=0).table.sort_values(["k", "structure"])
        for x in (two, two[:, [0, 1, 2, 0]])
    )
    assert twice.df.tolist() == plain.df.tolist()
    np.testing.assert_allclose(np.diff(twice.log_likelihood), np.diff(plain.log_likelihood), atol=0.1)


def test_clusters_that_are_only_small_may_be_chosen():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(0, 1, (200, 2)), rng.normal(30, 0.05, (40, 2)), rng.normal(-30, 0.3, (12, 2))])
    found = chosen(x)
    assert found.best.n_components == 3
    assert sorted(np.bincount(found.best.labels_)) == [12, 40, 200]


EVERY_KIND = ["EII", "VII", "EEI", "VVI", "EEE", "EVE", "VVV", "low_rank"]
"""Balls, axes and ellipsoids, shared and not, iterated, and one that is found step by step."""


@pytest.mark.parametrize("reg_covar", ["auto", 1e-6, 0.1, 1.0])
def test_clusters_narrower_than_what_is_given_are_no_spikes(reg_covar):
    """They have an extent, hundredths of the data's; what is added to their covariances does not take it away."""
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(0, 0.05, (120, 4)), rng.normal(10, 0.1, (40, 4)), rng.normal(-9, 0.05, (40, 4))])
    found = gaussmix.select(x, 3, EVERY_KIND, reg_covar=reg_covar, random_state=0)
    assert (found.table.status == "converged").all()
    assert sorted(np.bincount(found.best.labels_)) == [40, 40, 120]


@pytest.mark.parametrize("reg_covar", ["auto", 1e-6, 0.1])
def test_equal_rows_are_spikes_whatever_is_given(reg_covar):
    """A standard deviation of 0.3 holds components up whose rows have none, and they stay apart by ten of it."""
    x = np.repeat([[0.0, 0.0, 0.0, 0.0], [3.0, 1.0, 2.0, 0.0], [6.0, 2.0, -2.0, 3.0]], 30, axis=0)
    table = gaussmix.select(x, [1, 3], EVERY_KIND, reg_covar=reg_covar, random_state=0).table
    assert (table.status[table.k == 3] == "spike").all()
    assert not (table.status[(table.k == 1) & table.structure.isin(EVERY_KIND[:4])] == "spike").any()
