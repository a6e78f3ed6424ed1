"""A first mixture from labels, against one M-step by its definition."""

from __future__ import annotations

import numpy as np
import pytest

from gaussmix.core.block import Block
from gaussmix.data.memory import MemorySource
from gaussmix.em.stopping import AitkenTolerance
from gaussmix.families.structures import STRUCTURES
from gaussmix.fitting.auto import BORROWED, from_labels
from gaussmix.fitting.recipe import Recipe
from gaussmix.fitting.scene import Scene
from gaussmix.fitting.usable import checked_summary
from gaussmix.kernels.automatic import AutomaticKernel

K = 4


@pytest.fixture(params=["full", "tied", "diag", "spherical", "EVV"])
def scene(request):
    rng = np.random.default_rng(5)
    x = rng.normal(size=(300, 3)) * (1.0, 5.0, 0.1) + rng.integers(K, size=300)[:, np.newaxis]
    source, kernel = MemorySource(x, rng.choice([0.0, 1.0, 2.5], size=300)), AutomaticKernel(1)
    recipe = Recipe(K, STRUCTURES[request.param], False, None, AitkenTolerance(1e-3), 1)
    return Scene.of(source, kernel, checked_summary(source, K), recipe)


def first(scene, rows, labels):
    mixture, _, reason = from_labels(scene, rows, labels)
    assert mixture is not None, reason
    return mixture


def test_means_and_weights_are_those_of_the_cells(scene):
    rows = scene.frame.to_internal(scene.all_rows())
    labels = np.random.default_rng(1).integers(K - 1, size=len(rows))  # the last cell has no rows
    mixture = first(scene, rows, labels)
    size = np.array([rows.weight[labels == cell].sum() for cell in range(K)])
    for cell in range(K - 1):
        here = labels == cell
        expected = np.average(rows.x[here], axis=0, weights=rows.weight[here])
        np.testing.assert_allclose(mixture.family.means[cell], expected, rtol=1e-12, atol=1e-13)
    borrowed = size + BORROWED * size.mean()
    np.testing.assert_allclose(mixture.weights, borrowed / borrowed.sum(), rtol=1e-12)


def test_the_order_of_the_rows_does_not_matter(scene):
    rows = scene.frame.to_internal(scene.all_rows())
    rng = np.random.default_rng(2)
    labels, order = rng.integers(K, size=len(rows)), rng.permutation(len(rows))
    found = first(scene, Block(rows.x[order], rows.weight[order], rows.columns), labels[order])
    expected = first(scene, rows, labels)
    np.testing.assert_allclose(found.family.means, expected.family.means, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(found.family.covariance, expected.family.covariance, rtol=1e-9, atol=1e-12)
