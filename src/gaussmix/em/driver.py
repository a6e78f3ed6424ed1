"""The only EM loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from gaussmix.em.evaluation import Acceleration, Evaluation, Step
from gaussmix.em.history import Entry, History
from gaussmix.em.listener import Listener
from gaussmix.em.status import Status
from gaussmix.em.stopping import Stopping, rounding

Parameters = TypeVar("Parameters")
Sums = TypeVar("Sums")

LEAST_GAIN = 1e-9
"""Nats a row that a leap must gain to be taken: less is not worth its while, and rounding, of which there is more in
other units of the data, must not decide."""


@dataclass(frozen=True)
class FitResult(Generic[Parameters, Sums]):
    """What the loop returns.

    Parameters
    ----------
    parameters : Parameters
        The result. The evaluation belongs to exactly these.
    evaluation : Evaluation
        Their E-step.
    history : History
        One entry for each set of parameters, the start first; the last that counts is that of ``parameters``.
    status : Status
        How it ended.
    """

    parameters: Parameters
    evaluation: Evaluation[Sums]
    history: History
    status: Status

    @property
    def n_iter(self) -> int:
        """Updates made to come to the result."""
        return len(self.history) - 1


def run(
    step: Step[Parameters, Sums],
    start: Parameters,
    stopping: Stopping,
    max_iter: int,
    acceleration: Acceleration[Parameters, Sums] | None = None,
    listener: Listener[Parameters] | None = None,
    known: Evaluation[Sums] | None = None,
) -> FitResult[Parameters, Sums]:
    """Alternate E-steps and M-steps until the rule says stop.

    Parameters
    ----------
    step : Step
        The two halves of an iteration.
    start : Parameters
        Where to begin; returned as it is with ``max_iter=0``.
    stopping : Stopping
        When it has converged.
    max_iter : int
        Largest number of updates.
    acceleration : Acceleration, optional
        Proposes longer steps. One is taken if it raises the objective; else the plain M-step is made, and the pass that
        showed so is lost.
    listener : Listener, optional
        Is told of every evaluation but those of refused leaps, and may ask to stop.
    known : Evaluation, optional
        Of the start, where an earlier run ended there: it need not be made again.
    """
    status: Status | None = None
    try:
        result = _climb(step, start, stopping, max_iter, acceleration, listener, known)
        status = result.status
    finally:
        if listener is not None:
            listener.ended(status)
    return result


def _climb(
    step: Step[Parameters, Sums],
    start: Parameters,
    stopping: Stopping,
    max_iter: int,
    acceleration: Acceleration[Parameters, Sums] | None,
    listener: Listener[Parameters] | None,
    known: Evaluation[Sums] | None,
) -> FitResult[Parameters, Sums]:
    history = History()
    parameters, evaluation = start, step.expect(start) if known is None else known
    history.append(evaluation.entry)
    while True:
        stop = listener is not None and listener.evaluated(parameters, history, step.sum_weight)
        status = _ended(stopping, history, step.sum_weight, stop, max_iter)
        if status is not None:
            return FitResult(parameters, evaluation, history, status)
        if acceleration is not None:
            acceleration.watch(evaluation, parameters)
            in_sight = stopping.in_sight(history, step.sum_weight)
            leap = None if in_sight else acceleration.leap(evaluation, parameters)
            if stopping.reached(history, step.sum_weight, acceleration.to_come):
                return FitResult(parameters, evaluation, history, Status.CONVERGED)
            if leap is not None:
                landing = step.expect(leap)
                gained = landing.entry.objective - evaluation.entry.objective
                if gained > max(LEAST_GAIN * step.sum_weight, rounding(history, step.sum_weight)):
                    acceleration.taken()
                    parameters, evaluation = leap, landing
                    history.append(evaluation.entry, leapt=True)
                    continue
                acceleration.refused()
        newer = step.maximise(evaluation, parameters)
        newest = step.expect(newer)
        if step.monotone and _fell(step, history, newest.entry, newer):
            return FitResult(parameters, evaluation, history, Status.FELL)
        parameters, evaluation = newer, newest
        history.append(evaluation.entry)


def _ended(stopping: Stopping, history: History, sum_weight: float, stop: bool, max_iter: int) -> Status | None:
    """How the fit ends with the newest parameters, if it does."""
    if stopping.converged(history, sum_weight):
        return Status.CONVERGED
    if stop:
        return Status.STOPPED
    if stopping.pointless(history, sum_weight):
        return Status.BEHIND
    return Status.MAX_ITER if len(history.entries) > max_iter else None


def _fell(step: Step[Parameters, Sums], history: History, newest: Entry, parameters: Parameters) -> bool:
    """Whether the objective of these parameters is below the last by more than rounding."""
    last = history.entries[-1].objective
    if newest.objective >= last:
        return False
    slack = rounding(history, step.sum_weight) * newest.coarseness * step.amplification(parameters)
    return newest.objective < last - slack
