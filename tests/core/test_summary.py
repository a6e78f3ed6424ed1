"""The first pass over the rows, against NumPy and exact fractions on rows that are hard to sum."""

from __future__ import annotations

from dataclasses import fields
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaussmix import _native
from gaussmix.core.frame import Scaling
from gaussmix.core.summary import NOWHERE, Summary
from gaussmix.data.memory import MemorySource
from gaussmix.kernels.summary import summarise, summarise_rows

CHUNK = 1 << 15
"""Rows of a chunk of two columns."""


def exact_moments(column: np.ndarray, weight: np.ndarray) -> tuple[Fraction, Fraction]:
    """Mean and variance by exact arithmetic."""
    values, weights = [Fraction(v) for v in column], [Fraction(w) for w in weight]
    total = sum(weights)
    mean = sum(w * v for w, v in zip(weights, values, strict=True)) / total
    return mean, sum(w * (v - mean) ** 2 for w, v in zip(weights, values, strict=True)) / total


@pytest.mark.parametrize("offset", [0.0, 1e3, -1e10, 1e15])
@pytest.mark.parametrize("scale", [1e-300, 1e-3, 1.0, 1e290])
@pytest.mark.parametrize("weighted", [True, False])
def test_moments_at_any_offset_and_scale(monkeypatch, offset, scale, weighted):
    chunk = 256
    monkeypatch.setattr("gaussmix.kernels.summary.VALUES", chunk)
    rng = np.random.default_rng(0)
    n = 5 * chunk + 17
    x = ((rng.normal(size=(n, 2)) + offset) * scale)[:, :1]
    weight = rng.choice([0.0, 0.5, 1.0, 4.0], size=n) if weighted else np.ones(n)
    summary = summarise(MemorySource(x, weight if weighted else None))
    mean, variance = exact_moments(x[:, 0], weight)
    # Within a chunk the middle of its range is subtracted first, so that an offset costs nothing but the mean's own
    # rounding δ = eps·|offset| spreads. Chunks meet about such means, some 1/√chunk spreads apart: their variance
    # is wrong by some 2·δ/√chunk and δ².
    delta = np.finfo(float).eps * abs(offset)
    assert abs(Fraction(summary.mean[0]) - mean) <= Fraction(2.0**-50) * abs(mean) + Fraction(1e-14 * scale)
    expected = float(variance / Fraction(scale) ** 2) ** 0.5 * scale
    allowed = 1e-13 + 4.0 * delta / np.sqrt(chunk) + delta**2
    assert summary.standard_deviation[0] == pytest.approx(expected, rel=allowed)
    assert summary.sum_weight == pytest.approx(weight.sum(), rel=1e-14)
    assert summary.n_rows == n
    assert summary.n_weighted == np.count_nonzero(weight)


def test_range_and_columns_of_many_kinds():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(300, 4)) * [1e-200, 1.0, 1e200, 0.0] + [0.0, 1e9, 0.0, 0.1]
    summary = summarise(MemorySource(x))
    np.testing.assert_array_equal(summary.minimum, x.min(axis=0))
    np.testing.assert_array_equal(summary.maximum, x.max(axis=0))
    np.testing.assert_allclose(summary.mean, x.mean(axis=0), rtol=1e-12)
    assert summary.standard_deviation[3] == 0.0
    assert summary.frame(Scaling.PER_FEATURE).origin[3] == 0.1
    np.testing.assert_allclose(
        summary.standard_deviation[:3] / [1e-200, 1.0, 1e200],
        (x[:, :3] / [1e-200, 1.0, 1e200]).std(axis=0),
        rtol=1e-12,
    )


@pytest.mark.parametrize("value", [0.1, -1e308, 5e-324, 1e17 / 3])
def test_a_constant_column_is_known_to_be_one(value):
    summary = summarise(MemorySource(np.full((3 * CHUNK + 1, 1), value)))
    assert summary.standard_deviation[0] == 0.0
    assert summary.frame(Scaling.COMMON).origin[0] == value
    assert summary.frame(Scaling.COMMON).exponent[0] == 0


def test_the_whole_range_of_floats():
    big = np.finfo(float).max
    summary = summarise(MemorySource(np.array([[big, 5e-324], [-big, 0.0], [big, 0.0]])))
    assert np.isfinite(summary.mean).all()
    assert np.isfinite(summary.standard_deviation).all()
    # Of ±1 with two thirds above: mean 1/3, variance 8/9.
    assert summary.mean[0] == pytest.approx(big / 3, rel=1e-14)
    assert summary.standard_deviation[0] == pytest.approx(big * np.sqrt(8 / 9), rel=1e-14)


