"""The promises of this folder, asked of the structures that lie between scikit-learn's four."""

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
from gaussmix.core.frame import Scaling
from gaussmix.em.status import Status
from gaussmix.errors import DegenerateFitError, FitWarning
from gaussmix.families.structures import SCIKIT_LEARN, STRUCTURES

OTHERS = [name for name in STRUCTURES if name not in SCIKIT_LEARN]
BY_ITERATION = ("VEI", "VEE", "VEV", "EVE", "VVE")
FEW = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)


def fit(x: np.ndarray, k: int, structure: str, weight: np.ndarray | None = None, **arguments: object):
    arguments = {"random_state": 0, "max_iter": 80} | arguments
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", FitWarning)  # a few rows are a hard case, too
        return GaussianMixture(k, covariance_type=structure, **arguments).fit(x, sample_weight=weight)


@given(x=ugly_rows(), k=st.integers(1, 4), tol=st.sampled_from([0.0, "auto"]))
@FEW
def test_the_objective_rises_on_any_rows(parsimonious, x, k, tol):
    assume(k <= len(x))
    model = fit(x, k, parsimonious, tol=tol)
    assert_rises(model, len(x))
    assert np.isfinite(model.predict_proba(x)).all()


@given(x=ugly_rows(), k=st.integers(1, 3))
@FEW
def test_by_maximum_likelihood_where_covariances_stay_regular(parsimonious, x, k):
    assume(k <= len(x))
    try:
        model = fit(x, k, parsimonious, reg_covar=0.0, tol=0.0)
    except DegenerateFitError:
        assume(False)
    assert_rises(model, len(x))


CLOSE = 1e-10
"""As in test_units."""


def assert_same(scaled: GaussianMixture, plain: GaussianMixture, there: np.ndarray, here: np.ndarray) -> None:
    assert scaled.n_iter_ == plain.n_iter_
    np.testing.assert_allclose(scaled.weights_, plain.weights_, rtol=CLOSE)
    np.testing.assert_allclose(scaled.predict_proba(there), plain.predict_proba(here), atol=CLOSE)


