"""Collapsed components: put where the data are described worst, and taken away where that does not help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gaussmix.allocations.weights import CommonWeights
from gaussmix.core.mixture import Mixture
from gaussmix.core.statistics import Statistics
from gaussmix.core.types import Floats
from gaussmix.em.driver import FitResult, run
from gaussmix.em.status import Status
from gaussmix.families.gaussian import Gaussian
from gaussmix.fitting.collapse import EMPTY, collapsed
from gaussmix.fitting.scene import Scene
from gaussmix.fitting.survey import acceleration
from gaussmix.fitting.truncated import LeftOut, climb, is_truncated
from gaussmix.starts.seeding import draw_rows

TRIES = 2
"""Times that a component is put elsewhere before it is dropped."""
DRAWN_ROWS = 2000
"""Rows among which the worst described are looked for."""
WORST = 0.1
"""Part of the drawn rows that counts as described worst: enough for a place, not for one outlier, to show."""
NEIGHBOURS = 3
"""The place is where a third of the worst described rows lie closest together."""


@dataclass(frozen=True)
class Event:
    """Something that happened in a fit and that its user should know.

    Parameters
    ----------
    iteration : int
        After so many updates (the number of the history's last entry before it).
    component : int or None
        Which component, by its number at that moment; None for the fit as a whole.
    kind : str
        One word: ``reseeded``, ``dropped``, ``spike``, ``empty``, ``fell``, ``stopped``, ``truncated``; of the rows:
        ``constant``, ``equal``, ``few``.
    text : str
        What happened, in words.
    start : int or None
        To which start, by its place in the table of attempts; None if it is about the rows.
    """

    iteration: int
    component: int | None
    kind: str
    text: str
    start: int | None = None


@dataclass(frozen=True)
class Polished:
    """A run of EM to its end, repairs and all."""

    result: FitResult[Mixture, Statistics]
    events: tuple[Event, ...]


def polish(scene: Scene, start: Mixture, generator: np.random.Generator) -> Polished:
    """EM on all rows; under the automatic prior with repairs of components that collapse.

    Raises
    ------
    DegenerateFitError
        If a covariance becomes singular, without the automatic prior.
    """
    recipe = scene.recipe
    events: list[Event] = []
    result, left_out = _climb(scene, start, recipe.max_iter, generator)
    tries = 0
    while True:
        iteration = result.n_iter
        if result.status is Status.FELL:
            events.append(Event(iteration, None, "fell", Status.FELL.advice))
        # With no iterations the start is what was asked for, whatever it is; and a fit that was ended is to end.
        if recipe.max_iter == 0 or result.status is Status.STOPPED:
            return _polished(result, events, left_out)
        bad = collapsed(scene, result)
        if not np.count_nonzero(bad):
            return _polished(result, events, left_out)
        component = int(np.flatnonzero(bad)[0])
        # Not the weight, which stays where it is where all are equal.
        part = float(result.evaluation.sums.sum_weight[component] / scene.summary.sum_weight)
        words = _words(component, part, result.parameters.n_components)
        remaining = recipe.max_iter - len(result.history)
        if remaining < 0:
            kind = "empty" if part * result.parameters.n_components < EMPTY else "spike"
            events.append(Event(iteration, component, kind, f"{words}; max_iter was reached before a repair"))
            return _polished(result, events, left_out)
        if tries < TRIES:
            mended = reseeded(scene, result.parameters, component, tries, generator)
            tries += 1
            words += f"; it was put where the rows were described worst (try {tries} of {TRIES})"
            events.append(Event(iteration, component, "reseeded", words))
        else:
            mended, tries = without(result.parameters, component), 0
            words += f"; put elsewhere {TRIES} times it collapsed again and was dropped: the fit has one fewer"
            events.append(Event(iteration, component, "dropped", words))
        later, left_out = _climb(scene, mended, remaining, generator)
        result = FitResult(later.parameters, later.evaluation, result.history.repaired(later.history), later.status)


def _climb(
    scene: Scene, start: Mixture, max_iter: int, generator: np.random.Generator
) -> tuple[FitResult[Mixture, Statistics], LeftOut | None]:
    if is_truncated(scene.recipe, start):
        climbed = climb(scene, start, max_iter, generator)
        return climbed.result, climbed.left_out
    step, recipe = scene.step, scene.recipe
    # Without a promise that the objective rises its rise is no reason to take a longer step.
    leaps = acceleration(scene, start) if recipe.accelerated and step.monotone else None
    return run(step, start, recipe.stopping, max_iter, leaps, recipe.listener), None


def _polished(result: FitResult[Mixture, Statistics], events: Sequence[Event], left_out: LeftOut | None) -> Polished:
    last = [] if left_out is None else [Event(result.n_iter, None, "truncated", str(left_out))]
    return Polished(result, (*events, *last))


def _words(component: int, part: float, n_components: int) -> str:
    if part * n_components < EMPTY:
        return f"component {component} emptied: it had a share of {part:.2g} of the rows"
    return f"component {component} collapsed to a spike on few rows: {100.0 * part:.2g} % of all weight"


def without(mixture: Mixture, component: int) -> Mixture:
    """The mixture of the other components."""
    kept = np.delete(np.arange(mixture.n_components), component)
    allocation = mixture.allocation
    if not isinstance(allocation, CommonWeights):
        raise TypeError(f"components with {allocation.name} weights cannot be dropped")
    weights = allocation.values[kept]
    others = CommonWeights(weights / weights.sum(), allocation.free)
    return Mixture(mixture.family.reorder(kept), others, mixture.frame)


def reseeded(scene: Scene, mixture: Mixture, component: int, tries: int, generator: np.random.Generator) -> Mixture:
    """The mixture with one component put where the others describe the rows worst.

    It gets the others' pooled covariance and the average weight. The first time it stands where the worst described
    rows lie closest together, later at one of them drawn by weight.
    """
    others = without(mixture, component)
    if not isinstance(mixture.family, Gaussian) or not isinstance(others.family, Gaussian):
        raise TypeError("only Gaussian components are put elsewhere")
    k, form = mixture.n_components, mixture.family.structure.form
    rows = scene.draw(DRAWN_ROWS, generator)
    inside = scene.frame.to_internal(rows)
    order = np.argsort(others.log_density(rows.x), kind="stable")
    reached = np.searchsorted(np.cumsum(inside.weight[order]), WORST * inside.weight.sum()) + 1
    worst = order[: max(int(reached), NEIGHBOURS)]
    points, weight = inside.x[worst], inside.weight[worst]
    covariance = form.stack(others.family.covariance, k - 1)
    pooled = np.einsum("k,kij->ij", others.weights, covariance)
    mean = _densest(points, weight, pooled) if tries == 0 else points[draw_rows(weight, 1, generator)[0]]
    means = mixture.family.means.copy()
    means[component] = mean
    stacked = form.stack(mixture.family.covariance, k).copy()
    if not mixture.family.structure.shared:
        stacked[component] = pooled
    weights = np.insert(others.weights * (1.0 - 1.0 / k), component, 1.0 / k)
    family = Gaussian.from_covariance(mixture.family.structure, means, form.from_stack(stacked))
    family = scene.update.admitted(family)
    if scene.recipe.equal_weights:
        weights = np.full(k, 1.0 / k)
    return Mixture(family, CommonWeights(weights, not scene.recipe.equal_weights), mixture.frame)


def _densest(points: Floats, weight: Floats, covariance: Floats) -> Floats:
    """Mean of the third of the points that lies closest about one of them, in Mahalanobis distance."""
    white = np.linalg.solve(np.linalg.cholesky(covariance), points.T).T
    distance = ((white[:, np.newaxis] - white) ** 2).sum(axis=2)  # (m, m)
    nearest = np.argsort(distance, axis=1, kind="stable")
    cumulative = np.cumsum(weight[nearest], axis=1)
    inside = cumulative <= np.maximum(weight.sum() / NEIGHBOURS, cumulative[:, :1])
    spread = np.take_along_axis(distance, nearest, axis=1)
    centre = int((spread * inside * weight[nearest]).sum(axis=1).argmin())
    chosen = nearest[centre][inside[centre]]
    return weight[chosen] @ points[chosen] / weight[chosen].sum()
