"""Where a search looks again: cells that others show to have missed something, and the few that matter most."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import combinations
from math import nan

import numpy as np

from gaussmix.core.block import Block
from gaussmix.core.mixture import Mixture
from gaussmix.core.types import Integers
from gaussmix.data.memory import MemorySource
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.structures import STRUCTURES
from gaussmix.fitting.auto import Partition
from gaussmix.fitting.scene import Scene, Start
from gaussmix.selection.candidate import Candidate, in_order
from gaussmix.selection.cells import Cell, contains
from gaussmix.selection.criteria import CRITERIA, Criterion
from gaussmix.selection.look import ROUGH_ROWS, SAFETY
from gaussmix.selection.stage import SharedStart, Stage
from gaussmix.selection.work import FAILURES
from gaussmix.starts.shares import from_shares

SLACK = 0.05
"""Nats by which a structure may fall short of one that it contains: as much as fits leave ungained at their end."""
PROMISING = 6
"""Cells that are looked at once more: differences between the best few are what a choice is made by."""
CLOSEST = 3
"""Cells that go on to their end whatever is in sight, where there are so many rows that the end may be hundreds of
passes away; where these are few, all that are promising do."""
OTHERS = 3
"""Fits of other structures that propose their partition to a cell of the same number."""
MOST_MERGED = 12
"""Pairs of components, the nearest first, that are merged to propose a partition with one fewer."""


@dataclass(frozen=True)
class ContainedStart(Start):
    """One EM step from the fit of a structure that is contained in the one to be fitted.

    That fit is itself allowed, so that from there nothing worse can come.
    """

    fitted: Mixture
    structure: str

    @property
    def name(self) -> str:
        return f"the fit of {self.structure}"

    def first(self, scene: Scene, generator: np.random.Generator) -> Mixture:
        shares = in_frame_of(scene, self.fitted)
        target = Gaussian.unit(scene.recipe.structure, shares.family.pivot)
        return scene.mixture_of(*from_shares(scene.source, scene.kernel, shares, target, scene.update))


@dataclass(frozen=True)
class OwnStart(Start):
    """The fit itself, to go on from."""

    fitted: Mixture

    name = "its first fit"

    def first(self, scene: Scene, generator: np.random.Generator) -> Mixture:
        return self.fitted


def in_frame_of(scene: Scene, mixture: Mixture) -> Mixture:
    """The same mixture in the units of a scene, as one of any covariances."""
    family, before, after = mixture.family, mixture.frame, scene.frame
    if not isinstance(family, Gaussian):
        raise TypeError(f"only Gaussian components change their frame here, not those of family {family.name}")
    ratio = np.ldexp(1.0, before.exponent - after.exponent)
    stacked = family.structure.form.stack(family.covariance, family.n_components) * ratio[:, np.newaxis] * ratio
    means = after.positions_to_internal(before.positions_to_user(family.means))
    return Mixture(Gaussian.from_covariance(STRUCTURES["full"], means, stacked), mixture.allocation, after)


def in_the_running(found: Mapping[Cell, Candidate], criterion: Criterion) -> Iterator[tuple[Cell, Start]]:
    """Cells that ended early and may be the best when they are fitted to their end, or are among the best few.

    By other criteria, too, which are asked of the same fits: of these whatever by estimate would be the best.
    """
    eligible = tuple(candidate for candidate in found.values() if candidate.eligible)
    few = PROMISING if any(c.figures is not None and c.figures.sum_weight < ROUGH_ROWS for c in eligible) else CLOSEST
    running = {candidate.cell for candidate in in_order(eligible, criterion)[:few]}
    for each in (criterion, *(other for other in CRITERIA.values() if other is not criterion)):
        points = 2.0 * (SAFETY if each is criterion else 1.0)
        best = min((candidate.value(each) for candidate in eligible), default=nan)
        running |= {c.cell for c in eligible if c.value(each) - points * c.gain_left <= best}
    for candidate in eligible:
        if candidate.cell in running and candidate.ended_early:
            yield candidate.cell, OwnStart(candidate.mixture)


def surpassed(found: Mapping[Cell, Candidate]) -> Iterator[tuple[Cell, Start]]:
    """Cells whose fit is less likely than that of a structure which theirs contains, and a start that mends it."""
    for cell, candidate in found.items():
        if candidate.fit is None or not candidate.eligible:
            continue
        rivals = [
            other
            for other in found.values()
            if other.eligible
            and other.cell.n_components == cell.n_components
            and other.cell != cell
            and contains(cell.structure, other.cell.structure)
        ]
        best = max(rivals, key=lambda other: other.log_likelihood, default=None)
        if best is not None and best.fit is not None and best.log_likelihood > candidate.log_likelihood + SLACK:
            yield cell, ContainedStart(best.fit.mixture, best.cell.structure.mclust_name)


def promising(stage: Stage, found: Mapping[Cell, Candidate], criterion: Criterion) -> Iterator[tuple[Cell, Start]]:
    """The best few cells, and the race of partitions that the fits of their neighbours propose to them."""
    ranked = in_order(tuple(found.values()), criterion)
    best = ranked[0].cell
    beside = [Cell(best.n_components + step, best.structure) for step in (-1, 1)]
    for cell in dict.fromkeys(
        [*(each.cell for each in ranked[:PROMISING]), *(each for each in beside if each in found)]
    ):
        candidate, k = found[cell], cell.n_components
        if candidate.eligible and k > 1:
            opening = stage.opening(k)
            partitions = tuple(_proposed(stage, opening.rows, candidate, list(found.values())))
            if partitions:
                yield candidate.cell, SharedStart(replace(opening, partitions=partitions))


def _proposed(stage: Stage, rows: Block, candidate: Candidate, found: Iterable[Candidate]) -> Iterator[Partition]:
    fits = sorted((c for c in found if c.eligible and c.cell != candidate.cell), key=lambda c: -c.log_likelihood)
    k, source = candidate.cell.n_components, MemorySource(rows.x, rows.weight)

    def proposed_by(other: Candidate) -> Iterator[Partition]:
        n, labels = other.cell.n_components, stage.kernel.rows(source, other.mixture, ("label",))["label"]
        if n == k:
            yield Partition(f"the fit of {other.cell.structure.mclust_name}", "another fit", labels)
        elif n < k:
            yield from _split(other, labels, rows)
        else:
            yield from _merged(other, labels)

    of_number = [c for c in fits if c.cell.n_components == k][:OTHERS]
    for other in [*of_number, *_neighbours(fits, candidate, k - 1), *_neighbours(fits, candidate, k + 1)]:
        # A fit that linear algebra cannot take apart, so flat is a component, proposes nothing more.
        with suppress(*FAILURES):
            yield from proposed_by(other)


def _neighbours(fits: list[Candidate], candidate: Candidate, k: int) -> Iterable[Candidate]:
    """Of the fits of k components, the likeliest first: the first, and that of the candidate's own structure."""
    of_number = [each for each in fits if each.cell.n_components == k]
    own = [each for each in of_number if each.cell.structure is candidate.cell.structure]
    return [*of_number[:1], *(each for each in own if each is not of_number[0])]


