"""Formulas of the criteria against their definitions and against mclust's figures."""

from __future__ import annotations

import json
from math import inf, log
from pathlib import Path

import numpy as np
import pytest
from scipy.special import entr
from scipy.stats import multivariate_normal

import gaussmix
from gaussmix.errors import ConfigError
from gaussmix.selection.criteria import CRITERIA, aic, aicc, bic, criterion_named, icl

ORACLES = Path(__file__).parents[1] / "oracles" / "mclust"


def test_formulas():
    assert bic(-100.0, 7, 50.0) == pytest.approx(200.0 + 7 * log(50.0))
    assert aic(-100.0, 7) == 214.0
    assert aicc(-100.0, 7, 50.0) == pytest.approx(214.0 + 2 * 7 * 8 / 42)
    assert aicc(-100.0, 7, 8.0) == inf
    assert icl(-100.0, 7, 50.0, -3.0) == pytest.approx(bic(-100.0, 7, 50.0) + 6.0)


def test_names():
    assert all(criterion_named(name) is criterion for name, criterion in CRITERIA.items())
    with pytest.raises(ConfigError, match="'wic'; choose one of bic, aic"):
        criterion_named("wic")


@pytest.fixture(scope="module")
def overlapping():
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(0, 1, (150, 2)), rng.normal(2, 1.5, (100, 2))])


@pytest.mark.parametrize("structure", ["full", "tied", "diag", "spherical", "VEV", "EII"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_entropy_and_certainty_are_those_of_the_responsibilities(overlapping, structure, dtype):
    """By SciPy's densities, with weights that are no whole numbers."""
    weight = np.random.default_rng(1).uniform(0.2, 2.0, len(overlapping))
    x = overlapping.astype(dtype)
    found = gaussmix.select(x, [3], structure, sample_weight=weight, random_state=0)
    model, row = found.best, found.table.iloc[0]
    whole = model.mixture_.family
    covariances = whole.structure.form.stack(whole.covariance, 3) * np.ldexp(
        1.0, model.mixture_.frame.exponent[:, np.newaxis] + model.mixture_.frame.exponent
    )
    means = whole.public_means(model.mixture_.frame)
    joint = np.stack(
        [w * multivariate_normal(m, c).pdf(x) for w, m, c in zip(model.weights_, means, covariances, strict=True)],
        axis=1,
    )
    share = joint / joint.sum(axis=1, keepdims=True)
    tolerance = 1e-9 if dtype == np.float64 else 2e-4
    assert row.entropy == pytest.approx(-(weight @ (share * np.log(share)).sum(axis=1)), rel=tolerance)
    certainty = weight @ np.log(share.max(axis=1))
    assert row.icl == pytest.approx(row.bic - 2.0 * certainty, rel=tolerance)
    assert row.smallest == pytest.approx((weight @ share).min(), rel=1e-3)  # of the last E-step's shares


def test_low_rank_is_compared_like_all_others():
    """Its entropy is that of the responsibilities, and its rank that which was asked for."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 6)) @ rng.normal(size=(6, 6)) + 4.0 * (np.arange(300) % 2)[:, np.newaxis]
    found = gaussmix.select(x, [1, 3], ["full", "low_rank"], rank=2, random_state=0)
    model = found.model(3, "low_rank")
    assert model.rank == 2
    row = found.table.query("k == 3 and structure == 'low rank 2'").iloc[0]
    share = model.predict_proba(x)
    assert row.entropy == pytest.approx(entr(share).sum(), rel=1e-6)
    assert row.bic == pytest.approx(model.bic(x), rel=1e-9)
    with pytest.raises(ConfigError, match="rank is for covariance structure low_rank"):
        gaussmix.select(x, [1], ["full"], rank=2)


def test_several_ranks_are_compared():
    """Rows of two factors: each rank is a line of its own, and the fit that a search of that rank alone has."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 2)) @ rng.normal(size=(2, 7)) + 0.3 * rng.normal(size=(400, 7))
    found = gaussmix.select(x, [1], ["full", "low_rank"], rank=iter([1, 3, 2]), random_state=0)
    table = found.table
    assert found.best.covariance_type == "low_rank"
    assert found.best.rank == 2
    assert sorted(table["rank"].dropna()) == [1, 2, 3]
    assert sorted(table.structure) == ["VVV", "low rank 1", "low rank 2", "low rank 3"]
    assert found.model(1, "low_rank", 3).rank == 3
    alone = gaussmix.select(x, [1], "low_rank", rank=3, random_state=0)
    assert alone.table.bic[0] == table.set_index("structure").bic["low rank 3"]
    with pytest.raises(ConfigError, match="with several ranks; say which: 1, 2, 3"):
        found.model(1, "low_rank")
    with pytest.raises(ConfigError, match="low_rank of rank 4 were not in the grid"):
        found.model(1, "low_rank", 4)
    assert found.model(1, "full").rank is None
    assert "rank" not in gaussmix.select(x, [1], "full", random_state=0).table
    for wrong in ([], [0], [1.5], 0, True):
        with pytest.raises(ConfigError, match="rank"):
            gaussmix.select(x, [1], "low_rank", rank=wrong)


@pytest.mark.parametrize("thin", [1e-2, 3e-3, 1e-3])
def test_what_the_automatic_prior_costs_flat_clusters(thin):
    """docs/select.md: log(1 + r) − r/(1 + r) of BIC for each row and direction, r the prior's part beside the rows'."""
    rng = np.random.default_rng(0)
    centre = np.repeat([[-1.0, 0.0], [1.0, 0.0]], 500, axis=0)
    x = centre + rng.normal(size=(1000, 2)) * [thin, 1.0]  # the data's deviation along the first column is 1
    found, maximum = (gaussmix.select(x, [2], "full", random_state=0, reg_covar=r, tol=1e-12) for r in ("auto", 0.0))
    auto, plain = found.table.iloc[0], maximum.table.iloc[0]
    lost = 0.0
    for rows in (x[:500], x[500:]):
        r = np.linalg.eigvals(np.linalg.solve(np.cov(rows.T, bias=True), 1e-6 * np.diag(x.var(axis=0)))).real
        lost += 500 * float((np.log1p(r) - r / (1.0 + r)).sum())
    assert auto.bic - plain.bic == pytest.approx(lost, rel=1e-3, abs=1e-4)
    assert lost == pytest.approx({1e-2: 0.05, 3e-3: 5.4, 1e-3: 193.0}[thin], rel=0.25)
    bound, none = (each._choice.best.cost_of_prior for each in (found, maximum))
    assert none == 0.0
    assert 0.35 * lost < bound <= lost * (1.0 + 1e-6)  # one direction of two: half of it for small r, less for large
    assert ("The weak prior takes at least" in found.explain()) == (bound >= 2.0)
    assert "The weak prior" not in maximum.explain()


def test_icl_is_mclusts():
    """Where the fit is that of mclust: one of its data sets, the structure and number that it prefers."""
    data = json.loads((ORACLES / "iris.json").read_text())
    x = np.array(data["X"]).reshape(data["n"], data["d"])
    row = gaussmix.select(x, [2], "VEV", reg_covar=0.0, random_state=0, tol=1e-12).table.iloc[0]
    for name in ("bic", "icl"):
        table = data[name]
        theirs = table["values"][table["G"].index(2)][table["models"].index("VEV")]
        assert -row[name] == pytest.approx(theirs, rel=1e-6)
