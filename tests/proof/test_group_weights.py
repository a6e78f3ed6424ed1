"""Proof 2: an allocation that reads a column and brings sums of its own."""

from __future__ import annotations

import numpy as np
import pytest
from climbing import NUMPY_KERNEL, climb
from group_weights import GROUP, GroupWeights, GroupWeightsUpdate
from scipy.stats import multivariate_normal
from two_clusters import first_means, frame_of, groups, two_clusters

from gaussmix.allocations.weights import CommonWeights, CommonWeightsUpdate
from gaussmix.core.block import Column
from gaussmix.core.frame import Frame
from gaussmix.core.mixture import Mixture
from gaussmix.data.memory import MemorySource
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.gaussian_update import GaussianUpdate
from gaussmix.families.prior import Prior
from gaussmix.families.structures import structure_named

MAXIMUM_LIKELIHOOD = GaussianUpdate(Prior.none(2))


def start_of(x, n_groups):
    frame = frame_of(x)
    means = frame.positions_to_internal(first_means(x))
    family = Gaussian.from_covariance(structure_named("full"), means, np.stack([np.eye(2)] * 2))
    return Mixture(family, GroupWeights(np.full((n_groups, 2), 0.5), np.full(n_groups, 1.0 / n_groups)), frame)


def naive_em(x, group, table, means, covariances, n_iter):
    """EM row by row in the user's units."""
    for _ in range(n_iter + 1):
        r = np.array(
            [
                [table[g][j] * multivariate_normal.pdf(row, means[j], covariances[j]) for j in range(2)]
                for row, g in zip(x, group, strict=True)
            ]
        )
        log_likelihood = np.log(r.sum(axis=1)).sum()
        r /= r.sum(axis=1, keepdims=True)
        before = table, means, covariances
        table = [r[group == g].mean(axis=0) for g in range(len(table))]
        means = [np.average(x, axis=0, weights=r[:, j]) for j in range(2)]
        covariances = [np.cov(x.T, aweights=r[:, j], bias=True) for j in range(2)]
    return log_likelihood, *before


def test_fit_is_that_of_the_formulas_row_by_row():
    x, group = two_clusters(120), groups(120)
    start = start_of(x, 3)
    source = MemorySource(x, columns={GROUP: Column(group)})
    result = climb(source, start, MAXIMUM_LIKELIHOOD, GroupWeightsUpdate(), 15)
    fitted, frame = result.parameters, start.frame
    log_likelihood, table, means, covariances = naive_em(
        x,
        group,
        start.allocation.table,
        start.family.public_means(frame),
        start.family.public_covariance(frame),
        15,
    )
    assert result.evaluation.entry.log_likelihood == pytest.approx(log_likelihood, rel=1e-11)
    np.testing.assert_allclose(fitted.allocation.table, table, rtol=1e-9)
    np.testing.assert_allclose(fitted.family.public_means(frame), means, rtol=1e-10)
    np.testing.assert_allclose(fitted.family.public_covariance(frame), covariances, rtol=1e-9)
    np.testing.assert_allclose(fitted.allocation.group_share, np.bincount(group) / 120, rtol=1e-12)

    # The fitted mixture answers with the rows' groups, and for a row of unknown group with the groups' average.
    columns = {GROUP: Column(group)}
    known = fitted.log_density(x, columns)
    assert known.sum() == pytest.approx(log_likelihood, rel=1e-11)
    np.testing.assert_array_equal(known, NUMPY_KERNEL.rows(source, fitted, ["log_density"])["log_density"])
    by_group = [
        fitted.log_density(x[:1], {GROUP: Column(np.array([g]))})[0] + np.log(fitted.allocation.group_share[g])
        for g in range(3)
    ]
    assert fitted.log_density(x[:1])[0] == pytest.approx(np.logaddexp.reduce(by_group), rel=1e-12)


