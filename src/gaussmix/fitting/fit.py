"""From rows and a recipe to a fitted mixture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isnan

import numpy as np

from gaussmix.core.contracts import Kernel
from gaussmix.core.mixture import Mixture
from gaussmix.core.source import Source
from gaussmix.core.statistics import Statistics
from gaussmix.core.summary import Summary
from gaussmix.em.driver import FitResult
from gaussmix.em.status import Status
from gaussmix.errors import DegenerateFitError
from gaussmix.fitting.about_rows import about_rows
from gaussmix.fitting.recipe import Recipe
from gaussmix.fitting.repair import Event, Polished, polish
from gaussmix.fitting.scene import Scene, Start
from gaussmix.fitting.usable import checked_summary

SAME = 0.01
"""Nats a row within which two attempts are taken to be on the way to one optimum."""


@dataclass(frozen=True)
class Attempt:
    """One start of a fit, and where it led.

    Parameters
    ----------
    start, kind : str
        Which start it was, and of what kind.
    raced : float
        Mean objective a row after the race, on the rows of the race; NaN where there was no race.
    objective : float
        Total objective after polishing on all rows; −inf where it was not polished or failed.
    n_iter : int
        Iterations of polishing.
    status : str
        How polishing ended; ``raced`` if the race was all, ``failed`` with the reason below.
    reason : str
        Why it was not polished.
    """

    start: str
    kind: str
    raced: float
    objective: float
    n_iter: int
    status: str
    reason: str = ""


@dataclass(frozen=True)
class Fit:
    """A fitted mixture and how it came about.

    Parameters
    ----------
    result : FitResult
        Of the best start.
    summary : Summary
        Of the rows.
    attempts : tuple of Attempt
        Every start: those that were polished in that order, then those that only ran the race, the better first.
    events : tuple of Event
        What the rows are like, then what happened to each start that was polished.
    best : int
        Place of the start that led here among the attempts.
    """

    result: FitResult[Mixture, Statistics]
    summary: Summary
    attempts: tuple[Attempt, ...]
    events: tuple[Event, ...] = ()
    best: int = 0

    @property
    def mixture(self) -> Mixture:
        """The fitted mixture."""
        return self.result.parameters

    @property
    def log_likelihood(self) -> float:
        """Of exactly this mixture, over all rows, in the user's units."""
        return self.result.evaluation.entry.log_likelihood

    @property
    def share_at_best(self) -> float:
        """Share of the attempts that came to the best optimum, as far as they went: 1 says that starts agree.

        After polishing if more than one was polished, else after the race; within `SAME` nats a row.
        """
        polished = np.array([a.objective for a in self.attempts]) / self.summary.sum_weight
        raced = np.array([a.raced for a in self.attempts])
        values = polished if np.isfinite(polished).sum() > 1 or not np.isfinite(raced).any() else raced
        values = values[np.isfinite(values)]
        return float((values >= values.max() - SAME).mean())


def fit_mixture(
    source: Source,
    kernel: Kernel,
    recipe: Recipe,
    start: Start,
    generator: np.random.Generator,
    n_init: int = 1,
) -> Fit:
    """Fit a Gaussian mixture by EM, keeping the best of ``n_init`` starts.

    Raises
    ------
    DataError
        If there are too few rows, or a value is missing or infinite.
    DegenerateFitError
        If every start ended with a singular covariance; the text has the reason of each.
    """
    summary = checked_summary(source, recipe.n_components)
    return fit_scene(Scene.of(source, kernel, summary, recipe), start, generator, n_init)


def fit_scene(scene: Scene, start: Start, generator: np.random.Generator, n_init: int = 1) -> Fit:
    """The same where the rows have been summarised: fits of the same rows share what is known of them."""
    recipe, summary = scene.recipe, scene.summary
    attempts: list[Attempt] = []
    events: list[Event] = [*about_rows(scene)]
    best: tuple[int, Polished] | None = None
    n_polished = 0
    entrants = start.entrants(scene, generator, n_init)
    stopped = False
    for entrant in entrants:
        if stopped and isnan(entrant.raced):
            continue  # it was made, and never tried
        about = (entrant.name, entrant.kind, entrant.raced)
        if entrant.mixture is None or n_polished == n_init or stopped:
            status = "raced" if entrant.mixture is not None or entrant.skipped else "failed"
            attempts.append(Attempt(*about, -np.inf, 0, status, entrant.reason))
            continue
        try:
            polished = polish(scene, entrant.mixture, generator)
        except DegenerateFitError as error:
            attempts.append(Attempt(*about, -np.inf, 0, "failed", str(error)))
            continue
        n_polished += 1
        result = polished.result
        objective = result.evaluation.entry.objective
        place = len(attempts)
        attempts.append(Attempt(*about, objective, result.n_iter, result.status.value))
        events.extend(replace(event, start=place) for event in polished.events)
        if best is None or objective > best[1].result.evaluation.entry.objective:
            best = place, polished
        if result.status is Status.STOPPED:
            stopped = True
            tried = max(place + 1, sum(not isnan(each.raced) for each in entrants))
            events.append(_ended(recipe, result.n_iter, place, tried))
    if best is None:
        raise _every_start_failed(attempts, summary)
    place, polished = best
    return Fit(polished.result, summary, tuple(attempts), tuple(events), place)


def _ended(recipe: Recipe, n_iter: int, place: int, n_tried: int) -> Event:
    """What is said of a fit that was ended before its end."""
    why = recipe.wants_end() or "a callback ended the fit"
    tried = "1 start" if n_tried == 1 else f"{n_tried} starts"
    return Event(n_iter, None, "stopped", f"{why} after {n_iter} iterations on all rows; {tried} had been tried", place)


def _every_start_failed(attempts: list[Attempt], summary: Summary) -> DegenerateFitError:
    failed = [attempt for attempt in attempts if attempt.status == "failed"]
    text = failed[0].reason
    if not summary.standard_deviation.any():
        text += " All rows are equal: there is nothing that more than one component could tell apart."
    if len(failed) > 1:
        text += f" All {len(failed)} starts failed: " + "; ".join(
            f"{attempt.start}: {attempt.reason.rsplit('Here ', 1)[-1].rstrip('.')}" for attempt in failed
        )
        text += "."
    return DegenerateFitError(text)
