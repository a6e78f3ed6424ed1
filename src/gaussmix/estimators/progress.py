"""What ``verbose`` prints while a fit runs."""

from __future__ import annotations

import sys
from math import inf
from time import perf_counter

from gaussmix.core.mixture import Mixture
from gaussmix.em.history import History
from gaussmix.em.listener import Listener
from gaussmix.em.status import Status
from gaussmix.estimators.lagging import LaggingTolerance, change


class Progress(Listener[Mixture]):
    """Prints scikit-learn's lines.

    Parameters
    ----------
    verbose : int
        1 for what happens, more for how long it took and what it gained.
    interval : int
        Iterations from one line to the next.
    max_iter : int
        After which a start ends without having converged; with 0 nothing is begun, and nothing ends.
    lagging : LaggingTolerance or None
        The rule by which scikit-learn stops, where it is that one's: its bound is of the parameters before the last
        update.
    """

    def __init__(self, verbose: int, interval: int, max_iter: int, lagging: LaggingTolerance | None = None) -> None:
        self._timed = verbose > 1
        self._interval = interval
        self._max_iter = max_iter
        self._lagging = lagging
        self._n_starts = 0
        self._open = False
        self._value = -inf
        self._began = self._printed = perf_counter()

    def evaluated(self, parameters: Mixture, history: History, sum_weight: float) -> bool:
        """Print what there is to say; never asks to stop."""
        n_iter = len(history) - 1
        if n_iter == 0:
            self._begin()
        elif n_iter % self._interval == 0:
            self._iteration(n_iter, history, sum_weight)
        behind = self._lagging is not None and n_iter > 0
        self._value = history[-2 if behind else -1].log_likelihood / sum_weight
        return False

    def ended(self, status: Status | None) -> None:
        """Say whether the start converged."""
        if self._open and self._max_iter > 0:
            self._end(status is Status.CONVERGED)

    def _begin(self) -> None:
        _line(f"Initialization {self._n_starts}")
        self._n_starts += 1
        self._open = True
        self._began = self._printed = perf_counter()

    def _iteration(self, n_iter: int, history: History, sum_weight: float) -> None:
        line = f"  Iteration {n_iter}"
        if self._timed:
            now = perf_counter()
            line += f"\t time lapse {now - self._printed:.5f}s\t ll change {self._change(history, sum_weight):.5f}"
            self._printed = now
        _line(line)

    def _change(self, history: History, sum_weight: float) -> float:
        if self._lagging is not None:
            return change(history, sum_weight, self._lagging.before)
        return (history[-1].log_likelihood - history[-2].log_likelihood) / sum_weight

    def _end(self, converged: bool) -> None:
        line = f"Initialization {'converged' if converged else 'did not converge'}."
        if self._timed:
            line += f" time lapse {perf_counter() - self._began:.5f}s\t lower bound {self._value:.5f}."
        _line(line)
        self._open = False


def _line(text: str) -> None:
    sys.stdout.write(text + "\n")