def test_the_groups_sums_add_up_to_those_of_all():
    x = two_clusters(500)
    start = start_of(x, 3)
    statistics = NUMPY_KERNEL.expect(MemorySource(x, columns={GROUP: Column(groups(500))}), start)
    assert statistics["sum_weight_by_group"].shape == (3, 2)
    np.testing.assert_allclose(statistics["sum_weight_by_group"].sum(axis=0), statistics.sum_weight, rtol=1e-13)
    doubled = statistics + statistics
    np.testing.assert_array_equal(doubled["sum_weight_by_group"], 2.0 * statistics["sum_weight_by_group"])
    common = NUMPY_KERNEL.expect(MemorySource(x), Mixture(start.family, CommonWeights.equal(2), start.frame))
    with pytest.raises(ValueError, match="different fields"):
        statistics + common


def test_one_group_is_common_weights():
    x = two_clusters(200)
    by_group = start_of(x, 1)
    columns = {GROUP: Column(np.zeros(200, dtype=np.int64))}
    one = climb(MemorySource(x, columns=columns), by_group, MAXIMUM_LIKELIHOOD, GroupWeightsUpdate(), 10)
    common = Mixture(by_group.family, CommonWeights(np.full(2, 0.5)), by_group.frame)
    all_rows = climb(MemorySource(x), common, MAXIMUM_LIKELIHOOD, CommonWeightsUpdate(), 10)
    np.testing.assert_allclose(one.history.objective, all_rows.history.objective, rtol=1e-12)
    np.testing.assert_allclose(one.parameters.weights, all_rows.parameters.weights, rtol=1e-10)
    assert one.parameters.n_parameters == all_rows.parameters.n_parameters


def test_groups_that_tell_the_clusters_apart_take_them_apart():
    """A weight of 0 stays 0, so that each component becomes the Gaussian of its own group."""
    x = two_clusters(120)
    group = (np.arange(120) % 3 == 0).astype(np.int64)
    start = start_of(x, 2)
    apart = Mixture(start.family, GroupWeights(np.eye(2), np.full(2, 0.5)), start.frame)
    source = MemorySource(x, columns={GROUP: Column(group)})
    fitted = climb(source, apart, MAXIMUM_LIKELIHOOD, GroupWeightsUpdate(), 2).parameters
    np.testing.assert_array_equal(fitted.allocation.table, np.eye(2))
    for g in range(2):
        np.testing.assert_allclose(fitted.family.public_means(fitted.frame)[g], x[group == g].mean(axis=0), rtol=1e-12)


def test_a_group_without_rows_keeps_its_weights():
    x = two_clusters(60)
    start = start_of(x, 3)
    table = np.array([[0.5, 0.5], [0.5, 0.5], [0.1, 0.9]])
    start = Mixture(start.family, GroupWeights(table, np.array([0.5, 0.3, 0.2])), start.frame)
    source = MemorySource(x, columns={GROUP: Column(np.arange(60) % 2)})
    fitted = climb(source, start, MAXIMUM_LIKELIHOOD, GroupWeightsUpdate(), 3).parameters.allocation
    np.testing.assert_array_equal(fitted.table[2], table[2])
    assert fitted.group_share[2] == 0.0


def test_components_in_another_order_are_the_same_mixture():
    x, columns = two_clusters(50), {GROUP: Column(groups(50))}
    family = Gaussian.from_covariance(structure_named("full"), first_means(x), np.stack([np.eye(2), 9 * np.eye(2)]))
    table = np.array([[0.2, 0.8], [0.6, 0.4], [1.0, 0.0]])
    mixture = Mixture(family, GroupWeights(table, np.array([0.2, 0.3, 0.5])), Frame.identity(2))
    turned = mixture.reorder([1, 0])
    np.testing.assert_allclose(turned.log_density(x, columns), mixture.log_density(x, columns), rtol=1e-13)
    np.testing.assert_array_equal(
        turned.responsibilities(x, columns).argmax(axis=1), 1 - mixture.responsibilities(x, columns).argmax(axis=1)
    )
