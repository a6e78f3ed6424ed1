"""What rows say of the sums, against its definition."""

from __future__ import annotations

import numpy as np
import pytest

from gaussmix import GaussianMixture
from gaussmix.allocations.weights import CommonWeights, CommonWeightsUpdate
from gaussmix.core.block import Block
from gaussmix.core.contracts import layout_of
from gaussmix.core.mixture import Mixture
from gaussmix.data.memory import MemorySource
from gaussmix.em.acceleration import Anderson
from gaussmix.em.scoring import Scoring
from gaussmix.families.gaussian_update import GaussianUpdate
from gaussmix.families.prior import Prior
from gaussmix.fitting.scene import Scene
from gaussmix.fitting.step import EMStep
from gaussmix.fitting.survey import RowSurveyor, acceleration
from gaussmix.fitting.usable import checked_summary
from gaussmix.kernels.automatic import AutomaticKernel


def surveyed(mixture: Mixture, x: np.ndarray, weight: np.ndarray):
    layout = layout_of(mixture.family, mixture.allocation)
    source, kernel = MemorySource(x, weight), AutomaticKernel(1)
    sums = kernel.expect(source, mixture)
    return RowSurveyor(Block(x, weight), layout).survey(mixture, sums), sums, kernel


@pytest.mark.parametrize("name", ["full", "diag", "spherical"])
def test_information_is_the_squares_of_what_rows_add(clusters, make_mixture, name):
    x = clusters(40, 2, 3, seed=1)
    weight = np.random.default_rng(0).uniform(0.5, 2.0, len(x))
    mixture = make_mixture(name, 3, 2, seed=2)
    survey, sums, kernel = surveyed(mixture, x, weight)
    # What one row adds is the sums of a pass over it alone, about the same points.
    rows = [kernel.expect(MemorySource(row[np.newaxis]), mixture).buffer[survey.places] for row in x]
    observed = np.einsum("n,np,nq->pq", weight, rows, rows)
    np.testing.assert_allclose(survey.observed, observed, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(np.einsum("n,np->p", weight, rows), survey.vector(sums), rtol=1e-10, atol=1e-10)
    # Rows that say where they belong say more: C − G has no negative eigenvalue.
    assert np.linalg.eigvalsh(survey.whole - survey.observed).min() > -1e-9


@pytest.mark.parametrize("name", ["full", "diag", "spherical"])
def test_curvature_tells_what_is_to_come_and_a_saddle_from_a_top(clusters, name):
    x = clusters(900, 2, 3, seed=4, apart=1.5)
    arguments = {"covariance_type": name, "random_state": 0, "reg_covar": 0.0, "max_iter": 5000}
    top = GaussianMixture(3, tol=1e-13, **arguments).fit(x)
    before = GaussianMixture(3, tol=1e-6, **arguments).fit(x)
    gap = top.log_likelihood_ - before.log_likelihood_
    assert 1e-4 < gap < 1.0
    assert to_come(before.mixture_, x) == pytest.approx(gap, rel=0.1)
    # Two components that are one share all rows alike: no iteration parts them, and any way apart is uphill.
    one = GaussianMixture(2, **arguments).fit(x).mixture_
    twice = Mixture(
        one.family.reorder(np.array([0, 1, 1])), CommonWeights(one.weights[[0, 1, 1]] * [1, 0.5, 0.5]), one.frame
    )
    assert to_come(twice, x) == np.inf


def to_come(mixture: Mixture, x: np.ndarray) -> float:
    source, kernel = MemorySource(x), AutomaticKernel(1)
    step = EMStep(source, kernel, GaussianUpdate(Prior.none(x.shape[1])), CommonWeightsUpdate(), float(len(x)))
    evaluation = step.expect(mixture)
    layout = layout_of(mixture.family, mixture.allocation)
    survey = RowSurveyor(Block(x, np.ones(len(x))), layout, complete=True).survey(mixture, evaluation.sums)
    return survey.to_come(survey.vector(evaluation.sums) - expected_sums(mixture, len(x)))


def expected_sums(mixture: Mixture, n: int) -> np.ndarray:
    """What the mixture expects rows to add about its means: the first line of the products."""
    return (mixture.weights[:, np.newaxis] * n * mixture.family.expected_products()[:, 0]).ravel()


@pytest.mark.parametrize("name", ["full", "diag", "spherical"])
def test_vectors_and_sums_are_the_same(clusters, make_mixture, name):
    x = clusters(50, 2, 2, seed=3)
    survey, sums, _ = surveyed(make_mixture(name, 2, 2), x, np.ones(len(x)))
    back = survey.sums(survey.vector(sums))
    np.testing.assert_array_equal(back.buffer[1:], sums.buffer[1:])
    assert survey.sums(-survey.vector(sums)) is None


@pytest.mark.parametrize(
    ("structure", "weights", "d", "kind"),
    [
        ("full", "free", 2, Scoring),
        ("diag", "free", 2, Scoring),
        ("tied", "free", 2, Anderson),
        ("spherical", "free", 2, Scoring),
        ("full", "equal", 2, Anderson),
        ("full", "free", 12, Anderson),
    ],
)
def test_rows_are_asked_where_sums_are_few_and_are_the_parameters(clusters, structure, weights, d, kind):
    x = clusters(300, d, 3, seed=1)
    model = GaussianMixture(3, covariance_type=structure, weights=weights, random_state=0).fit(x)
    source, kernel, recipe = MemorySource(x), AutomaticKernel(1), model._recipe()
    scene = Scene.of(source, kernel, checked_summary(source, 3), recipe)
    assert isinstance(model.mixture_.allocation, CommonWeights)
    assert type(acceleration(scene, model.mixture_)) is kind


def test_threads_do_not_show(clusters):
    x = clusters(20_000, 2, 3, seed=5, apart=1.5)
    one = GaussianMixture(3, random_state=0, n_threads=1).fit(x)
    two = GaussianMixture(3, random_state=0, n_threads=2).fit(x)
    np.testing.assert_array_equal(one.history_.objective, two.history_.objective)
    assert one.history_.leaps


def test_which_rows_are_asked_needs_no_random_numbers(clusters):
    """From given parameters a fit is the same for every random state, and for weights instead of rows."""
    x = clusters(3000, 2, 3, seed=6, apart=1.5)
    counts = np.random.default_rng(0).choice([1, 2], size=len(x))
    start = GaussianMixture(3, random_state=0, max_iter=0).fit(x)
    given = {"weights_init": start.weights_, "means_init": start.means_, "precisions_init": start.precisions_}
    one = GaussianMixture(3, random_state=1, **given).fit(x, sample_weight=counts)
    two = GaussianMixture(3, random_state=2, **given).fit(x, sample_weight=counts)
    np.testing.assert_array_equal(one.history_.objective, two.history_.objective)
    assert one.history_.leaps
    repeated = GaussianMixture(3, random_state=1, **given).fit(np.repeat(x, counts, axis=0))
    np.testing.assert_allclose(repeated.means_, one.means_, rtol=1e-9, atol=1e-9)
