"""Rows that a fit cannot use, counted in every column."""

from __future__ import annotations

import numpy as np
import pytest

from gaussmix.data.memory import MemorySource
from gaussmix.errors import DataError
from gaussmix.fitting.usable import checked_summary


def said_of(x: np.ndarray, names: list[str] | None = None) -> str:
    with pytest.raises(DataError) as refused:
        checked_summary(MemorySource(x, feature_names=names), 1)
    return str(refused.value).split("; ")[0]


def test_no_columns():
    assert said_of(np.empty((5, 0))) == "there are no columns"


def test_one_column():
    x = np.ones((5, 3))
    x[[1, 3], 2] = np.nan
    assert said_of(x) == "column 2 (from 0) has 2 missing values, the first in row 1 (from 0)"
    assert said_of(x, ["a", "b", "c"]) == "column 'c' has 2 missing values, the first in row 1 (from 0)"


def test_several_columns_and_the_first_of_all():
    x = np.ones((5, 3))
    x[3, 0] = x[2:, 2] = np.inf
    assert (
        said_of(x, ["a", "b", "c"])
        == "columns 'a' (1), 'c' (3) have infinite values, the first in row 2 (from 0) ('c')"
    )
    assert said_of(x).startswith("columns 0 (1), 2 (3), counted from 0, have infinite values")


def test_many_columns_are_not_all_named():
    x = np.full((4, 12), np.nan)
    x[0] = 1.0
    said = said_of(x, [f"x{j}" for j in range(12)])
    assert "'x9' (3) and 2 more have missing values, the first in row 1 (from 0) ('x0')" in said
    assert "x10" not in said
