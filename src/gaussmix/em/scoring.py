"""Longer steps from what single rows say: EM's own, divided by the part of the information that rows have.

EM takes as long a step as would be right if every row said which component it came from. Where rows hardly do, it gets
on as much too slowly. How much they say can be read off an E-step: the scores of single rows are differences of sums,
and their squares add up to the information that the rows have (Meilijson 1989, "A fast improvement to the EM algorithm
on its own terms"). A step along it is always uphill, where combinations of iterations may lead back to a saddle.
"""

from __future__ import annotations

from math import inf
from typing import Generic, Protocol, TypeVar

import numpy as np

from gaussmix.core.extension import native as _native
from gaussmix.core.types import Floats
from gaussmix.em.evaluation import Evaluation, Step, Sums
from gaussmix.errors import DegenerateFitError

Parameters = TypeVar("Parameters")
Parameters_contra = TypeVar("Parameters_contra", contravariant=True)

ITERATIONS_BEFORE = 3
"""Plain iterations to begin with: they are cheaper, and get far where much is to gain."""
FIRST_DAMPING = 0.1
"""Part of the whole information that is added to that of the rows (Levenberg 1944; Marquardt 1963): no step is then
more than 1 + 1/0.1 times EM's. All fits soon leave it."""
EASED, HARDENED = 4.0, 10.0
"""What the damping is divided by after a leap that was taken, and multiplied by after one that was not. Between 2 and
4, and between 5 and 30, the number of passes hardly changes."""
LEAST_DAMPING = 1e-3
"""Leaps are a thousand times as long as EM's steps at most, and magnify rounding no more."""
MOST_DAMPING = 1.0
"""A leap twice as long as EM's step, or shorter, is not worth a pass that may be lost."""
USES = 2
"""Leaps that are made by one survey, which costs as much as an iteration over 1000 rows. With three each a tenth more
passes were needed; with one each some fewer, for twice as many surveys."""
RESTS = 5
"""Plain iterations after a leap was refused at the most damping."""


class Survey(Protocol[Sums]):
    """Sums about some parameters as vectors, and how much rows say of each."""

    @property
    def whole(self) -> Floats:
        """Information of rows that say which component they came from, shape (p, p)."""

    @property
    def observed(self) -> Floats:
        """Information of rows that do not: never more, shape (p, p)."""

    def vector(self, sums: Sums) -> Floats:
        """The sums of a pass, shape (p,); sums of different passes mean the same."""

    def sums(self, vector: Floats) -> Sums | None:
        """The sums that make this vector; None where no rows could have given them."""

    def to_come(self, change: Floats) -> float:
        """What is to be gained up to the top, by the objective's slope and curvature; infinite where that is no top.

        Parameters
        ----------
        change : array, shape (p,)
            A plain iteration's, of the sums about which the survey was made.
        """


class Surveyor(Protocol[Parameters_contra, Sums]):
    """Knows rows of which to ask what they say."""

    def survey(self, parameters: Parameters_contra, sums: Sums) -> Survey[Sums]:
        """About these parameters, whose E-step gave these sums."""


