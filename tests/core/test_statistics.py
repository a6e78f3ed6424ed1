"""Statistics: packing, and adding only what is alike."""

from __future__ import annotations

import numpy as np
import pytest

from gaussmix.core.frame import Frame
from gaussmix.core.statistics import Field, Layout, Statistics

FIELDS = (Field("sum_x", ("k", "d")), Field("scatter", ("k", "t")))
SIZES = {"k": 2, "d": 3, "t": 6}
LAYOUT = Layout.of(FIELDS, SIZES)


def sums(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=shape) for name, shape in LAYOUT.shapes.items()}


def statistics(seed: int = 0, **changed: object) -> Statistics:
    parts = {
        "layout": LAYOUT,
        "buffer": LAYOUT.pack(sums(seed)),
        "frame": Frame.identity(3),
        "pivot": np.zeros((2, 3)),
    }
    return Statistics(**(parts | changed))


def test_what_is_packed_is_found_again():
    packed = statistics(3)
    assert LAYOUT.size == len(packed.buffer) == 1 + 2 + 6 + 12
    for name, value in sums(3).items():
        assert packed[name].shape == value.shape
        np.testing.assert_array_equal(packed[name], value)
    assert packed.log_likelihood == float(sums(3)["log_likelihood"])
    np.testing.assert_array_equal(packed.sum_weight, sums(3)["sum_weight"])


def test_every_layout_begins_alike():
    """Kernels write the log-likelihood first and the sums of shares second, whatever comes after."""
    assert list(LAYOUT.shapes)[:2] == ["log_likelihood", "sum_weight"]
    assert LAYOUT.offsets["log_likelihood"] == (0, 1)
    assert LAYOUT.offsets["sum_weight"] == (1, 3)


def test_packing_refuses_what_was_not_declared():
    wrong = sums(0)
    wrong["sum_x"] = wrong["sum_x"].T
    with pytest.raises(ValueError, match=r"'sum_x' has shape \(3, 2\), declared is \(2, 3\)"):
        LAYOUT.pack(wrong)
    missing = sums(0)
    del missing["scatter"]
    with pytest.raises(ValueError, match="were expected"):
        LAYOUT.pack(missing)
    with pytest.raises(ValueError, match="were expected"):
        LAYOUT.pack(sums(0) | {"more": np.zeros(1)})


def test_adding_adds_every_field():
    total = statistics(1) + statistics(2)
    for name in LAYOUT.shapes:
        np.testing.assert_array_equal(total[name], sums(1)[name] + sums(2)[name])
    assert total.layout == LAYOUT


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        (
            {"layout": Layout.of(FIELDS[:1], SIZES), "buffer": np.zeros(9)},
            "different fields or sizes",
        ),
        (
            {"layout": Layout.of(FIELDS, SIZES | {"t": 7}), "buffer": np.zeros(23)},
            "different fields or sizes",
        ),
        ({"frame": Frame(np.array([0.0, 0.0, 1e-300]), np.zeros(3, dtype=int))}, "different units"),
        ({"frame": Frame(np.zeros(3), np.array([0, 1, 0]))}, "different units"),
        ({"pivot": np.full((2, 3), 1e-300)}, "different points"),
    ],
)
def test_adding_unlike_ones_is_refused(changed, text):
    with pytest.raises(ValueError, match=text):
        statistics() + statistics(**changed)
