"""Rules that say when a fit has converged."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
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

    def in_sight(self, history: History, sum_weight: float) -> bool:
        """Whether the end seems near after extrapolated iterations, so that plain ones should tell.

        Parameters
        ----------
        history, sum_weight : History, float
            As above.
        """
        return False

    def reached(self, history: History, sum_weight: float, to_come: Callable[[], float]) -> bool:
        """Whether what is still to gain, known by the objective's curvature, is not worth another iteration.

        Parameters
        ----------
        history, sum_weight : History, float
            As above; the history is told what is to come.
        to_come : callable
            Gives nats in all, infinite where they are not known: called only where they may be few.
        """
        return False

    def pointless(self, history: History, sum_weight: float) -> bool:
        """Whether to end although there is more to gain, since whoever asked for the fit has no use for it.

        Parameters
        ----------
        history, sum_weight : History, float
            As above; the history may be told what is to come.
        """
        return False


@dataclass(frozen=True)
class PlainTolerance(Stopping):
    """Stop when the mean log-likelihood changed by less than ``tol`` (scikit-learn's rule)."""

    tol: float

    def converged(self, history: History, sum_weight: float) -> bool:
        entries = history.entries
        if len(entries) < 2:
            return False
        return abs(entries[-1].log_likelihood - entries[-2].log_likelihood) < self.tol * sum_weight


@dataclass(frozen=True)
class AitkenTolerance(Stopping):
    """Stop when the gain in the mean objective that is still to come is estimated at less than ``tol``.

    EM gains shrink by a nearly constant rate r, so that all later gains sum to about ``gain · r / (1 − r)``
    (Aitken's acceleration; Böhning et al. 1994). The last gain alone says nothing where r is near 1.
    """

    tol: float

    def converged(self, history: History, sum_weight: float) -> bool:
        tolerated = self.tol * sum_weight
        return fell_by_rounding(history, sum_weight, tolerated) or remaining_gain(history, sum_weight) < tolerated


ROWS_OF_TOTALS = 1000
"""From so many rows on a number of nats in all is as small as `AutomaticTolerance` says, whatever the data. Of fewer it
is a part: they are quickly fitted, and sums of weights may be no numbers of rows, as when they sum to 1."""


LONG_WAY = 30
"""Iterations, the later half of which gained no more than the earlier, before totals count. Starts far from any optimum
lead by saddles where gains are as small for a few iterations and grow again: from random labels one fit in three ended
at one without this, and from 10 iterations on no more than with ``tol`` alone. On long ways with many leaps 30 leave
fewer fits short than 10 or 20; where gains of three together must not have grown at all some need twice the passes."""


@dataclass(frozen=True)
class AutomaticTolerance(Stopping):
    """Stop when the data could not tell what is still to gain, or when another iteration is not worth its while.

    The first is when less than ``tol`` a row is to come, by Aitken's estimate. The second, where data are few and the
    way is long (`LONG_WAY`), is when less than ``total`` in all is to come and the last iteration gained less than
    ``gain``: chance alone puts the maximum p/2 nats above the truth of p parameters (Wilks 1938), of which this is
    nothing.

    Parameters
    ----------
    tol : float
        Nats a row. Parameters that far from the optimum differ from it by some 3e-4 standard deviations of one row.
    total, gain : float
        Nats in all.
    known : float
        Nats in all, where the objective's curvature says that a top is near: no long way is then asked for. Less than
        ``total``, since curvature changes: of 48 fits one that was to gain .08 gained .3, and none that was to gain
        .03 more than .04.
    """

    tol: float = 1e-7
    total: float = 0.1
    gain: float = 1e-3
    known: float = 0.03

    def converged(self, history: History, sum_weight: float) -> bool:
        tolerated = self.tol * sum_weight
        gains = [abs(after.objective - before.objective) for before, after in pairwise(history.last(3))]
        if len(gains) == 2 and _after_leaps(history):
            # So near a saddle as leaps go gains may be next to nothing and growing; at a top they are rounding, and as
            # often falls, of which none alone says anything.
            if max(gains) < ROUNDED_OFF * tolerated or stood_still_by_rounding(history, sum_weight):
                return True
        elif fell_by_rounding(history, sum_weight, tolerated) or (len(gains) == 2 and gains[-1] < NOTHING * tolerated):
            return True
        return self._enough(history, sum_weight, remaining_gain(history, sum_weight))

    def in_sight(self, history: History, sum_weight: float) -> bool:
        leapt = history.has_leapt and history.since_leap < GAINS
        return leapt and self._enough(history, sum_weight, remaining_gain_of_leaps(history))

    def reached(self, history: History, sum_weight: float, to_come: Callable[[], float]) -> bool:
        part = _part(sum_weight)
        if len(history) < 2 or history[-1].objective - history[-2].objective >= part * self.total:
            return False
        remaining = to_come()
        if remaining >= part * self.known:
            return False
        history.to_come = remaining
        return True

    def _enough(self, history: History, sum_weight: float, remaining: float) -> bool:
        if remaining < self.tol * sum_weight:
            return True
        part = _part(sum_weight)
        if remaining >= part * self.total or not _slowed_on_a_long_way(history):
            return False
        return history[-1].objective - history[-2].objective < part * self.gain


def _part(sum_weight: float) -> float:
    return min(1.0, sum_weight / ROWS_OF_TOTALS)


def _slowed_on_a_long_way(history: History) -> bool:
    if len(history) <= LONG_WAY:
        return False
    before, middle, now = (entry.objective for entry in history.last(3, LONG_WAY // 2))
    return now - middle <= middle - before


ROUNDING = 64 * 2.0**-52
"""Relative difference within which two objectives are taken for equal: the error of a tree of sums of logs."""


def rounding(history: History, sum_weight: float) -> float:
    """Differences of objectives below this say nothing.

    The terms are log-densities of order one a row at least, and do not get smaller where they cancel in the sum.
    """
    return ROUNDING * max(abs(history.entries[-1].objective), sum_weight)


NO_MATTER = 0.01
"""A fall by less than this part of the tolerance is rounding, which near-singular covariances magnify, and what an
update gains is less: such objectives may go up and down for ever."""


def fell_by_rounding(history: History, sum_weight: float, tolerated: float) -> bool:
    """Whether the objective last fell, but so little that an update need not be at fault.

    Little is what does not matter beside what is tolerated, and where rows are coarser than float64 what their rounding
    may be: a gain as small would say something, since the roundings of many rows cancel; a fall says that gains no
    longer stand out from them.
    """
    entries = history.entries
    if len(entries) <= 2:
        return False
    last = entries[-1]
    fall = entries[-2].objective - last.objective
    if not fall >= 0.0:
        return False
    return fall < max(NO_MATTER * tolerated, _coarser_rounding(history, sum_weight))


def stood_still_by_rounding(history: History, sum_weight: float) -> bool:
    """Whether `SOON` iterations together, leaps or not, gained nothing, where rows are coarser than float64.

    Their rounding makes a leap look like a gain and the next iteration like a fall, in turns and for ever: no change is
    ever as small as float64's. So few that gained nothing as 3 or 5 were chance near saddles, of 256 fits in three and
    in one, which ended up to 1e-4 nats a row short; as many as these in none. Never in float64, where changes by
    rounding are told by their size.
    """
    entries = history.entries
    if len(entries) <= SOON:
        return False
    return 0.0 <= entries[-1 - SOON].objective - entries[-1].objective < _coarser_rounding(history, sum_weight)


def _coarser_rounding(history: History, sum_weight: float) -> float:
    """What the rounding of rows may be beyond that of float64; none where they are float64."""
    return rounding(history, sum_weight) * (history.entries[-1].coarseness - 1.0)


NOTHING = 1e-3
"""A gain of this part of the tolerance is none: it is rounding in units in which log-densities are some thousands,
and so in all units, which must not decide how often a fit iterates."""
ROUNDED_OFF = 1e-7
"""Changes by this part of the tolerance, 1e-14 a row, are some roundings of log-densities of order one."""
GAINS = 3
"""Gains that an estimate is made of, so that it sees two rates."""
SLOW, SOON = 0.9, 10
"""Gains that shrink no faster than the first number, so few iterations after a leap as the second says, may be those
about a saddle, to which leaps go as they go to a top: then gains soon grow again."""
TOGETHER = 3
"""Iterations whose gains count as one where some were extrapolated: a leap gains much, the next often little."""


def _after_leaps(history: History) -> bool:
    return history.has_leapt and history.since_leap < SOON


def remaining_gain(history: History, sum_weight: float) -> float:
    """Aitken's estimate of how much the objective would still rise; infinite while nothing can be said.

    The larger of the last two rates counts: after one large gain a single small one looks like the end and is often
    the beginning of a plateau. Extrapolated iterations have no rate, and one small gain after them tells no top from a
    saddle: as many plain gains must follow the last of them.
    """
    if history.to_come is not None:
        return history.to_come
    leapt = _after_leaps(history)
    if leapt and history.since_leap < GAINS:
        return inf
    values = [entry.objective for entry in history.entries[-GAINS - 1 :]]
    if len(values) > 2 and abs(values[-1] - values[-2]) <= rounding(history, sum_weight):
        return 0.0
    return _to_come(values, GAINS, SLOW if leapt else 1.0)


def remaining_gain_of_leaps(history: History) -> float:
    """The same where iterations were extrapolated, from the gains of several together: a guess."""
    return _to_come([entry.objective for entry in history.last(3, TOGETHER)], 2, 1.0)


def _to_come(values: list[float], n_gains: int, slowest: float) -> float:
    if len(values) <= n_gains:
        return inf  # nothing is known yet
    gains = [after - before for before, after in pairwise(values)]
    rate = 0.0
    for earlier, later in pairwise(gains):
        if not 0.0 < later < earlier < inf:
            return inf  # it is still speeding up, or a value is not finite
        rate = max(rate, later / earlier)
    return gains[-1] * rate / (1.0 - rate) if rate < slowest else inf
