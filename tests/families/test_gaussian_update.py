"""The M-step's prior, and what it does with components of no weight."""

from __future__ import annotations

import numpy as np
import pytest

from gaussmix import _native
from gaussmix.core.block import Block
from gaussmix.core.contracts import Scores, layout_of
from gaussmix.core.frame import Frame, Scaling
from gaussmix.core.statistics import Statistics
from gaussmix.data.memory import MemorySource
from gaussmix.errors import DegenerateFitError
from gaussmix.families.gaussian_update import EMPTY, GaussianUpdate
from gaussmix.families.null_directions import NullDirections
from gaussmix.families.prior import Prior
from gaussmix.kernels.summary import summarise


def statistics_of(mixture, x: np.ndarray, share: np.ndarray) -> Statistics:
    """Sums of rows under given shares (k, b)."""
    layout = layout_of(mixture.family, mixture.allocation)
    gathered = mixture.family.gather(Block(x, np.ones(len(x))), share, Scores(share))
    sums = layout.pack({"log_likelihood": 0.0, "sum_weight": share.sum(axis=1), **gathered})
    return Statistics(layout, sums, mixture.frame, mixture.family.pivot)


@pytest.mark.parametrize("weight", [0.0, 0.1 * EMPTY, 1e-300])
@pytest.mark.parametrize("prior", ["none", "automatic"])
def test_an_empty_component_keeps_its_parameters(make_mixture, structure, weight, prior):
    mixture = make_mixture(structure, 3, 2)
    x = np.random.default_rng(0).normal(size=(50, 2))
    share = np.stack([np.full(50, 0.6), np.full(50, weight), np.full(50, 0.4)])
    chosen = Prior.none(2)
    if prior == "automatic":
        summary = summarise(MemorySource(x))
        chosen = Prior.automatic(summary, Frame.identity(2), mixture.family.scaling, 3, NullDirections.none(2))
    newer = GaussianUpdate(chosen).update(statistics_of(mixture, x, share), mixture.family)
    np.testing.assert_array_equal(newer.means[1], mixture.family.means[1])
    np.testing.assert_allclose(newer.means[[0, 2]], [x.mean(axis=0)] * 2, rtol=1e-12)
    if structure != "tied":
        np.testing.assert_allclose(newer.covariance[1], mixture.family.covariance[1], rtol=1e-10)
        assert not np.allclose(newer.covariance[0], mixture.family.covariance[0])


