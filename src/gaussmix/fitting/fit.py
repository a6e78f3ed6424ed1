"""From rows and a recipe to a fitted mixture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gaussmix.allocations.weights import CommonWeightsUpdate
from gaussmix.core.contracts import Kernel, Source
from gaussmix.core.mixture import Mixture
from gaussmix.core.statistics import Statistics
from gaussmix.core.summary import Summary
from gaussmix.em.driver import FitResult, run
from gaussmix.errors import DataError, DegenerateFitError
from gaussmix.fitting.recipe import Recipe
from gaussmix.fitting.start import Scene, Start
from gaussmix.fitting.step import EMStep
from gaussmix.kernels.summary import summarise

LEAST_ROWS = 2
"""One row has no spread to fit anything to."""


@dataclass(frozen=True)
class Attempt:
    """One start of a fit: its name, and the objective it came to or why it failed."""

    start: str
    objective: float
    n_iter: int
    status: str


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
        Every start, in order.
    """

    result: FitResult[Mixture, Statistics]
    summary: Summary
    attempts: tuple[Attempt, ...]

    @property
    def mixture(self) -> Mixture:
        """The fitted mixture."""
        return self.result.parameters

    @property
    def log_likelihood(self) -> float:
        """Of exactly this mixture, over all rows, in the user's units."""
        return self.result.evaluation.entry.log_likelihood


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
        If every start ended with a singular covariance.
    """
    summary = checked_summary(source, recipe.n_components)
    frame = summary.frame(recipe.structure.scaling)
    update = recipe.family_update(summary, frame)
    scene = Scene(source, kernel, summary, frame, recipe, update)
    step = EMStep(source, kernel, update, CommonWeightsUpdate(), summary.sum_weight, update.prior.monotone)
    attempts: list[Attempt] = []
    best: FitResult[Mixture, Statistics] | None = None
    failure: DegenerateFitError | None = None
    for _ in range(n_init):
        try:
            result = run(step, start.first(scene, generator), recipe.stopping, recipe.max_iter)
        except DegenerateFitError as error:
            failure = error
            attempts.append(Attempt(start.name, -np.inf, 0, "degenerate"))
            continue
        objective = result.evaluation.entry.objective
        attempts.append(Attempt(start.name, objective, result.n_iter, result.status.value))
        if best is None or objective > best.evaluation.entry.objective:
            best = result
    if best is None:
        raise failure if failure is not None else DegenerateFitError("no start was tried")
    return Fit(best, summary, tuple(attempts))


def checked_summary(source: Source, n_components: int) -> Summary:
    """The summary of rows that a fit can use.

    Raises
    ------
    DataError
        If they cannot be: the text says where and what to do.
    """
    summary = summarise(source)
    if summary is None or summary.n_weighted < LEAST_ROWS:
        found = 0 if summary is None else summary.n_weighted
        raise DataError(f"{found} rows of positive weight are too few: a mixture needs at least {LEAST_ROWS}")
    for word, counts, firsts, remedy in (
        ("missing", summary.n_missing, summary.first_missing, "drop or fill those rows"),
        ("infinite", summary.n_infinite, summary.first_infinite, "correct or drop those rows"),
    ):
        if counts.any():
            column = int(np.flatnonzero(counts)[0])
            raise DataError(
                f"column {column} has {int(counts[column])} {word} values, the first in row {int(firsts[column])}; "
                f"{remedy}"
            )
    if summary.n_weighted < n_components:
        raise DataError(
            f"Expected n_samples >= n_components but got n_components = {n_components}, "
            f"n_samples = {summary.n_weighted}"
        )
    return summary
