"""Passes over rows in memory, and the updates made with them: the bits of passes and updates made apart."""

from __future__ import annotations

import numpy as np
import pytest

from gaussmix import _native
from gaussmix.allocations.given import RESPONSIBILITY, Given, Hard, Unchanged
from gaussmix.allocations.weights import CommonWeights, CommonWeightsUpdate
from gaussmix.core.block import Column
from gaussmix.core.contracts import Update
from gaussmix.core.frame import Frame, Scaling
from gaussmix.core.mixture import Mixture
from gaussmix.core.statistics import Statistics
from gaussmix.data.memory import MemorySource
from gaussmix.errors import DegenerateFitError
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.gaussian_update import CentresUpdate, GaussianUpdate
from gaussmix.families.prior import Prior
from gaussmix.families.structures import STRUCTURES
from gaussmix.fitting.step import EMStep
from gaussmix.kernels.automatic import AutomaticKernel

SIZES = [(1, 1, 1), (7, 2, 2), (500, 3, 3), (5000, 2, 9), (20_000, 5, 17)]
"""Rows, columns and components: one row, less than a tile, one chunk, and several of them."""


def problem(n: int, d: int, k: int, structure: str, dtype: str, weighted: bool) -> tuple[MemorySource, Mixture]:
    """Rows far from the origin, in units of their own, and components among them."""
    rng = np.random.default_rng([n, d, k])
    x = (1e3 + rng.normal(size=(n, d)) * 2.0 ** rng.integers(-5, 5, d)).astype(dtype)
    weight = rng.exponential(size=n) * (rng.random(n) < 0.9) if weighted else None
    frame = Frame.about(x.mean(axis=0, dtype=float), x.std(axis=0, dtype=float) + 1e-3, Scaling.PER_FEATURE)
    means = rng.normal(size=(k, d))
    family = Gaussian(STRUCTURES[structure], means, Gaussian.unit(STRUCTURES[structure], means).precision_cholesky)
    return MemorySource(x, weight), Mixture(family, CommonWeights.equal(k), frame)


def update_of(source: MemorySource, reg_covar: float) -> GaussianUpdate:
    return GaussianUpdate(Prior.absolute(reg_covar, Frame.identity(source.n_features)))


