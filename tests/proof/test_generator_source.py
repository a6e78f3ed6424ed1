"""Proof 4: a place where rows live."""

from __future__ import annotations

from itertools import chain, repeat

import numpy as np
import pytest
from climbing import climb
from generator_source import GeneratorSource
from group_weights import GROUP, GroupWeights, GroupWeightsUpdate
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_t
from student_t import StudentT, StudentTUpdate
from two_clusters import first_means, frame_of, groups, two_clusters

from gaussmix import GaussianMixture
from gaussmix.allocations.weights import CommonWeights, CommonWeightsUpdate
from gaussmix.core.block import Block, Column
from gaussmix.core.mixture import Mixture
from gaussmix.data.memory import MemorySource
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.gaussian_update import GaussianUpdate
from gaussmix.families.prior import Prior
from gaussmix.families.structures import SCIKIT_LEARN, STRUCTURES
from gaussmix.kernels.automatic import AutomaticKernel
from gaussmix.kernels.reference import ReferenceKernel
from gaussmix.kernels.summary import summarise

N = 9_500  # more than two chunks, the last not full
ROWS = two_clusters(N)
GROUPS = groups(N)
WEIGHT = 0.5 + np.arange(N) % 4
RESULTS = ["log_density", "responsibility", "label"]

sizes_of_blocks = st.lists(st.sampled_from([0, 1, 7, 512, 1000, 4095, 4096, 4097]), max_size=12)
kernels = pytest.mark.parametrize(
    "kernel",
    [ReferenceKernel(), AutomaticKernel(1), AutomaticKernel(2)],
    ids=["reference", "one thread", "two threads"],
)


def cut(sizes, *, weight=None, columns=None, rest=1000):
    """The rows in blocks of these sizes, what is left over in blocks of ``rest``."""

    def blocks():
        start = 0
        for size in chain(sizes, repeat(rest)):
            stop = start + size
            x = ROWS[start:stop].copy()
            w = np.ones(len(x)) if weight is None else weight[start:stop].copy()
            yield Block(x, w, {name: Column(values[start:stop].copy()) for name, values in (columns or {}).items()})
            start = stop
            if start >= N:
                break

    return GeneratorSource(blocks, ROWS.shape[1])


def gaussian_start(structure):
    frame = frame_of(ROWS)
    form = STRUCTURES[structure].form
    means = frame.positions_to_internal(first_means(ROWS))
    factor = form.from_stack(np.stack([np.eye(2)] * 2))
    return Mixture(Gaussian(STRUCTURES[structure], means, factor), CommonWeights(np.array([0.4, 0.6])), frame)


def by_group(family, frame):
    return Mixture(family, GroupWeights(np.full((3, 2), 0.5), np.full(3, 1.0 / 3.0)), frame)


@kernels
@pytest.mark.parametrize("structure", SCIKIT_LEARN)
@settings(max_examples=10, deadline=None)
@given(sizes=sizes_of_blocks, weighted=st.booleans())
def test_a_pass_has_the_same_bits_however_rows_come(kernel, structure, sizes, weighted):
    mixture = gaussian_start(structure)
    weight = WEIGHT if weighted else None
    memory, generator = MemorySource(ROWS, weight), cut(sizes, weight=weight)
    expected, ours = kernel.expect(memory, mixture), kernel.expect(generator, mixture)
    np.testing.assert_array_equal(ours.buffer, expected.buffer)
    in_memory, generated = (kernel.rows(source, mixture, RESULTS) for source in (memory, generator))
    for name in RESULTS:
        np.testing.assert_array_equal(generated[name], in_memory[name])


@given(sizes=sizes_of_blocks, weighted=st.booleans())
@settings(max_examples=20, deadline=None)
def test_a_summary_has_the_same_bits_however_rows_come(sizes, weighted):
    weight = WEIGHT if weighted else None
    expected, ours = summarise(MemorySource(ROWS, weight)), summarise(cut(sizes, weight=weight))
    for name in vars(expected):
        np.testing.assert_array_equal(getattr(ours, name), getattr(expected, name), err_msg=name)


@kernels
@pytest.mark.parametrize("structure", SCIKIT_LEARN)
def test_the_layout_of_an_array_does_not_show_in_the_bits(kernel, structure):
    mixture = gaussian_start(structure)
    wide = np.zeros((N, 6))
    wide[:, ::3] = ROWS
    expected = kernel.expect(MemorySource(ROWS), mixture).buffer
    for rows in (np.asfortranarray(ROWS), wide[:, ::3]):
        np.testing.assert_array_equal(kernel.expect(MemorySource(rows), mixture).buffer, expected)


