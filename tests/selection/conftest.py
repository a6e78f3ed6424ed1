"""Rows that several of these files fit."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture(scope="session")
def two_groups():
    """Two Gaussian clusters that stand apart, of 90 and 60 rows; read-only, as tests share them."""
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(0, 1, (90, 2)), rng.normal([7, 0], [1, 2], (60, 2))])
    rows.flags.writeable = False
    return rows
