"""What a start works with, and what it makes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from gaussmix.allocations.weights import CommonWeights, CommonWeightsUpdate
from gaussmix.core.block import Block
from gaussmix.core.contracts import Kernel
from gaussmix.core.frame import Frame, Scaling
from gaussmix.core.mixture import Mixture
from gaussmix.core.source import Source
from gaussmix.core.statistics import Statistics
from gaussmix.core.summary import Summary
from gaussmix.core.types import Floats, Integers
from gaussmix.data.memory import MemorySource
from gaussmix.errors import DegenerateFitError
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.gaussian_update import GaussianUpdate
from gaussmix.families.structures import STRUCTURES
from gaussmix.fitting.even_rows import even_rows
from gaussmix.fitting.recipe import Recipe
from gaussmix.fitting.step import EMStep
from gaussmix.starts.k_means import metric

PRINCIPAL_ROWS = 1000
"""Rows that are asked for the principal directions of all; matrices of their products are as large."""


@dataclass(frozen=True)
class Scene:
    """What a start works with.

    Parameters
    ----------
    source, kernel : Source, Kernel
        The rows, and who goes over them.
    summary : Summary
        Of the rows.
    frame : Frame
        The units of the fit.
    recipe : Recipe
        What is to be fitted.
    update : GaussianUpdate
        Its M-step.
    """

    source: Source
    kernel: Kernel
    summary: Summary
    frame: Frame
    recipe: Recipe
    update: GaussianUpdate

    @classmethod
    def of(
        cls,
        source: Source,
        kernel: Kernel,
        summary: Summary,
        recipe: Recipe,
        covariance: Callable[[Frame], Floats] | None = None,
    ) -> Scene:
        """The scene of a fit of these rows.

        Parameters
        ----------
        source, kernel, summary, recipe : Source, Kernel, Summary, Recipe
            As above.
        covariance : callable, optional
            Gives the covariance of all rows in a frame, where it is known; else it costs a pass if it is needed.
        """
        frame = summary.frame(recipe.structure.scaling)
        known = partial(covariance_of_rows, source, kernel) if covariance is None else covariance
        null = recipe.null_directions(summary, frame, partial(known, frame))
        return cls(source, kernel, summary, frame, recipe, recipe.family_update(summary, frame, null))

    @cached_property
    def step(self) -> EMStep:
        """An EM iteration of the recipe on these rows."""
        monotone = self.update.prior.monotone
        return EMStep(self.source, self.kernel, self.update, CommonWeightsUpdate(), self.summary.sum_weight, monotone)

    def target(self, means: Floats) -> Gaussian:
        """Components about these points for which a start gathers sums."""
        return Gaussian(self.recipe.structure, means, self._gathered_for)

    @cached_property
    def _gathered_for(self) -> Floats:
        return self.recipe.structure.to_gather_for(
            self.recipe.n_components,
            self.source.n_features,
            lambda: 1.0 / metric(self.summary, self.frame, Scaling.PER_FEATURE),
            lambda: self.frame.to_internal(self.even(PRINCIPAL_ROWS)).x,
        )

    def mixture(self, family: Gaussian, sum_weight: Floats) -> Mixture:
        """The mixture of these components, weighted by their sums of shares."""
        return Mixture(family, self.recipe.allocation(CommonWeights.of_sums(sum_weight)), self.frame)

    def mixture_of(self, family: Gaussian, sums: Statistics) -> Mixture:
        """The first mixture from the components and sums that an M-step used."""
        return self.mixture(family, sums.sum_weight)

    def all_rows(self) -> Block:
        """All rows that count, where they are few enough to be held."""
        held = self.source.held
        # In one piece, as rows that are taken are.
        in_one_piece = held is not None and held.x.flags.c_contiguous
        rows = held if held is not None and in_one_piece else self.source.take(np.arange(self.summary.n_rows))
        return rows if np.count_nonzero(rows.weight) == len(rows) else rows.take(np.flatnonzero(rows.weight))

    def draw(self, size: int, generator: np.random.Generator) -> Block:
        """All rows that count if there are no more than ``size``, else one from each of as many equal steps of weight.

        The rows that are drawn all count alike: their weight is in the drawing.
        """
        if self.summary.n_rows <= size:
            return self.all_rows()
        return self._alike(even_rows(self.source, self.summary.sum_weight, size, generator.random()))

    def even(self, size: int) -> Block:
        """A row from each of so many steps of cumulative weight, always the same; some twice where there are fewer.

        A row of weight 2 is taken as two rows would be, however many rows there are.
        """
        return self._alike(even_rows(self.source, self.summary.sum_weight, size))

    def _alike(self, numbers: Integers) -> Block:
        """These rows, all of weight 1."""
        rows = self.source.take(numbers)
        return Block(rows.x, np.ones(len(rows)), rows.columns)

    def on(self, rows: Block) -> Scene:
        """The same scene with only these rows, which are taken to be spread like all."""
        summary = replace(self.summary, n_rows=len(rows), n_weighted=len(rows), sum_weight=float(rows.weight.sum()))
        # Directions in which all rows have no extent; that few of them have none in others says nothing.
        update = self.recipe.family_update(summary, self.frame, self.update.prior.null)
        return replace(self, source=MemorySource(rows.x, rows.weight, rows.columns), summary=summary, update=update)


def covariance_of_rows(source: Source, kernel: Kernel, frame: Frame) -> Floats:
    """Covariance of all rows in internal units, shape (d, d): what one component gathers in one pass."""
    whole = Gaussian.unit(STRUCTURES["full"], np.zeros((1, source.n_features)))
    sums = kernel.expect(source, Mixture(whole, CommonWeights.equal(1), frame))
    mean = sums["sum_x"] / sums.sum_weight[:, np.newaxis]
    scatter = whole.structure.form.scatter(sums["scatter"], sums.sum_weight, mean, whole.precision_cholesky)
    return whole.structure.covariance(scatter, sums.sum_weight)[0]


@dataclass(frozen=True)
class Entrant:
    """A start that was made, and what is known of it.

    Parameters
    ----------
    name, kind : str
        Which start it is, and the kind of start.
    mixture : Mixture or None
        The first mixture; None if there is none.
    raced : float
        Mean objective a row after the race; NaN where there was none.
    reason : str
        Why there is no mixture.
    skipped : bool
        Whether that is because another start is the same.
    """

    name: str
    kind: str
    mixture: Mixture | None
    raced: float = float("nan")
    reason: str = ""
    skipped: bool = False


class Start(ABC):
    """Makes first mixtures."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What it is called in tables of attempts."""

    @abstractmethod
    def first(self, scene: Scene, generator: np.random.Generator) -> Mixture:
        """A first mixture.

        Raises
        ------
        DegenerateFitError
            If none can be made without a prior.
        """

    def entrants(self, scene: Scene, generator: np.random.Generator, n_init: int) -> list[Entrant]:
        """What is to be polished, the most promising first, and after these what is only to be reported."""
        return [self._entrant(scene, generator) for _ in range(n_init)]

    def _entrant(self, scene: Scene, generator: np.random.Generator) -> Entrant:
        try:
            return Entrant(self.name, self.name, self.first(scene, generator))
        except DegenerateFitError as error:
            return Entrant(self.name, self.name, None, reason=str(error))
