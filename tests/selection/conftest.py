"""Rows that several of these files fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gaussmix.selection.candidate import Outcome
from gaussmix.selection.search import Search


@pytest.fixture(scope="session")
def two_groups():
    """Two Gaussian clusters that stand apart, of 90 and 60 rows; read-only, as tests share them."""
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(0, 1, (90, 2)), rng.normal([7, 0], [1, 2], (60, 2))])
    rows.flags.writeable = False
    return rows


@pytest.fixture
def spike_at_the_end(monkeypatch):
    """Makes the first that a verdict prefers a spike where its fit goes on to its end, which is after the verdict."""

    def to_the_end(search, candidates, preferred):
        first = preferred(candidates)[0]
        spike = replace(first, outcome=Outcome.SPIKE, reason="it has no extent")
        return tuple(spike if each is first else each for each in candidates)

    monkeypatch.setattr(Search, "to_the_end", to_the_end)
