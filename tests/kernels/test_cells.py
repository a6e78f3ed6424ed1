"""The pass over rows by cells, against every component and against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logsumexp

from gaussmix import _native
from gaussmix.allocations.weights import CommonWeights
from gaussmix.core.block import Block
from gaussmix.core.frame import Frame
from gaussmix.core.mixture import Mixture
from gaussmix.data.memory import MemorySource
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.structures import SCIKIT_LEARN, STRUCTURES
from gaussmix.kernels.cells import Cells, CellsKernel
from gaussmix.kernels.native import NativeKernel
from gaussmix.kernels.reference import ReferenceKernel

COMPILED = [name for name in SCIKIT_LEARN if STRUCTURES[name].form.compiled]


def cells_of(n: int, k: int, count: int, seed: int = 0) -> Cells:
    """Rows in cells, and candidates, by chance: some cells are empty."""
    generator = np.random.default_rng(seed)
    label = generator.integers(max(k - 1, 1), size=n)
    candidates = np.array(
        [[c, *generator.permutation(np.delete(np.arange(k), c))[: count - 1]] for c in range(k)], dtype=np.int32
    )
    return Cells.of(label, candidates, np.zeros((k, count)))


def problem(make_mixture, structure: str, k: int, d: int, n: int) -> tuple[Mixture, np.ndarray, np.ndarray]:
    mixture = make_mixture(structure, k, d, seed=10 * k + d, condition=20.0)
    family = mixture.family
    near = type(family)(family.structure, family.means * (0.5 / np.sqrt(d)), family.precision_cholesky)
    mixture = Mixture(near, mixture.allocation, mixture.frame)
    weight = np.random.default_rng(n).choice([0.0, 0.5, 1.0, 3.0], size=n)
    return mixture, mixture.sample(n, np.random.default_rng(d))[0], weight


def truncated(mixture: Mixture, x: np.ndarray, cells: Cells) -> tuple[np.ndarray, np.ndarray]:
    """Shares (n, k) and log-densities (n,) under the candidates, by NumPy."""
    inside = mixture.frame.positions_to_internal(x)
    scores = mixture.family.score(Block(inside, np.ones(len(x)))).log_density.T + np.log(mixture.weights)
    allowed = np.zeros_like(scores, dtype=bool)
    for cell, candidates in enumerate(cells.candidates):
        rows = cells.order[cells.begin[cell] : cells.begin[cell + 1]]
        allowed[np.ix_(rows, candidates)] = True
    scores = np.where(allowed, scores, -np.inf)
    density = logsumexp(scores, axis=1)
    return np.exp(scores - density[:, np.newaxis]), density - mixture.frame.log_volume


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("structure", COMPILED)
@pytest.mark.parametrize(("k", "d", "count"), [(2, 1, 1), (5, 3, 2), (9, 16, 4), (40, 9, 20), (6, 33, 6)])
def test_sums_are_those_of_shares_among_candidates(make_mixture, structure, k, d, count, dtype):
    mixture, x, weight = problem(make_mixture, structure, k, d, 700)
    x = x.astype(dtype)
    cells = cells_of(len(x), k, count)
    shares, density = truncated(mixture, x.astype(np.float64), cells)
    said, source = np.empty(len(x)), MemorySource(x, weight)
    found = CellsKernel(cells, 2, said).expect(source, mixture)
    close = 1e-11 if dtype == np.float64 else 3e-4
    counts = weight > 0
    inner = density[counts] + mixture.frame.log_volume
    np.testing.assert_allclose(said[counts], inner, rtol=close, atol=close)
    np.testing.assert_allclose(found.log_likelihood, weight @ density, rtol=close)
    weighted = (shares * weight[:, np.newaxis]).T
    inside = mixture.frame.positions_to_internal(x.astype(np.float64))
    scale = weight.sum() * max(1.0, np.abs(inside).max() ** 2)
    np.testing.assert_allclose(found.sum_weight, weighted.sum(axis=1), atol=close * scale)
    centred = inside - found.pivot[:, np.newaxis]  # (k, n, d)
    np.testing.assert_allclose(found["sum_x"], np.einsum("kn,knd->kd", weighted, centred), atol=close * scale)
    expected = mixture.family.structure.form.gather(inside, weighted, found.pivot, mixture.family.precision_cholesky)
    np.testing.assert_allclose(found["scatter"], expected, atol=10 * close * scale)


@pytest.mark.parametrize("structure", COMPILED)
def test_with_all_components_it_is_the_full_pass(make_mixture, structure):
    mixture, x, weight = problem(make_mixture, structure, 12, 5, 3000)
    source = MemorySource(x, weight)
    full, found = (
        NativeKernel(1).expect(source, mixture),
        CellsKernel(cells_of(len(x), 12, 12), 1).expect(source, mixture),
    )
    for name in full.layout.shapes:
        np.testing.assert_allclose(found[name], full[name], rtol=1e-11, atol=1e-11 * np.abs(full[name]).max())


@pytest.mark.parametrize("level", _native.levels())
def test_the_same_bits_for_any_number_of_threads(make_mixture, level):
    before = _native.level()
    _native.use_level(level)
    mixture, x, weight = problem(make_mixture, "full", 30, 7, 40_000)
    source, cells = MemorySource(x, weight), cells_of(len(x), 30, 8)
    drawn = np.random.default_rng(1).integers(30, size=(30, 2), dtype=np.int32)
    one, four = CellsKernel(cells, 1), CellsKernel(cells, 4)
    assert one.expect(source, mixture).buffer.tobytes() == four.expect(source, mixture).buffer.tobytes()
    few, many = (kernel.search(source, mixture, 8, drawn) for kernel in (one, four))
    for name in ("order", "begin", "candidates", "mass"):
        assert getattr(few, name).tobytes() == getattr(many, name).tobytes()
    _native.use_level(before)


def test_a_search_keeps_the_best_of_what_it_tried(make_mixture):
    """Where all are tried, cells are those of all shares: the best component, and the heaviest candidates."""
    k, count = 12, 5
    mixture, x, weight = problem(make_mixture, "full", k, 4, 2000)
    source, cells = MemorySource(x, weight), cells_of(len(x), k, count)
    every = np.tile(np.arange(k, dtype=np.int32), (k, 1))
    found = CellsKernel(cells, 2).search(source, mixture, k, every)
    share = ReferenceKernel().rows(source, mixture, ("responsibility",))["responsibility"]
    label = np.empty(len(x), dtype=int)
    label[found.order] = np.repeat(np.arange(k), np.diff(found.begin))
    counts = weight > 0
    np.testing.assert_array_equal(label[counts], share[counts].argmax(axis=1))
    for cell, candidates in enumerate(found.candidates):
        rows = cells.order[cells.begin[cell] : cells.begin[cell + 1]]
        mass = weight[rows] @ share[rows]
        others = np.delete(np.arange(k), cell)
        heaviest = {cell, *others[np.argsort(-mass[others], kind="stable")][: count - 1]}
        assert len(rows) == 0 or set(candidates) == heaviest
        assert candidates[0] == cell


def test_a_search_finds_neighbours_of_neighbours():
    """Components along a line, whose candidates are far off: searches bring each to its neighbours, without chance."""
    k, count = 40, 6
    means = np.arange(k, dtype=float)[:, np.newaxis]
    mixture = Mixture(
        Gaussian(STRUCTURES["full"], means, np.full((k, 1, 1), 1.0)),
        CommonWeights.equal(k),
        Frame(np.zeros(1), np.zeros(1, int)),
    )
    x = np.repeat(means, 20, axis=0) + np.random.default_rng(0).normal(size=(20 * k, 1))
    source = MemorySource(x)
    ring = (np.arange(k)[:, np.newaxis] + np.array([0, 3, 7, 14, 21, 28])) % k
    label = np.repeat(np.arange(k), 20)
    cells = Cells.of(label, ring.astype(np.int32), np.zeros((k, count)))
    nobody = np.zeros((k, 0), dtype=np.int32)
    exact = NativeKernel(1).expect(source, mixture).log_likelihood
    gap = [exact - CellsKernel(cells, 1).expect(source, mixture).log_likelihood]
    for _ in range(6):
        cells = CellsKernel(cells, 1).search(source, mixture, 12, nobody)
        gap.append(exact - CellsKernel(cells, 1).expect(source, mixture).log_likelihood)
    assert gap[0] > 1.0
    assert gap[-1] < 0.02 * gap[0]


@pytest.mark.parametrize("wrong", ["twice", "beyond", "falling", "short"])
def test_impossible_cells_are_refused(make_mixture, wrong):
    mixture, x, _ = problem(make_mixture, "full", 4, 2, 50)
    cells = cells_of(len(x), 4, 2)
    candidates, begin = cells.candidates.copy(), cells.begin.copy()
    if wrong == "twice":
        candidates[1] = 1
    if wrong == "beyond":
        candidates[1, 1] = 4
    if wrong == "falling":
        begin[1], begin[2] = begin[2] + 1, begin[1]
    if wrong == "short":
        begin[-1] -= 1
    with pytest.raises(ValueError, match=r"candidate|begin"):
        CellsKernel(Cells(cells.order, begin, candidates, cells.mass), 1).expect(MemorySource(x), mixture)
