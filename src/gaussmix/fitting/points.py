"""Starts from single rows."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from gaussmix.allocations.given import Hard
from gaussmix.core.mixture import Mixture
from gaussmix.core.types import Floats
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.structures import STRUCTURES
from gaussmix.fitting.scene import Scene, Start
from gaussmix.starts.k_means import metric
from gaussmix.starts.seeding import draw_rows, greedy_k_means_plus_plus

SEEDING_ROWS = 20_000
"""Rows among which first centres are looked for: seeding costs rows · k · draws, and EM or k-means goes over all of
them afterwards anyway."""

ROWS_A_MEAN = 2
"""Rows that one mean of the start "random" comes from. scikit-learn shares all rows out, which puts every mean at
the centre of the data, from where EM hardly moves; of two rows a component they stand well apart."""


def drawn_points(scene: Scene, generator: np.random.Generator) -> tuple[Floats, Floats]:
    """Some rows in internal units (m, d), and their weights (m,)."""
    rows = scene.frame.to_internal(scene.draw(SEEDING_ROWS, generator))
    return rows.x, rows.weight


class PointsStart(Start):
    """Components at single points, all with one covariance.

    It is that of the rows about their nearest point, pooled, with distances in the metric of k-means. scikit-learn
    starts every component from the scatter of its one row, which is zero, so that ``reg_covar`` alone is its
    covariance and the first E-step a hard split.
    """

    @abstractmethod
    def points(self, x: Floats, weight: Floats, measure: Floats, k: int, generator: np.random.Generator) -> Floats:
        """The points (k, d) from drawn rows (m, d) in internal units and their weights (m,)."""

    def first(self, scene: Scene, generator: np.random.Generator) -> Mixture:
        structure, k = scene.recipe.structure, scene.recipe.n_components
        measure = metric(scene.summary, scene.frame, structure.scaling)
        means = self.points(*drawn_points(scene, generator), measure, k, generator)
        balls = Gaussian(STRUCTURES["diag"], means, np.repeat(measure[np.newaxis], k, axis=0))
        target = scene.target(means)
        sums = scene.kernel.expect(scene.source, Mixture(balls, Hard(k), scene.frame), target)
        return scene.mixture(scene.update.first(sums, target, np.inf), np.ones(k))


class PlusPlusStart(PointsStart):
    """Rows far from one another (k-means++)."""

    name = "k-means++"

    def points(self, x: Floats, weight: Floats, measure: Floats, k: int, generator: np.random.Generator) -> Floats:
        return x[greedy_k_means_plus_plus(x * measure, weight, k, generator)]


class RandomRowsStart(PointsStart):
    """Rows drawn by weight."""

    name = "random_from_data"

    def points(self, x: Floats, weight: Floats, measure: Floats, k: int, generator: np.random.Generator) -> Floats:
        remaining, chosen = weight.copy(), []
        for _ in range(k):
            row = int(draw_rows(remaining if remaining.any() else weight, 1, generator)[0])
            chosen.append(row)
            remaining[(x == x[row]).all(axis=1)] = 0.0  # two components in one place would stay together for ever
        return x[chosen]


class RandomStart(PointsStart):
    """Means of random responsibilities of a few rows."""

    name = "random"

    def points(self, x: Floats, weight: Floats, measure: Floats, k: int, generator: np.random.Generator) -> Floats:
        rows = draw_rows(weight, ROWS_A_MEAN * k, generator)
        responsibility = generator.random((len(rows), k))
        responsibility /= responsibility.sum(axis=1, keepdims=True)
        return (responsibility.T @ x[rows]) / responsibility.sum(axis=0)[:, np.newaxis]
