"""The start by model-based agglomeration, whose tree may serve several fits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gaussmix.core.block import Block
from gaussmix.core.mixture import Mixture
from gaussmix.core.types import Floats, Integers
from gaussmix.errors import DegenerateFitError
from gaussmix.fitting.auto import from_labels
from gaussmix.fitting.scene import Scene, Start
from gaussmix.starts.coordinates import halfway, principal_components
from gaussmix.starts.hierarchy import Agglomeration
from gaussmix.starts.k_means import metric

MOST_ROWS = 2000
"""Rows that are merged: costs of all pairs are in memory, 16 MB, and a tenth of a second. R's mclust takes as many."""


@dataclass(frozen=True)
class Tree:
    """Some rows, and their partitions into any number of groups.

    Parameters
    ----------
    rows : Block
        In the user's units.
    agglomeration : Agglomeration
        Of these rows.
    """

    rows: Block
    agglomeration: Agglomeration

    @classmethod
    def grown(cls, scene: Scene, generator: np.random.Generator) -> Tree:
        """The tree of all rows, or of 2000 if there are more.

        Neither the number of components nor the structure of the scene's recipe says anything here, but for the
        structure's kind of scaling: fits that agree in that may share a tree.
        """
        rows = scene.draw(MOST_ROWS, generator)
        inside = scene.frame.to_internal(rows)
        measure = metric(scene.summary, scene.frame, scene.recipe.structure.scaling)
        return cls(rows, Agglomeration.of(merging_space(inside.x * measure, inside.weight), inside.weight))

    def labels(self, n_components: int) -> Integers:
        """Group of each of its rows."""
        return self.agglomeration.labels(n_components)


def merging_space(points: Floats, weight: Floats) -> Floats:
    """Coordinates in which points are merged, shape (m, r), r ≥ 1."""
    white, variance = principal_components(points, weight)
    return halfway(white, variance) if len(variance) else np.zeros((len(points), 1))  # else all rows are equal


@dataclass(frozen=True)
class HierarchicalStart(Start):
    """One M-step from a partition by merging.

    Parameters
    ----------
    tree : Tree, optional
        Of the same rows; without it one is grown.
    """

    tree: Tree | None = None

    name = "hierarchical"

    def first(self, scene: Scene, generator: np.random.Generator) -> Mixture:
        tree = Tree.grown(scene, generator) if self.tree is None else self.tree
        inside = scene.frame.to_internal(tree.rows)
        mixture, _, reason = from_labels(scene.on(tree.rows), inside, tree.labels(scene.recipe.n_components))
        if mixture is None:
            raise DegenerateFitError(reason)
        return mixture