@pytest.mark.parametrize(
    ("factor", "offset"), [(1e-150, 0.0), (1.0 / 3.0, 0.0), (1e150, 0.0), (1.0, 1e10), (1e75, 1e6)]
)
def test_a_factor_and_an_offset_for_all_columns(clusters, parsimonious, factor, offset):
    x = clusters(400, 3, 3, seed=3)
    place = offset * factor * np.array([1.0, -0.7, 0.9])
    scaled = x * factor + place
    back = (scaled - place) / factor
    there, here = fit(scaled, 3, parsimonious), fit(back, 3, parsimonious)
    assert_same(there, here, scaled, back)
    np.testing.assert_allclose(there.covariances_ / factor / factor, here.covariances_, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("name", [name for name in OTHERS if STRUCTURES[name].scaling is Scaling.PER_FEATURE])
def test_a_factor_for_each_column(clusters, name):
    x = clusters(400, 3, 3, seed=3)
    scaled = x * [1e-120, 3.7, 1e140]
    back = scaled / [1e-120, 3.7, 1e140]
    assert_same(fit(scaled, 3, name), fit(back, 3, name), scaled, back)


@pytest.mark.parametrize("name", [name for name in OTHERS if STRUCTURES[name].scaling is Scaling.COMMON])
def test_a_factor_for_each_column_changes_the_others(clusters, name):
    x = clusters(400, 3, 3, seed=3, apart=1.0)
    shares = np.random.default_rng(0).dirichlet(np.ones(3), 400)
    factor = np.array([0.1, 3.7, 20.0])
    plain, scaled = (fit(rows, 3, name, init_params=shares, max_iter=200) for rows in (x, x * factor))
    assert abs(scaled.log_likelihood_ + 400 * np.log(factor).sum() - plain.log_likelihood_) > 1.0


def test_a_constant_column_changes_no_probability(clusters, parsimonious):
    """It has no part in volumes and shapes either."""
    x = clusters(300, 3, 3, seed=5, apart=1.5)
    shares = np.random.default_rng(1).dirichlet(np.ones(3), 300)
    plain = fit(x, 3, parsimonious, init_params=shares)
    beside = fit(np.insert(x, 1, 4.25, axis=1), 3, parsimonious, init_params=shares)
    if parsimonious == "EII":  # its one variance is that of all columns, the constant one among them
        return
    np.testing.assert_allclose(beside.predict_proba(np.insert(x, 1, 4.25, axis=1)), plain.predict_proba(x), atol=1e-6)
    assert np.unique(beside.means_[:, 1]) == 4.25


@pytest.mark.parametrize("name", ["VEE", "EVV"])
def test_a_column_twice_changes_no_probability(clusters, name):
    """Of structures that any linear map leaves as they are; angles know the second copy."""
    x = clusters(300, 3, 3, seed=5, apart=1.5)
    shares = np.random.default_rng(1).dirichlet(np.ones(3), 300)
    far = {"init_params": shares, "tol": 1e-12, "max_iter": 5000}
    plain, beside = fit(x, 3, name, **far), fit(x[:, [0, 1, 1, 2]], 3, name, **far)
    np.testing.assert_allclose(beside.predict_proba(x[:, [0, 1, 1, 2]]), plain.predict_proba(x), atol=1e-4)
    assert [event.kind for event in beside.events_ if event.kind == "collinear"] == ["collinear"]


@pytest.mark.parametrize("name", ["EEV", "VEV", "EVE", "VVE"])
def test_a_column_in_the_opposite_direction_takes_no_rows(clusters, name):
    """Two columns that add up to nothing: turned by 45°, one column and a constant one."""
    x = clusters(300, 3, 3, seed=5, apart=1.5)
    shares = np.random.default_rng(1).dirichlet(np.ones(3), 300)
    half = np.column_stack([x[:, 0], x[:, 1], x[:, 2] / np.sqrt(2.0), -x[:, 2] / np.sqrt(2.0)])
    far = {"init_params": shares, "tol": 1e-12, "max_iter": 5000}
    plain, beside = fit(x, 3, name, **far), fit(half, 3, name, **far)
    np.testing.assert_allclose(beside.predict_proba(half), plain.predict_proba(x), atol=1e-4)


def test_a_row_of_weight_two_is_that_row_twice(clusters, parsimonious):
    rng = np.random.default_rng(2)
    x = clusters(150, 2, 3, seed=2)
    counts = rng.choice([0, 1, 2, 5], size=150)
    shares = rng.dirichlet(np.ones(3), 150)
    weighted = fit(x, 3, parsimonious, counts.astype(float), init_params=shares)
    repeated = fit(np.repeat(x, counts, axis=0), 3, parsimonious, init_params=np.repeat(shares, counts, axis=0))
    assert weighted.bic_ == pytest.approx(repeated.bic_, rel=1e-9)
    np.testing.assert_allclose(weighted.means_, repeated.means_, rtol=1e-6, atol=1e-8)


def test_the_same_bits_from_any_threads_and_after_a_file(clusters, parsimonious, tmp_path):
    x = clusters(3000, 3, 3, seed=7)
    one, four = fit(x, 3, parsimonious, n_threads=1), fit(x, 3, parsimonious, n_threads=4)
    one.save(tmp_path / "model.gmm")
    back = load(tmp_path / "model.gmm")
    assert back.covariance_type == parsimonious
    for other in (four, back):
        for attribute in ("weights_", "means_", "covariances_", "precisions_", "log_likelihood_", "bic_"):
            np.testing.assert_array_equal(getattr(other, attribute), getattr(one, attribute))
        np.testing.assert_array_equal(other.predict_proba(x), one.predict_proba(x))


def test_float32(clusters, parsimonious):
    x = clusters(800, 3, 3, seed=4)
    shares = np.random.default_rng(3).dirichlet(np.ones(3), 800)
    narrow = fit(x.astype(np.float32), 3, parsimonious, init_params=shares)
    wide = fit(x.astype(np.float32).astype(np.float64), 3, parsimonious, init_params=shares)
    assert narrow.covariances_.dtype == np.float32
    assert narrow.log_likelihood_ == pytest.approx(wide.log_likelihood_, rel=1e-5)


def test_what_is_returned_belongs_together(clusters, parsimonious):
    x = clusters(300, 2, 3, seed=9)
    model = fit(x, 3, parsimonious)
    assert model.score(x) == pytest.approx(model.lower_bound_, rel=1e-12)
    assert model.bic(x) == pytest.approx(model.bic_, rel=1e-12)
    df = 2 + 6 + STRUCTURES[parsimonious].n_parameters(3, 2)
    assert model.bic_ == pytest.approx(df * np.log(300) - 2 * model.log_likelihood_, rel=1e-12)


def test_an_empty_component_keeps_what_is_left_to_it(make_mixture, parsimonious):
    """A component of no weight: the others' fit is theirs, and all are of the structure."""
    x = np.random.default_rng(0).normal(size=(60, 2)) * [1.0, 3.0]
    first = make_mixture(parsimonious, 3, 2)
    start = {"means_init": first.family.means, "weights_init": np.array([0.5, 0.0, 0.5])}
    shape = GaussianMixture(3, covariance_type=parsimonious)
    shape.weights_, shape.means_ = first.weights, first.family.means
    shape.precisions_cholesky_ = first.family.public_precision_cholesky(first.frame)
    model = fit(x, 3, parsimonious, precisions_init=shape.precisions_, tol=0.0, reg_covar=0.0, max_iter=20, **start)
    assert_rises(model, 60.0)
    np.testing.assert_allclose(model.means_[1], first.family.means[1], rtol=1e-9)
    assert np.isfinite(model.covariances_).all()


@pytest.mark.parametrize("apart", [1e3, 1e9])
def test_columns_a_million_apart_where_units_decide(clusters, parsimonious, apart):
    """Common units know the narrow columns to their own digits."""
    x = clusters(300, 3, 2, seed=5) * [1.0, 1.0 / apart, apart]
    model = fit(x, 2, parsimonious)
    assert model.status_ is Status.CONVERGED
    assert_rises(model, 300.0)


@pytest.mark.parametrize("name", ["VEI", "VEE", "VVE", "VEV"])
def test_a_spike_on_few_rows_is_put_elsewhere(name):
    rng = np.random.default_rng(0)
    few = np.array([2.0, 9.0, 1.0]) + 1e-9 * rng.normal(size=(3, 3))
    x = np.concatenate([rng.normal(0, 1, (150, 3)), rng.normal(5, 1, (150, 3)), few])
    model = fit(x, 3, name, init_params=np.repeat([0, 1, 2], [150, 150, 3]), max_iter=1000)
    assert model.events_[0].kind == "reseeded"
    assert_rises(model, len(x))


@pytest.mark.parametrize("name", ["EII", "EEI", "EVI", "EVE", "EEV", "EVV"])
def test_with_one_volume_there_are_no_spikes(name):
    rng = np.random.default_rng(0)
    few = np.array([2.0, 9.0, 1.0]) + 1e-9 * rng.normal(size=(3, 3))
    x = np.concatenate([rng.normal(0, 1, (150, 3)), rng.normal(5, 1, (150, 3)), few])
    model = fit(x, 3, name, init_params=np.repeat([0, 1, 2], [150, 150, 3]), max_iter=1000)
    assert not model.events_
    assert len(model.weights_) == 3


def test_rows_in_a_file_give_the_same_bits(clusters, parsimonious, tmp_path):
    x = clusters(500, 2, 2, seed=7)
    path = tmp_path / "rows.csv"
    np.savetxt(path, x, delimiter=",", header="a,b", comments="", fmt="%.17g")
    from_file, from_memory = fit(str(path), 2, parsimonious), fit(x, 2, parsimonious)
    np.testing.assert_array_equal(from_file.covariances_, from_memory.covariances_)
    assert from_file.bic_ == from_memory.bic_