def test_a_component_above_that_does_not(make_mixture):
    mixture = make_mixture("full", 2, 2)
    x = np.random.default_rng(0).normal(size=(50, 2))
    share = np.stack([np.ones(50), np.full(50, 10.0 * EMPTY)])
    newer = GaussianUpdate(Prior.none(2)).update(statistics_of(mixture, x, share), mixture.family)
    np.testing.assert_allclose(newer.means[1], x.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(newer.covariance[1], np.cov(x.T, bias=True), rtol=1e-10)


def test_a_faint_component_where_directions_are_held_moves_its_mean_alone(make_mixture):
    """In the other directions its covariance would be that of the prior, and 1e15 times what is held."""
    line = np.random.default_rng(0).normal(size=50)
    x = np.stack([line, line], axis=1)
    covariance = np.cov(x.T, bias=True)
    null = NullDirections.of(covariance, x.std(axis=0), 1e-6)
    prior = Prior.automatic(summarise(MemorySource(x)), Frame.identity(2), Scaling.PER_FEATURE, 2, null)
    update = GaussianUpdate(prior)
    mixture = make_mixture("full", 2, 2)
    family = update.admitted(mixture.family)
    share = np.stack([np.ones(50), np.full(50, 1e-15)])
    newer = update.update(statistics_of(mixture, x, share), family)
    np.testing.assert_allclose(newer.means[1], x.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(newer.covariance[1], family.covariance[1], rtol=1e-6)


@pytest.mark.parametrize("scaling", list(Scaling))
def test_the_automatic_prior_is_a_millionth_of_the_average_component(scaling):
    """τ D with τ = 1e-6 · W / k; D are the columns' variances, in internal units."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(80, 3)) * [2.0, 1e4, 0.0] + 5.0
    weight = rng.uniform(0.5, 2.0, 80)
    summary = summarise(MemorySource(x, weight))
    frame = summary.frame(scaling)
    prior = Prior.automatic(summary, frame, scaling, 4, NullDirections.none(3))
    variance = np.array([np.cov(column, aweights=weight, bias=True) for column in x.T[:2]]) * 4.0 ** -frame.exponent[:2]
    tau = 1e-6 * weight.sum() / 4
    np.testing.assert_allclose(prior.scatter_diagonal[:2], tau * variance, rtol=1e-12)
    alone = scaling is Scaling.PER_FEATURE
    assert prior.scatter_diagonal[2] == (0.0 if alone else pytest.approx(tau * variance.mean(), rel=1e-12))
    np.testing.assert_array_equal(prior.covariance_diagonal, [0.0, 0.0, float(alone)])
    assert prior.monotone


def test_what_rows_add_alone_sums_to_what_is_gathered(make_mixture, structure):
    family = make_mixture(structure, 3, 3).family
    x = np.random.default_rng(2).normal(size=(40, 3))
    alone = family.row_sums(x, family.pivot)  # (k, q, b)
    gathered = family.gather(Block(x, np.ones(40)), np.ones((3, 40)), Scores(np.ones((3, 40))))
    np.testing.assert_allclose(alone[:, 1:4].sum(axis=2), gathered["sum_x"], rtol=1e-12, atol=1e-12)
    scatter = alone[:, 4:].sum(axis=2)
    expected = gathered["scatter"].reshape(-1, scatter.shape[1])
    np.testing.assert_allclose(
        scatter.sum(axis=0, keepdims=True) if structure == "tied" else scatter, expected, rtol=1e-12
    )


@pytest.mark.parametrize("structure", ["full", "diag", "spherical"])
def test_products_of_what_a_row_adds_are_integrals_over_its_component(make_mixture, structure):
    family = make_mixture(structure, 3, 2, seed=1).family
    # Gauss and Hermite's rule of three points is exact for polynomials of the fifth degree in each direction.
    nodes, weights = np.polynomial.hermite_e.hermegauss(3)
    grid = np.stack(np.meshgrid(nodes, nodes), axis=-1).reshape(-1, 2)
    weight = np.outer(weights, weights).ravel() / (2.0 * np.pi)
    covariance = family.structure.form.stack(family.covariance, 3)
    for j, products in enumerate(family.expected_products()):
        points = family.means[j] + grid @ np.linalg.cholesky(covariance[j]).T
        alone = family.row_sums(points, family.means)[j]  # (q, b)
        np.testing.assert_allclose(products, (alone * weight) @ alone.T, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("level", _native.levels())
@pytest.mark.parametrize("d", [1, 2, 3, 8, 17])
def test_the_compiled_update_is_the_weighted_covariance(make_mixture, level, d):
    """Of rows in their shares, with what the prior adds; from sums about points that are not the means."""
    rng = np.random.default_rng(d)
    mixture = make_mixture("full", 3, d)
    x, share = rng.normal(size=(80, d)), rng.dirichlet(np.ones(3), 80).T
    prior = Prior(rng.uniform(0.1, 1.0, d), rng.uniform(0.1, 1.0, d), NullDirections.none(d))
    before = _native.level()
    _native.use_level(level)
    newer = GaussianUpdate(prior).update(statistics_of(mixture, x, share), mixture.family)
    _native.use_level(before)
    assert newer.known_log_determinant is not None
    for j, part in enumerate(share):
        mean = part @ x / part.sum()
        scatter = (x - mean).T @ ((x - mean) * part[:, np.newaxis]) + np.diag(prior.scatter_diagonal)
        covariance = scatter / part.sum() + np.diag(prior.covariance_diagonal)
        factor = newer.precision_cholesky[j]
        np.testing.assert_allclose(newer.means[j], mean, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(factor.T @ covariance @ factor, np.eye(d), atol=1e-11)
        assert not np.tril(factor, -1).any()
        log_determinant = -0.5 * np.linalg.slogdet(covariance)[1]
        np.testing.assert_allclose(newer.known_log_determinant[j], log_determinant, rtol=1e-10, atol=1e-12)


def test_the_compiled_update_takes_sums_with_others_behind_and_refuses_too_few(make_mixture):
    """What an allocation sums stands behind the family's own."""
    mixture = make_mixture("full", 2, 2)
    x, share = np.random.default_rng(0).normal(size=(9, 2)), np.full((2, 9), 0.5)
    sums, nothing = statistics_of(mixture, x, share), np.zeros(2)
    found = _native.full_update(sums.buffer, sums.pivot, nothing, nothing)
    longer = _native.full_update(np.append(sums.buffer, [1.0, 2.0]), sums.pivot, nothing, nothing)
    for one, other in zip(found, longer, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not any(array.flags.writeable for array in found[:3])
    with pytest.raises(ValueError, match=r"^sums: expected at least 13"):
        _native.full_update(sums.buffer[:-1], sums.pivot, nothing, nothing)


def test_the_compiled_update_names_a_singular_component(make_mixture):
    mixture = make_mixture("full", 2, 2)
    x = np.random.default_rng(0).normal(size=(6, 2))
    share = np.array([[1.0, 1.0, 1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 1.0, 1.0]])
    with pytest.raises(DegenerateFitError, match="component 1 is singular"):
        GaussianUpdate(Prior.none(2)).update(statistics_of(mixture, x, share), mixture.family)
