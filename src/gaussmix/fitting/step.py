"""An EM iteration on rows, as the loop sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np

from gaussmix.core.contracts import Conditioned, Kernel, Update
from gaussmix.core.mixture import Mixture
from gaussmix.core.source import Source
from gaussmix.core.statistics import Statistics
from gaussmix.em.evaluation import Evaluation
from gaussmix.em.history import Entry
from gaussmix.fitting.space import SumsSpace

EPSILON = float(np.finfo(np.float64).eps)
"""Spacing of float64 at 1, to which that of other rows is compared."""


@dataclass(frozen=True)
class EMStep:
    """Expectation by a kernel over a source, maximisation by two updates.

    Parameters
    ----------
    source : Source
        The rows.
    kernel : Kernel
        Who goes over them.
    family_update, allocation_update : Update
        Statistics to parameters.
    sum_weight : float
        Sum of the rows' weights.
    monotone : bool
        Whether the two updates promise that the objective does not fall.
    """

    source: Source
    kernel: Kernel
    family_update: Update  # type: ignore[type-arg]  # of whatever family the mixture has
    allocation_update: Update  # type: ignore[type-arg]
    sum_weight: float
    monotone: bool = True

    def amplification(self, parameters: Mixture) -> float:
        """How many times the usual rounding that of the objective may be: near-singular covariances magnify it."""
        return parameters.family.amplification if isinstance(parameters.family, Conditioned) else 1.0

    def expect(self, parameters: Mixture) -> Evaluation[Statistics]:
        """One pass over the rows."""
        statistics = self._passes(parameters)
        log_likelihood = statistics.log_likelihood
        objective_term = self.family_update.objective_term(parameters.family)
        objective_term += self.allocation_update.objective_term(parameters.allocation)
        return Evaluation(Entry(log_likelihood, log_likelihood + objective_term, self._coarseness), statistics)

    @cached_property
    def _passes(self) -> Callable[[Mixture], Statistics]:
        return self.kernel.passes(self.source, self.family_update)

    @cached_property
    def _coarseness(self) -> float:
        return coarseness_of(self.source.dtype)

    def maximise(self, evaluation: Evaluation[Statistics], parameters: Mixture) -> Mixture:
        """Both updates, from the same sums."""
        return Mixture(
            self.family_update.update(evaluation.sums, parameters.family),
            self.allocation_update.update(evaluation.sums, parameters.allocation),
            parameters.frame,
        )

    def space(self, parameters: Mixture, sums: Statistics) -> SumsSpace | None:
        """Sums as vectors; None where the family knows no way, or sums say more than what rows are like."""
        return SumsSpace.about(parameters, sums)


@cache  # to find a type's spacing takes as long as a small pass
def coarseness_of(dtype: np.dtype[Any]) -> float:
    """How many times the rounding of float64 that of another type is."""
    return float(np.finfo(dtype).eps) / EPSILON
