"""Sums as vectors: moments about other points, and sums that no rows give."""

from __future__ import annotations

import numpy as np
import pytest

from gaussmix.data.memory import MemorySource
from gaussmix.families.gaussian import Gaussian
from gaussmix.fitting.space import SumsSpace
from gaussmix.kernels.automatic import AutomaticKernel
from gaussmix.kernels.reference import ReferenceKernel


@pytest.fixture(params=[AutomaticKernel, ReferenceKernel])
def kernel(request):
    return request.param(1) if request.param is AutomaticKernel else request.param()


def test_moved_moments_are_those_of_weighted_rows(clusters, structure, make_mixture, kernel):
    """Summed here row by row from the responsibilities, about the other points from the beginning."""
    x = clusters(200, 3, 3, seed=1)
    mixture = make_mixture(structure, 3, 3, seed=2)
    points = mixture.family.means + np.random.default_rng(0).normal(size=(3, 3))
    moved = mixture.family.about(kernel.expect(MemorySource(x), mixture), points)
    other = Gaussian(mixture.family.structure, points, mixture.family.precision_cholesky)
    direct = ReferenceKernel().expect(MemorySource(x), mixture, other)
    np.testing.assert_array_equal(moved.pivot, points)
    scale = np.abs(direct.buffer).max()
    np.testing.assert_allclose(moved.buffer, direct.buffer, rtol=1e-12, atol=1e-12 * scale)


def test_back_and_forth_is_where_it_was(clusters, structure, make_mixture):
    mixture = make_mixture(structure, 3, 2, seed=5)
    family = mixture.family
    sums = ReferenceKernel().expect(MemorySource(clusters(300, 2, 3, seed=4)), mixture)
    back = family.about(family.about(sums, family.means + 0.5), family.means)
    np.testing.assert_allclose(back.buffer, sums.buffer, rtol=1e-12, atol=1e-12 * np.abs(sums.buffer).max())


@pytest.mark.parametrize("weight", [0.0, -1e-3, np.nan])
def test_sums_without_positive_weights_are_refused(clusters, structure, make_mixture, weight):
    mixture = make_mixture(structure, 2, 2)
    sums = ReferenceKernel().expect(MemorySource(clusters(50, 2, 2)), mixture)
    space = SumsSpace.about(mixture, sums)
    vector = space.vector(sums)
    assert space.sums(vector) is not None
    # Weights are packed by name: found where the view of a changed copy changes.
    place = int(np.flatnonzero(np.isclose(vector, sums.sum_weight[1], rtol=0.0, atol=0.0))[0])
    changed = vector.copy()
    changed[place] = weight
    assert space.sums(changed) is None
