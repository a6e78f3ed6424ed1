"""Frames: exact scaling, one rounding, both ways."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaussmix.core.block import Block, Column, FrameRule
from gaussmix.core.frame import LARGEST_EXPONENT, Frame, Scaling


def test_rows_come_to_order_one_about_zero():
    mean, deviation = np.array([1e10, -5.0]), np.array([3e4, 1e-9])
    frame = Frame.about(mean, deviation, Scaling.PER_FEATURE)
    inside = frame.lengths_to_internal(deviation)
    assert ((inside >= 0.5) & (inside < 1.0)).all()
    np.testing.assert_array_equal(frame.positions_to_internal(mean), 0.0)


def test_a_common_exponent_is_that_of_the_widest_column():
    frame = Frame.about(np.zeros(3), np.array([1e-5, 70.0, 0.0]), Scaling.COMMON)
    np.testing.assert_array_equal(frame.exponent, [7, 7, 7])


def test_a_constant_column_is_not_scaled():
    frame = Frame.about(np.zeros(2), np.array([0.0, 8.5]), Scaling.PER_FEATURE)
    np.testing.assert_array_equal(frame.exponent, [0, 4])
    assert not Frame.about(np.zeros(2), np.zeros(2), Scaling.COMMON).exponent.any()


@pytest.mark.parametrize("deviation", [5e-324, 1e-310, 1e308, np.finfo(float).max])
def test_exponents_leave_room_on_both_sides(deviation):
    frame = Frame.about(np.zeros(1), np.array([deviation]), Scaling.PER_FEATURE)
    assert abs(int(frame.exponent[0])) <= LARGEST_EXPONENT
    assert np.isfinite(frame.multiplier).all()
    assert frame.multiplier.all()


@given(
    offset=st.floats(-1e12, 1e12),
    exponent=st.integers(-500, 500),
    values=st.lists(st.integers(-(2**20), 2**20), min_size=1, max_size=5),
)
def test_only_the_subtraction_rounds(offset, exponent, values):
    """Whole multiples of a power of two about an origin that is one too: nothing is lost."""
    origin = np.round(offset)
    frame = Frame(np.array([np.ldexp(origin, exponent)]), np.array([exponent]))
    x = np.ldexp(origin + np.array(values, dtype=float), exponent)[:, np.newaxis]
    inside = frame.positions_to_internal(x)
    np.testing.assert_array_equal(inside[:, 0], values)
    np.testing.assert_array_equal(frame.positions_to_user(inside), x)


def test_float32_is_widened_before_anything_is_subtracted():
    frame = Frame(np.array([1e6 + 1 / 3]), np.array([0]))
    x = np.array([[1e6 + 0.5]], dtype=np.float32)
    found = frame.positions_to_internal(x)
    assert found.dtype == np.float64
    assert found[0, 0] == float(x[0, 0]) - (1e6 + 1 / 3)


def test_extra_columns_change_by_their_rules():
    frame = Frame(np.array([10.0, 20.0]), np.array([1, -1]))
    values = np.array([[12.0, 21.0]])
    block = Block(
        values,
        np.ones(1),
        {
            "label": Column(np.array([3])),
            "error": Column(values, FrameRule.LENGTH),
            "other": Column(values, FrameRule.POSITION),
        },
    )
    inside = frame.to_internal(block)
    np.testing.assert_array_equal(inside.x, [[1.0, 2.0]])
    np.testing.assert_array_equal(inside.columns["label"].values, [3])
    np.testing.assert_array_equal(inside.columns["error"].values, [[6.0, 42.0]])
    np.testing.assert_array_equal(inside.columns["other"].values, [[1.0, 2.0]])
    assert inside.columns["error"].rule is FrameRule.LENGTH


def test_the_volume_of_a_unit():
    frame = Frame(np.zeros(3), np.array([4, -1, 10]))
    assert frame.log_volume == pytest.approx(13 * np.log(2.0), rel=1e-15)
    x = np.array([[1.0, 2.0, 3.0], [np.nan, 2.0, 3.0], [1.0, np.nan, np.nan]])
    np.testing.assert_allclose(frame.log_volumes(x), np.log(2.0) * np.array([13, 9, 4]), rtol=1e-15)
    np.testing.assert_array_equal(frame.log_volumes(x[:1]), frame.log_volume)


def test_some_of_the_features():
    part = Frame(np.array([1.0, 2.0, 3.0]), np.array([7, 8, 9])).select(np.array([2, 0]))
    np.testing.assert_array_equal(part.origin, [3.0, 1.0])
    np.testing.assert_array_equal(part.exponent, [9, 7])


def test_the_identity_changes_nothing():
    x = np.random.default_rng(0).normal(size=(5, 2))
    np.testing.assert_array_equal(Frame.identity(2).positions_to_internal(x), x)
