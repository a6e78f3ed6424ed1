"""Longer steps: several iterations at once, where each alone gets on slowly.

EM's errors shrink by a nearly constant matrix from one iteration to the next. The last few iterations tell enough of
that matrix to guess where they all lead (Anderson 1965, "Iterative procedures for nonlinear integral equations";
Walker & Ni 2011; for EM: Henderson & Varadhan 2019, "Damped Anderson acceleration with restarts and monotonicity
control"). What is combined are the sums that E-steps give: they add up, so that any combination near an optimum is
again what rows could have given, whatever the components are.
"""

from __future__ import annotations

from math import inf
from typing import Generic, Protocol, TypeVar

import numpy as np

from gaussmix.core.types import Floats
from gaussmix.em.evaluation import Evaluation, Sums
from gaussmix.errors import DegenerateFitError

Parameters = TypeVar("Parameters")

ITERATIONS_BEFORE = 3
"""Plain iterations to begin with: the first are far from linear, and many fits need no more than a few."""
REMEMBERED = 5
"""Differences of iterations that a leap is made of. Between 3 and 10 the number of passes hardly changes."""
RIDGE = 1e-8
"""Part of the mean square of the differences that is added to each: they may be parallel to rounding, of which no more
than its inverse root, 1e4 times, then comes into a leap. With 1e-10 fits in other units differed by 1.3e-10; the
passes are as many."""
ITERATIONS_IN_ONE_SPACE = 50
"""After so many sums are measured anew: by then components may have moved by more than their width."""


class Space(Protocol[Sums]):
    """Sums as vectors that can be combined."""

    @property
    def measure(self) -> Floats:
        """What entries are multiplied by before they are compared; 0 for one that says nothing."""

    def vector(self, sums: Sums) -> Floats:
        """The sums of a pass; sums of different passes mean the same."""

    def sums(self, vector: Floats) -> Sums | None:
        """The sums that make this vector; None where no rows could have given them."""


class Combinable(Protocol[Parameters, Sums]):
    """What a combination asks of a step: an M-step, and a space of what it is made from."""

    def maximise(self, evaluation: Evaluation[Sums], parameters: Parameters) -> Parameters:
        """The next parameters."""

    def space(self, parameters: Parameters, sums: Sums) -> Space[Sums] | None:
        """The space about these parameters, whose E-step gave these sums; None if there is none."""


class Anderson(Generic[Parameters, Sums]):
    """Proposes parameters from several iterations. Whoever asks decides whether they are taken.

    Parameters
    ----------
    step : Combinable
        What is driven.
    """

    def __init__(self, step: Combinable[Parameters, Sums]) -> None:
        self._step = step
        self._iterations = 0
        self._space: Space[Sums] | None = None
        self._here: Floats
        self._made_from: Floats | None = None
        self._proposed: Floats | None = None
        self._images: list[Floats] = []
        self._residuals: list[Floats] = []

    def watch(self, evaluation: Evaluation[Sums], parameters: Parameters) -> None:
        """Take note of the newest parameters, and of the sums that the next are made from."""
        self._iterations += 1
        since = self._iterations - ITERATIONS_BEFORE - 1
        if since >= 0 and since % ITERATIONS_IN_ONE_SPACE == 0:
            self._space = self._step.space(parameters, evaluation.sums)
            self._made_from = None
            self.refused()
        if self._space is None:
            return
        here, image = self._made_from, self._space.vector(evaluation.sums)
        # The sums that the next parameters are made from, unless a leap is taken.
        self._made_from = image
        if here is not None:
            self._here = here
            self._remember(image, (image - here) * self._space.measure)

    def leap(self, evaluation: Evaluation[Sums], parameters: Parameters) -> Parameters | None:
        """Parameters beyond what the next M-step gives, from what was watched; None where there are none."""
        if self._space is None or len(self._residuals) < 2:
            return None
        self._proposed = self._uphill(self._here, self._combination(), self._space.measure)
        sums = self._space.sums(self._proposed)
        if sums is None:
            return None
        try:
            return self._step.maximise(Evaluation(evaluation.entry, sums), parameters)
        except DegenerateFitError:
            return None

    def to_come(self) -> float:
        """Infinite: iterations tell no top from a saddle."""
        return inf

    def taken(self) -> None:
        """The last proposal was taken."""
        self._made_from = self._proposed

    def refused(self) -> None:
        """The last proposal was not taken: what it was made of is too far back, or too far from linear."""
        self._images, self._residuals = [], []

    def _remember(self, image: Floats, residual: Floats) -> None:
        self._images.append(image)
        self._residuals.append(residual)
        del self._images[: -REMEMBERED - 1], self._residuals[: -REMEMBERED - 1]

    def _combination(self) -> Floats:
        """The newest image less that combination of differences whose residual is the nearest to none."""
        images, residuals = np.array(self._images), np.array(self._residuals)
        of_images, of_residuals = images[1:] - images[:-1], residuals[1:] - residuals[:-1]  # (m, p)
        # Not products of matrices: their bits would depend on the threads of whoever multiplies.
        products = np.einsum("ap,bp->ab", of_residuals, of_residuals)
        squares = products.reshape(-1)[:: len(products) + 1]
        ridge = RIDGE * squares.mean()
        squares += ridge if ridge > 0.0 else 1.0
        factor = np.linalg.solve(products, np.einsum("ap,p->a", of_residuals, residuals[-1]))
        combination: Floats = images[-1] - np.einsum("a,ap->p", factor, of_images)
        return combination

    def _uphill(self, here: Floats, there: Floats, measure: Floats) -> Floats:
        """The sums ``there``, or as far in the other direction.

        The residual is the gradient of the objective, in the measure of the space. On the way down from a saddle errors
        grow from one iteration to the next, and what would undo them leads back to the saddle: against the gradient,
        where the same way forwards is as good a guess as Newton's step with the curvature's size for the curvature.
        """
        ahead = np.einsum("p,p,p->", there - here, measure, self._residuals[-1]) >= 0.0
        return there if ahead else 2.0 * here - there
