"""covariance_type="low_rank": what users give, hold, save and are refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.base import clone

import gaussmix
from gaussmix import GaussianMixture, check_data
from gaussmix.cli.main import main
from gaussmix.errors import ConfigError, DataError, DegenerateFitError


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    rng = np.random.default_rng(1)
    factors = rng.normal(size=(600, 2))[:, np.newaxis] @ rng.normal(size=(3, 2, 8))[np.repeat([0, 1, 2], 200)]
    return 3.0 * rng.normal(size=(3, 8)).repeat(200, axis=0) + factors[:, 0] + 0.5 * rng.normal(size=(600, 8))


@pytest.fixture
def model(x) -> GaussianMixture:
    return GaussianMixture(3, covariance_type="low_rank", rank=2, random_state=0).fit(x)


def test_what_is_held_and_what_follows_from_it(model):
    assert model.loadings_.shape == (3, 8, 2)
    assert model.noise_variance_.shape == (3, 8)
    whole = model.loadings_ @ model.loadings_.swapaxes(1, 2) + model.noise_variance_[:, :, np.newaxis] * np.eye(8)
    np.testing.assert_allclose(model.covariances_, whole, rtol=1e-12)
    np.testing.assert_allclose(model.precisions_ @ whole, np.broadcast_to(np.eye(8), (3, 8, 8)), atol=1e-10)
    upper = model.precisions_cholesky_
    np.testing.assert_allclose(upper @ upper.swapaxes(1, 2), model.precisions_, rtol=1e-8, atol=1e-10)
    assert not any(name in vars(model) for name in ("covariances_", "precisions_", "precisions_cholesky_"))


def test_loadings_may_be_assigned_and_whole_matrices_not(model, x):
    before = model.score(x)
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(2, 2)))[0]
    model.loadings_ = model.loadings_ @ turn
    assert model.score(x) == pytest.approx(before, rel=1e-12)
    model.noise_variance_ = 2.0 * model.noise_variance_
    assert model.score(x) < before
    with pytest.raises(ConfigError, match="loadings_ and noise_variance_"):
        model.covariances_ = model.covariances_
    model.noise_variance_ = -model.noise_variance_
    with pytest.raises(DegenerateFitError):
        model.score(x)
    model.noise_variance_ = np.ones(3)
    with pytest.raises(DataError, match="must have shapes"):
        model.score(x)


def test_another_structure_leaves_nothing_behind(model, x):
    model.set_params(covariance_type="full", rank=None).fit(x)
    assert not hasattr(model, "loadings_")
    assert model.covariances_.shape == (3, 8, 8)
    model.set_params(covariance_type="low_rank", rank=1).fit(x)
    assert model.loadings_.shape == (3, 8, 1)
    assert clone(model).rank == 1


def test_a_fit_goes_on_and_takes_precisions_to_begin_with(model, x):
    first = model.log_likelihood_
    again = model.set_params(warm_start=True).fit(x)
    assert again.log_likelihood_ >= first - 1e-6
    given = {"means_init": model.means_, "precisions_init": model.precisions_, "weights_init": model.weights_}
    other = GaussianMixture(3, covariance_type="low_rank", rank=2, max_iter=0, **given).fit(x)
    assert other.score(x) == pytest.approx(model.score(x), abs=1e-3)
    with pytest.raises(ConfigError, match=r"of rank 2; now low_rank.*of rank 3"):
        model.set_params(rank=3).fit(x)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"covariance_type": "low_rank", "rank": 5}, "Ledermann's bound"),
        ({"covariance_type": "full", "rank": 2}, "has no rank"),
        ({"covariance_type": "low_rank", "rank": 0}, "rank"),
        ({"covariance_type": "low_rank", "rank": True}, "rank"),
    ],
)
def test_ranks_that_make_no_sense(x, arguments, said):
    with pytest.raises(ConfigError, match=said):
        GaussianMixture(2, **arguments).fit(x)
    if arguments["rank"] is not True:
        with pytest.raises(ConfigError, match=said):
            check_data(x, **arguments)


def test_a_heywood_case_is_kept_off_zero():
    """A column that is a factor itself: its noise falls for ever, slower and slower."""
    rng = np.random.default_rng(0)
    factor = rng.normal(size=(400, 1))
    x = np.hstack([factor, factor + rng.normal(size=(400, 3))])
    held = GaussianMixture(1, covariance_type="low_rank", max_iter=5000, random_state=0).fit(x)
    variance = x.var(axis=0)
    assert held.noise_variance_[0, 0] < 0.05 * variance[0]
    assert held.noise_variance_[0, 0] >= 0.99e-6 * variance[0]
    assert np.isfinite(held.score_samples(1e3 * x)).all()
    fixed = GaussianMixture(1, covariance_type="low_rank", reg_covar=0.5, max_iter=50, random_state=0).fit(x)
    assert (fixed.noise_variance_ >= 0.5).all()


def test_columns_that_are_the_same_in_all_rows(x):
    beside = np.column_stack([x, x[:, 0], np.ones(len(x))])
    model = GaussianMixture(3, covariance_type="low_rank", rank=2, random_state=0).fit(beside)
    assert np.isfinite(model.score_samples(beside)).all()
    assert (model.weights_ > 0.1).all()


def test_files_summaries_and_scikit_learn(model, x, tmp_path):
    model.save(tmp_path / "model.gmm")
    back = gaussmix.load(tmp_path / "model.gmm")
    np.testing.assert_array_equal(back.predict_proba(x), model.predict_proba(x))
    assert back.rank == 2
    theirs = model.to_sklearn()
    assert theirs.covariance_type == "full"
    np.testing.assert_allclose(theirs.score_samples(x), model.score_samples(x), rtol=1e-9)
    draws, labels = model.sample(20)
    assert draws.shape == (20, 8)
    assert len(labels) == 20


def test_the_command(x, tmp_path, capsys):
    path = tmp_path / "rows.csv"
    np.savetxt(path, x, delimiter=",", header=",".join("abcdefgh"), comments="")
    with pytest.raises(SystemExit) as ended:
        main(["fit", str(path), "-k", "3", "--covariance", "low_rank", "--rank", "2", "--json"])
    assert not ended.value.code
    record = json.loads(capsys.readouterr().out)
    assert np.shape(record["parameters"]["loadings"]) == (3, 8, 2)
    assert np.shape(record["parameters"]["noise_variances"]) == (3, 8)
    assert record["model"]["covariance"] == "low_rank"
    assert record["settings"]["rank"] == 2
    assert record["fit"]["df"] == 2 + 24 + 3 * (16 + 8 - 1)
    with pytest.raises(SystemExit) as ended:
        main(["fit", str(path), "-k", "3", "--covariance", "low_rank", "--rank", "7"])
    assert ended.value.code
    assert "Ledermann" in capsys.readouterr().err


def test_many_features_without_matrices_of_them(monkeypatch):
    """A pass, a start and an M-step at 784 columns hold d·q numbers a component."""
    from gaussmix.families.forms.low_rank import LowRankForm

    def refused(*_: object) -> None:
        raise AssertionError("a whole matrix was made")

    for name in ("stack", "precision", "from_stack"):
        monkeypatch.setattr(LowRankForm, name, refused)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 784)) + np.repeat([0.0, 3.0], 150)[:, np.newaxis]
    model = GaussianMixture(2, covariance_type="low_rank", rank=3, init_params="kmeans", max_iter=5, random_state=0)
    with pytest.warns(Warning, match="rows for|converge"):
        model.fit(x)
    assert sorted(np.bincount(model.predict(x))) == [150, 150]
