"""The compiled information against what rows add, in NumPy: every form, number of rows and instruction level."""

from __future__ import annotations

import numpy as np
import pytest

from gaussmix import _native
from gaussmix.core.block import Block
from gaussmix.kernels.information import information

SIZES = [(1, 1, 1), (3, 2, 40), (5, 2, 257), (2, 3, 600), (7, 1, 1000), (4, 5, 129)]
"""Components, features, rows: tiles have 256 rows, blocks of products 4 lines."""


@pytest.fixture(params=_native.levels())
def level(request):
    """Each instruction level in turn, and the one that was in use after it."""
    before = _native.level()
    _native.use_level(request.param)
    yield
    _native.use_level(before)


@pytest.mark.usefixtures("level")
@pytest.mark.parametrize("name", ["full", "diag", "spherical"])
@pytest.mark.parametrize(("k", "d", "n"), SIZES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_products_of_what_rows_add(make_mixture, name, k, d, n, dtype):
    mixture = make_mixture(name, k, d, seed=3)
    rng = np.random.default_rng(n)
    x = mixture.sample(n, rng)[0].astype(dtype)
    weight = rng.uniform(0.0, 2.0, n)
    pivot = mixture.family.means + 0.1
    whole, observed = information(Block(x, weight), mixture, pivot)
    alone = mixture.family.row_sums(mixture.frame.positions_to_internal(x), pivot)  # (k, q, b)
    shared = alone * mixture.responsibilities(x).T[:, np.newaxis]
    lines = shared.reshape(-1, n)
    reach = np.abs(alone).max() ** 2 * weight.sum()
    np.testing.assert_allclose(observed, (lines * weight) @ lines.T, rtol=0.0, atol=1e-12 * reach)
    expected = np.zeros((k, alone.shape[1], k, alone.shape[1]))
    for j in range(k):
        expected[j, :, j] = (shared[j] * weight) @ alone[j].T
    np.testing.assert_allclose(whole, expected.reshape(whole.shape), rtol=0.0, atol=1e-12 * reach)


def test_what_is_no_part_of_it_is_refused(make_mixture):
    mixture = make_mixture("tied", 2, 2)
    with pytest.raises(ValueError, match="form: expected one whose components have sums of their own"):
        information(Block(np.zeros((3, 2)), np.ones(3)), mixture, mixture.family.means)
