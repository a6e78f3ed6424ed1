"""The search over a grid of numbers of components and structures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import log
from time import perf_counter

from gaussmix.em.stopping import AutomaticTolerance
from gaussmix.fitting.fit import fit_scene
from gaussmix.fitting.one_blas_thread import one_blas_thread
from gaussmix.fitting.scene import Start
from gaussmix.fitting.usable import check_enough
from gaussmix.selection.candidate import Candidate, Outcome, in_order
from gaussmix.selection.cells import Cell
from gaussmix.selection.criteria import Criterion
from gaussmix.selection.figures import Figures
from gaussmix.selection.second_looks import in_the_running, promising, surpassed
from gaussmix.selection.spikes import why_spurious
from gaussmix.selection.stage import SharedStart, Stage
from gaussmix.selection.work import FAILURES, Work, in_words

MOST_LOOKS = 3
"""Times that the best few are looked at again: mostly one is enough, and then there is nothing new to look at."""

ROUGH = 0.5
"""Times log(n), in nats: what fits of the first look leave ungained in all, by estimate. So much a parameter costs in
BIC. Whoever may be among the best goes on to the end."""
ROUGH_ROWS = 1000
"""Of fewer, a nat is much, and fits are quickly made."""


@dataclass(frozen=True)
class Search:
    """A search.

    Parameters
    ----------
    stage : Stage
        What the fits share.
    criterion : Criterion
        By which they are compared.
    work : Work
        How fits are made; the stage's recipe listens to what ends them.
    n_init : int
        Starts of each cell that are polished.
    """

    stage: Stage
    criterion: Criterion
    work: Work
    n_init: int = 1

    @one_blas_thread()
    def over(self, cells: Sequence[Cell]) -> tuple[Candidate, ...]:
        """What each cell came to, in their order."""
        found: dict[Cell, Candidate] = {}
        wants_end = self.work.end.wants_end
        rough = self._rough()
        rough._fitted(found, [(cell, None) for cell in cells])
        looked: set[tuple[Cell, float]] = set()
        for _ in range(MOST_LOOKS):
            # First those that need no race, which then propose something better to the others.
            rough._fitted(found, [*surpassed(found)])
            again = [look for look in promising(self.stage, found, self.criterion) if _new(look[0], found, looked)]
            if wants_end() or not again:
                break
            rough._fitted(found, again)
        if rough is not self and not wants_end():
            self._fitted(found, [*in_the_running(found, self.criterion)])
            self._fitted(found, [*surpassed(found)])
        return tuple(found[cell] for cell in cells)

    def _rough(self) -> Search:
        """The same search by fits that end when what is left to gain could hardly pay for a parameter."""
        recipe, sum_weight = self.stage.recipe, self.stage.summary.sum_weight
        if not isinstance(recipe.stopping, AutomaticTolerance) or sum_weight < ROUGH_ROWS:
            return self
        stopping = replace(recipe.stopping, tol=ROUGH * log(sum_weight) / sum_weight)
        return replace(self, stage=replace(self.stage, recipe=replace(recipe, stopping=stopping)))

    def _fitted(self, found: dict[Cell, Candidate], wanted: Sequence[tuple[Cell, Start | None]]) -> None:
        """Fit cells, and keep what is better than what there was."""

        def keep(candidate: Candidate) -> None:
            before = found.get(candidate.cell)
            found[candidate.cell] = candidate if before is None else before.better_of(candidate)
            self.work.done += 1
            best = in_order(tuple(found.values()), self.criterion)[0]
            self.work.tell(candidate, best if best.eligible else None)

        self.work.total += len(wanted)
        first = not self.work.done  # one cell is fitted whatever the time limit
        jobs = (partial(self._fit, cell, start, first and not place) for place, (cell, start) in enumerate(wanted))
        self.work.each(jobs, keep)

    def _fit(self, cell: Cell, start: Start | None, anyway: bool) -> Candidate:
        """What a cell comes to from a start; from those that its number shares if there is none."""
        why = self.work.end.wants_end()
        if why and not anyway:
            return Candidate(cell, Outcome.NOT_TRIED, why)
        began = perf_counter()
        try:
            check_enough(self.stage.summary, cell.n_components)
            scene = self.stage.scene(cell)
            start = SharedStart(self.stage.opening(cell.n_components)) if start is None else start
            fit = fit_scene(scene, start, self.stage.generator(cell), self.n_init)
            figures = Figures.of(scene, fit, self.stage.null)
            why_not = why_spurious(scene, fit)
        except FAILURES as error:
            return Candidate(cell, Outcome.FAILED, in_words(error), perf_counter() - began)
        seconds = perf_counter() - began
        left = fit.mixture.n_components
        if left < cell.n_components:
            text = f"components collapsed again and again and were dropped: {left} are left"
            return Candidate(cell, Outcome.DROPPED, text, seconds, fit, figures)
        outcome = Outcome.SPIKE if why_not else Outcome.FITTED
        return Candidate(cell, outcome, why_not, seconds, fit, figures)


def _new(cell: Cell, found: dict[Cell, Candidate], looked: set[tuple[Cell, float]]) -> bool:
    """Whether a cell has not been looked at again as it is; it counts as looked at from now on."""
    look = (cell, found[cell].objective)
    if look in looked:
        return False
    looked.add(look)
    return True
