"""The census: NumPy's own counts, however the rows are cut and whatever the weights are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gaussmix.core.block import Block
from gaussmix.core.census import MOST_VALUES
from gaussmix.core.summary import NOWHERE
from gaussmix.data.chunks import map_reduce_blocks
from gaussmix.data.table import UnjudgedArray
from gaussmix.kernels.census import GLANCE, census_of, take_census
from gaussmix.kernels.summary import ChunkTask

VALUES = st.sampled_from([0.0, -0.0, 1.0, 2.0, 2.5, -7.0, 1e300, np.nan, np.inf, -np.inf])


class SmallChunks(ChunkTask):
    """In chunks of three rows, so that few rows are many chunks."""

    chunk_length = 3


@given(arrays(float, st.tuples(st.integers(1, 30), st.integers(1, 3)), elements=VALUES), st.data())
def test_it_is_what_numpy_counts(x, data):
    weight = data.draw(arrays(float, len(x), elements=st.sampled_from([0.0, 1.0, 2.0, -1.0, np.nan, np.inf])))
    cut = data.draw(st.integers(0, len(x)))
    blocks = [Block(x[part], weight[part]) for part in (slice(cut), slice(cut, None))]
    census = map_reduce_blocks(blocks, SmallChunks(x.shape[1], census_of))
    counts = np.isfinite(weight) & (weight > 0.0)
    wrong = np.flatnonzero(~counts & (weight != 0.0))
    assert census.summary.n_rows == len(x)
    assert census.summary.n_weighted == counts.sum()
    assert census.n_complete == np.isfinite(x).all(axis=1).sum()
    assert census.weights.n_zero == (weight == 0.0).sum()
    assert census.weights.n_wrong == len(wrong)
    assert census.weights.first_wrong == (wrong[0] if len(wrong) else NOWHERE)
    np.testing.assert_allclose(census.weights.norm, np.linalg.norm(weight[counts]), rtol=1e-14)
    for j, column in enumerate(x[counts].T):
        finite = column[np.isfinite(column)]
        different = np.unique(finite)[: MOST_VALUES + 1]
        np.testing.assert_array_equal(census.values[j, : len(different)], different)
        assert census.n_values[j] == len(different)
        assert census.whole[j] == (finite == np.floor(finite)).all()
        assert census.rises[j] == (column[1:] == column[:-1] + 1.0).all()


@pytest.mark.parametrize("n", [1, GLANCE, GLANCE + 1, 100_000])
def test_many_values_are_many(n):
    """Also where those at the beginning of each chunk are few."""
    column = np.zeros(n)
    column[-20:] = np.arange(min(n, 20))
    census = take_census(UnjudgedArray(column[:, np.newaxis]))
    assert census.n_values[0] == min(len(np.unique(column)), MOST_VALUES + 1)


def test_a_column_rises_through_all_chunks():
    rows = np.stack([np.arange(200_000.0), np.arange(200_000.0)], axis=1)
    rows[150_000:, 1] += 1.0
    assert take_census(UnjudgedArray(rows)).rises.tolist() == [True, False]


def test_weights_of_any_size():
    weight = np.array([1e200, 2e200, 0.0])
    census = take_census(UnjudgedArray(np.ones((3, 1)), weight))
    np.testing.assert_allclose(census.weights.norm, np.sqrt(5.0) * 1e200)
