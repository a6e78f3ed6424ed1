"""What ``verbose`` prints while a fit runs."""

from __future__ import annotations

import sys
from math import inf
from time import perf_counter

from gaussmix.em.history import History
from gaussmix.em.stopping import Stopping
from gaussmix.estimators.lagging import LaggingTolerance, change


class Progress(Stopping):
    """A rule to stop that prints scikit-learn's lines as it is asked.

    The loop asks its rule after every evaluation, so that a rule sees all there is to print.

    Parameters
    ----------
    rule : Stopping
        Which decides.
    verbose : int
        1 for what happens, more for how long it took and what it gained.
    interval : int
        Iterations from one line to the next.
    max_iter : int
        After which a start ends without having converged.
    """

    def __init__(self, rule: Stopping, verbose: int, interval: int, max_iter: int) -> None:
        self._rule = rule
        self._timed = verbose > 1
        self._interval = interval
        self._max_iter = max_iter
        self._n_starts = 0
        self._open = False
        self._value = -inf
        self._began = self._printed = perf_counter()

    def converged(self, history: History, sum_weight: float) -> bool:
        """What the rule says."""
        n_iter = len(history) - 1
        if n_iter == 0:
            self._begin()
        elif n_iter % self._interval == 0:
            self._iteration(n_iter, history, sum_weight)
        # scikit-learn's bound is of the parameters before the last update.
        lagging = isinstance(self._rule, LaggingTolerance) and n_iter > 0
        self._value = history[-2 if lagging else -1].log_likelihood / sum_weight
        converged = self._rule.converged(history, sum_weight)
        if converged or n_iter >= self._max_iter > 0:
            self._end(converged)
        return converged

    def in_sight(self, history: History, sum_weight: float) -> bool:
        """What the rule says."""
        return self._rule.in_sight(history, sum_weight)

    def finish(self) -> None:
        """End the last start where the loop did so without asking the rule (after a fall)."""
        if self._open and self._max_iter > 0:
            self._end(False)

    def _begin(self) -> None:
        self.finish()
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
        if isinstance(self._rule, LaggingTolerance):
            return change(history, sum_weight, self._rule.before)
        return (history[-1].log_likelihood - history[-2].log_likelihood) / sum_weight

    def _end(self, converged: bool) -> None:
        line = f"Initialization {'converged' if converged else 'did not converge'}."
        if self._timed:
            line += f" time lapse {perf_counter() - self._began:.5f}s\t lower bound {self._value:.5f}."
        _line(line)
        self._open = False


def _line(text: str) -> None:
    sys.stdout.write(text + "\n")
