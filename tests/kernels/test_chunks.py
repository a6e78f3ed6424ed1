"""How long chunks are, and how blocks of any sizes become whole ones."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gaussmix.core.block import Block, Column
from gaussmix.data.chunks import take_from_blocks, whole_chunks
from gaussmix.kernels.chunks import LONGEST, SHORTEST, WORK, chunk_length


@given(k=st.integers(1, 2000), d=st.integers(1, 2000))
def test_a_chunk_is_a_power_of_two_of_bounded_work(k, d):
    length = chunk_length(k, d)
    assert SHORTEST <= length <= LONGEST
    assert length & (length - 1) == 0
    assert length == SHORTEST or length * k * d * d <= WORK
    assert chunk_length(k, d + 1) <= length >= chunk_length(k + 1, d)


@st.composite
def pieces(draw: st.DrawFn) -> list[Block]:
    sizes = draw(st.lists(st.integers(0, 25), min_size=1, max_size=12))
    blocks, start = [], 0
    for size in sizes:
        number = np.arange(start, start + size, dtype=float)
        blocks.append(Block(number[:, np.newaxis], number + 0.5, {"label": Column(number.astype(int))}))
        start += size
    return blocks


@given(blocks=pieces(), length=st.sampled_from([1, 4, 8, 16]))
def test_whole_chunks_in_order_with_their_numbers(blocks, length):
    n = sum(len(block) for block in blocks)
    found = list(whole_chunks(blocks, length))
    assert all(len(block) % length == 0 for block, _ in found[:-1])
    expected_first = 0
    for block, first_chunk in found:
        assert first_chunk * length == expected_first
        expected_first += len(block)
    assert expected_first == n
    if n:
        rows = np.concatenate([block.x[:, 0] for block, _ in found])
        np.testing.assert_array_equal(rows, np.arange(n))
        weights = np.concatenate([block.weight for block, _ in found])
        np.testing.assert_array_equal(weights, rows + 0.5)
        labels = np.concatenate([block.columns["label"].values for block, _ in found])
        np.testing.assert_array_equal(labels, rows)


def test_blocks_of_whole_chunks_are_not_copied():
    blocks = [Block(np.ones((n, 2)), np.ones(n)) for n in (8, 16, 8)]
    found = [block for block, _ in whole_chunks(blocks, 8)]
    assert all(np.shares_memory(a.x, b.x) for a, b in zip(found, blocks, strict=True))


@given(blocks=pieces(), data=st.data())
def test_rows_are_taken_by_number(blocks, data):
    n = sum(len(block) for block in blocks)
    if n == 0:
        return
    numbers = np.array(data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=20)))
    taken = take_from_blocks(blocks, numbers)
    np.testing.assert_array_equal(taken.x[:, 0], numbers)
    np.testing.assert_array_equal(taken.columns["label"].values, numbers)
