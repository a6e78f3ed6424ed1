"""How far a fit goes that is made to be compared: no farther than it takes to know that it is not the best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf, isfinite, isnan, log, nan

from gaussmix.em.history import History
from gaussmix.em.stopping import TOGETHER, AutomaticTolerance, Stopping, remaining_gain, remaining_gain_of_leaps
from gaussmix.fitting.recipe import Recipe, n_parameters
from gaussmix.selection.criteria import Criterion
from gaussmix.selection.figures import Figures

SAFETY = 20.0
"""Times the estimated gain that a fit may still make: rates that grow along the way make the estimate too small. With
5, and estimates from the seventh entry on, choices from 8000 overlapping rows were worse by up to 59 points of BIC;
with this and `LEAST_ENTRIES` they were as if all fits had gone on, for a fifth more passes."""
LEAST_ENTRIES = 16
"""Of a history before anything is said of what is to come: fits need about as many iterations to leave their start."""
ROUGH = 0.5
"""Times log(n), in nats: what fits of the first look leave ungained in all, by estimate. So much a parameter costs in
BIC. Whoever may be among the best goes on to the end."""
ROUGH_ROWS = 1000
"""Of fewer, a nat is much, and fits are quickly made."""


@dataclass(frozen=True)
class Look(Stopping):
    """The end of a fit that is compared with others: where its own rule says so, or as soon as enough is known of it.

    Parameters
    ----------
    rule : Stopping
        When it has converged.
    rough : Stopping
        When enough is known, whatever the others are; the same rule where nothing less is enough.
    needed : float
        Log-likelihood, in all, that it must come to: else there is no use for it.
    """

    rule: Stopping
    rough: Stopping
    needed: float

    def converged(self, history: History, sum_weight: float) -> bool:
        return self.rule.converged(history, sum_weight)

    def in_sight(self, history: History, sum_weight: float) -> bool:
        return self.rough.in_sight(history, sum_weight)

    def reached(self, history: History, sum_weight: float, to_come: Callable[[], float]) -> bool:
        return self.rule.reached(history, sum_weight, to_come)

    def pointless(self, history: History, sum_weight: float) -> bool:
        if self.rough.converged(history, sum_weight):
            return True
        reached = history[-1].log_likelihood
        if reached >= self.needed or reached + SAFETY * (left := gain_in_sight(history, sum_weight)) >= self.needed:
            return False
        history.to_come = left
        return True


def gain_in_sight(history: History, sum_weight: float) -> float:
    """Nats that a fit has still to gain, by the most that any estimate says; infinite while nothing is known.

    Gains of single iterations are not enough: on the way past a saddle they shrink by a tenth each for a while, and
    say that three nats are left where there are forty. Three iterations count as one, so that leaps are among them,
    which show what is beyond; and what the last three gained is the least, because the first gain much after a start
    and would promise an end that is too near.
    """
    if len(history) < LEAST_ENTRIES:
        return inf
    plain = remaining_gain(history, sum_weight)
    last = [entry.objective for entry in history.last(2, TOGETHER)]
    return max(remaining_gain_of_leaps(history), plain if isfinite(plain) else 0.0, last[-1] - last[0])


def look(recipe: Recipe, sum_weight: float, needed: float) -> Recipe:
    """The recipe of a fit of which no more must be known than whether it may be the best.

    Whoever asks for a tolerance of their own means that of every fit.
    """
    rule = recipe.stopping
    if not isinstance(rule, AutomaticTolerance):
        return recipe
    tol = ROUGH * log(sum_weight) / sum_weight if sum_weight >= ROUGH_ROWS else rule.tol
    return replace(recipe, stopping=Look(rule, replace(rule, tol=max(tol, rule.tol)), needed))


@dataclass(frozen=True)
class Bar:
    """What a fit must come to if it is to be of use.

    Parameters
    ----------
    criterion : Criterion
        By which fits are compared; a nat is worth two of its points, as of all that are known of every fit.
    n_features : int
        Directions in which the rows vary.
    sum_weight : float
        Sum of the rows' weights.
    best : float
        The best value so far; NaN where there is none, or where log-likelihoods of passes are not those that are
        compared.
    """

    criterion: Criterion
    n_features: int
    sum_weight: float
    best: float = nan

    def count(self, recipe: Recipe) -> int:
        """Parameters of such a fit."""
        return n_parameters(recipe.structure, recipe.n_components, self.n_features, recipe.equal_weights)

    def value(self, recipe: Recipe, log_likelihood: float) -> float:
        """What the criterion says of such a fit with this log-likelihood, if every row is certain: at best, that is."""
        size = self.sum_weight / recipe.n_components
        return self.criterion.of(Figures(log_likelihood, self.count(recipe), self.sum_weight, 0.0, 0.0, size))

    def log_likelihood(self, recipe: Recipe) -> float:
        """What makes such a fit as good as the best; −inf where that cannot be said."""
        needed = 0.5 * (self.value(recipe, 0.0) - self.best)
        return -inf if isnan(needed) else needed
