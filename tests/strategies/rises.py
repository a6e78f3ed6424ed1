"""The objective of a fit never falls, but for rounding."""

from __future__ import annotations

import numpy as np

from gaussmix import GaussianMixture
from gaussmix.em.status import Status


def assert_rises(model: GaussianMixture, sum_weight: float) -> None:
    assert model.status_ is not Status.FELL
    objective = model.history_.objective
    # As in test_monotone, and for every row the rounding that covariances which are nearly singular magnify: where
    # they share their shape, a single row's tells in all.
    noise = 1e-12 * np.maximum(np.abs(objective[1:]), sum_weight)
    noise += 16.0 * np.finfo(float).eps * model.mixture_.family.amplification * sum_weight
    rises = np.diff(objective) >= -noise
    rises[[number - 1 for number in model.history_.repairs]] = True  # other parameters, and the history says so
    assert rises.all()
