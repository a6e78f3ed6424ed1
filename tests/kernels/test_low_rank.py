"""The compiled pass of loadings and noise against the NumPy one, at every instruction level."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from gaussmix import _native
from gaussmix.allocations.given import Hard
from gaussmix.allocations.weights import CommonWeights
from gaussmix.core.contracts import Kernel
from gaussmix.core.frame import Frame
from gaussmix.core.mixture import Mixture
from gaussmix.data.memory import MemorySource
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.structures.low_rank import LowRank
from gaussmix.kernels.native import NativeKernel
from gaussmix.kernels.reference import ReferenceKernel

SIZES = [(1, 1), (2, 1), (3, 2), (8, 1), (9, 4), (17, 10), (33, 11), (64, 20), (97, 5), (130, 31)]
"""Features and factors: none, one and several blocks of factors, of equal sizes and not."""
ROWS = (1, 15, 64, 333)
CLOSE = 1e-11
"""Roundings of d q terms of either sign."""
CLOSE_FLOAT32 = 4e-6


@pytest.fixture
def level() -> Iterator[None]:
    """Puts the instruction level back."""
    before = _native.level()
    yield
    _native.use_level(before)


def problem(k: int, d: int, q: int, n: int, signal: float = 1.0) -> tuple[Mixture, np.ndarray]:
    rng = np.random.default_rng(1000 * k + 10 * d + q)
    noise = rng.uniform(0.3, 1.5, (k, 1, d))
    lines = signal * rng.normal(size=(k, q, d)) / np.sqrt(q)
    means = rng.normal(size=(k, d)) / np.sqrt(d)
    family = Gaussian.from_covariance(LowRank(q), means, np.concatenate([noise, lines], axis=1))
    frame = Frame(np.linspace(-3.0, 50.0, d), np.full(d, 3))
    mixture = Mixture(family, CommonWeights(rng.dirichlet(np.full(k, 5.0))), frame)
    x, _ = mixture.sample(n, rng)
    return mixture, rng.permutation(x)


def row_results(kernel: Kernel, mixture: Mixture, x: np.ndarray) -> dict[str, np.ndarray]:
    return kernel.rows(MemorySource(x), mixture, ("log_density", "responsibility", "label"))


def assert_same_sums(found, expected, rows: float, d: int, close: float) -> None:
    for name in expected.layout.shapes:
        scale = max(float(np.abs(expected[name]).max()), rows)
        np.testing.assert_allclose(found[name], expected[name], rtol=0.0, atol=close * max(1.0, d / 16) * scale)


@pytest.mark.parametrize(("d", "q"), SIZES)
@pytest.mark.parametrize("k", [1, 3, 17])
def test_sums_and_rows(level, k, d, q):
    for n in ROWS:
        mixture, x = problem(k, d, q, n)
        weight = np.random.default_rng(n).choice([0.0, 0.2, 1.0, 3.0], size=n)
        rows = row_results(ReferenceKernel(), mixture, x)
        for source in (MemorySource(x), MemorySource(x, weight)):
            for shared in (mixture, Mixture(mixture.family, Hard(k), mixture.frame)):
                expected = ReferenceKernel().expect(source, shared)
                for name in _native.levels():
                    _native.use_level(name)
                    assert_same_sums(NativeKernel(1).expect(source, shared), expected, n, d, CLOSE)
        for name in _native.levels():
            _native.use_level(name)
            found = row_results(NativeKernel(1), mixture, x)
            np.testing.assert_allclose(found["log_density"], rows["log_density"], rtol=CLOSE, atol=CLOSE * d)
            np.testing.assert_allclose(found["responsibility"], rows["responsibility"], atol=CLOSE * 100 * d)


@pytest.mark.parametrize(("d", "q"), SIZES)
def test_float32(level, d, q):
    mixture, x = problem(3, d, q, 333)
    x = x.astype(np.float32)
    held = mixture.family.means.astype(np.float32).astype(float)
    family = Gaussian(mixture.family.structure, held, mixture.family.precision_cholesky)
    mixture = Mixture(family, mixture.allocation, mixture.frame)
    expected = ReferenceKernel().expect(MemorySource(x), mixture)
    rows = row_results(ReferenceKernel(), mixture, x)
    for name in _native.levels():
        _native.use_level(name)
        assert_same_sums(NativeKernel(1).expect(MemorySource(x), mixture), expected, 333, d, CLOSE_FLOAT32)
        found = row_results(NativeKernel(1), mixture, x)
        close = CLOSE_FLOAT32 * max(1.0, d / 16)
        np.testing.assert_allclose(found["log_density"], rows["log_density"], rtol=close, atol=10 * close)


def test_long_loadings_cost_float32_the_root_of_the_condition_and_not_all_of_it(level):
    """A difference of squares would have rounded to nothing what is left: 1e-7 of 1e8."""
    mixture, x = problem(1, 20, 2, 200, signal=1e4)
    x = x.astype(np.float32)
    rows = row_results(ReferenceKernel(), mixture, x)["log_density"]
    for name in _native.levels():
        _native.use_level(name)
        found = row_results(NativeKernel(1), mixture, x)["log_density"]
        # Coordinates of 1e4 deviations in float32 are off by 1e-3 of one, in each of 20 features.
        np.testing.assert_allclose(found, rows, atol=0.5)


def test_other_structures_gather_what_this_scores_and_the_other_way(make_mixture, level):
    mixture, x = problem(4, 6, 2, 500)
    for structure in ("full", "tied", "diag", "spherical"):
        other = Mixture(make_mixture(structure, 4, 6, seed=9).family, mixture.allocation, mixture.frame)
        for scored, gathered in ((mixture, other), (other, mixture)):
            expected = ReferenceKernel().expect(MemorySource(x), scored, gathered.family)
            for name in _native.levels():
                _native.use_level(name)
                found = NativeKernel(1).expect(MemorySource(x), scored, gathered.family)
                assert_same_sums(found, expected, 500, 6, 1e-10)


def test_threads_and_layouts_give_the_same_bits():
    mixture, x = problem(3, 12, 3, 9000)
    one = NativeKernel(1).expect(MemorySource(x), mixture).buffer
    for other in (x, np.asfortranarray(x)):
        np.testing.assert_array_equal(NativeKernel(4).expect(MemorySource(other), mixture).buffer, one)


def test_a_far_row_belongs_to_the_relatively_nearest():
    mixture, _ = problem(3, 5, 2, 1)
    far = np.random.default_rng(0).normal(size=(40, 5)) * np.geomspace(1e155, 1e300, 40)[:, np.newaxis]
    native, reference = (row_results(kernel, mixture, far) for kernel in (NativeKernel(1), ReferenceKernel()))
    np.testing.assert_array_equal(native["label"], reference["label"])
    np.testing.assert_array_equal(native["responsibility"].sum(axis=1), 1.0)


def test_what_does_not_fit_is_refused():
    mixture, x = problem(2, 5, 2, 10)
    stage = mixture.family.compiled
    with pytest.raises(ValueError, match="1 \\+ rank"):
        _native.rows(x, np.ones(5), np.zeros(5), "low_rank", stage.means, stage.means, stage.log_normaliser, 1)
    wrong = stage.factor[:, :, :4].copy()
    with pytest.raises(ValueError, match="expected shape"):
        _native.rows(x, np.ones(5), np.zeros(5), "low_rank", stage.means, wrong, stage.log_normaliser, 1)
