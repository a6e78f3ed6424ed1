"""The promises of this folder, asked of loadings and noise, which no rows of one or two columns have."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from rises import assert_rises
from sklearn.exceptions import ConvergenceWarning
from ugly_rows import ugly_rows

from gaussmix import GaussianMixture, load
from gaussmix.errors import DegenerateFitError, FitWarning

FEW = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
CLOSE = 1e-9
"""As in test_units, and what a loading's own rounding adds."""


def fit(x, k: int, weight: np.ndarray | None = None, **arguments: object) -> GaussianMixture:
    arguments = {"random_state": 0, "max_iter": 80, "rank": 1} | arguments
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", FitWarning)  # a few rows are a hard case, too
        return GaussianMixture(k, covariance_type="low_rank", **arguments).fit(x, sample_weight=weight)


@given(x=ugly_rows(), k=st.integers(1, 4), tol=st.sampled_from([0.0, "auto"]))
@FEW
def test_the_objective_rises_and_all_is_finite_on_any_rows(each_kernel, x, k, tol):
    assume(k <= len(x) and x.shape[1] >= 3)
    model = fit(x, k, tol=tol)
    assert_rises(model, len(x))
    assert np.isfinite(model.predict_proba(x)).all()
    for name in ("weights_", "means_", "loadings_", "noise_variance_", "covariances_", "precisions_"):
        assert np.isfinite(getattr(model, name)).all(), name
    assert (model.noise_variance_ > 0.0).all()


@given(x=ugly_rows(), k=st.integers(1, 3))
@FEW
def test_by_maximum_likelihood_where_noise_stays(x, k):
    assume(k <= len(x) and x.shape[1] >= 3)
    try:
        model = fit(x, k, reg_covar=0.0, tol=0.0)
    except DegenerateFitError:
        assume(False)
    assert_rises(model, len(x))


@pytest.mark.parametrize("structure_of", [(5, 2), (12, 3)])
def test_it_rises_to_the_very_end(clusters, structure_of):
    d, q = structure_of
    model = fit(clusters(400, d, 3, seed=4, apart=1.0), 3, rank=q, tol=0.0, max_iter=600)
    assert_rises(model, 400.0)
    assert model.history_.objective[-1] - model.history_.objective[-2] < 1e-3


@pytest.mark.parametrize(("factor", "offset"), [(1e-150, 0.0), (1.0 / 3.0, 0.0), (1e150, 0.0), (1.0, 1e10)])
def test_a_factor_and_an_offset_for_all_columns(clusters, factor, offset):
    x = clusters(400, 4, 3, seed=3)
    place = offset * factor * np.array([1.0, -0.7, 0.9, 0.2])
    scaled = x * factor + place
    back = (scaled - place) / factor
    # As far as every iteration counts: where the last gain 1e-9 nats, a log-likelihood of 1e6 units decides on the end.
    there, here = (fit(rows, 3, max_iter=40) for rows in (scaled, back))
    assert_same(there, here, scaled, back)


def test_a_factor_for_each_column(clusters):
    x = clusters(400, 4, 3, seed=3)
    units = np.array([1e-120, 3.7, 1e140, 1.0 / 7.0])
    there, here = fit(x * units, 3), fit(x * units / units, 3)
    assert_same(there, here, x * units, x * units / units)
    np.testing.assert_allclose(there.loadings_ / units[:, np.newaxis], here.loadings_, rtol=1e-6, atol=1e-7)


def assert_same(scaled: GaussianMixture, plain: GaussianMixture, there: np.ndarray, here: np.ndarray) -> None:
    assert scaled.n_iter_ == plain.n_iter_
    np.testing.assert_allclose(scaled.weights_, plain.weights_, rtol=CLOSE)
    np.testing.assert_allclose(scaled.predict_proba(there), plain.predict_proba(here), atol=CLOSE)


