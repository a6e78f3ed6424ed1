"""scikit-learn's bound, which belongs to the parameters before each update, and what it decides by it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf, nan

import numpy as np

from gaussmix.core.contracts import Kernel
from gaussmix.core.source import Source
from gaussmix.em.history import History
from gaussmix.em.status import Status
from gaussmix.em.stopping import Stopping
from gaussmix.errors import DegenerateFitError
from gaussmix.fitting.fit import Attempt, Fit, fit_mixture
from gaussmix.fitting.recipe import Recipe
from gaussmix.fitting.repair import Event
from gaussmix.fitting.scene import Start


@dataclass(frozen=True)
class LaggingTolerance(Stopping):
    """Stop one update after the mean log-likelihood changed by less than ``tol``.

    scikit-learn learns what parameters are worth in the E-step that makes the next ones, and returns these.

    Parameters
    ----------
    tol : float
        Smallest change that goes on.
    before : float
        Mean log-likelihood that the fit goes on from in a warm start.
    """

    tol: float
    before: float = -inf

    def converged(self, history: History, sum_weight: float) -> bool:
        return abs(change(history, sum_weight, self.before)) < self.tol if len(history) > 1 else False


def change(history: History, sum_weight: float, before: float = -inf) -> float:
    """Change of the mean log-likelihood that scikit-learn sees in its latest iteration."""
    earlier = history[-3].log_likelihood / sum_weight if len(history) > 2 else before
    return history[-2].log_likelihood / sum_weight - earlier


def lagging_bounds(fit: Fit) -> list[float]:
    """Mean log-likelihoods of the parameters before each update, as many as there were iterations."""
    bounds: list[float] = (fit.result.history.log_likelihood[:-1] / fit.summary.sum_weight).tolist()
    return bounds


def best_by_lagging_bound(source: Source, kernel: Kernel, recipe: Recipe, start: Start, n_init: int) -> Fit:
    """Of several fits, the first with the highest bound before its last update.

    Raises
    ------
    DataError
        If the rows cannot be used.
    DegenerateFitError
        If every start ended with a singular covariance.
    """
    attempts: list[Attempt] = []
    events: list[Event] = []
    best: Fit | None = None
    failure: DegenerateFitError | None = None
    for _ in range(n_init):
        try:
            # scikit-learn's starts have random numbers of their own.
            fit = fit_mixture(source, kernel, recipe, start, np.random.default_rng(0))
        except DegenerateFitError as error:
            failure = error
            attempts.append(Attempt(start.name, start.name, nan, -inf, 0, "failed", str(error)))
            continue
        before = len(attempts)
        attempts.extend(fit.attempts)
        events.extend(
            event if event.start is None else replace(event, start=before + event.start)
            for event in fit.events
            if event.start is not None or event not in events
        )
        if best is None or lagging_bounds(fit)[-1:] > lagging_bounds(best)[-1:]:
            best = replace(fit, best=before + fit.best)
        if fit.result.status is Status.STOPPED:
            break
    if best is None:
        raise failure if failure is not None else DegenerateFitError("no start was tried")
    return replace(best, attempts=tuple(attempts), events=tuple(events))
