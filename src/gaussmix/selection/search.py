"""The search over a grid of numbers of components and structures."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
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
"""Partitions in the race of a structure, the best of another of the same form: which is good depends on the rows far
more than on what the form's covariances have in common. Races were half of a search without this."""
MOST_LOOKS = 3
"""Times that the best few are looked at again: mostly one is enough, and then there is nothing new to look at."""

Told = Callable[[Progress], bool]
"""Is told of every fit that is made; True ends the search."""
AsFar = Callable[[Cell, Recipe], Recipe]
"""The recipe of a cell's fit that goes as far as it must."""
Joined = Callable[[Candidate, Candidate], Candidate]
"""What a cell comes to by two fits, the earlier first."""


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

    def add(self, candidate: Candidate, joined: Joined) -> None:
        """Keep it, or what it comes to with what there was."""
        before = self.by_cell.get(candidate.cell)
        self.by_cell[candidate.cell] = candidate if before is None else joined(before, candidate)
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
            again = [each for each in promising(self.stage, by_cell, self.criterion) if _new(each[0], by_cell, looked)]
            if self.end.wants_end() or not again:
                break
            self._looked(found, again)
        while (rest := [*in_the_running(by_cell, self.criterion)]) and not self.end.wants_end():
            self._fitted(found, rest, None, Candidate.followed_by)
            self._looked(found, [*surpassed(by_cell)])
        # Where there are still such cells, time was up.
        by_cell |= {cell: by_cell[cell].cut_short() for cell, _ in in_the_running(by_cell, self.criterion)}
        return tuple(by_cell[cell] for cell in cells)

    def _by_promise(self, cells: Sequence[Cell]) -> Iterator[list[tuple[Cell, Start | None]]]:
        """First looks: single components, then the winners of the races, the most promising first.

        Each wave is twice as large as the one before, and sees what that came to: most cells are behind it soon.
        """
        yield [(cell, None) for cell in cells if cell.n_components == 1]
        several = [cell for cell in cells if cell.n_components > 1]
        starts = self._starts(several)
        bar = self._bar(())

        def promise(cell: Cell) -> float:
            start = starts[cell]
            return inf if start is None else start.promise(self.stage.recipe_of(cell), bar)

        several.sort(key=promise)
        begin, size = 0, PROMISING
        while begin < len(several):
            yield [(cell, starts[cell]) for cell in several[begin : begin + size]]
            begin, size = begin + size, 2 * size

    def _starts(self, cells: Sequence[Cell]) -> dict[Cell, RanStart | None]:
        """The races of cells; None where there is none, of which a fit will give the reason."""
        alike: dict[tuple[int, str], list[Cell]] = {}
        for cell in cells:
            alike.setdefault((cell.n_components, cell.structure.form.name), []).append(cell)
        with ThreadPoolExecutor(self.n_workers) as pool:
            return dict(chain.from_iterable(pool.map(self._raced, alike.values())))

    def _raced(self, alike: Sequence[Cell]) -> Iterator[tuple[Cell, RanStart | None]]:
        """The races of one number and form: of the structure with most parameters from all partitions."""
        raced: list[tuple[Cell, RanStart | None]] = []
        best: frozenset[str] = frozenset()
        for cell in sorted(alike, key=lambda cell: -cell.structure.n_parameters(2, 2)):
            start = None
            if not self.end.wants_end():
                with suppress(*FAILURES):
                    start = self._race(cell, best)
                    best = best or frozenset(start.names(max(RACED_ALIKE, self.n_init)))
            raced.append((cell, start))
        return iter(raced)

    def _race(self, cell: Cell, names: Container[str]) -> RanStart:
        """The race of one cell from partitions of these names, or from all if there are none."""
        stage = self.stage
        check_enough(stage.summary, cell.n_components)
        opening = stage.opening(cell.n_components)
        some = tuple(partition for partition in opening.partitions if partition.name in names)
        start = SharedStart(replace(opening, partitions=some or opening.partitions))
        entrants = start.entrants(stage.scene(cell), stage.generator(cell), self.n_init)
        return RanStart(tuple(entrants), float(opening.rows.weight.sum()))

    def _bar(self, found: Iterable[Candidate]) -> Bar:
        stage = self.stage
        best = min((each.value(self.criterion) for each in found if each.eligible), default=nan)
        varying = stage.source.n_features - len(stage.null)
        return Bar(self.criterion, varying, stage.summary.sum_weight, nan if len(stage.null) else best)

    def _looked(self, found: _Found, wanted: Sequence[tuple[Cell, Start | None]]) -> None:
        """Fit cells as far as it takes to know that they are not the best, nor better than they have been."""
        bar = self._bar(found.by_cell.values())
        # As passes say it: figures leave directions out in which the rows do not vary.
        before = {c: each.fit.log_likelihood for c, each in found.by_cell.items() if each.eligible and each.fit}

        def as_far(cell: Cell, recipe: Recipe) -> Recipe:
            return look(recipe, bar.sum_weight, max(before.get(cell, -inf), bar.log_likelihood(recipe)))

        self._fitted(found, wanted, as_far)

    def _fitted(
        self,
        found: _Found,
        wanted: Sequence[tuple[Cell, Start | None]],
        as_far: AsFar | None,
        joined: Joined = Candidate.better_of,
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
                        found.add(candidate, joined)
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

    def _fit(self, cell: Cell, start: Start | None, as_far: AsFar | None, anyway: bool) -> Candidate:
        """What a cell comes to from a start; from those that its number shares if there is none."""
        why = self.end.wants_end()
        if why and not anyway:
            return Candidate(cell, Outcome.NOT_TRIED, why)
        began = perf_counter()
        try:
            check_enough(self.stage.summary, cell.n_components)
            scene = self.stage.scene(cell)
            if as_far is not None:
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
