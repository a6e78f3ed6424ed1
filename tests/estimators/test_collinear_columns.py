"""Columns that follow from others change nothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from gaussmix import GaussianMixture
from gaussmix.data.memory import MemorySource
from gaussmix.em.status import Status
from gaussmix.em.stopping import AitkenTolerance
from gaussmix.families.structures import STRUCTURES
from gaussmix.fitting.fit import fit_mixture
from gaussmix.fitting.recipe import Recipe
from gaussmix.fitting.start import start_named
from gaussmix.kernels.automatic import AutomaticKernel

# A few rows of many columns are what some of these tests are about.
pytestmark = pytest.mark.filterwarnings("ignore::gaussmix.errors.FitWarning")

LARGE, SMALL = 900, 100
TRUTH = np.repeat([0, 1], [LARGE, SMALL])


def clusters(apart: float = 6.0) -> np.ndarray:
    """Four columns; nine tenths of the rows in one cluster, the others in a wider one."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(LARGE + SMALL, 4)) @ (np.eye(4) + 0.2 * rng.normal(size=(4, 4)))
    x[LARGE:] *= 1.3
    x[LARGE:] += apart * np.array([1.0, 0.5, -0.5, 0.0])
    return x


def noise(sd: float, width: int) -> np.ndarray:
    return sd * np.random.default_rng(1).normal(size=(LARGE + SMALL, width))


def twice() -> tuple[np.ndarray, np.ndarray]:
    x = clusters()
    return x, np.column_stack([x, x[:, 0]])


def total() -> tuple[np.ndarray, np.ndarray]:
    x = clusters()
    return x, np.column_stack([x, x[:, 1] + x[:, 2]])


def one_hot() -> tuple[np.ndarray, np.ndarray]:
    """Three species in columns of 0 and 1 that sum to 1; both clusters have some of each."""
    x = clusters()
    likely = np.array([[0.5, 0.3, 0.2], [0.2, 0.3, 0.5]])[TRUTH]
    drawn = np.random.default_rng(2).random(len(x))[:, np.newaxis]
    columns = np.eye(3)[(drawn > likely.cumsum(axis=1)).sum(axis=1)]
    return np.column_stack([x, columns[:, :2]]), np.column_stack([x, columns])


def percent() -> tuple[np.ndarray, np.ndarray]:
    """Parts of a hundred, with a cluster apart."""
    parts = 20.0 + clusters()
    parts *= 100.0 / parts.sum(axis=1, keepdims=True)
    return parts[:, :3], parts


def nearly_twice() -> tuple[np.ndarray, np.ndarray]:
    x = clusters()
    return x, np.column_stack([x, x[:, 0] + x[:, 0].std() * noise(1e-5, 1)[:, 0]])


def spectra() -> tuple[np.ndarray, np.ndarray]:
    """Thirty columns that four substances make, and a little noise."""
    x = clusters()
    whole = x @ np.random.default_rng(3).normal(size=(4, 30))
    return x, whole + whole.std(axis=0) * noise(1e-6, 30)


def noisy_spectra() -> tuple[np.ndarray, np.ndarray]:
    """Noise about as wide as the prior: twenty-six directions in each of which it would make the large narrower."""
    x = clusters()
    whole = x @ np.random.default_rng(3).normal(size=(4, 30))
    return x, whole + whole.std(axis=0) * noise(1.5e-3, 30)


CASES = [twice, total, one_hot, percent, nearly_twice, spectra, noisy_spectra]
Rows = Callable[[], tuple[np.ndarray, np.ndarray]]


def fitted(x: np.ndarray, **arguments: object) -> GaussianMixture:
    return GaussianMixture(2, **{"init_params": "kmeans", "random_state": 0, **arguments}).fit(x)


@pytest.mark.parametrize(
    ("rows", "start"),
    # Columns of 0 and 1 have more likely partitions than the clusters: by species. So the clusters are given.
    [(rows, start) for rows in CASES if rows is not one_hot for start in ("kmeans", "auto")] + [(one_hot, TRUTH)],
)
def test_clusters_are_those_without_the_redundant_columns(rows: Rows, start: str | np.ndarray):
    """Held up by the prior alone, components would be the narrower the larger, and the largest take all."""
    plain, redundant = rows()
    # To the end: at the usual one a row that is as likely in both clusters may fall on either side.
    arguments = {"init_params": start, "tol": 1e-10}
    labels, expected = fitted(redundant, **arguments).labels_, fitted(plain, **arguments).labels_
    assert adjusted_rand_score(TRUTH, labels) >= 0.95
    if rows is noisy_spectra:  # what is left of the noise may move such a row, too
        assert (labels == expected).mean() >= 0.998
    else:
        np.testing.assert_array_equal(labels, expected)


@pytest.mark.parametrize("rows", CASES)
def test_objective_never_falls(rows: Rows):
    """From labels that are wrong for every third row, so that there is a way to go."""
    wrong = np.where(np.arange(len(TRUTH)) % 3 == 0, 1 - TRUTH, TRUTH)
    model = fitted(rows()[1], init_params=wrong)
    assert model.status_ is Status.CONVERGED
    objective = model.history_.objective
    assert len(objective) > 5
    assert (np.diff(objective) >= -1e-9 * len(TRUTH)).all()
    assert model.score(rows()[1]) == pytest.approx(model.lower_bound_, rel=1e-12)


