"""First mixtures from k-means, labels, responsibilities and parameters."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans

from gaussmix import GaussianMixture
from gaussmix.allocations.given import Hard, Unchanged
from gaussmix.core.frame import Scaling
from gaussmix.core.mixture import Mixture
from gaussmix.data.memory import MemorySource
from gaussmix.em.driver import run
from gaussmix.em.stopping import PlainTolerance
from gaussmix.errors import DataError
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.gaussian_update import CentresUpdate
from gaussmix.families.structures import STRUCTURES
from gaussmix.fitting.step import EMStep
from gaussmix.kernels.automatic import AutomaticKernel
from gaussmix.kernels.summary import summarise
from gaussmix.starts.k_means import metric
from gaussmix.starts.seeding import greedy_k_means_plus_plus
from gaussmix.starts.shares import one_hot


def first(x: np.ndarray, structure: str, **arguments: object) -> GaussianMixture:
    return GaussianMixture(covariance_type=structure, max_iter=0, **arguments).fit(x)


def expected_from_shares(x: np.ndarray, shares: np.ndarray, structure: str):
    """Weights, means and covariances of one M-step, by their definitions."""
    size = shares.sum(axis=0)
    means = shares.T @ x / size[:, np.newaxis]
    z = x[:, np.newaxis] - means
    scatter = np.einsum("nk,nki,nkj->kij", shares, z, z)
    whole = scatter / size[:, np.newaxis, np.newaxis]
    covariances = {
        "full": whole,
        "tied": scatter.sum(axis=0) / len(x),
        "diag": np.diagonal(whole, axis1=1, axis2=2),
        "spherical": np.trace(whole, axis1=1, axis2=2) / x.shape[1],
    }[structure]
    return size / len(x), means, covariances


@pytest.mark.parametrize("kind", ["labels", "responsibilities"])
def test_one_m_step_from_what_is_given(clusters, structure, each_kernel, kind):
    x = clusters(200, 3, 3, seed=70) + 1e5
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=len(x))
    shares = np.eye(3)[labels] if kind == "labels" else rng.dirichlet(np.ones(3), size=len(x))
    given = labels if kind == "labels" else shares
    model = first(x, structure, n_components=3, init_params=given, reg_covar=0.0)
    weights, means, covariances = expected_from_shares(x - 1e5, shares, structure)
    np.testing.assert_allclose(model.weights_, weights, rtol=1e-12)
    # At an offset of 1e5 a mean is known to 1e5 · 1e-16; the covariance is not touched by it.
    np.testing.assert_allclose(model.means_ - 1e5, means, atol=1e-10)
    np.testing.assert_allclose(model.covariances_, covariances, rtol=1e-10, atol=1e-10)


def test_a_narrow_component_keeps_its_digits(structure):
    """Moments are taken about the components' own means, not about that of all rows."""
    rng = np.random.default_rng(1)
    narrow = 1e-6 * rng.normal(size=(100, 2)) + 1.0
    wide = rng.normal(size=(100, 2)) - 5.0
    x = np.concatenate([narrow, wide])
    labels = np.repeat([0, 1], 100)
    model = first(x, structure, n_components=2, init_params=labels, reg_covar=0.0)
    _, means, covariances = expected_from_shares(x, np.eye(2)[labels], structure)
    found = model.covariances_ if structure == "tied" else model.covariances_[0]
    expected = covariances if structure == "tied" else covariances[0]
    # The rows themselves are known to 1e-16 of 1.0, a part in 1e10 of their spread.
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-8 * np.abs(expected).max())
    np.testing.assert_allclose(model.means_, means, rtol=1e-14)


