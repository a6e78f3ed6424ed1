"""The search over a grid of numbers of components and structures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from math import inf, nan
from time import perf_counter

from numpy.linalg import LinAlgError

from gaussmix.core.mixture import Mixture
from gaussmix.em.history import History
from gaussmix.em.listener import Listener
from gaussmix.errors import GaussmixError
from gaussmix.fitting.fit import fit_scene
from gaussmix.fitting.one_blas_thread import one_blas_thread
from gaussmix.fitting.recipe import Recipe
from gaussmix.fitting.scene import Start
from gaussmix.fitting.usable import check_enough
from gaussmix.selection.candidate import Candidate, Outcome, in_order
from gaussmix.selection.cells import Cell
from gaussmix.selection.criteria import Criterion
from gaussmix.selection.look import Bar, look
from gaussmix.selection.second_looks import PROMISING, in_the_running, promising, surpassed
from gaussmix.selection.spikes import why_spurious
from gaussmix.selection.stage import RanStart, SharedStart, Stage


@dataclass(frozen=True)
class Progress:
    """How far a search has come.

    Parameters
    ----------
    candidate : Candidate
        What has just been fitted.
    done, total : int
        Fits that are made, and that are known to be made, of the whole search: both only grow, the second when cells
        are looked at again.
    seconds : float
        Since the search began.
    best : Candidate or None
        The best so far.
    """

    candidate: Candidate
    done: int
    total: int
    seconds: float
    best: Candidate | None


FAILURES = (GaussmixError, ArithmeticError, ValueError, LinAlgError)
"""What a cell's numbers may raise; what is about the process, as MemoryError, or about all rows ends the search."""

RACED_ALIKE = 2
"""Partitions."""
MOST_LOOKS = 3
"""Times that the best few are looked at again: mostly one is enough, and then there is nothing new to look at."""

Told = Callable[[Progress], bool]
"""Is told of every fit that is made; True ends the search."""
AsFar = Callable[[Cell, Recipe], Recipe]
"""The recipe of a cell's fit that goes as far as it must."""


class End(Listener[Mixture]):
    """Ends every fit of a search that is to end.

    Parameters
    ----------
    time_limit : float
        Seconds that the search may take.
    """

    def __init__(self, time_limit: float = inf) -> None:
        self.began = perf_counter()
        self._time_limit = time_limit
        self._asked = ""

    def ask(self, why: str) -> None:
        """From now on there is a reason."""
        self._asked = self._asked or why

    @property
    def seconds(self) -> float:
        """Since the search began."""
        return perf_counter() - self.began

    def evaluated(self, parameters: Mixture, history: History, sum_weight: float) -> bool:
        return bool(self.wants_end())

    def wants_end(self) -> str:
        if self.seconds >= self._time_limit:
            return f"the time limit of {self._time_limit:g} s was reached"
        return self._asked


@dataclass
class _Found:
    """What is known of the cells, and how many fits it took."""

    by_cell: dict[Cell, Candidate] = field(default_factory=dict)
    done: int = 0
    total: int = 0

    def add(self, candidate: Candidate) -> None:
        """Keep it, if it is better than what there was."""
        before = self.by_cell.get(candidate.cell)
        self.by_cell[candidate.cell] = candidate if before is None else before.better_of(candidate)
        self.done += 1


