"""Rules that say when a fit has converged."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from gaussmix.em.history import History


class Stopping(ABC):
    """Says from the history whether what is still to gain is worth another iteration."""

    @abstractmethod
    def converged(self, history: History, sum_weight: float) -> bool:
        """Whether to stop.

        Parameters
        ----------
        history : History
            So far, the newest entry last.
        sum_weight : float
            Sum of the rows' weights, to bring totals to the scale of one row.
        """


@dataclass(frozen=True)
class PlainTolerance(Stopping):
    """Stop when the mean log-likelihood changed by less than ``tol`` (scikit-learn's rule)."""

    tol: float

    def converged(self, history: History, sum_weight: float) -> bool:
        if len(history) < 2:
            return False
        return abs(history[-1].log_likelihood - history[-2].log_likelihood) < self.tol * sum_weight


@dataclass(frozen=True)
class AitkenTolerance(Stopping):
    """Stop when the gain in the mean objective that is still to come is estimated at less than ``tol``.

    EM gains shrink by a nearly constant rate r, so that all later gains sum to about ``gain · r / (1 − r)``
    (Aitken's acceleration; Böhning et al. 1994). The last gain alone says nothing where r is near 1.
    """

    tol: float

    def converged(self, history: History, sum_weight: float) -> bool:
        return remaining_gain(history, sum_weight) < self.tol * sum_weight


ROWS_OF_TOTALS = 1000
"""From so many rows on a number of nats in all is as small as `AutomaticTolerance` says, whatever the data. Of fewer it
is a part: they are quickly fitted, and sums of weights may be no numbers of rows, as when they sum to 1."""


@dataclass(frozen=True)
class AutomaticTolerance(Stopping):
    """Stop when the data could not tell what is still to gain, or when another iteration is not worth its while.

    The first is when less than ``tol`` a row is to come, by Aitken's estimate. The second, where data are few and the
    way is long, is when less than ``total`` in all is to come and the last iteration gained less than ``gain``: chance
    alone puts the maximum p/2 nats above the truth of p parameters (Wilks 1938), of which this is nothing.

    Parameters
    ----------
    tol : float
        Nats a row. Parameters that far from the optimum differ from it by some 3e-4 standard deviations of one row.
    total, gain : float
        Nats in all.
    """

    tol: float = 1e-7
    total: float = 0.1
    gain: float = 1e-3

    def converged(self, history: History, sum_weight: float) -> bool:
        remaining = remaining_gain(history, sum_weight)
        if remaining < self.tol * sum_weight:
            return True
        part = min(1.0, sum_weight / ROWS_OF_TOTALS)
        return remaining < part * self.total and history[-1].objective - history[-2].objective < part * self.gain


ROUNDING = 64 * 2.0**-52
"""Relative difference within which two objectives are taken for equal: the error of a tree of sums of logs."""


def rounding(history: History, sum_weight: float) -> float:
    """Differences of objectives below this say nothing.

    The terms are log-densities of order one a row at least, and do not get smaller where they cancel in the sum.
    """
    return ROUNDING * max(abs(history[-1].objective), sum_weight)


LEAPS_TOGETHER = 5
"""Iterations whose gains count as one where some were extrapolated: as many as a leap remembers, so that at least one
of them gains what their kind can."""


def remaining_gain(history: History, sum_weight: float) -> float:
    """Aitken's estimate of how much the objective would still rise; infinite while nothing can be said.

    The larger of the last two rates counts: after one large gain a single small one looks like the end and is often
    the beginning of a plateau. Where iterations were extrapolated it is the gains of several together that shrink by a
    rate.
    """
    values = [entry.objective for entry in history.last(4, LEAPS_TOGETHER if history.leapt_lately(3) else 1)]
    if len(values) > 2 and abs(values[-1] - values[-2]) <= rounding(history, sum_weight):
        return 0.0
    if len(values) < 4:
        return inf
    earlier, before, gain = (after - value for value, after in pairwise(values))
    if not 0.0 < gain < before < earlier < inf:  # still speeding up, or a value is not finite
        return inf
    rate = max(gain / before, before / earlier)
    return gain * rate / (1.0 - rate)
