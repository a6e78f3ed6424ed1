"""k-means as a hard mixture with one fixed metric: the same passes and the same loop as every other fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gaussmix.allocations.given import Hard
from gaussmix.core.contracts import Source, Update
from gaussmix.core.frame import Frame, Scaling
from gaussmix.core.mixture import Mixture
from gaussmix.core.statistics import Statistics
from gaussmix.core.summary import Summary
from gaussmix.core.types import Floats, Integers
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.structures import STRUCTURES
from gaussmix.starts.seeding import draw_rows, greedy_k_means_plus_plus

SEEDING_ROWS = 20_000
"""Rows among which first centres are looked for: seeding costs rows · k · draws, and k-means goes over all of
them afterwards anyway."""


@dataclass(frozen=True)
class CentresOnly(Update[Gaussian]):
    """Centres move to the mean of their rows; the metric stays. A centre without rows stays where it is."""

    def update(self, statistics: Statistics, current: Gaussian) -> Gaussian:
        """The next centres."""
        sum_weight = statistics.sum_weight[:, np.newaxis]
        step = statistics["sum_x"] / np.where(sum_weight > 0.0, sum_weight, 1.0)
        return Gaussian(current.structure, statistics.pivot + step, current.precision_cholesky)

    def log_prior(self, parameters: Gaussian) -> float:
        """No prior."""
        return 0.0


def seeded_centres(
    source: Source,
    summary: Summary,
    frame: Frame,
    scaling: Scaling,
    n_components: int,
    generator: np.random.Generator,
) -> Mixture:
    """A hard mixture about spread-out rows.

    Distances are measured in standard deviations of the columns where the fit to come follows every change of
    their units, and in one common unit where it does not.
    """
    metric = _metric(frame.lengths_to_internal(summary.standard_deviation), scaling)
    sample = source.take(_row_sample(summary, generator))
    points = frame.positions_to_internal(sample.x) * metric
    centres = greedy_k_means_plus_plus(points, sample.weight, n_components, generator) / metric
    family = Gaussian(STRUCTURES["diag"], centres, np.repeat(metric[np.newaxis], n_components, axis=0))
    return Mixture(family, Hard(n_components), frame)


def _metric(deviation: Floats, scaling: Scaling) -> Floats:
    # Exact deviations, not the frame's powers of two: how these are rounded must not show in the distances.
    if scaling is Scaling.COMMON:
        deviation = np.full_like(deviation, np.sqrt(np.mean(deviation**2)))
    varying = deviation > 0.0  # a constant column separates nothing, whatever it is divided by
    return np.where(varying, 1.0 / np.where(varying, deviation, 1.0), 1.0)


def _row_sample(summary: Summary, generator: np.random.Generator) -> Integers:
    if summary.n_rows <= SEEDING_ROWS:
        return np.arange(summary.n_rows)
    return np.sort(generator.choice(summary.n_rows, SEEDING_ROWS, replace=False))