def assert_same_bits(found: Statistics, expected: Statistics) -> None:
    assert found.layout == expected.layout
    assert np.array_equal(found.buffer, expected.buffer, equal_nan=True)
    assert np.array_equal(found.pivot, expected.pivot)
    assert found.frame is expected.frame


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("structure", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize("size", SIZES)
def test_an_iteration_has_the_bits_of_a_pass_and_its_updates(size, structure, dtype, weighted):
    source, mixture = problem(*size, structure, dtype, weighted)
    mixture = Mixture(mixture.family, CommonWeights(mixture.weights), mixture.frame)
    update, of_weights = update_of(source, 1e-2), CommonWeightsUpdate()
    kernel = AutomaticKernel(2)
    step = EMStep(source, kernel, update, of_weights, float(size[0]))
    for _ in range(3):
        expected = kernel.expect(source, mixture)
        assert expected.made is None
        evaluation = step.expect(mixture)
        assert_same_bits(evaluation.sums, expected)
        assert (evaluation.sums.made.factor is not None) == (structure == "full")
        newer = step.maximise(evaluation, mixture)
        family = update.update(expected, mixture.family)
        assert np.array_equal(newer.family.means, family.means)
        assert np.array_equal(newer.family.precision_cholesky, family.precision_cholesky)
        assert np.array_equal(newer.family.log_determinant, family.log_determinant)
        assert np.array_equal(newer.weights, of_weights.update(expected, mixture.allocation).values)
        mixture = newer


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("size", SIZES)
def test_an_iteration_of_k_means_too(size, dtype):
    source, mixture = problem(*size, "diag", dtype, weighted=True)
    update, kernel = CentresUpdate(), AutomaticKernel(1)
    balls = Mixture(mixture.family, Hard(mixture.n_components), mixture.frame)
    step = EMStep(source, kernel, update, Unchanged(), float(size[0]))
    for _ in range(3):
        expected, evaluation = kernel.expect(source, balls), step.expect(balls)
        assert_same_bits(evaluation.sums, expected)
        newer = step.maximise(evaluation, balls)
        assert np.array_equal(newer.family.means, update.update(expected, balls.family).means)
        weight = expected.sum_weight[:, np.newaxis]  # the definition, in NumPy
        means = expected.pivot + expected["sum_x"] / np.where(weight > 0.0, weight, 1.0)
        assert np.array_equal(newer.family.means, means)
        balls = newer


def test_parts_of_all_weight_are_what_they_say():
    source, mixture = problem(500, 3, 17, "full", "float64", weighted=True)
    sums = AutomaticKernel(1).passes(source, update_of(source, 1e-2))(mixture)
    np.testing.assert_allclose(sums.made.parts, sums.sum_weight / sums.sum_weight.sum(), rtol=1e-15)


def test_another_update_makes_its_own_of_the_sums():
    """What was made for one prior is nothing to another."""
    source, mixture = problem(500, 3, 3, "full", "float64", weighted=False)
    one, other = update_of(source, 1e-2), update_of(source, 1.0)
    kernel = AutomaticKernel(1)
    sums = kernel.passes(source, one)(mixture)
    found, expected = (other.update(each, mixture.family) for each in (sums, kernel.expect(source, mixture)))
    assert np.array_equal(found.precision_cholesky, expected.precision_cholesky)
    assert not np.array_equal(found.precision_cholesky, one.update(sums, mixture.family).precision_cholesky)


def test_a_component_without_rows_keeps_its_parameters():
    source, mixture = problem(500, 2, 3, "full", "float64", weighted=False)
    far = mixture.family.means.copy()
    far[1] = 1e6
    family = Gaussian(mixture.family.structure, far, mixture.family.precision_cholesky)
    step = EMStep(source, AutomaticKernel(1), update_of(source, 1e-2), CommonWeightsUpdate(), 500.0)
    start = Mixture(family, mixture.allocation, mixture.frame)
    evaluation = step.expect(start)
    assert evaluation.sums.made.means is None
    assert np.array_equal(step.maximise(evaluation, start).family.means[1], far[1])


def test_a_singular_covariance_is_an_error_of_the_update_not_of_the_pass():
    rows = np.repeat([[0.0, 0.0], [1.0, 1.0]], 10, axis=0)
    source = MemorySource(rows)
    mixture = Mixture(
        Gaussian.unit(STRUCTURES["full"], np.array([[0.0, 0.0], [1.0, 1.0]])), CommonWeights.equal(2), Frame.identity(2)
    )
    step = EMStep(source, AutomaticKernel(1), update_of(source, 0.0), CommonWeightsUpdate(), 20.0)
    evaluation = step.expect(mixture)
    assert evaluation.sums.made.means is None
    with pytest.raises(DegenerateFitError):
        step.maximise(evaluation, mixture)


def test_other_numbers_of_components_and_frames_are_not_those_before():
    """A fit that drops a component goes on with the same step."""
    source, mixture = problem(500, 3, 5, "full", "float64", weighted=False)
    kernel, update = AutomaticKernel(1), update_of(source, 1e-2)
    passes = kernel.passes(source, update)
    fewer = mixture.reorder(np.arange(5))
    fewer = Mixture(fewer.family.reorder(np.arange(3)), CommonWeights.equal(3), mixture.frame)
    elsewhere = Mixture(mixture.family, mixture.allocation, Frame.identity(3))
    for each in (mixture, fewer, elsewhere, mixture):
        assert_same_bits(passes(each), kernel.expect(source, each))


def test_what_is_not_compiled_goes_its_own_way():
    source, mixture = problem(50, 2, 2, "full", "float64", weighted=False)
    share = np.full((50, 2), 0.5)
    source = MemorySource(source.held.x, None, {RESPONSIBILITY: Column(share)})
    given = Mixture(mixture.family, Given(2), mixture.frame)
    kernel = AutomaticKernel(1)
    assert_same_bits(kernel.passes(source, update_of(source, 1.0))(given), kernel.expect(source, given))


def test_an_update_that_names_nothing_is_not_compiled():
    class Own(Update[Gaussian]):
        def update(self, statistics: Statistics, current: Gaussian) -> Gaussian:
            return current

        def objective_term(self, parameters: Gaussian) -> float:
            return 0.0

    source, mixture = problem(50, 2, 2, "full", "float64", weighted=False)
    assert Own().compiled(mixture.family) is None
    assert AutomaticKernel(1).passes(source, Own())(mixture).made.means is None


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"form": "round"}, "form"),
        ({"mode": "firm"}, "mode"),
        ({"update": "none"}, "update"),
        ({"update": "full", "form": "diagonal"}, "update"),
        ({"update": "full", "scatter_diagonal": None}, "update"),
        ({"update": "full", "scatter_diagonal": np.ones(3)}, "scatter_diagonal"),
        ({"weight": np.ones(4)}, "weight"),
        ({"multiplier": np.ones(3)}, "multiplier"),
        ({"chunk_length": 0}, "chunk_length"),
        ({"n_threads": 0}, "n_threads"),
    ],
)
def test_wrong_arguments_are_refused_by_name(changed, word):
    good = {
        "x": np.zeros((5, 2)),
        "weight": np.ones(5),
        "multiplier": np.ones(2),
        "shift": np.zeros(2),
        "log_volume": 0.0,
        "form": "full",
        "mode": "soft",
        "update": "full",
        "scatter_diagonal": np.ones(2),
        "covariance_diagonal": np.ones(2),
        "least_part": 0.0,
        "chunk_length": 1024,
        "n_threads": 1,
    }
    _native.Iterations(**good)
    with pytest.raises(ValueError, match=word):
        _native.Iterations(**{**good, **changed})


def test_a_structure_with_formulas_of_its_own_is_asked_for_them():
    """Whether rows are held or not: what is compiled is the other's formula."""

    class Wider(type(STRUCTURES["full"])):
        def estimate(self, *arguments):
            means, factor, log_determinant = super().estimate(*arguments)
            return means, factor / 2.0, log_determinant - means.shape[1] * np.log(2.0)

    source, mixture = problem(500, 3, 3, "full", "float64", weighted=False)
    family = Gaussian(Wider(), mixture.family.means, mixture.family.precision_cholesky)
    mixture, update, kernel = (
        Mixture(family, mixture.allocation, mixture.frame),
        update_of(source, 1e-2),
        AutomaticKernel(1),
    )
    held = update.update(kernel.passes(source, update)(mixture), family)
    apart = update.update(kernel.expect(source, mixture), family)
    np.testing.assert_array_equal(held.precision_cholesky, apart.precision_cholesky)
    plain = update.update(
        kernel.expect(source, mixture), problem(500, 3, 3, "full", "float64", weighted=False)[1].family
    )
    np.testing.assert_array_equal(2.0 * held.precision_cholesky, plain.precision_cholesky)
