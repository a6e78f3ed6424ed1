"""A column that says nothing changes nothing."""

import numpy as np
import pytest

from gaussmix import GaussianMixture


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    groups = (rng.normal(0, 1, (500, 2)), rng.normal(2, 1, (300, 2)), rng.normal((4, 0), 1, (100, 2)))
    return np.concatenate(groups)


@pytest.mark.parametrize("structure", ["full", "tied", "diag"])
@pytest.mark.parametrize("value", [0.0, -7.25, 1e9])
def test_a_constant_column_changes_neither_weights_nor_means(rows, structure, value):
    """Held up by the prior alone, its variance would shrink with a component's rows and the largest take all."""
    arguments = {"n_components": 3, "covariance_type": structure, "init_params": "kmeans", "random_state": 0}
    without = GaussianMixture(**arguments).fit(rows)
    wider = np.column_stack([rows, np.full(len(rows), value)])
    with_it = GaussianMixture(**arguments).fit(wider)
    np.testing.assert_allclose(with_it.weights_, without.weights_, rtol=1e-6)
    np.testing.assert_allclose(with_it.means_[:, :2], without.means_, rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(with_it.means_[:, 2], value)
    np.testing.assert_array_equal(with_it.predict(wider), without.predict(rows))