def test_a_constant_column_changes_no_probability(clusters):
    x = clusters(300, 4, 3, seed=5, apart=1.5)
    shares = np.random.default_rng(1).dirichlet(np.ones(3), 300)
    plain = fit(x, 3, init_params=shares)
    beside = fit(np.insert(x, 1, 4.25, axis=1), 3, init_params=shares)
    np.testing.assert_allclose(beside.predict_proba(np.insert(x, 1, 4.25, axis=1)), plain.predict_proba(x), atol=1e-6)


@pytest.mark.parametrize("start", ["auto", "kmeans"])
def test_a_row_of_weight_two_is_that_row_twice(clusters, start):
    counts = np.random.default_rng(2).choice([0, 1, 2, 5], size=150)
    x = clusters(150, 4, 3, seed=2)
    weighted = fit(x, 3, counts.astype(float), init_params=start)
    repeated = fit(np.repeat(x, counts, axis=0), 3, init_params=start)
    assert weighted.bic_ == pytest.approx(repeated.bic_, rel=1e-9)


def test_the_same_bits_from_any_threads_and_after_a_file(clusters, tmp_path):
    x = clusters(3000, 6, 3, seed=7)
    one, four = fit(x, 3, rank=2, n_threads=1), fit(x, 3, rank=2, n_threads=4)
    one.save(tmp_path / "model.gmm")
    back = load(tmp_path / "model.gmm")
    assert (back.covariance_type, back.rank) == ("low_rank", 2)
    for other in (four, back):
        for attribute in ("weights_", "means_", "loadings_", "noise_variance_", "log_likelihood_", "bic_"):
            np.testing.assert_array_equal(getattr(other, attribute), getattr(one, attribute))
        np.testing.assert_array_equal(other.predict_proba(x), one.predict_proba(x))


def test_rows_in_a_file_give_the_same_bits(clusters, tmp_path):
    x = clusters(500, 4, 2, seed=7)
    np.savetxt(tmp_path / "rows.csv", x, delimiter=",", header="a,b,c,d", comments="", fmt="%.17g")
    from_file, from_memory = fit(str(tmp_path / "rows.csv"), 2), fit(x, 2)
    np.testing.assert_array_equal(from_file.loadings_, from_memory.loadings_)
    assert from_file.bic_ == from_memory.bic_


def test_float32(clusters):
    x = clusters(800, 6, 3, seed=4)
    shares = np.random.default_rng(3).dirichlet(np.ones(3), 800)
    narrow = fit(x.astype(np.float32), 3, rank=2, init_params=shares)
    wide = fit(x.astype(np.float32).astype(np.float64), 3, rank=2, init_params=shares)
    assert narrow.loadings_.dtype == narrow.covariances_.dtype == np.float32
    assert narrow.log_likelihood_ == pytest.approx(wide.log_likelihood_, rel=1e-5)


def test_what_is_returned_belongs_together(clusters):
    x = clusters(300, 5, 3, seed=9)
    model = fit(x, 3, rank=2)
    assert model.score(x) == pytest.approx(model.lower_bound_, rel=1e-12)
    assert model.bic(x) == pytest.approx(model.bic_, rel=1e-12)
    df = 2 + 15 + 3 * (5 * 2 + 5 - 1)
    assert model.bic_ == pytest.approx(df * np.log(300) - 2 * model.log_likelihood_, rel=1e-12)


def test_a_spike_on_few_rows_is_put_elsewhere():
    rng = np.random.default_rng(0)
    few = np.array([2.0, 9.0, 1.0]) + 1e-9 * rng.normal(size=(3, 3))
    x = np.concatenate([rng.normal(0, 1, (150, 3)), rng.normal(5, 1, (150, 3)), few])
    model = fit(x, 3, init_params=np.repeat([0, 1, 2], [150, 150, 3]), max_iter=1000)
    assert model.events_[0].kind == "reseeded"
    assert_rises(model, len(x))