def _split(other: Candidate, labels: Integers, rows: Block) -> Iterator[Partition]:
    """One component after another cut in two across its longest axis."""
    inside = other.mixture.frame.to_internal(rows).x
    family = other.mixture.family
    if not isinstance(family, Gaussian):
        return
    stacked = family.structure.form.stack(family.covariance, family.n_components)
    longest = np.linalg.eigh(stacked)[1][:, :, -1]
    for j in range(family.n_components):
        beyond = (labels == j) & ((inside - family.means[j]) @ longest[j] > 0.0)
        yield Partition(f"component {j} split", "split", np.where(beyond, family.n_components, labels))


def _merged(other: Candidate, labels: Integers) -> Iterator[Partition]:
    """Pairs of components as one, the nearest first."""
    family = other.mixture.family
    if not isinstance(family, Gaussian):
        return
    k = family.n_components
    stacked = family.structure.form.stack(family.covariance, k)

    def distance(pair: tuple[int, int]) -> float:
        one, other = pair
        step = family.means[one] - family.means[other]
        return float(step @ np.linalg.solve(stacked[one] + stacked[other], step))

    for one, two in sorted(combinations(range(k), 2), key=distance)[:MOST_MERGED]:
        merged = np.where(labels == two, one, labels)
        yield Partition(f"components {one} and {two} merged", "merged", merged - (merged > two))