@kernels
@pytest.mark.parametrize("structure", ["full", "diag"])
def test_a_fit_has_the_same_bits(kernel, structure):
    start = gaussian_start(structure)
    memory, generated = (
        climb(source, start, GaussianUpdate(Prior.none(2)), CommonWeightsUpdate(), 5, kernel)
        for source in (MemorySource(ROWS), cut([1, 7, 1000, 0, 4097], rest=333))
    )
    np.testing.assert_array_equal(generated.history.objective, memory.history.objective)
    np.testing.assert_array_equal(generated.parameters.family.means, memory.parameters.family.means)


def test_the_estimator_takes_it_and_gives_the_same_bits():
    parameters = {"n_components": 2, "random_state": 0, "max_iter": 20, "tol": 1e-3}
    expected = GaussianMixture(**parameters).fit(ROWS)
    source = cut([0, 1, 7, 1000], rest=3000)
    ours = GaussianMixture(**parameters).fit(source)
    np.testing.assert_array_equal(ours.means_, expected.means_)
    np.testing.assert_array_equal(ours.lower_bounds_, expected.lower_bounds_)
    np.testing.assert_array_equal(ours.predict_proba(source), expected.predict_proba(ROWS))


@given(sizes=sizes_of_blocks, numbers=st.lists(st.integers(0, N - 1), max_size=30))
@settings(max_examples=25, deadline=None)
def test_take_gives_the_rows_that_were_asked_for(sizes, numbers):
    wanted = np.array(numbers, dtype=np.int64)
    source = cut(sizes, weight=WEIGHT, columns={GROUP: GROUPS})
    block = source.take(wanted)
    np.testing.assert_array_equal(block.x, ROWS[wanted])
    np.testing.assert_array_equal(block.weight, WEIGHT[wanted])
    np.testing.assert_array_equal(block.columns[GROUP].values, GROUPS[wanted])


def test_a_row_that_is_not_there_is_an_error():
    with pytest.raises(IndexError, match="row 9500 was asked for"):
        cut([100]).take(np.array([3, N]))


def test_no_rows_at_all_sum_to_nothing():
    nothing = GeneratorSource(lambda: iter([Block(np.empty((0, 2)), np.empty(0))] * 3), 2)
    assert summarise(nothing) is None
    mixture = gaussian_start("full")
    assert not ReferenceKernel().expect(nothing, mixture).buffer.any()
    assert len(ReferenceKernel().rows(nothing, mixture, ["label"])["label"]) == 0


def test_columns_travel():
    """With proof 2: every row keeps its group, however the rows are cut."""
    start = gaussian_start("full")
    mixture = by_group(start.family, start.frame)
    memory, generated = (
        climb(source, mixture, GaussianUpdate(Prior.none(2)), GroupWeightsUpdate(), 5)
        for source in (
            MemorySource(ROWS, columns={GROUP: Column(GROUPS)}),
            cut([1, 7, 1000, 0], columns={GROUP: GROUPS}, rest=5000),
        )
    )
    np.testing.assert_array_equal(generated.parameters.allocation.table, memory.parameters.allocation.table)
    np.testing.assert_array_equal(generated.history.objective, memory.history.objective)


def test_three_extensions_at_once():
    """Student-t components × weights by group × a generator, none of which knows of the others."""
    frame = frame_of(ROWS)
    means = frame.positions_to_internal(first_means(ROWS))
    start = by_group(StudentT.from_shape_matrix(4.0, means, np.stack([np.eye(2)] * 2)), frame)
    memory, generated = (
        climb(source, start, StudentTUpdate(), GroupWeightsUpdate(), 6)
        for source in (
            MemorySource(ROWS, WEIGHT, {GROUP: Column(GROUPS)}),
            cut([7, 0, 1, 1000], weight=WEIGHT, columns={GROUP: GROUPS}, rest=777),
        )
    )
    np.testing.assert_array_equal(generated.history.objective, memory.history.objective)
    fitted = generated.parameters
    np.testing.assert_array_equal(fitted.family.precision_cholesky, memory.parameters.family.precision_cholesky)
    assert_reported_objective_is_scipys(fitted, generated.evaluation.entry.log_likelihood)


def assert_reported_objective_is_scipys(fitted, log_likelihood):
    scale = np.ldexp(1.0, fitted.frame.exponent)
    shape_matrix = fitted.family.shape_matrix * scale[:, np.newaxis] * scale
    means = fitted.frame.positions_to_user(fitted.family.means)
    density = sum(
        fitted.allocation.table[GROUPS, j] * multivariate_t.pdf(ROWS, means[j], shape_matrix[j], df=4.0)
        for j in range(2)
    )
    assert log_likelihood == pytest.approx(WEIGHT @ np.log(density), rel=1e-11)
