"""The compiled pass against the NumPy one: every stage, shape, weighting and instruction level."""

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
from gaussmix.core.statistics import Field
from gaussmix.data.memory import MemorySource
from gaussmix.families.structures import SCIKIT_LEARN, STRUCTURES
from gaussmix.kernels.native import NativeKernel
from gaussmix.kernels.reference import ReferenceKernel

COMPILED = [name for name in SCIKIT_LEARN if STRUCTURES[name].form.compiled]
COMPONENTS = [1, 2, 3, 8, 17]
FEATURES = [1, 2, 3, 4, 5, 8, 13, 16, 33, 64, 97, 128]
ROWS = [1, 2, 7, 63, 64, 129, 1000]
"""None but 64 fills a vector, a register tile or a block of rows."""
CLOSE = 1e-12
"""Both sum some d + n terms of one sign, or products; their roundings differ by that many 1e-16 at most."""


@pytest.fixture
def level() -> Iterator[None]:
    """Puts the instruction level back."""
    before = _native.level()
    yield
    _native.use_level(before)


def gross(mixture: Mixture, x: np.ndarray, weight: np.ndarray) -> dict[str, np.ndarray]:
    """Bounds of the terms of each sum: what rounding is relative to."""
    inside = mixture.frame.positions_to_internal(x)
    reach = np.abs(inside[np.newaxis] - mixture.family.means[:, np.newaxis])  # (k, n, d)
    added = "knd->k" if mixture.family.structure.form.name == "spherical" else "knd->kd"
    density = mixture.log_density(x) + mixture.frame.log_volume
    return {
        "log_likelihood": weight @ np.abs(density) + weight.sum() * (1.0 + abs(mixture.frame.log_volume)),
        "sum_weight": weight.sum(),
        "sum_x": np.einsum("n,knd->kd", weight, reach).max(),
        "scatter": np.einsum("n," + added, weight, reach**2).max(),
    }


def assert_same_sums(found, expected, scale: dict[str, np.ndarray], d: int) -> None:
    assert found.layout == expected.layout
    for name in expected.layout.shapes:
        # Shares carry the rounding of the scores, d terms, into every sum.
        np.testing.assert_allclose(
            found[name],
            expected[name],
            rtol=0.0,
            atol=CLOSE * max(1.0, d / 16) * float(np.max(scale[name])) + 1e-300,
            err_msg=name,
        )


def assert_same_rows(found, expected, d: int) -> None:
    close = CLOSE * max(1.0, d / 16)
    np.testing.assert_allclose(found["log_density"], expected["log_density"], rtol=close, atol=close * d)
    # A share changes by itself times the error of its score, which is at most that of some hundreds of nats.
    np.testing.assert_allclose(found["responsibility"], expected["responsibility"], atol=100 * close)
    decided = np.sort(expected["responsibility"], axis=1)
    clear = np.ones(len(decided), dtype=bool)
    if decided.shape[1] > 1:
        clear = decided[:, -1] - decided[:, -2] > 1e-9
    np.testing.assert_array_equal(found["label"][clear], expected["label"][clear])


def every_row_result(kernel: Kernel, mixture: Mixture, x: np.ndarray) -> dict[str, np.ndarray]:
    return kernel.rows(MemorySource(x), mixture, ("log_density", "responsibility", "label"))


def problem(make_mixture, structure: str, k: int, d: int, n: int) -> tuple[Mixture, np.ndarray]:
    """Overlapping components and rows from among them, in units that are not the internal ones."""
    frame = Frame(np.linspace(-3.0, 50.0, d), np.full(d, 3))
    mixture = make_mixture(structure, k, d, seed=100 * k + d, condition=20.0, frame=frame)
    narrow = mixture.family.means * (0.5 / np.sqrt(d))
    family = type(mixture.family)(mixture.family.structure, narrow, mixture.family.precision_cholesky)
    mixture = Mixture(family, mixture.allocation, frame)
    x, _ = mixture.sample(n, np.random.default_rng(n + d))
    return mixture, np.random.default_rng(n).permutation(x)


@pytest.mark.parametrize("d", FEATURES)
@pytest.mark.parametrize("k", COMPONENTS)
@pytest.mark.parametrize("structure", COMPILED)
def test_sums_and_rows(make_mixture, level, structure, k, d):
    for n in ROWS:
        mixture, x = problem(make_mixture, structure, k, d, n)
        hard = Mixture(mixture.family, Hard(k), mixture.frame)
        random = np.random.default_rng(n).choice([0.0, 0.2, 1.0, 3.0], size=n)
        rows = every_row_result(ReferenceKernel(), mixture, x)
        for weight in (None, random):
            source = MemorySource(x, weight)
            counted = np.ones(n) if weight is None else weight
            scale = gross(mixture, x, counted)
            for shared in (mixture, hard):
                expected = ReferenceKernel().expect(source, shared)
                for name in _native.levels():
                    _native.use_level(name)
                    assert_same_sums(NativeKernel(1).expect(source, shared), expected, scale, d)
        for name in _native.levels():
            _native.use_level(name)
            assert_same_rows(every_row_result(NativeKernel(1), mixture, x), rows, d)


