"""Private methods of scikit-learn's mixture that programs call nevertheless."""

from __future__ import annotations

from typing import Any

import numpy as np

from gaussmix.core.block import Block
from gaussmix.core.types import Array, Floats
from gaussmix.estimators.predicting import PredictingMixture


class PrivateNames(PredictingMixture):
    """The private names that have a meaning here; the steps of scikit-learn's loop have none."""

    def _n_parameters(self) -> int:
        """Free parameters."""
        return self.mixture_.n_parameters

    def _estimate_log_prob(self, X: Array) -> Floats:
        """Log-density of each row under each component, shape (n, k)."""
        mixture = self.mixture_
        x = np.asarray(X)
        block = mixture.frame.to_internal(Block(x, np.ones(len(x))))
        return mixture.family.score(block).log_density.T - mixture.frame.log_volume

    def _estimate_log_weights(self) -> Floats:
        """Log-weights, shape (k,)."""
        with np.errstate(divide="ignore"):
            return np.log(self.weights_)

    def _estimate_weighted_log_prob(self, X: Array) -> Floats:
        """Log of weight times density, shape (n, k)."""
        return self._estimate_log_prob(X) + self._estimate_log_weights()

    def _estimate_log_prob_resp(self, X: Array) -> tuple[Floats, Floats]:
        """Log-density of each row (n,), and log-responsibilities (n, k)."""
        found = self.row_results(X, ("log_density", "responsibility"))
        with np.errstate(divide="ignore"):
            return found["log_density"], np.log(found["responsibility"])

    def _get_parameters(self) -> tuple[Any, ...]:
        return self.weights_, self.means_, self.covariances_, self.precisions_cholesky_

    def _set_parameters(self, parameters: tuple[Any, ...]) -> None:
        # The factors come last: they are what scikit-learn predicts with.
        self.weights_, self.means_, self.covariances_, self.precisions_cholesky_ = parameters
