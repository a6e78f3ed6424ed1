"""What one cell of the grid came to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from math import inf, log1p, nan
from sys import float_info

from gaussmix.core.mixture import Mixture
from gaussmix.em.status import Status
from gaussmix.em.stopping import remaining_gain
from gaussmix.fitting.fit import Fit
from gaussmix.selection.cells import Cell
from gaussmix.selection.criteria import Criterion
from gaussmix.selection.figures import Figures

ALL = 1.0 - float_info.epsilon
"""All of a variance but for rounding."""
EQUAL = 6
"""Decimals to which criteria are equal: of one component several structures are the same, and rounding must not say
which comes first."""


class Outcome(Enum):
    """What is to be made of a cell."""

    FITTED = "fitted"
    SPIKE = "spike"
    DROPPED = "dropped"
    FAILED = "failed"
    NOT_TRIED = "not tried"


@dataclass(frozen=True)
class Candidate:
    """One cell of the grid, and what it came to.

    Parameters
    ----------
    cell : Cell
        Number of components and structure.
    outcome : Outcome
        Only a fitted one may be chosen.
    reason : str
        Why it may not be.
    seconds : float
        What it took.
    fit : Fit or None
        Of the rows; None if it failed or was not tried.
    figures : Figures or None
        Of the fit.
    """

    cell: Cell
    outcome: Outcome
    reason: str = ""
    seconds: float = 0.0
    fit: Fit | None = None
    figures: Figures | None = None

    @property
    def eligible(self) -> bool:
        """Whether it may be chosen."""
        return self.outcome is Outcome.FITTED

    @property
    def mixture(self) -> Mixture:
        """What was fitted.

        Raises
        ------
        ValueError
            If nothing was.
        """
        if self.fit is None:
            raise ValueError(f"nothing was fitted: {self.reason}")
        return self.fit.mixture

    @property
    def status(self) -> str:
        """How its fit ended, or why it may not be chosen, in a word or two."""
        if self.eligible and self.fit is not None:
            return self.fit.result.status.value
        return self.outcome.value

    @property
    def log_likelihood(self) -> float:
        """Of its fit; NaN where there is none."""
        return nan if self.figures is None else self.figures.log_likelihood

    @property
    def smallest(self) -> float:
        """Weight of the smallest component, in rows; NaN where there is no fit."""
        return nan if self.figures is None else self.figures.smallest

    def value(self, criterion: Criterion) -> float:
        """Of a criterion; NaN where there is no fit."""
        return nan if self.figures is None else criterion.of(self.figures)

    def better_of(self, later: Candidate) -> Candidate:
        """The more likely of two fits of one cell, with the time and the attempts of both."""
        better = later if later._place > self._place else self
        return self._with(later, better)

    def followed_by(self, later: Candidate) -> Candidate:
        """What it came to when its fit went on to its end, whatever that is."""
        return self._with(later, self if later.outcome is Outcome.NOT_TRIED else later)

    def _with(self, later: Candidate, better: Candidate) -> Candidate:
        """One of the two, with the time and the attempts of both."""
        fit = better.fit
        if self.fit is not None and later.fit is not None and fit is not None:
            earlier = len(self.fit.attempts)
            moved = tuple(
                event if event.start is None else replace(event, start=event.start + earlier)
                for event in later.fit.events
            )
            fit = replace(
                fit,
                attempts=self.fit.attempts + later.fit.attempts,
                events=tuple(dict.fromkeys(self.fit.events + moved)),
                best=fit.best + (earlier if better is later else 0),
            )
        return replace(better, seconds=self.seconds + later.seconds, fit=fit)

    def cut_short(self) -> Candidate:
        """The same as one whose fit was ended because the search was."""
        if self.fit is None:
            return self
        return replace(self, fit=replace(self.fit, result=replace(self.fit.result, status=Status.STOPPED)))

    @property
    def _place(self) -> tuple[bool, float, bool]:
        return self.eligible, self.objective, not self.ended_early

    @property
    def ended_early(self) -> bool:
        """Whether its fit was ended because it was behind others."""
        return self.fit is not None and self.fit.result.status is Status.BEHIND

    @property
    def gain_left(self) -> float:
        """Nats that its fit would still gain in all, by estimate; infinite where nothing can be said."""
        if self.fit is None:
            return inf
        return remaining_gain(self.fit.result.history, self.fit.summary.sum_weight)

    @property
    def objective(self) -> float:
        """What its fit climbed: the log-likelihood, penalised by the prior; −inf where there is none."""
        return float("-inf") if self.fit is None else self.fit.result.evaluation.entry.objective

    @property
    def cost_of_prior(self) -> float:
        """What the prior's hold takes from twice its log-likelihood, and so from BIC, at least; 0 without one.

        Of a row in a direction where the prior says a part s of its component's variance that is −log(1 − s) − s, and
        the penalty is the sum of all ½ s. So much it comes to where s is the same everywhere; the sum is convex, and
        more wherever it is not. Structures that couple directions only come near it.
        """
        if self.fit is None:
            return 0.0
        entry, places = self.fit.result.evaluation.entry, self.fit.summary.sum_weight * self.mixture.n_features
        part = min(max(0.0, 2.0 * (entry.log_likelihood - entry.objective) / places), ALL)
        return places * (-log1p(-part) - part)


def in_order(candidates: tuple[Candidate, ...], criterion: Criterion) -> list[Candidate]:
    """The best first, then what may not be chosen; of equals the one with fewer parameters, then the earlier."""

    def place(candidate: Candidate) -> tuple[bool, float, int]:
        if candidate.figures is None or not candidate.eligible:
            return True, 0.0, 0
        return False, round(candidate.value(criterion), EQUAL), candidate.figures.n_parameters

    return sorted(candidates, key=place)
