"""Blocks: rows with what they carry."""

from __future__ import annotations

import numpy as np

from gaussmix.core.block import Block, Column, FrameRule, concatenate


def block() -> Block:
    return Block(
        np.arange(12.0).reshape(6, 2),
        np.arange(6.0),
        {"error": Column(np.arange(6) * 10, FrameRule.LENGTH)},
    )


def test_some_rows_are_views():
    part = block().rows(1, 3)
    assert len(part) == 2
    np.testing.assert_array_equal(part.x, [[2.0, 3.0], [4.0, 5.0]])
    np.testing.assert_array_equal(part.columns["error"].values, [10, 20])
    assert part.x.base is not None


def test_rows_by_number_with_repeats():
    part = block().take(np.array([5, 0, 5]))
    np.testing.assert_array_equal(part.weight, [5.0, 0.0, 5.0])
    np.testing.assert_array_equal(part.columns["error"].values, [50, 0, 50])
    assert part.columns["error"].rule is FrameRule.LENGTH


def test_blocks_put_together_are_the_block_they_were_cut_from():
    whole = block()
    again = concatenate([whole.rows(0, 1), whole.rows(1, 1), whole.rows(1, 6)])
    np.testing.assert_array_equal(again.x, whole.x)
    np.testing.assert_array_equal(again.weight, whole.weight)
    np.testing.assert_array_equal(again.columns["error"].values, whole.columns["error"].values)
    assert again.columns["error"].rule is FrameRule.LENGTH
