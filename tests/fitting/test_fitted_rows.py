"""What is remembered of rows."""

from __future__ import annotations

import numpy as np

from gaussmix.fitting.fitted_rows import FittedRows


def test_a_component_without_rows_is_counted():
    rows = FittedRows(3, 3.0, "0123456789abcdef")
    assert rows.counted(np.array([0, 2, 2]), 4).n_assigned == (1, 0, 2, 0)


def test_counts_follow_their_components():
    rows = FittedRows(3, 3.0, "0123456789abcdef")
    assert rows.reorder(np.array([1, 0])) == rows
    assert rows.counted(np.array([0, 1, 1]), 3).reorder(np.array([2, 1, 0])).n_assigned == (0, 2, 1)