class Noted(CommonWeights):
    """Weights that declare a sum of their own, of no entries, so that the compiled pass need not fill it."""

    @property
    def layout(self):
        return [Field("noted", ("none",))], {"none": 0}

    def gather(self, block, shares):
        return {"noted": np.empty(0)}


def test_one_kernel_keeps_the_sums_of_each_allocation_apart(make_mixture):
    """The same components in turn under two allocations: each pass says what its own has."""
    plain, x = problem(make_mixture, "full", 3, 2, 50)
    noted = Mixture(plain.family, Noted(plain.allocation.values), plain.frame)
    kernel = NativeKernel(1)
    for mixture in (plain, noted, plain, noted):
        expected = ReferenceKernel().expect(MemorySource(x), mixture)
        found = kernel.expect(MemorySource(x), mixture)
        assert found.layout == expected.layout
        assert ("noted" in found.layout.shapes) == (mixture is noted)


@pytest.mark.parametrize(("structure", "farther"), [("full", 6.0), ("diag", 12.0), ("spherical", 12.0)])
def test_rows_that_many_components_share_beside_rows_that_few_do(make_mixture, level, structure, farther):
    """Tiles of these sums go two ways, by how many of their shares count; a chunk may have both."""
    mixture, x = problem(make_mixture, structure, 20, 10, 1500)
    x[600:1100] = mixture.frame.origin + farther * (x[600:1100] - mixture.frame.origin)
    shares = every_row_result(NativeKernel(1), mixture, x)["responsibility"] > 1e-16
    assert shares[:512].mean() > 0.9
    assert shares[768:1024].mean() < 0.4
    for weight in (None, np.random.default_rng(0).choice([0.0, 0.2, 1.0, 3.0], size=len(x))):
        expected = ReferenceKernel().expect(MemorySource(x, weight), mixture)
        scale = gross(mixture, x, np.ones(len(x)) if weight is None else weight)
        for name in _native.levels():
            _native.use_level(name)
            assert_same_sums(NativeKernel(1).expect(MemorySource(x, weight), mixture), expected, scale, 10)


@pytest.mark.parametrize("structure", ["full", "diag", "spherical"])
@pytest.mark.parametrize(("dtype", "far", "light"), [(np.float64, 1e160, 1e-300), (np.float32, 1e25, 1e-30)])
def test_a_row_far_out_among_rows_that_all_share(make_mixture, level, structure, dtype, far, light):
    """Its square is beyond the range, but not times its weight; times the 0 that other components have it is NaN."""
    mixture, x = problem(make_mixture, structure, 20, 10, 300)
    shares = every_row_result(NativeKernel(1), mixture, x)["responsibility"] > 1e-16
    assert shares.mean() > 0.9
    x, weight = x.astype(dtype), np.ones(len(x))
    x[3], weight[3] = far, light
    for name in _native.levels():
        _native.use_level(name)
        found = NativeKernel(1).expect(MemorySource(x, weight), mixture)
        for part in ("sum_weight", "sum_x", "scatter"):
            assert np.isfinite(found[part]).all(), (name, part)


@pytest.mark.parametrize("structure", COMPILED)
def test_labels_of_a_hard_pass(make_mixture, structure):
    mixture, x = problem(make_mixture, structure, 5, 3, 500)
    hard = Mixture(mixture.family, Hard(5), mixture.frame)
    native = NativeKernel(1).rows(MemorySource(x), hard, ("label",))["label"]
    reference = ReferenceKernel().rows(MemorySource(x), hard, ("label",))["label"]
    np.testing.assert_array_equal(native, reference)


@pytest.mark.parametrize("gathered", COMPILED)
@pytest.mark.parametrize("scored", COMPILED)
def test_one_structure_scores_and_another_gathers(make_mixture, level, scored, gathered):
    """As after k-means: a fixed diagonal metric shares, and any structure gathers."""
    mixture, x = problem(make_mixture, scored, 4, 6, 777)
    target = make_mixture(gathered, 4, 6, seed=9).family
    for shared in (mixture, Mixture(mixture.family, Hard(4), mixture.frame)):
        expected = ReferenceKernel().expect(MemorySource(x), shared, target)
        about = Mixture(target, mixture.allocation, mixture.frame)
        scale = gross(about, x, np.ones(len(x)))
        scale["log_likelihood"] = gross(mixture, x, np.ones(len(x)))["log_likelihood"]
        for name in _native.levels():
            _native.use_level(name)
            found = NativeKernel(1).expect(MemorySource(x), shared, target)
            np.testing.assert_array_equal(found.pivot, target.means)
            assert_same_sums(found, expected, scale, 6)


