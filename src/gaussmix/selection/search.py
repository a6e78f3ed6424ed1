"""The search over a grid of numbers of components and structures."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from math import inf, nan
from time import perf_counter

from gaussmix.fitting.fit import fit_scene
from gaussmix.fitting.one_blas_thread import one_blas_thread
from gaussmix.fitting.recipe import Recipe
from gaussmix.fitting.scene import Start
from gaussmix.fitting.usable import check_enough
from gaussmix.selection.candidate import Candidate, Outcome, in_order
from gaussmix.selection.cells import Cell
from gaussmix.selection.criteria import Criterion
from gaussmix.selection.figures import Figures
from gaussmix.selection.look import Bar, look
from gaussmix.selection.second_looks import PROMISING, OwnStart, in_the_running, promising, surpassed
from gaussmix.selection.spikes import why_spurious
from gaussmix.selection.stage import RanStart, SharedStart, Stage
from gaussmix.selection.work import FAILURES, Work, in_words

RACED_ALIKE = 2
"""Partitions in the race of a structure, the best of another of the same form: which is good depends on the rows far
more than on what the form's covariances have in common. Races were half of a search without this."""
MOST_LOOKS = 3
"""Times that the best few are looked at again: mostly one is enough, and then there is nothing new to look at."""

Found = dict[Cell, Candidate]
"""What is known of the cells."""
Wanted = Sequence[tuple[Cell, Start | None]]
"""Cells to fit, and from what start."""
AsFar = Callable[[Cell, Recipe], Recipe]
"""The recipe of a cell's fit that goes as far as it must."""
Joined = Callable[[Candidate, Candidate], Candidate]
"""What a cell comes to by two fits, the earlier first."""
Preferred = Callable[[Sequence[Candidate]], Iterable[Candidate]]
"""Those of the candidates that must be fitted to their end."""


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
        found: Found = {}
        wants_end = self.work.end.wants_end
        self.work.total += len(cells)
        for first in self._by_promise(cells):
            self._looked(found, first)
        looked: set[tuple[Cell, float]] = set()
        for _ in range(MOST_LOOKS):
            # First those that need no race, which then propose something better to the others.
            self._looked(found, [*surpassed(found)])
            again = [each for each in promising(self.stage, found, self.criterion) if _new(each[0], found, looked)]
            if wants_end() or not again:
                break
            self._looked(found, again)
        while (rest := [*in_the_running(found, self.criterion)]) and not wants_end():
            self._fitted(found, rest, None, Candidate.followed_by)
            self._looked(found, [*surpassed(found)])
        # Where there are still such cells, time was up.
        found |= {cell: found[cell].cut_short() for cell, _ in in_the_running(found, self.criterion)}
        return tuple(found[cell] for cell in cells)

    @one_blas_thread()
    def to_the_end(self, candidates: Sequence[Candidate], preferred: Preferred) -> tuple[Candidate, ...]:
        """The same candidates, after those that are preferred by whatever else went on from where they were ended.

        Who is preferred is asked again: one of them may come to nothing at its end.
        """
        found = {candidate.cell: candidate for candidate in candidates}

        def unfinished() -> list[Candidate]:
            return [each for each in preferred(tuple(found.values())) if each.eligible and each.ended_early]

        while (rest := unfinished()) and not self.work.end.wants_end():
            self._fitted(found, [(each.cell, OwnStart(each.mixture)) for each in rest], None, Candidate.followed_by)
        # Where there are still such fits, time was up.
        found |= {each.cell: each.cut_short() for each in unfinished()}
        return tuple(found.values())

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
        starts: dict[Cell, RanStart | None] = {}

        def keep(raced: Iterator[tuple[Cell, RanStart | None]]) -> None:
            starts.update(raced)

        self.work.each((partial(self._raced, each) for each in alike.values()), keep)
        return starts

    def _raced(self, alike: Sequence[Cell]) -> Iterator[tuple[Cell, RanStart | None]]:
        """The races of one number and form: of the structure with most parameters from all partitions."""
        raced: list[tuple[Cell, RanStart | None]] = []
        best: frozenset[str] = frozenset()
        for cell in sorted(alike, key=lambda cell: -cell.structure.n_parameters(2, 2)):
            start = None
            if not self.work.end.wants_end():
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

    def _looked(self, found: Found, wanted: Wanted) -> None:
        """Fit cells as far as it takes to know that they are not the best, nor better than they have been."""
        bar = self._bar(found.values())
        # As passes say it: figures leave directions out in which the rows do not vary.
        before = {c: each.fit.log_likelihood for c, each in found.items() if each.eligible and each.fit}

        def as_far(cell: Cell, recipe: Recipe) -> Recipe:
            return look(recipe, bar.sum_weight, max(before.get(cell, -inf), bar.log_likelihood(recipe)))

        self._fitted(found, wanted, as_far)

    def _fitted(self, found: Found, wanted: Wanted, as_far: AsFar | None, joined: Joined = Candidate.better_of) -> None:
        """Fit cells, and keep what they come to with what there was."""

        def keep(candidate: Candidate) -> None:
            before = found.get(candidate.cell)
            found[candidate.cell] = candidate if before is None else joined(before, candidate)
            self.work.done += 1
            best = in_order(tuple(found.values()), self.criterion)[0]
            self.work.tell(candidate, best if best.eligible else None)

        self.work.total = max(self.work.total, self.work.done + len(wanted))
        # Whatever the time limit, one cell is fitted; and one of several components, if their races were run in time.
        first = not self.work.done
        none = not any(cell.n_components > 1 and each.fit is not None for cell, each in found.items())
        jobs = (
            partial(self._fit, cell, start, as_far, not place and (first or (none and isinstance(start, RanStart))))
            for place, (cell, start) in enumerate(wanted)
        )
        new = [cell for cell, _ in wanted if cell not in found]
        self.work.each(jobs, keep)
        # Of equals the earlier is the better, which must not be the one whose fit happened to end first.
        found |= {cell: found.pop(cell) for cell in new}

    def _fit(self, cell: Cell, start: Start | None, as_far: AsFar | None, anyway: bool) -> Candidate:
        """What a cell comes to from a start; from those that its number shares if there is none."""
        why = self.work.end.wants_end()
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
