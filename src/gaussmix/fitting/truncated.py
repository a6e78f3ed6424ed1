"""EM of many components: each row is shared among the candidates of its cell, and cells are bettered between rounds.

Within a round cells stay, so that iterations are those of EM on a lower bound of the log-likelihood, which leaps may
speed up and which never falls. After it a search tries other candidates at the same parameters (Hirschberger, Forster
& Lücke 2022 look among the neighbours of neighbours, and at random), and its cells are taken where the bound rises. In
the end one pass over all components says what the bound leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gaussmix.core.block import Block
from gaussmix.core.contracts import Family
from gaussmix.core.mixture import Mixture
from gaussmix.core.statistics import Statistics
from gaussmix.core.types import Floats, Integers
from gaussmix.data.memory import MemorySource
from gaussmix.em.driver import FitResult, run
from gaussmix.em.evaluation import Evaluation
from gaussmix.em.history import History
from gaussmix.em.listener import Listener
from gaussmix.em.status import Status
from gaussmix.em.stopping import Stopping
from gaussmix.fitting.recipe import Recipe
from gaussmix.fitting.scene import Scene
from gaussmix.fitting.step import EMStep
from gaussmix.kernels.cells import Cells, CellsKernel
from gaussmix.kernels.native import NativeKernel
from gaussmix.kernels.row_weights import RowWeights

FIRST_ROUND = 1
"""Iterations of the first round; each further one has twice as many. At first components move by their width."""
LONGEST_ROUND = 5
"""Iterations of later rounds: a search costs as much as two or three."""
STRANGERS = 4
"""Components drawn at random that each cell tries in a search: those near it are found by their neighbours sooner, and
what chance is for is a part of the mixture to which no neighbour leads."""
AMONG = 4
"""Of so many times the rows that a search asks of all components they are drawn."""
FOUND = 1e-4
"""Nats a row that a search must gain for the fit to go on after a round that has converged."""
LEFT_OUT = 0.01
"""Nats a row by which the bound may be below the log-likelihood in the end: about the part of a row's share that is
left out. More is answered with twice the candidates."""
TINY = np.finfo(np.float64).tiny
"""In place of the weight of a cell without rows."""
SCORED_AT_ONCE = 64
"""Means whose scores under all components are made together, to bound the memory."""


@dataclass(frozen=True)
class LeftOut:
    """What candidates leave out, by one pass over all components.

    Parameters
    ----------
    gap : float
        Log-likelihood less the bound, nats a row.
    mean, most : float
        Mean, by weight, and largest of the rows' share of components that are none of their candidates.
    n_candidates : int
        How many candidates a row has.
    """

    gap: float
    mean: float
    most: float
    n_candidates: int

    def __str__(self) -> str:
        advice = "" if self.gap <= LEFT_OUT else "; that is much: raise n_candidates"
        return (
            f"each row was shared among {self.n_candidates} components; what the others would have had is "
            f"{self.mean:.2g} of a row in the mean and {self.most:.2g} at most; the bound that was climbed is "
            f"{self.gap:.2g} nats a row below the log-likelihood{advice}"
        )


@dataclass(frozen=True)
class Climbed:
    """A run of truncated EM: its result, whose last entry is of all components, and what was left out until then."""

    result: FitResult[Mixture, Statistics]
    left_out: LeftOut


def is_truncated(recipe: Recipe, start: Mixture) -> bool:
    """Whether rows are to be shared among fewer components than there are, and something is to be iterated."""
    fewer = recipe.n_candidates is not None and recipe.n_candidates < start.n_components
    return fewer and recipe.max_iter > 0 and NativeKernel.runs(start, start.family)


def climb(scene: Scene, start: Mixture, max_iter: int, generator: np.random.Generator) -> Climbed:
    """EM on all rows with ``scene.recipe.n_candidates`` candidates a row, or more where they leave out too much.

    Parameters
    ----------
    scene : Scene
        The rows and the recipe.
    start : Mixture
        Where to begin; its stages are compiled.
    max_iter : int
        Most iterations.
    generator : Generator
        Draws components that a search tries.
    """
    count = min(scene.recipe.n_candidates or start.n_components, start.n_components)
    label = scene.kernel.rows(scene.source, start, ("label",))["label"]
    cells = Cells.of(label, nearest(start.family, count), np.zeros((start.n_components, count)))
    way = _Way(scene, generator, max_iter, start, cells)
    status: Status | None = None
    try:
        climbed = _to_the_end(way)
        status = climbed.result.status
    finally:
        if scene.recipe.listener is not None:
            scene.recipe.listener.ended(status)
    return climbed


def _to_the_end(way: _Way) -> Climbed:
    while True:
        way.go()
        exact = way.exact()
        moved = way.relabel(exact.label)
        left_out = way.left_out(exact)
        if way.has_ended or (left_out.gap <= LEFT_OUT and moved <= LEFT_OUT):
            return Climbed(way.result(), left_out)
        if left_out.gap > LEFT_OUT:
            way.widen()
        way.status = Status.MAX_ITER  # no round with these cells has come to its end


def nearest(family: Family, count: int) -> npt.NDArray[np.int32]:
    """Components by the density that they have at the mean of each, its own first, shape (k, count)."""
    return np.concatenate(
        [_nearest_of(family, first, count) for first in range(0, family.n_components, SCORED_AT_ONCE)]
    )


def _nearest_of(family: Family, first: int, count: int) -> npt.NDArray[np.int32]:
    means = family.pivot[first : first + SCORED_AT_ONCE]
    density = family.score(Block(means, np.ones(len(means)))).log_density.T  # (b, k)
    own = np.arange(len(means))
    density[own, first + own] = np.inf
    return np.argsort(-density, axis=1, kind="stable")[:, :count].astype(np.int32)


@dataclass(frozen=True)
class _Exact:
    """What a pass over all components says of each row."""

    label: npt.NDArray[np.integer]
    log_density: Floats
    log_likelihood: float


def _weighted(weight: Floats, values: Floats) -> Floats:
    """Products, 0 where the weight is, whatever the value."""
    return np.multiply(weight, values, out=np.zeros(len(weight)), where=weight > 0.0)


@dataclass(frozen=True)
class _BegunStep(EMStep):
    """A step whose first evaluation has been made."""

    known: tuple[Mixture, Evaluation[Statistics]] | None = None

    def expect(self, parameters: Mixture) -> Evaluation[Statistics]:
        if self.known is not None and parameters is self.known[0]:
            return self.known[1]
        return super().expect(parameters)


class _Onward(Listener[Mixture]):
    """Tells a listener of a round as of the rest of one run, which it neither begins nor ends."""

    def __init__(self, listener: Listener[Mixture], before: History) -> None:
        self._listener, self._before = listener, before

    def evaluated(self, parameters: Mixture, history: History, sum_weight: float) -> bool:
        whole = self._before.continued(history)
        if len(history) == 1 and len(whole) > 1:
            return False  # it heard of these parameters at the end of the last round
        return self._listener.evaluated(parameters, whole, sum_weight)


@dataclass(frozen=True)
class _OnwardStopping(Stopping):
    """A rule that sees the rounds before as well; what a search gained counts as gained by the iteration before it."""

    rule: Stopping
    before: History

    def converged(self, history: History, sum_weight: float) -> bool:
        if len(history) == 1 and len(self.before) > 1:
            return False  # nothing was iterated since it was asked last
        return self.rule.converged(self.before.continued(history), sum_weight)


class _Way:
    """How far truncated EM has come: parameters, cells, history."""

    def __init__(
        self, scene: Scene, generator: np.random.Generator, max_iter: int, start: Mixture, cells: Cells
    ) -> None:
        self.scene, self._generator, self._max_iter = scene, generator, max_iter
        self.parameters = start
        self.status = Status.MAX_ITER
        self._cells = cells
        self._weight = scene.source.map_rows(RowWeights())["weight"]
        self._log_density = np.empty(len(cells.order))
        self._evaluation = self._expect(cells)
        self._history = History()
        self._history.append(self._evaluation.entry)

    @property
    def has_ended(self) -> bool:
        """Whether no further iteration is to be made."""
        return self.n_left <= 0 or self.status in (Status.STOPPED, Status.FELL)

    @property
    def n_left(self) -> int:
        """Iterations that may still be made."""
        return self._max_iter + 1 - len(self._history)

    def go(self) -> None:
        """Rounds and searches, until neither gains any more or the fit is to end."""
        for length in _lengths():
            found = self._search()
            if self.status is Status.CONVERGED and found < FOUND * self.scene.summary.sum_weight:
                return
            self._round(min(length, self.n_left))
            if self.has_ended:
                return

    def relabel(self, label: npt.NDArray[np.integer]) -> float:
        """Rows in the cells of these labels, if the bound is higher with them; what it gains, nats a row."""
        gain = self._take(Cells.of(label, self._cells.candidates, self._cells.mass))
        return gain / self.scene.summary.sum_weight

    def widen(self) -> None:
        """Go on with twice the candidates: those there are, and the nearest others."""
        own = self._cells.candidates
        k, before = own.shape
        count = min(2 * before, k)
        others = nearest(self.parameters.family, count)
        lines = [np.concatenate([m, o[~np.isin(o, m)]])[:count] for m, o in zip(own, others, strict=True)]
        mass = np.concatenate([self._cells.mass, np.zeros((k, count - before))], axis=1)
        cells = replace(self._cells, candidates=np.array(lines, dtype=np.int32), mass=mass)
        self._set(cells, self._expect(cells))  # no lower, but for rounding

    def exact(self) -> _Exact:
        """What all components say of the rows."""
        rows = self.scene.kernel.rows(self.scene.source, self.parameters, ("log_density", "label"))
        density = rows["log_density"].astype(np.float64, copy=False)
        return _Exact(rows["label"], density, float(np.add.reduce(_weighted(self._weight, density))))

    def left_out(self, exact: _Exact) -> LeftOut:
        """By how much the bound is below what all components give."""
        self._expect(self._cells)
        density = self._log_density - self.scene.frame.log_volume
        weight, sum_weight = self._weight, self.scene.summary.sum_weight
        part = -np.expm1(-np.maximum(exact.log_density - density, 0.0))
        return LeftOut(
            max(exact.log_likelihood - self._evaluation.entry.log_likelihood, 0.0) / sum_weight,
            float(np.add.reduce(_weighted(weight, part))) / sum_weight,
            float(np.max(part, where=weight > 0.0, initial=0.0)),
            self._cells.candidates.shape[1],
        )

    def result(self) -> FitResult[Mixture, Statistics]:
        """The last entry and the evaluation are those of all components."""
        evaluation = self.scene.step.expect(self.parameters)
        last = History()
        last.append(evaluation.entry)
        return FitResult(self.parameters, evaluation, self._history.continued(last), self.status)

    def _search(self) -> float:
        """Better cells for these parameters; what the bound gains by them."""
        k, count = self._cells.candidates.shape
        trials = min(count, k - count)
        if not trials:
            return 0.0
        asked = self._described_worst(np.count_nonzero(self._weight) * count // k)
        drawn = self._generator.integers(k, size=(k, min(STRANGERS, trials)), dtype=np.int32)
        cells = self._kernel(self._cells).search(self.scene.source, self.parameters, trials, drawn)
        few = self.scene.source.take(asked)
        label = cells.label
        label[asked] = self.scene.kernel.rows(MemorySource(few.x), self.parameters, ("label",))["label"]
        return self._take(Cells.of(label, cells.candidates, cells.mass))

    def _described_worst(self, size: int) -> Integers:
        """Numbers of rows that lie in their cells as few others do: some of them may have gone astray.

        They are drawn from the worst: those of true outliers would else be all that are ever asked. A row of weight 0
        is not among them, and no measure of others.
        """
        counted = np.flatnonzero(self._weight > 0.0)
        label, density, weight = self._cells.label[counted], self._log_density[counted], self._weight[counted]
        k = len(self._cells.begin) - 1
        size = min(size, len(counted))
        mean = np.bincount(label, weight * density, k) / np.maximum(np.bincount(label, weight, k), TINY)
        worst = np.argpartition(density - mean[label], min(AMONG * size, len(counted) - 1))[: AMONG * size]
        return np.sort(counted[self._generator.choice(worst, size, replace=False)])

    def _take(self, cells: Cells) -> float:
        """These cells, if the bound is higher with them; what it gains."""
        evaluation = self._expect(cells)
        gain = evaluation.entry.objective - self._evaluation.entry.objective
        if gain < 0.0:
            return 0.0
        self._set(cells, evaluation)
        return gain

    def _set(self, cells: Cells, evaluation: Evaluation[Statistics]) -> None:
        self._cells, self._evaluation = cells, evaluation
        newer = History()
        newer.append(evaluation.entry)
        self._history = self._history.continued(newer)

    def _round(self, length: int) -> None:
        """So many iterations with these cells."""
        scene, recipe = self.scene, self.scene.recipe
        inside = replace(scene, kernel=self._kernel(self._cells))
        step = _BegunStep(**{**vars(inside.step), "known": (self.parameters, self._evaluation)})
        # No leaps: they are made of more iterations than a round has, and cells of the next make other sums.
        listener = None if recipe.listener is None else _Onward(recipe.listener, self._history)
        stopping = _OnwardStopping(recipe.stopping, self._history)
        result = run(step, self.parameters, stopping, length, None, listener)
        self.parameters, self._evaluation, self.status = result.parameters, result.evaluation, result.status
        self._history = self._history.continued(result.history)

    def _expect(self, cells: Cells) -> Evaluation[Statistics]:
        return replace(self.scene, kernel=self._kernel(cells)).step.expect(self.parameters)

    def _kernel(self, cells: Cells) -> CellsKernel:
        return CellsKernel.like(self.scene.kernel, cells, self._log_density)


def _lengths() -> Iterator[int]:
    length = FIRST_ROUND
    while True:
        yield length
        length = min(2 * length, LONGEST_ROUND)