@pytest.mark.parametrize("rows", [twice, total, nearly_twice, spectra])
def test_means_and_covariances_follow_the_rows(rows: Rows):
    """The parameters say of each column what the rows of the component say: weighted moments, by NumPy."""
    x = rows()[1]
    model = fitted(x)
    share = model.predict_proba(x)
    for j in range(2):
        np.testing.assert_allclose(model.means_[j], np.average(x, axis=0, weights=share[:, j]), rtol=1e-3, atol=1e-3)
        moments = np.cov(x.T, aweights=share[:, j], bias=True)
        np.testing.assert_allclose(model.covariances_[j], moments, atol=1e-3 * moments.max())


@pytest.mark.parametrize("rows", CASES)
def test_units_do_not_matter(rows: Rows):
    x = rows()[1]
    scale = 10.0 ** np.linspace(-8, 8, x.shape[1])
    plain, scaled = fitted(x), fitted(x * scale)
    np.testing.assert_array_equal(plain.labels_, scaled.labels_)
    np.testing.assert_allclose(scaled.weights_, plain.weights_, rtol=1e-6)
    np.testing.assert_allclose(scaled.means_ / scale, plain.means_, rtol=1e-5, atol=1e-5)


def test_a_row_of_weight_two_is_that_row_twice():
    x = twice()[1]
    weight = np.random.default_rng(4).integers(0, 3, len(x)).astype(float)
    shares = np.eye(2)[TRUTH]
    times = weight.astype(int)
    ours = GaussianMixture(2, init_params=shares).fit(x, sample_weight=weight)
    repeated = GaussianMixture(2, init_params=np.repeat(shares, times, axis=0)).fit(np.repeat(x, times, axis=0))
    np.testing.assert_allclose(ours.means_, repeated.means_, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(ours.covariances_, repeated.covariances_, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("structure", ["tied", "diag", "spherical"])
def test_other_structures_have_no_such_directions(structure: str):
    x = twice()[1]
    model = fitted(x, covariance_type=structure)
    assert adjusted_rand_score(TRUTH, model.labels_) >= 0.95
    assert (np.diff(model.history_.objective) >= -1e-9 * len(TRUTH)).all()


def test_given_precisions_start_where_updates_stay():
    """Those of another fit may be far narrower along the column that is there twice; the first update would fall."""
    x = twice()[1]
    narrow = GaussianMixture(2, reg_covar=1e-12, random_state=0, tol=1e-3).fit(x + noise(1e-5, 5))
    model = GaussianMixture(
        2, weights_init=narrow.weights_, means_init=narrow.means_, precisions_init=narrow.precisions_
    ).fit(x)
    assert model.status_ is Status.CONVERGED
    np.testing.assert_array_equal(model.labels_, narrow.labels_)


def test_a_number_for_reg_covar_holds_nothing():
    """One update, by scikit-learn's formula."""
    x = twice()[1]
    model = GaussianMixture(2, init_params=TRUTH, reg_covar=1e-3, max_iter=1, tol=10.0).fit(x)
    share = GaussianMixture(2, init_params=TRUTH, reg_covar=1e-3, max_iter=0).fit(x).predict_proba(x)
    for j in range(2):
        expected = np.cov(x.T, aweights=share[:, j], bias=True) + 1e-3 * np.eye(5)
        np.testing.assert_allclose(model.covariances_[j], expected, rtol=1e-10)


def test_the_fit_says_which_columns():
    recipe = Recipe(2, STRUCTURES["full"], False, None, AitkenTolerance(1e-7), 100)
    x = np.column_stack([twice()[1], np.ones(len(TRUTH))])
    fit = fit_mixture(MemorySource(x), AutomaticKernel(), recipe, start_named("kmeans"), np.random.default_rng(0))
    kinds = {event.kind: event.text for event in fit.events}
    assert set(kinds) == {"constant", "collinear"}
    assert kinds["collinear"].startswith("1 combination of columns 0, 4 is the same in all rows")


def test_fewer_rows_than_columns():
    """All that these rows span is ten directions; in the others components are alike."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(12, 30))
    x[8:] += 10.0
    model = GaussianMixture(2, init_params="kmeans", random_state=0).fit(x)
    assert adjusted_rand_score(np.repeat([0, 1], [8, 4]), model.labels_) == 1.0
    assert np.isfinite(model.covariances_).all()


@pytest.mark.parametrize("start", ["kmeans", "auto"])
@pytest.mark.parametrize("seed", [0, 1, 2, 4])
def test_rounding_along_held_directions_keeps_no_fit_from_its_end(seed: int, start: str):
    """Of order 1e-10 of the objective, it goes up and down for ever once the rows are told apart."""
    x = np.random.default_rng(seed).normal(size=(6, 20))
    model = GaussianMixture(2, init_params=start, random_state=0).fit(x)
    assert model.status_ is Status.CONVERGED
    assert model.n_iter_ < 20
