"""Fits whose rows are shared among few of many components."""

from __future__ import annotations

import numpy as np
import pytest

from gaussmix import GaussianMixture
from gaussmix.data.memory import MemorySource
from gaussmix.em.status import Status
from gaussmix.errors import ConfigError
from gaussmix.estimators.parameters import ParameterError

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

K = 30


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    """Clusters on a grid, of which neighbours overlap."""
    generator = np.random.default_rng(3)
    centres = np.array([(i, j, (i * j) % 3) for i in range(6) for j in range(5)], dtype=float) * 2.5
    return centres[generator.integers(len(centres), size=6000)] + generator.normal(size=(6000, 3))


def fitted(rows: np.ndarray, candidates: int | None, weight: np.ndarray | None = None, **more) -> GaussianMixture:
    settings = {"init_params": "k-means++", "random_state": 0, "max_iter": 60, "tol": 1e-5} | more
    return GaussianMixture(K, n_candidates=candidates, **settings).fit(rows, sample_weight=weight)


@pytest.fixture(scope="module")
def truncated(rows) -> GaussianMixture:
    return fitted(rows, 8)


def said(model: GaussianMixture) -> str:
    (event,) = [event for event in model.events_ if event.kind == "truncated"]
    return event.text


def test_the_bound_never_falls(truncated):
    objective = truncated.history_.objective
    assert len(objective) == truncated.n_iter_ + 1 > 5
    assert (np.diff(objective) >= -1e-12 * np.abs(objective[:-1])).all()


def test_the_result_is_exact(truncated, rows):
    """What is said in the end is of all components, as everything that is predicted."""
    assert truncated.lower_bound_ == pytest.approx(truncated.score(rows), rel=1e-12)
    assert truncated.history_[-1].log_likelihood == truncated.log_likelihood_
    np.testing.assert_array_equal(truncated.labels_, truncated.predict(rows))


def test_it_comes_about_as_far_as_em(truncated, rows):
    assert truncated.lower_bound_ > fitted(rows, None).lower_bound_ - 0.02


def test_it_says_what_was_left_out(truncated):
    text = said(truncated)
    assert "each row was shared among 8 components" in text
    assert "raise" not in text


def test_candidates_are_doubled_where_too_much_is_left_out(rows):
    model = fitted(rows * 0.2, 2, max_iter=200)
    count = int(said(model).split("among ")[1].split()[0])
    assert count > 2
    assert count in (4, 8, 16, K)
    assert model.status_ is not Status.FELL


def test_more_candidates_are_iterated_with():
    """Rows without clusters: those candidates that the first rounds had leave out nearly everything."""
    x = np.random.default_rng(0).normal(size=(3000, 4))
    options = {"init_params": "kmeans", "random_state": 0, "tol": 1e-3}
    few = GaussianMixture(20, n_candidates=2, **options).fit(x)
    on = GaussianMixture(20, warm_start=True, **options)
    on.weights_, on.means_, on.covariances_ = few.weights_, few.means_, few.covariances_
    on.precisions_cholesky_ = few.precisions_cholesky_
    assert on.fit(x).lower_bound_ < few.lower_bound_ + 0.05


def test_rows_of_weight_zero_are_no_rows(rows):
    weight = np.random.default_rng(0).choice([0.0, 1.0], size=len(rows))
    means = rows[:: len(rows) // K][:K]
    given = {"means_init": means, "weights_init": np.full(K, 1 / K), "precisions_init": np.tile(np.eye(3), (K, 1, 1))}
    weighted = fitted(rows, 6, weight, max_iter=30, **given)
    removed = fitted(rows[weight > 0.0], 6, max_iter=30, **given)
    assert weighted.lower_bound_ == pytest.approx(removed.lower_bound_, rel=1e-9)
    np.testing.assert_allclose(weighted.means_, removed.means_, rtol=1e-6, atol=1e-8)


def test_as_many_candidates_as_components_is_em(rows):
    full, all_of_them = fitted(rows, None), fitted(rows, K)
    np.testing.assert_array_equal(all_of_them.means_, full.means_)
    assert not [event for event in all_of_them.events_ if event.kind == "truncated"]


def test_the_same_bits_for_any_number_of_threads(rows, truncated):
    np.testing.assert_array_equal(fitted(rows, 8, n_threads=3).means_, truncated.means_)


@pytest.mark.parametrize("structure", ["tied", "diag", "spherical", "VEE"])
def test_every_structure(rows, structure):
    model = fitted(rows, 8, covariance_type=structure)
    assert (np.diff(model.history_.objective) >= -1e-12 * np.abs(model.history_.objective[:-1])).all()
    assert model.lower_bound_ > fitted(rows, None, covariance_type=structure).lower_bound_ - 0.05


def test_weights_are_numbers_of_rows(rows):
    """From one start, which does not draw: weight 2 is the row twice, weight 0 the row removed."""
    weight = np.random.default_rng(0).choice([0.0, 1.0, 2.0], size=len(rows))
    means = rows[:: len(rows) // K][:K]
    given = {"means_init": means, "weights_init": np.full(K, 1 / K), "precisions_init": np.tile(np.eye(3), (K, 1, 1))}
    # So few iterations that the rows that chance chooses to ask make no difference: all have the right cell.
    weighted = fitted(rows, K - 1, weight, max_iter=2, **given)
    repeated = fitted(np.repeat(rows, weight.astype(int), axis=0), K - 1, max_iter=2, **given)
    np.testing.assert_allclose(weighted.means_, repeated.means_, rtol=1e-3, atol=1e-3)
    assert weighted.lower_bound_ == pytest.approx(repeated.lower_bound_, rel=1e-4)


def test_float32(rows, truncated):
    model = fitted(rows.astype(np.float32), 8)
    assert model.lower_bound_ == pytest.approx(truncated.lower_bound_, abs=0.02)


def test_a_callback_hears_of_each_iteration_once_and_may_stop(rows):
    heard: list[tuple[str, int]] = []

    def hear(record) -> bool:
        heard.append((record.kind, record.iteration))
        return record.iteration == 9

    model = fitted(rows, 8, callback=hear, tol=0.0)
    assert heard == [("start", 0), *(("iteration", i) for i in range(1, 10)), ("end", 9)]
    assert model.status_ is Status.STOPPED
    assert model.lower_bound_ == pytest.approx(model.score(rows), rel=1e-12)


def test_rows_that_are_no_array_are_refused(rows):
    with pytest.raises(ConfigError, match="n_candidates needs the rows as an array"):
        fitted(MemorySource(rows), 8)


def test_one_candidate_is_no_mixture(rows):
    with pytest.raises(ParameterError, match="n_candidates"):
        fitted(rows, 1)
