"""What some rows say about where a fit goes: information, for a loop that takes longer steps by it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import inf

import numpy as np
from scipy.linalg import lapack

from gaussmix.allocations.weights import CommonWeights
from gaussmix.core.block import Block
from gaussmix.core.contracts import layout_of
from gaussmix.core.mixture import Mixture
from gaussmix.core.statistics import Layout, Statistics
from gaussmix.core.types import Floats, Integers
from gaussmix.em.acceleration import Anderson
from gaussmix.em.evaluation import Acceleration
from gaussmix.em.scoring import Scoring, gain_in_sight
from gaussmix.families.gaussian import Gaussian
from gaussmix.fitting.ahead import Ahead
from gaussmix.fitting.scene import Scene
from gaussmix.kernels.information import information

MOST_SUMS = 80
"""Sums of a mixture up to which its rows are asked: what they say costs the square of this."""
ALL_ROWS = 2000
"""Up to so many rows all are asked: what these say tells a top from a saddle."""
LEAST_ROWS = 500
"""Rows that are asked at least of more: an information of 80 sums is then known to two parts in five."""
ROWS_A_ROOT = 10
"""Times the root of all weight so many are asked: 1000 of 10,000 rows. A pass over ten thousand takes as long as asking
a thousand, and the more passes cost the better leaps are to be. Of weight, not of rows: one of weight 2 is two rows."""
SAME_POINT = 1e-6
"""Internal distance of points that count as one, so that moments about the mean hold: float32 rounds pivots by less."""
MOST_ROWS = 10_000
"""Of a million rows; more would not tell more."""
FAR = 0.1
"""Nats in all: where so much is left by a rough estimate, an exact one of next to nothing is not looked for. Of 12 fits
that stopped because less than .03 were left, the rough one had said .08 at most; half of all times it says more."""


def acceleration(scene: Scene, start: Mixture) -> Acceleration[Mixture, Statistics]:
    """What finds longer steps for this mixture: single rows where they can be asked, else the iterations themselves.

    Rows are asked where components have all their parameters to themselves: then the sums are as many as these, and
    every change of sums is one of parameters.
    """
    family, allocation = start.family, start.allocation
    if isinstance(family, Gaussian) and family.structure.stepwise:
        return Ahead(scene.step)
    separate = isinstance(family, Gaussian) and family.structure.separate and not len(scene.update.prior.null)
    free = isinstance(allocation, CommonWeights) and allocation.free
    layout = layout_of(family, allocation)
    if start.n_components == 1 or not (separate and free) or layout.size > MOST_SUMS:
        return Anderson(scene.step)
    summary = scene.summary
    if max(summary.n_rows, summary.sum_weight) <= ALL_ROWS:
        return Scoring(scene.step, RowSurveyor(scene.all_rows(), layout, complete=True))
    size = int(np.clip(ROWS_A_ROOT * np.sqrt(summary.sum_weight), LEAST_ROWS, MOST_ROWS))
    return Scoring(scene.step, RowSurveyor(scene.even(size), layout))


@dataclass(frozen=True)
class RowSurveyor:
    """Asks the same rows every time.

    Parameters
    ----------
    rows : Block
        In the user's units, all of positive weight.
    layout : Layout
        Of the sums of a pass.
    complete : bool
        Whether these are all rows.
    """

    rows: Block
    layout: Layout
    complete: bool = False

    def survey(self, parameters: Mixture, sums: Statistics) -> RowSurvey:
        """Information about these parameters, whose E-step gave these sums."""
        family = parameters.family
        if not isinstance(family, Gaussian):
            raise TypeError(f"only Gaussian components are surveyed, not those of family {family.name}")
        size = parameters.weights * self.rows.weight.sum() if self.complete else None
        return RowSurvey(family, sums, self._places, *information(self.rows, parameters, sums.pivot), size)

    @cached_property
    def _places(self) -> Integers:
        """Where in the buffer the sums lie that an M-step uses, component by component: shape (k·q,)."""
        numbers, names = np.arange(self.layout.size), list(self.layout.shapes)[1:]
        fields = [numbers[slice(*self.layout.offsets[name])].reshape(self.layout.shapes[name]) for name in names]
        k = len(fields[0])
        return np.concatenate([field.reshape(k, -1) for field in fields], axis=1).ravel()


@dataclass(frozen=True)
class RowSurvey:
    """What rows said.

    Parameters
    ----------
    family : Gaussian
        Brings sums about common points.
    first : Statistics
        Sums about these points: of the same layout and frame as all others.
    places : array of int, shape (p,)
        Where in their buffers the sums lie that an M-step uses.
    whole, observed : array, shape (p, p)
        Information of rows that say which component they came from, and of rows as they are.
    size : array, shape (k,), optional
        Rows that the components expect of all, if all were asked.
    """

    family: Gaussian
    first: Statistics
    places: Integers
    whole: Floats
    observed: Floats
    size: Floats | None = None

    def vector(self, sums: Statistics) -> Floats:
        """The sums of a pass about the survey's points."""
        return self.family.about(sums, self.first.pivot).buffer.take(self.places)

    def sums(self, vector: Floats) -> Statistics | None:
        """The sums that make this vector; None where a component would have no rows."""
        buffer = np.zeros_like(self.first.buffer)
        buffer[self.places] = vector
        sums = Statistics(self.first.layout, buffer, self.first.frame, self.first.pivot)
        return sums if np.minimum.reduce(sums.sum_weight) > 0.0 else None

    def to_come(self, change: Floats) -> float:
        if self.size is None or np.abs(self.first.pivot - self.family.means).max() > SAME_POINT:
            return inf
        # What rows are seen to say, which near a top is about the curvature: far from one it spares the rest.
        if (seen := gain_in_sight(change, self.whole, self.observed)) > FAR:
            return seen
        k = len(self.size)
        blocks, every = np.zeros((k, len(self.whole) // k) * 2), np.arange(k)
        blocks[every, :, every] = self.size[:, np.newaxis, np.newaxis] * self.family.expected_products()
        expected = blocks.reshape(self.whole.shape)
        fixed = np.flatnonzero(self.whole.diagonal() == 0.0)
        if len(fixed):  # sums that never vary, such as a constant column's, whatever the prior has components expect
            expected[fixed] = expected[:, fixed] = 0.0
            expected[fixed, fixed] = 1.0
        # Minus the second derivative in natural parameters (Louis 1982): what rows would say that told where they come
        # from, less what the others do not.
        _, natural, failed = lapack.dposv((expected - self.whole + self.observed).T, change, overwrite_a=True)
        return inf if failed else 0.5 * float(change @ natural)