CLOSE_FLOAT32 = 2e-6
"""Some ten roundings of float32 (6e-8) of a score, which is of order 20 in 16 dimensions."""


@pytest.mark.parametrize("structure", COMPILED)
@pytest.mark.parametrize("k", [1, 3, 17])
@pytest.mark.parametrize("d", FEATURES)
def test_float32_rows_give_what_float64_gives_to_float32_accuracy(make_mixture, level, structure, d, k):
    """The reference computes in float64 about its own pivots; the compiled pass about what float32 holds of them."""
    close = CLOSE_FLOAT32 * max(1.0, d / 16)
    for n in (1, 129, 700):
        mixture, x = problem(make_mixture, structure, k, d, n)
        x = x.astype(np.float32)
        held = mixture.family.means.astype(np.float32).astype(float)
        family = type(mixture.family)(mixture.family.structure, held, mixture.family.precision_cholesky)
        mixture = Mixture(family, mixture.allocation, mixture.frame)
        rows = every_row_result(ReferenceKernel(), mixture, x.astype(float))
        for weight in (None, np.random.default_rng(n).choice([0.0, 0.2, 1.0, 3.0], size=n)):
            scale = gross(mixture, x.astype(float), np.ones(n) if weight is None else weight)
            expected = ReferenceKernel().expect(MemorySource(x, weight), mixture)
            for name in _native.levels():
                _native.use_level(name)
                found = NativeKernel(1).expect(MemorySource(x, weight), mixture)
                assert found.buffer.dtype == np.float64
                for field in expected.layout.shapes:
                    atol = close * float(np.max(scale[field])) + 1e-300
                    np.testing.assert_allclose(found[field], expected[field], rtol=0.0, atol=atol, err_msg=field)
        for name in _native.levels():
            _native.use_level(name)
            found_rows = every_row_result(NativeKernel(1), mixture, x)
            assert found_rows["log_density"].dtype == found_rows["responsibility"].dtype == np.float32
            np.testing.assert_allclose(found_rows["log_density"], rows["log_density"], rtol=close, atol=close)
            np.testing.assert_allclose(found_rows["responsibility"], rows["responsibility"], atol=10 * close)
            chosen = np.take_along_axis(rows["responsibility"], found_rows["label"][:, np.newaxis], axis=1)[:, 0]
            assert (chosen >= rows["responsibility"].max(axis=1) - 10 * close).all()