def test_missing_and_infinite_values_are_counted_and_enter_no_moment():
    x = np.ones((CHUNK + 10, 3))
    x[5, 0] = np.nan
    x[CHUNK + 3, 0] = np.nan
    x[7, 1] = -np.inf
    x[CHUNK + 1, 1] = np.inf
    x[2, 2] = np.nan  # in a row of weight 0
    weight = np.ones(len(x))
    weight[2] = 0.0
    summary = summarise(MemorySource(x, weight))
    np.testing.assert_array_equal(summary.n_missing, [2, 0, 1])
    np.testing.assert_array_equal(summary.n_infinite, [0, 2, 0])
    np.testing.assert_array_equal(summary.first_missing, [5, NOWHERE, 2])
    np.testing.assert_array_equal(summary.first_infinite, [NOWHERE, 7, NOWHERE])
    np.testing.assert_array_equal(summary.column_weight, len(x) - 1 - np.array([2, 2, 0]))
    np.testing.assert_array_equal(summary.mean, 1.0)
    assert not summary.standard_deviation.any()


def test_rows_without_weight_and_no_rows():
    nothing = summarise_rows(np.ones((4, 2)), np.zeros(4), 0)
    assert nothing.n_rows == 4
    assert nothing.n_weighted == 0
    assert nothing.sum_weight == 0.0
    assert summarise(MemorySource(np.empty((0, 2)))) is None
    some = summarise_rows(np.arange(8.0).reshape(4, 2), np.ones(4), 4)
    for total in (nothing + some, some + nothing):
        assert total.n_rows == 8
        np.testing.assert_array_equal(total.mean, some.mean)
        np.testing.assert_allclose(total.standard_deviation, some.standard_deviation, rtol=1e-15)


@given(
    seed=st.integers(0, 10_000),
    cut=st.integers(1, 39),
    far=st.sampled_from([0.0, 1.0, 1e12, 1e150, 1e300]),
)
def test_two_parts_add_up_to_the_whole(seed, cut, far):
    """Also where one part lies far from the other, at any scale."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(40, 2)) * 10.0 ** rng.uniform(-30, 30)
    x[:cut] += far
    weight = rng.choice([0.0, 1.0, 2.5], size=40)
    weight[0] = weight[-1] = 1.0

    def part(start: int, stop: int) -> Summary:
        return summarise_rows(x[start:stop], weight[start:stop], start)

    whole, added = part(0, 40), part(0, cut) + part(cut, 40)
    np.testing.assert_allclose(added.mean, whole.mean, rtol=1e-13, atol=1e-13 * np.abs(x).max())
    np.testing.assert_allclose(added.standard_deviation, whole.standard_deviation, rtol=1e-12)
    np.testing.assert_array_equal(added.minimum, whole.minimum)
    np.testing.assert_array_equal(added.maximum, whole.maximum)
    assert added.sum_weight == pytest.approx(whole.sum_weight, rel=1e-15)
    assert added.n_weighted == whole.n_weighted


@pytest.mark.parametrize("gaps", [False, True])
def test_the_way_rows_lie_in_memory_does_not_show(gaps):
    """Nor that they are float32, but for what it holds; nor weights that lie apart."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(3000, 3)).astype(np.float32)
    if gaps:
        x[7, 1], x[2000, 2], x[2001, 2] = np.nan, np.inf, np.nan
    weight = rng.choice([0.0, 0.3, 2.0], size=3000)
    expected = summarise_rows(x.astype(np.float64), weight, 11)
    twice = np.repeat(x, 2, axis=1)
    for rows in (x, np.asfortranarray(x, dtype=np.float64), twice[:, ::2], x.astype(np.float64)[::-1][::-1]):
        apart = np.stack([weight, weight], axis=1)[:, 0]
        found = summarise_rows(rows, apart, 11)
        for each in fields(Summary):
            np.testing.assert_array_equal(getattr(found, each.name), getattr(expected, each.name), err_msg=each.name)


def test_sums_of_many_rows_lose_no_digits():
    """Rows of a chunk are summed some at a time: as they come, sums of thousands of tenths lose three digits."""
    n = 1 << 16
    weight = np.full(n, 0.1)
    total = summarise_rows(np.arange(n, dtype=float)[:, np.newaxis], weight, 0)
    exact = Fraction(0.1) * n
    assert abs(Fraction(total.sum_weight) - exact) <= exact * Fraction(1, 10**14)
    assert abs(Fraction(total.mean[0]) - Fraction(n - 1, 2)) <= Fraction(n, 10**14)


def test_the_compiled_pass_names_what_it_refuses():
    x, weight = np.ones((4, 2)), np.ones(4)
    for arguments, name in (
        ((x[0], weight, 0, -1000), "x"),
        ((x.astype(np.int64), weight, 0, -1000), "x"),
        ((x, weight[:3], 0, -1000), "weight"),
        ((x, weight.astype(np.float32), 0, -1000), "weight"),
    ):
        with pytest.raises(ValueError, match=rf"^{name}: expected"):
            _native.column_moments(*arguments)
