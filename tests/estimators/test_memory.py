"""No array of rows × components stands beside what was asked for."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from gaussmix import GaussianMixture

# Two iterations show what a pass takes.
pytestmark = pytest.mark.filterwarnings("ignore:Best performing initialization did not converge")

N, D, K = 200_000, 8, 6
ALLOWANCE = N * K * 8 // 10
"""Bytes: a tenth of one array of rows × components, ten times what was found."""


def peak(call: Callable[[], object]) -> tuple[int, object]:
    """Most bytes that NumPy had at once, beside what was there before, and what came back."""
    tracemalloc.start()
    try:
        result = call()
        return tracemalloc.get_traced_memory()[1], result
    finally:
        tracemalloc.stop()


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.standard_normal((N, D)) + 4.0 * rng.integers(0, 2, (N, 1))


@pytest.mark.parametrize("covariance_type", ["full", "diag", "spherical"])
@pytest.mark.parametrize("method", ["predict_proba", "predict", "score_samples"])
def test_predictions_take_no_more_than_they_return(rows: np.ndarray, covariance_type: str, method: str) -> None:
    model = GaussianMixture(K, covariance_type=covariance_type, max_iter=2, random_state=0, tol=0.0)
    model.fit_predict(rows[:2000])
    taken, result = peak(lambda: getattr(model, method)(rows))
    assert isinstance(result, np.ndarray)
    assert taken <= result.nbytes + ALLOWANCE


@pytest.mark.parametrize("covariance_type", ["full", "diag", "spherical"])
def test_a_fit_takes_labels_only(rows: np.ndarray, covariance_type: str) -> None:
    model = GaussianMixture(K, covariance_type=covariance_type, max_iter=2, random_state=0, tol=0.0)
    taken, _ = peak(lambda: model.fit(rows))
    # Labels, and some rows' cumulative weights while the start draws by them: of so few rows all of them.
    assert taken <= 2 * 8 * N + ALLOWANCE
