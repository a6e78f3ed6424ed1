"""What the fits of a grid share: the rows, what is known of them, and where fits may begin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from math import inf, isfinite, isnan
from threading import Lock

import numpy as np

from gaussmix.core.block import Block
from gaussmix.core.contracts import Kernel
from gaussmix.core.frame import Frame, Scaling
from gaussmix.core.source import Source
from gaussmix.core.summary import Summary
from gaussmix.core.types import Floats
from gaussmix.families.null_directions import NullDirections
from gaussmix.families.prior import AUTOMATIC_STRENGTH
from gaussmix.families.structures import STRUCTURES
from gaussmix.fitting.auto import Partition, RacedStart, proposals, race, rows_of_a_race, whole
from gaussmix.fitting.hierarchical import MOST_ROWS, merging_space
from gaussmix.fitting.recipe import Recipe
from gaussmix.fitting.scene import Entrant, Scene, covariance_of_rows
from gaussmix.selection.cells import Cell
from gaussmix.selection.look import Bar
from gaussmix.starts.hierarchy import Agglomeration
from gaussmix.starts.k_means import metric

IN_COMMON_UNITS = "columns as they are"
"""Where distances of structures that do not follow the columns' units are taken."""


@dataclass(frozen=True)
class Opening:
    """Where all fits of one number of components begin.

    Parameters
    ----------
    rows : Block
        On which partitions are raced, in the user's units.
    partitions : tuple of Partition
        Of these rows.
    """

    rows: Block
    partitions: tuple[Partition, ...]


@dataclass(frozen=True)
class Stage:
    """What the fits of a grid share.

    Parameters
    ----------
    source, kernel : Source, Kernel
        The rows, and who goes over them.
    summary : Summary
        Of the rows.
    recipe : Recipe
        What all fits have in common; number and structure are each cell's.
    seed : int
        Of all draws: a cell's result depends on nothing but the rows, the recipe and this.
    """

    source: Source
    kernel: Kernel
    summary: Summary
    recipe: Recipe
    seed: int
    _lock: Lock = field(default_factory=Lock)
    _openings: dict[int, Opening] = field(default_factory=dict)
    _trees: dict[int, Agglomeration] = field(default_factory=dict)
    _covariances: dict[bytes, Floats] = field(default_factory=dict)
    _covariance_lock: Lock = field(default_factory=Lock)

    def scene(self, cell: Cell) -> Scene:
        """The scene of one cell."""
        return Scene.of(self.source, self.kernel, self.summary, self.recipe_of(cell), self._covariance)

    def recipe_of(self, cell: Cell) -> Recipe:
        """The recipe of one cell."""
        return replace(self.recipe, n_components=cell.n_components, structure=cell.structure)

    @cached_property
    def null(self) -> NullDirections:
        """Where the rows do not vary: constant columns, and combinations of columns that are the same in all rows."""
        frame = self.summary.frame(Scaling.PER_FEATURE)
        deviation = frame.lengths_to_internal(self.summary.standard_deviation)
        found = NullDirections.of(self._covariance(frame), deviation, AUTOMATIC_STRENGTH)
        return found.and_constant(deviation)

    def generator(self, cell: Cell) -> np.random.Generator:
        """Random numbers of one cell's own, whatever came before it."""
        letters = [ord(letter) for letter in cell.structure.name]
        return np.random.default_rng([self.seed, cell.n_components, *letters])

    def opening(self, n_components: int) -> Opening:
        """Where fits of so many components begin; made by the first that asks."""
        with self._lock:
            if n_components not in self._openings:
                self._openings[n_components] = self._opened(n_components)
            return self._openings[n_components]

    def _opened(self, k: int) -> Opening:
        scene = self.scene(Cell(k, STRUCTURES["full"]))
        # The same rows for every number that asks for as many, so that these share a tree.
        rows = scene.draw(rows_of_a_race(k, self.source.n_features, self.summary), np.random.default_rng(self.seed))
        small = scene.on(rows)
        generator = np.random.default_rng([self.seed, k])
        inside = scene.frame.to_internal(rows)
        found = chain(self._merged(small, inside, k), proposals(small, inside, generator))
        if self._units_differ:
            found = chain(found, self._in_common_units(k, rows, generator))
        return Opening(rows, tuple(found))

    def _merged(self, scene: Scene, inside: Block, k: int) -> Iterator[Partition]:
        """All rows of the race, merged into so many groups: mclust's way; the tree is for all numbers."""
        if len(inside) > MOST_ROWS:
            return
        if len(inside) not in self._trees:
            measure = metric(scene.summary, scene.frame, scene.recipe.structure.scaling)
            space = merging_space(inside.x * measure, inside.weight)
            self._trees[len(inside)] = Agglomeration.of(space, inside.weight)
        yield Partition("merged rows", "hierarchical", self._trees[len(inside)].labels(k))

    @property
    def _units_differ(self) -> bool:
        """Whether structures that follow the columns' units see other distances than those that do not."""
        deviation = self.summary.standard_deviation
        varying = deviation[deviation > 0.0]
        return len(varying) > 1 and bool(varying.max() > varying.min())

    def _in_common_units(self, k: int, rows: Block, generator: np.random.Generator) -> Iterator[Partition]:
        scene = self.scene(Cell(k, STRUCTURES["spherical"]))
        inside = scene.frame.to_internal(rows)
        first = next(proposals(scene.on(rows), inside, generator))
        yield replace(first, name=f"k-means, {IN_COMMON_UNITS}")

    def _covariance(self, frame: Frame) -> Floats:
        """Of all rows; a pass for each kind of scaling."""
        key = frame.exponent.tobytes()
        with self._covariance_lock:
            if key not in self._covariances:
                self._covariances[key] = covariance_of_rows(self.source, self.kernel, frame)
            return self._covariances[key]


@dataclass(frozen=True)
class SharedStart(RacedStart):
    """The race from partitions that all structures share."""

    opening: Opening

    def entrants(self, scene: Scene, generator: np.random.Generator, n_init: int) -> list[Entrant]:
        if scene.recipe.n_components == 1:
            return [whole(scene)]
        rows = self.opening.rows
        return race(scene.on(rows), scene.frame.to_internal(rows), self.opening.partitions)


@dataclass(frozen=True)
class RanStart(RacedStart):
    """A race that has been run.

    Parameters
    ----------
    ran : tuple of Entrant
        The best first.
    sum_weight : float
        Of the rows on which it was run.
    """

    ran: tuple[Entrant, ...]
    sum_weight: float

    def names(self, count: int) -> list[str]:
        """So many of those that led to a mixture, the best first."""
        return [entrant.name for entrant in self.ran if entrant.mixture is not None][:count]

    def promise(self, recipe: Recipe, bar: Bar) -> float:
        """What the criterion may come to on all rows, to say who is fitted first; infinite where nothing is known.

        Parameters are fitted to the rows of the race, which gains half a nat for each there, and so as many times more
        on all rows as there are more of these (Akaike 1974); fitted to all they gain it once.
        """
        raced = self.ran[0].raced
        if not isfinite(raced):
            return inf
        times = bar.sum_weight / self.sum_weight
        value = bar.value(recipe, bar.sum_weight * raced - 0.5 * bar.count(recipe) * (times - 1.0))
        return inf if isnan(value) else value

    def entrants(self, scene: Scene, generator: np.random.Generator, n_init: int) -> list[Entrant]:
        return list(self.ran)