@pytest.mark.parametrize("structure", COMPILED)
@pytest.mark.parametrize("scale", [2.0**-900, 2.0**900])
def test_weights_that_float32_does_not_hold(make_mixture, structure, scale):
    mixture, x = problem(make_mixture, structure, 3, 5, 300)
    weight = np.linspace(0.0, 2.0, 300)
    narrow = x.astype(np.float32)
    plain = NativeKernel(1).expect(MemorySource(narrow, weight), mixture)
    scaled = NativeKernel(1).expect(MemorySource(narrow, weight * scale), mixture)
    np.testing.assert_allclose(scaled.buffer / scale, plain.buffer, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("structure", COMPILED)
def test_rows_where_they_lie(make_mixture, level, structure):
    """Fortran order, steps, steps back, views of something wider, read-only, float32 or float64."""
    mixture, x = problem(make_mixture, structure, 3, 5, 300)
    for dtype in (np.float64, np.float32):
        rows = x.astype(dtype)
        wide = np.full((900, 11), np.nan, dtype=dtype)
        wide[::3, 1::2] = rows
        views = [np.asfortranarray(rows), wide[::3, 1::2], rows[::-1].copy()[::-1]]
        views[1].flags.writeable = False
        weight = np.repeat(np.linspace(0.5, 2.0, 300), 2)[::2]
        for name in _native.levels():
            _native.use_level(name)
            expected = NativeKernel(1).expect(MemorySource(rows, weight.copy()), mixture).buffer
            for view in views:
                found = NativeKernel(1).expect(MemorySource(view, weight), mixture).buffer
                np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("structure", COMPILED)
def test_no_rows_at_all(make_mixture, structure):
    mixture = make_mixture(structure, 2, 3)
    for kernel in (NativeKernel(2), ReferenceKernel()):
        nothing = MemorySource(np.empty((0, 3)))
        assert not kernel.expect(nothing, mixture).buffer.any()
        assert every_row_result(kernel, mixture, np.empty((0, 3)))["responsibility"].shape == (0, 2)
    weightless = MemorySource(np.ones((5, 3)), np.zeros(5))
    for kernel in (NativeKernel(2), ReferenceKernel()):
        assert not kernel.expect(weightless, mixture).buffer.any()


@pytest.mark.parametrize("structure", COMPILED)
def test_equal_components_share_and_the_first_wins(make_mixture, level, structure):
    mixture = make_mixture(structure, 1, 3, seed=1)
    twin = mixture.family.reorder(np.zeros(4, dtype=np.int64))
    x, _ = mixture.sample(150, np.random.default_rng(0))
    soft = Mixture(twin, make_mixture(structure, 4, 3).allocation.equal(4), mixture.frame)
    hard = Mixture(twin, Hard(4), mixture.frame)
    for kernel in (NativeKernel(1), ReferenceKernel()):
        for name in _native.levels():
            _native.use_level(name)
            np.testing.assert_allclose(every_row_result(kernel, soft, x)["responsibility"], 0.25)
            assert not every_row_result(kernel, soft, x)["label"].any()
            found = kernel.expect(MemorySource(x), hard).sum_weight
            np.testing.assert_array_equal(found, [150.0, 0.0, 0.0, 0.0])


@pytest.mark.parametrize("structure", COMPILED)
def test_far_rows_go_where_the_reference_sends_them(make_mixture, level, structure):
    """Beyond double range densities are gone; both decide by the same relative distance."""
    mixture, _ = problem(make_mixture, structure, 5, 4, 1)
    rng = np.random.default_rng(7)
    direction = rng.normal(size=(100, 4))
    x = direction * 10.0 ** rng.uniform(156, 307, (100, 1))
    expected = every_row_result(ReferenceKernel(), mixture, x)
    assert np.isin(expected["responsibility"], [0.0, 1.0]).all()
    for name in _native.levels():
        _native.use_level(name)
        found = every_row_result(NativeKernel(2), mixture, x)
        np.testing.assert_array_equal(found["label"], expected["label"])
        np.testing.assert_array_equal(found["responsibility"], expected["responsibility"])
        np.testing.assert_array_equal(found["log_density"], -np.inf)
        sums = NativeKernel(2).expect(MemorySource(x), mixture)
        np.testing.assert_array_equal(sums.sum_weight, expected["responsibility"].sum(axis=0))


def test_separated_clusters_keep_every_row(make_mixture, level):
    """Rows are left out of a component's sums only where their share is below rounding."""
    mixture = make_mixture("full", 6, 8, seed=3)
    apart = type(mixture.family)(
        mixture.family.structure, 50.0 * mixture.family.means, mixture.family.precision_cholesky
    )
    mixture = Mixture(apart, mixture.allocation, mixture.frame)
    x, labels = mixture.sample(2000, np.random.default_rng(0))
    for name in _native.levels():
        _native.use_level(name)
        found = NativeKernel(1).expect(MemorySource(x), mixture)
        np.testing.assert_allclose(found.sum_weight, np.bincount(labels, minlength=6), rtol=1e-12)


@pytest.mark.parametrize("d", [2, 8, 13])
@pytest.mark.parametrize("apart", [1.0, 10.0, 1e3, 1e8])
def test_a_shared_scatter_keeps_its_digits_however_far_apart_components_are(make_mixture, level, apart, d):
    """A row is multiplied with itself once, about a point that near components share: far ones must not share it."""
    mixture = make_mixture("tied", 6, d, seed=3)
    family = mixture.family
    far = np.array([0.0, 0.0, 1.0, 1.0, -2.0, -2.0])[:, np.newaxis] * apart
    mixture = Mixture(
        type(family)(family.structure, family.means + far, family.precision_cholesky), mixture.allocation, mixture.frame
    )
    x, _ = mixture.sample(3000, np.random.default_rng(0))
    expected = ReferenceKernel().expect(MemorySource(x), mixture)["scatter"]
    # Rows are what they are to 1e-16 of `apart`; the scatter must not lose the square of that.
    close = CLOSE * np.abs(expected).max() * (1.0 + 1e-4 * apart)
    for name in _native.levels():
        _native.use_level(name)
        found = NativeKernel(1).expect(MemorySource(x), mixture)["scatter"]
        np.testing.assert_allclose(found, expected, rtol=0.0, atol=close)


def test_an_unknown_level_is_refused():
    with pytest.raises(ValueError, match="no-such-level"):
        _native.use_level("no-such-level")
    assert _native.level() in _native.levels()