@dataclass(frozen=True)
class Search:
    """A search.

    Parameters
    ----------
    stage : Stage
        What the fits share.
    criterion : Criterion
        By which they are compared.
    end : End
        Ends it early; the stage's recipe listens to the same.
    n_init : int
        Starts of each cell that are polished.
    n_workers : int
        Fits at one time.
    told : callable, optional
        Is told of every fit.
    """

    stage: Stage
    criterion: Criterion
    end: End
    n_init: int = 1
    n_workers: int = 1
    told: Told | None = None

    @one_blas_thread()
    def over(self, cells: Sequence[Cell]) -> tuple[Candidate, ...]:
        """What each cell came to, in their order."""
        found = _Found(total=len(cells))
        by_cell = found.by_cell
        for first in self._by_promise(cells):
            self._looked(found, first)
        looked: set[tuple[Cell, float]] = set()
        for _ in range(MOST_LOOKS):
            # First those that need no race, which then propose something better to the others.
            self._looked(found, [*surpassed(by_cell)])
            again = [look for look in promising(self.stage, by_cell, self.criterion) if _new(look[0], by_cell, looked)]
            if self.end.wants_end() or not again:
                break
            self._looked(found, again)
        while (rest := [*in_the_running(by_cell, self.criterion)]) and not self.end.wants_end():
            self._fitted(found, rest)
            self._looked(found, [*surpassed(by_cell)])
        return tuple(by_cell[cell] for cell in cells)

    def _by_promise(self, cells: Sequence[Cell]) -> Iterator[list[tuple[Cell, Start | None]]]:
        """First looks: single components, then the winners of the races, then all others, which these surpass or not."""
        yield [(cell, None) for cell in cells if cell.n_components == 1]
        several = [cell for cell in cells if cell.n_components > 1]
        starts = self._starts(several)
        bar = self._bar(())

        def value(cell: Cell) -> float:
            start = starts[cell]
            return inf if start is None else start.promise(self.stage.recipe_of(cell), bar)

        several.sort(key=value)
        ahead, size = 0, PROMISING
        while ahead < len(several):
            yield [(cell, starts[cell]) for cell in several[ahead : ahead + size]]
            ahead, size = ahead + size, 2 * size

    def _starts(self, cells: Sequence[Cell]) -> dict[Cell, RanStart | None]:
        """The races of cells; None where there is none, of which a fit will give the reason.

        Partitions that are bad for the structure of most parameters are bad for others of its form: these race the best.
        """
        alike: dict[object, list[Cell]] = {}
        for cell in cells:
            alike.setdefault((cell.n_components, cell.structure.form.name), []).append(cell)
        groups = [sorted(group, key=lambda cell: cell.structure.n_parameters(2, 2))[::-1] for group in alike.values()]
        with ThreadPoolExecutor(self.n_workers) as pool:
            return dict(chain.from_iterable(pool.map(self._race, groups)))

    def _race(self, group: Sequence[Cell]) -> list[tuple[Cell, RanStart | None]]:
        found: list[tuple[Cell, RanStart | None]] = []
        best: tuple[str, ...] = ()
        for cell in group:
            start = None
            if not self.end.wants_end():
                with suppress(*FAILURES):
                    check_enough(self.stage.summary, cell.n_components)
                    opening = self.stage.opening(cell.n_components)
                    chosen = tuple(each for each in opening.partitions if each.name in best)
                    shared = SharedStart(replace(opening, partitions=chosen) if chosen else opening)
                    entrants = shared.entrants(self.stage.scene(cell), self.stage.generator(cell), self.n_init)
                    best = best or tuple(each.name for each in entrants if each.mixture is not None)[:RACED_ALIKE]
                    start = RanStart(tuple(entrants), float(opening.rows.weight.sum()))
            found.append((cell, start))
        return found

    def _bar(self, found: Iterable[Candidate]) -> Bar:
        stage = self.stage
        best = min((each.value(self.criterion) for each in found if each.eligible), default=nan)
        varying = stage.source.n_features - len(stage.null)
        return Bar(self.criterion, varying, stage.summary.sum_weight, nan if len(stage.null) else best)

    def _looked(self, found: _Found, wanted: Sequence[tuple[Cell, Start | None]]) -> None:
        """Fit cells as far as it takes to know that they are not the best, nor better than they have been."""
        bar = self._bar(found.by_cell.values())
        before = {cell: each.log_likelihood for cell, each in found.by_cell.items() if each.eligible}

        def as_far(cell: Cell, recipe: Recipe) -> Recipe:
            return look(recipe, bar.sum_weight, max(before.get(cell, -inf), bar.log_likelihood(recipe)))

        self._fitted(found, wanted, as_far)

    def _fitted(
        self, found: _Found, wanted: Sequence[tuple[Cell, Start | None]], as_far: AsFar = lambda cell, recipe: recipe
    ) -> None:
        found.total = max(found.total, found.done + len(wanted))
        with ThreadPoolExecutor(self.n_workers) as pool:
            running = {
                pool.submit(self._fit, cell, start, as_far, number == 0 and not found.done)
                for number, (cell, start) in enumerate(wanted)
            }
            try:
                while running:
                    ended, running = wait(running, return_when=FIRST_COMPLETED)
                    for future in ended:
                        candidate = future.result()
                        found.add(candidate)
                        self._tell(found, candidate)
            except BaseException:
                self.end.ask("the search was interrupted")
                raise

    def _tell(self, found: _Found, candidate: Candidate) -> None:
        if self.told is None:
            return
        best = in_order(tuple(found.by_cell.values()), self.criterion)[0]
        progress = Progress(candidate, found.done, found.total, self.end.seconds, best if best.eligible else None)
        if self.told(progress):
            self.end.ask("a callback ended the search")

    def _fit(self, cell: Cell, start: Start | None, as_far: AsFar, anyway: bool) -> Candidate:
        """What a cell comes to from a start; from those that its number shares if there is none."""
        why = self.end.wants_end()
        if why and not anyway:
            return Candidate(cell, Outcome.NOT_TRIED, why)
        began = perf_counter()
        try:
            check_enough(self.stage.summary, cell.n_components)
            scene = self.stage.scene(cell)
            scene = replace(scene, recipe=as_far(cell, scene.recipe))
            start = SharedStart(self.stage.opening(cell.n_components)) if start is None else start
            fit = fit_scene(scene, start, self.stage.generator(cell), self.n_init)
            figures = self.criterion.figures(scene, fit, self.stage.null)
            why_not = why_spurious(scene, fit)
        except FAILURES as error:
            reason = str(error) if isinstance(error, GaussmixError) else f"{type(error).__name__}: {error}"
            return Candidate(cell, Outcome.FAILED, reason, perf_counter() - began)
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
