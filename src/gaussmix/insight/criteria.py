"""Information criteria, with scikit-learn's sign: lower is better."""

from __future__ import annotations

from math import log


def bic(log_likelihood: float, n_parameters: int, sum_weight: float) -> float:
    """Schwarz's Bayesian information criterion (1978), −2 log L + df log n, with the sum of weights for n."""
    return -2.0 * log_likelihood + n_parameters * log(sum_weight)


def aic(log_likelihood: float, n_parameters: int) -> float:
    """Akaike's information criterion (1974), −2 log L + 2 df."""
    return -2.0 * log_likelihood + 2.0 * n_parameters