class Scoring(Generic[Parameters, Sums]):
    """Proposes parameters by damped steps of Fisher's scoring. Whoever asks decides whether they are taken.

    Parameters
    ----------
    step : Step
        What is driven.
    surveyor : Surveyor
        Of the same rows, or of some of them: what is proposed need not be exact.
    """

    def __init__(self, step: Step[Parameters, Sums], surveyor: Surveyor[Parameters, Sums]) -> None:
        self._step, self._surveyor = step, surveyor
        self._damping = FIRST_DAMPING
        self._rest = ITERATIONS_BEFORE
        self._survey: Survey[Sums] | None = None
        self._uses = 0
        self._surveyed: Floats | None = None  # the change from where the newest survey was made, until it is left
        self._known: list[tuple[Sums, Floats]] = []  # vectors of the survey's last leap: the next begins at one
        self._here: Sums | None = None
        self._made_from: Sums | None = None
        self._proposed: Sums | None = None

    def watch(self, evaluation: Evaluation[Sums], parameters: Parameters) -> None:
        """Take note of the newest parameters: the last proposal if it was `taken`, else what a plain M-step made."""
        # The sums that the next parameters are made from, unless a leap is taken.
        self._here, self._made_from = self._made_from, evaluation.sums
        self._surveyed = None

    def to_come(self) -> float:
        """What a survey of the newest parameters says is to be gained; infinite where there was none."""
        if self._survey is None or self._surveyed is None:
            return inf
        return self._survey.to_come(self._surveyed)

    def leap(self, evaluation: Evaluation[Sums], parameters: Parameters) -> Parameters | None:
        """Parameters beyond what the next M-step gives; None where there are none, or it is not the time."""
        if self._rest > 0 or self._here is None:
            self._rest -= 1
            return None
        if self._survey is None or self._uses == USES:
            self._survey, self._uses = self._surveyor.survey(parameters, evaluation.sums), 0
            self._known = []
        self._uses += 1
        here, there = self._vector(self._survey, self._here), self._survey.vector(evaluation.sums)
        change = there - here
        if self._uses == 1:
            self._surveyed = change
        beyond = here + longer(change, self._survey, self._damping)
        self._known = [(evaluation.sums, there)]
        self._proposed = self._survey.sums(beyond)
        if self._proposed is not None:
            self._known.append((self._proposed, beyond))
            try:
                return self._step.maximise(Evaluation(evaluation.entry, self._proposed), parameters)
            except DegenerateFitError:
                pass
        self.refused()
        return None

    def _vector(self, survey: Survey[Sums], sums: Sums) -> Floats:
        for known, vector in self._known:
            if known is sums:
                return vector
        return survey.vector(sums)

    def taken(self) -> None:
        """The last proposal was taken."""
        self._made_from = self._proposed
        self._damping = max(self._damping / EASED, LEAST_DAMPING)

    def refused(self) -> None:
        """The last proposal was not taken: it went too far."""
        if self._damping >= MOST_DAMPING:
            self._rest = RESTS
        self._damping = min(self._damping * HARDENED, MOST_DAMPING)


def longer(change: Floats, survey: Survey[Sums], damping: float) -> Floats:
    """A plain iteration's change of the sums, as much longer as rows say less than their whole.

    (1 + λ) C (G + λC)⁻¹ r with the whole information C, the observed G and EM's change r, which is the gradient in
    natural parameters: between EM's own for λ → ∞ and Fisher's scoring for λ = 0.
    """
    factor = _factor(survey.whole, survey.observed, damping)
    if factor is None:
        return change
    scored: Floats = (1.0 + damping) * (survey.whole @ (factor @ (change @ factor)))
    return scored


def gain_in_sight(change: Floats, whole: Floats, observed: Floats) -> float:
    """What is to be gained by the least damped step, were the information of rows the curvature: ½ rᵀ (G + λC)⁻¹ r.

    Nothing where rows say next to nothing in some direction.
    """
    factor = _factor(whole, observed, LEAST_DAMPING)
    if factor is None:
        return 0.0
    root = change @ factor
    return 0.5 * float(root @ root)


def _factor(whole: Floats, observed: Floats, damping: float) -> Floats | None:
    """U with (G + λC)⁻¹ = U Uᵀ; None where that is singular. NumPy's solver takes three times as long."""
    damped = observed + damping * whole
    diagonal = damped.reshape(-1)[:: len(damped) + 1]
    if not np.minimum.reduce(diagonal) > 0.0:
        # A sum that never varies, such as a constant column's, has no information and stays.
        diagonal += diagonal == 0.0
    factors, singular = _native.precision_factors(damped[np.newaxis])
    factor: Floats = factors[0]
    return None if singular >= 0 else factor