@pytest.mark.parametrize("k", [2, 3, 5])
def test_k_means_is_lloyds_algorithm(clusters, each_kernel, k):
    """From the same centres, to the same fixed point as scikit-learn's."""
    x = clusters(500, 3, 4, seed=71)
    source, kernel = MemorySource(x), AutomaticKernel(1)
    summary = summarise(source)
    frame = summary.frame(Scaling.COMMON)
    measure = metric(summary, frame, Scaling.COMMON)
    np.testing.assert_array_equal(measure, measure[0])
    centres = frame.positions_to_internal(x)[
        greedy_k_means_plus_plus(frame.positions_to_internal(x) * measure, np.ones(len(x)), k, np.random.default_rng(0))
    ]
    balls = Gaussian(STRUCTURES["diag"], centres, np.tile(measure, (k, 1)))
    step = EMStep(source, kernel, CentresUpdate(), Unchanged(), summary.sum_weight)
    result = run(step, Mixture(balls, Hard(k), frame), PlainTolerance(1e-15), 300)
    found = frame.positions_to_user(result.parameters.family.means)
    theirs = KMeans(k, init=frame.positions_to_user(centres), n_init=1, tol=0.0, max_iter=300).fit(x)
    np.testing.assert_allclose(found, theirs.cluster_centers_, rtol=1e-10, atol=1e-10)
    labels = kernel.rows(source, result.parameters, ("label",))["label"]
    np.testing.assert_array_equal(labels, theirs.labels_)


def test_the_default_start_finds_clear_clusters(structure):
    rng = np.random.default_rng(2)
    centres = np.array([[0.0, 0.0], [20.0, 0.0], [0.0, 20.0], [20.0, 20.0]])
    x = np.concatenate([c + rng.normal(size=(50, 2)) for c in centres])
    for seed in range(5):
        model = first(x, structure, n_components=4, random_state=seed)
        found = model.means_[np.lexsort(np.round(model.means_ / 20.0).T)]
        # Means of 50 rows: five standard errors.
        assert (np.abs(found - centres) < 5 / np.sqrt(50)).all()
        np.testing.assert_allclose(model.weights_, 0.25, rtol=1e-9)


def test_k_means_ignores_units_of_columns_where_the_structure_does():
    """Clusters apart in a column of small numbers are found in spite of a column of large ones."""
    rng = np.random.default_rng(3)
    x = np.stack([np.repeat([0.0, 1e-6], 200), rng.normal(size=400) * 1e6], axis=1)
    x[:, 0] += rng.normal(size=400) * 1e-8
    model = first(x, "diag", n_components=2, random_state=0)
    np.testing.assert_allclose(np.sort(model.means_[:, 0]), [0.0, 1e-6], atol=1e-8)


def test_a_component_without_rows_is_named():
    x = np.arange(10.0)[:, np.newaxis]
    with pytest.raises(DataError, match="no row is given to component 1; every component needs"):
        first(x, "full", n_components=2, init_params=np.zeros(10, dtype=int))


def test_one_hot():
    np.testing.assert_array_equal(one_hot(np.array([1, 0]), 3), [[0, 1, 0], [1, 0, 0]])
    for wrong in ([0, 3], [0, -1], [0, 0.5]):
        with pytest.raises(DataError, match=r"row 1 has label .* whole numbers from 0 to 2"):
            one_hot(np.array(wrong), 3)


def test_given_parameters_are_the_start(clusters, structure):
    x = clusters(100, 2, 2, seed=72)
    one = first(x, structure, n_components=2, random_state=0)
    weights, means = np.array([0.3, 0.7]), one.means_ + 0.5
    model = first(
        x,
        structure,
        n_components=2,
        weights_init=weights,
        means_init=means,
        precisions_init=one.precisions_,
    )
    np.testing.assert_allclose(model.weights_, weights, rtol=1e-15)
    np.testing.assert_allclose(model.means_, means, rtol=1e-14, atol=1e-14)
    np.testing.assert_allclose(model.precisions_, one.precisions_, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("missing", ["weights_init", "means_init", "precisions_init"])
def test_what_is_not_given_comes_from_the_other_start(clusters, structure, missing):
    x = clusters(100, 2, 2, seed=73)
    labels = np.random.default_rng(0).integers(2, size=len(x))
    other = first(x, structure, n_components=2, init_params=labels)
    one = first(x, structure, n_components=2, random_state=0)
    given = {
        "weights_init": np.array([0.3, 0.7]),
        "means_init": one.means_ + 0.5,
        "precisions_init": one.precisions_,
    }
    expected = given | {missing: getattr(other, missing.replace("_init", "_"))}
    del given[missing]
    model = first(x, structure, n_components=2, init_params=labels, **given)
    for name, value in expected.items():
        np.testing.assert_allclose(getattr(model, name.replace("_init", "_")), value, rtol=1e-11, atol=1e-12)
