"""What happens during a fit, as records that anybody may read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, nan
from time import perf_counter
from typing import Any, Protocol, runtime_checkable

import numpy as np

from gaussmix.core.mixture import Mixture
from gaussmix.em.history import History
from gaussmix.em.listener import Listener
from gaussmix.em.status import Status
from gaussmix.em.stopping import remaining_gain


@dataclass(frozen=True)
class Record:
    """One thing that happened.

    Parameters
    ----------
    kind : str
        ``"start"``: a start is there and evaluated. ``"iteration"``: one more. ``"end"``: the start came to its end.
    seconds : float
        Since the fit began.
    start : int
        Number of the start that is polished, from 0. One that was repaired counts again.
    iteration : int
        Updates made so far.
    log_likelihood : float
        Mean log-likelihood a row, of the newest parameters; NaN at the end of a start that failed.
    gain_left : float
        Estimate of what a row is still to gain (Aitken's); infinite while nothing can be said.
    status : str
        At the end, how the start ended: a value of `Status`, or ``"failed"``; else empty.
    """

    kind: str
    seconds: float
    start: int
    iteration: int
    log_likelihood: float
    gain_left: float
    status: str = ""


Reader = Callable[[Record], Any]
"""Is given each record; True, also NumPy's (not just something true), ends the fit."""


@runtime_checkable
class Impatient(Protocol):
    """A reader that may end a fit also where there is nothing to tell of, as during the race of starts."""

    def __call__(self, record: Record) -> Any:
        """As any reader."""

    def has_enough(self, seconds: float) -> str:
        """Why the fit is to end, so many seconds after it began; empty where it is to go on."""


class Stream(Listener[Mixture]):
    """Hands records of one fit to its readers.

    Parameters
    ----------
    readers : sequence of callable
        In this order; all are told, whatever the others say.
    """

    def __init__(self, readers: Sequence[Reader]) -> None:
        self._readers = tuple(readers)
        self._began = perf_counter()
        self._start = -1
        self._stopped = False
        self._newest: Record | None = None
        self._gain_left: Callable[[], float] = lambda: inf

    def evaluated(self, parameters: Mixture, history: History, sum_weight: float) -> bool:
        """Tell of a start or an iteration."""
        iteration = len(history) - 1
        self._start += iteration == 0
        kind = "start" if iteration == 0 else "iteration"
        self._gain_left = lambda: remaining_gain(history, sum_weight) / sum_weight
        mean = history[-1].log_likelihood / sum_weight
        return self._tell(Record(kind, self._seconds, self._start, iteration, mean, self._gain_left()))

    def wants_end(self) -> str:
        """What the first of the readers says that has had enough, of those that can be asked."""
        asked = (reader.has_enough(self._seconds) for reader in self._readers if isinstance(reader, Impatient))
        return next(filter(None, asked), "")

    def ended(self, status: Status | None) -> None:
        """Tell that a start has ended; what is answered holds for those that would follow."""
        newest = self._newest
        if newest is None:
            return
        mean = newest.log_likelihood if status is not None else nan
        word = "failed" if status is None else status.value
        # Anew: what ended the fit may have told how much is left.
        left = newest.gain_left if status is None else self._gain_left()
        self._tell(Record("end", self._seconds, self._start, newest.iteration, mean, left, word))

    @property
    def _seconds(self) -> float:
        return perf_counter() - self._began

    def _tell(self, record: Record) -> bool:
        self._newest = record
        answers = [reader(record) for reader in self._readers]
        self._stopped = self._stopped or any(isinstance(answer, bool | np.bool_) and answer for answer in answers)
        return self._stopped


@dataclass(frozen=True)
class TimeLimit:
    """Ends a fit that takes longer.

    Parameters
    ----------
    seconds : float
        The last iteration that began before is made to its end.
    """

    seconds: float

    def __call__(self, record: Record) -> bool:
        return bool(self.has_enough(record.seconds))

    def has_enough(self, seconds: float) -> str:
        """That the time is over, if it is."""
        return f"the time limit of {self.seconds:g} s was reached" if seconds >= self.seconds else ""
