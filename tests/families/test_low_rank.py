"""Loadings and noise: against whole matrices, and the EM step against what it promises."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from gaussmix.core.block import Block
from gaussmix.core.contracts import Scores, layout_of
from gaussmix.core.frame import Frame
from gaussmix.core.statistics import Statistics
from gaussmix.errors import ConfigError, DegenerateFitError
from gaussmix.families.forms import loadings
from gaussmix.families.forms.low_rank import LowRankForm
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.structures import structure_named
from gaussmix.families.structures.low_rank import LowRank, largest_rank

SIZES = [(1, 3, 1), (3, 6, 2), (2, 9, 4), (2, 40, 11)]


def random_family(k: int, d: int, q: int, seed: int = 0, signal: float = 2.0) -> tuple[Gaussian, np.ndarray]:
    """Components, and their covariances made without the form."""
    rng = np.random.default_rng(seed)
    columns = signal * rng.normal(size=(k, d, q))
    noise = rng.uniform(0.2, 2.0, (k, d))
    covariance = np.concatenate([noise[:, np.newaxis], columns.swapaxes(1, 2)], axis=1)
    family = Gaussian.from_covariance(LowRank(q), rng.normal(size=(k, d)), covariance)
    return family, columns @ columns.swapaxes(1, 2) + noise[:, :, np.newaxis] * np.eye(d)


def q_function(sigma: np.ndarray, scatter: np.ndarray, size: float) -> float:
    return -0.5 * (size * np.linalg.slogdet(sigma)[1] + np.trace(np.linalg.solve(sigma, scatter)))


def random_scatter(d: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(3 * d, d)) @ rng.normal(size=(d, d)) * rng.uniform(0.1, 3.0, d)
    return rows.T @ rows


@pytest.mark.parametrize(("k", "d", "q"), SIZES)
def test_densities_and_matrices(k, d, q):
    family, sigma = random_family(k, d, q)
    x = 3.0 * np.random.default_rng(1).normal(size=(50, d))
    expected = [multivariate_normal.logpdf(x, mean, s) for mean, s in zip(family.means, sigma, strict=True)]
    np.testing.assert_allclose(family.score(Block(x, np.ones(50))).log_density, expected, rtol=1e-11)
    form, factor = family.structure.form, family.precision_cholesky
    np.testing.assert_allclose(form.shown_covariance(factor), sigma, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(form.precision(factor), np.linalg.inv(sigma), rtol=1e-8, atol=1e-11)
    np.testing.assert_allclose(form.log_determinant(factor, k), -0.5 * np.linalg.slogdet(sigma)[1], rtol=1e-11)
    upper = form.shown_factor(factor)
    np.testing.assert_allclose(upper @ upper.swapaxes(1, 2), np.linalg.inv(sigma), rtol=1e-8, atol=1e-11)
    np.testing.assert_allclose(form.variances(family.covariance, k), np.diagonal(sigma, axis1=1, axis2=2), rtol=1e-12)
    largest = (np.diagonal(np.linalg.inv(sigma), axis1=1, axis2=2) * np.diagonal(sigma, axis1=1, axis2=2)).max()
    assert form.amplification(factor, k) == pytest.approx(largest, rel=1e-9)
    assert form.is_factor(factor)
    for line, change in [(0, -factor[:, 0])] + ([(2, factor[:, 1] + factor[:, 2])] if q > 1 else []):
        broken = factor.copy()
        broken[:, line] = change
        assert not form.is_factor(broken)


@pytest.mark.parametrize(("k", "d", "q"), SIZES)
def test_no_rotation_shows(k, d, q):
    family, _ = random_family(k, d, q)
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(q, q)))[0]
    covariance = family.covariance.copy()
    covariance[:, 1:] = turn @ covariance[:, 1:]
    turned = family.structure.form.factor(covariance)
    np.testing.assert_allclose(turned, family.precision_cholesky, rtol=1e-8, atol=1e-10)


def test_loadings_so_long_that_a_difference_of_squares_would_lose_all_digits():
    family, _ = random_family(1, 5, 1, signal=1e7)
    x = family.means[0] + 1e7 * np.outer(np.linspace(-2.0, 2.0, 9), family.covariance[0, 1] / 1e7)
    found = family.score(Block(x, np.ones(9))).log_density[0]
    expected = family.log_normaliser[0] - 0.5 * np.linspace(-2.0, 2.0, 9) ** 2  # along a loading: z alone
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize(("k", "d", "q"), SIZES)
def test_what_is_gathered_is_the_scatter_beside_its_coordinates(k, d, q):
    family, sigma = random_family(k, d, q)
    rng = np.random.default_rng(5)
    x, share = rng.normal(size=(70, d)), rng.dirichlet(np.ones(k), 70).T
    block = Block(x, np.ones(70))
    gathered = family.gather(block, share, Scores(share))
    root = family.precision_cholesky[:, 0]
    for j in range(k):
        columns = family.covariance[j, 1:]
        posterior = columns @ np.linalg.inv(sigma[j])  # E[z | x] = Lᵀ Σ⁻¹ (x − μ)
        centred = x - family.means[j]
        whole = (centred * share[j][:, np.newaxis]).T @ centred
        np.testing.assert_allclose(gathered["scatter"][j, 0], np.diagonal(whole), rtol=1e-10)
        np.testing.assert_allclose(gathered["scatter"][j, 1:], posterior @ whole, rtol=1e-8, atol=1e-9)
    layout = layout_of(family, _weights(k))
    sums = {"log_likelihood": 0.0, "sum_weight": share.sum(axis=1), **gathered}
    statistics = Statistics(layout, layout.pack(sums), Frame.identity(d), family.means)
    elsewhere = family.means + 0.3 * rng.normal(size=(k, d)) / root
    moved = family.about(statistics, elsewhere)
    again = Gaussian(family.structure, elsewhere, family.precision_cholesky).gather(block, share, Scores(share))
    np.testing.assert_allclose(moved["scatter"], again["scatter"], rtol=1e-9, atol=1e-8)
    np.testing.assert_allclose(moved["sum_x"], again["sum_x"], rtol=1e-9, atol=1e-9)
    each = np.einsum("kb,kqb->kq", share, family.row_sums(x, family.means))
    np.testing.assert_allclose(each[:, 1 + d :].reshape(k, 1 + q, d), gathered["scatter"], rtol=1e-9, atol=1e-9)


def _weights(k: int):
    from gaussmix.allocations.weights import CommonWeights

    return CommonWeights.equal(k)


def stepped(family: Gaussian, scatter: np.ndarray, size: float, prior: np.ndarray) -> Gaussian:
    """One step of EM for one component, from a whole scatter."""
    root, scaled = family.precision_cholesky[:, 0], family.precision_cholesky[:, 1:]
    products = loadings.regression(root, scaled) @ scatter
    noise, lines = loadings.em_step(
        (np.diagonal(scatter) + prior)[np.newaxis], products, root, scaled, np.array([size])
    )
    return Gaussian.from_covariance(
        family.structure, family.means, np.concatenate([noise[:, np.newaxis], lines], axis=1)
    )


@pytest.mark.parametrize("seed", range(6))
def test_no_step_lowers_the_objective_and_the_last_has_no_gradient(seed):
    d, q = 8, 2
    family, _ = random_family(1, d, q, seed)
    scatter, size = random_scatter(d, seed), 24.0
    prior = np.diagonal(scatter) * (0.0 if seed % 2 else 1e-2)
    values = []
    for _ in range(2000):
        sigma = family.structure.form.shown_covariance(family.precision_cholesky)[0]
        noise = family.covariance[0, 0]
        values.append(q_function(sigma, scatter, size) - 0.5 * float((prior / noise).sum()))
        family = stepped(family, scatter, size, prior)
        if len(values) > 1 and values[-1] - values[-2] < 1e-14 * abs(values[-1]) and len(values) > 500:
            break
    assert np.diff(values).min() >= -1e-12 * abs(values[-1])
    precision = np.linalg.inv(sigma)
    slope = precision @ (scatter - size * sigma) @ precision
    columns = family.covariance[0, 1:].T
    deviation = np.sqrt(np.diagonal(scatter) / size)
    np.testing.assert_allclose(slope @ columns * deviation[:, np.newaxis] / size, 0.0, atol=1e-5)
    free = np.diagonal(slope) + prior / noise**2
    # Without a prior some noise falls for ever, by 1/t in step t (a Heywood case): there the slope leads on down.
    falling = (noise < 1e-2 * deviation**2) & ~prior.any()
    np.testing.assert_allclose((free * noise)[~falling] / size, 0.0, atol=1e-5)
    assert (free[falling] < 0.0).all()
    assert (noise >= prior / size).all()


def test_variances_after_a_step_are_those_of_the_scatter():
    family, _ = random_family(1, 7, 2)
    scatter = random_scatter(7, 1)
    after = stepped(family, scatter, 21.0, np.zeros(7))
    np.testing.assert_allclose(
        after.structure.form.variances(after.covariance, 1)[0], np.diagonal(scatter) / 21.0, rtol=1e-12
    )


@pytest.mark.parametrize(("k", "d", "q"), SIZES)
def test_whole_matrices_are_taken_apart(k, d, q):
    _, sigma = random_family(k, d, q, signal=1.0)
    form = LowRankForm(q)
    again = form.stack(form.from_stack(sigma), k)
    scale = np.sqrt(np.diagonal(sigma, axis1=1, axis2=2))
    assert np.abs((again - sigma) / (scale[:, :, np.newaxis] * scale[:, np.newaxis])).max() < 0.05


@pytest.mark.parametrize(("m", "d", "q"), [(50, 6, 2), (5, 30, 3), (3, 30, 7)])
def test_principal_directions_are_those_of_the_rows(m, d, q):
    rows = np.random.default_rng(0).normal(size=(m, d)) * np.geomspace(5.0, 0.5, d)
    noise, scaled = loadings.principal(rows, q)
    _, _, lines = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    found = min(q, m - 1)
    unit = scaled / np.linalg.norm(scaled, axis=1)[:, np.newaxis]
    np.testing.assert_allclose(np.abs(unit[:found] @ lines[:found].T), np.eye(found), atol=1e-6)
    np.testing.assert_allclose(unit @ unit.T, np.eye(q), atol=1e-9)
    assert noise > 0.0


def test_draws_have_the_covariance():
    family, sigma = random_family(1, 4, 1)
    x = family.sample(0, 400_000, np.random.default_rng(0))
    np.testing.assert_allclose(np.cov(x.T), sigma[0], atol=0.03 * np.abs(sigma).max())


def test_parameters_and_ledermanns_bound():
    # Lawley & Maxwell 1971, table of the largest number of factors: 3 → 1, 4 → 1, 5 → 2, 6 → 3, 10 → 6, 20 → 14.
    assert [largest_rank(d) for d in (1, 2, 3, 4, 5, 6, 10, 20)] == [0, 0, 1, 1, 2, 3, 6, 14]
    assert LowRank(3).n_parameters(2, 10) == 2 * (10 * 3 + 10 - 3)
    assert LowRank(9).n_parameters(1, 10) == 55
    with pytest.raises(
        ConfigError,
        match=r"would have 17 parameters a component, a whole covariance has 15 \(Ledermann's bound\); .* at most 2",
    ):
        structure_named("low_rank", 5, 3)
    with pytest.raises(ConfigError, match="Ledermann's bound\\); take more features"):
        structure_named("low_rank", 2, 1)
    with pytest.raises(ConfigError, match="at least 1"):
        structure_named("low_rank", 20, 0)
    with pytest.raises(ConfigError, match="'diag' has no rank"):
        structure_named("diag", 20, 2)


def test_noise_of_nothing_is_singular():
    family, _ = random_family(2, 4, 1)
    covariance = family.covariance.copy()
    covariance[1, 0, 2] = 0.0
    with pytest.raises(DegenerateFitError, match="component 1"):
        family.structure.form.factor(covariance)


def test_reordered_and_marginal():
    family, sigma = random_family(3, 5, 1)
    order = np.array([2, 0])
    np.testing.assert_array_equal(family.reorder(order).means, family.means[order])
    part = family.marginal(np.array([3, 1]))
    np.testing.assert_allclose(part.covariance, sigma[:, [[3], [1]], [3, 1]], rtol=1e-10)
