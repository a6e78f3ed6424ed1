"""First mixtures that scikit-learn knows by name."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gaussmix.allocations.given import RESPONSIBILITY
from gaussmix.core.block import Column
from gaussmix.core.mixture import Mixture
from gaussmix.core.types import Array, Floats
from gaussmix.data.memory import MemorySource
from gaussmix.families.gaussian_update import GaussianUpdate
from gaussmix.families.prior import Prior
from gaussmix.fitting.scene import Scene, Start
from gaussmix.fitting.start import ParametersStart, SharesStart
from gaussmix.starts.shares import one_hot

KINDS = ("kmeans", "k-means++", "random", "random_from_data")
"""Names that scikit-learn's ``init_params`` has."""


@dataclass(frozen=True)
class ScikitLearnStart(Start):
    """Responsibilities that scikit-learn would begin with, and one M-step from them.

    Parameters
    ----------
    kind : str
        Of scikit-learn's ``init_params``.
    x : array, shape (n, d)
        The rows.
    weight : array, shape (n,), optional
        Their weights.
    random_state : RandomState, optional
        Used as scikit-learn uses it, from one start to the next; its first mixtures are then made number for number.
        Without it the fit's own random numbers are used, and components of one row start as wide as is sensible.
    """

    kind: str
    x: Array
    weight: Floats | None
    random_state: np.random.RandomState | None

    @property
    def name(self) -> str:
        return self.kind

    def first(self, scene: Scene, generator: np.random.Generator) -> Mixture:
        random_state = self.random_state or np.random.RandomState(generator.integers(2**32))
        shares = self._responsibilities(scene.recipe.n_components, random_state)
        of_one_row = self.kind in ("k-means++", "random_from_data")
        if self.random_state is not None and (of_one_row or not shares.any(axis=0).all()):
            return self._by_its_formulas(scene, shares).first(scene, generator)
        if of_one_row:
            scaling, null = scene.recipe.structure.scaling, scene.update.prior.null
            prior = Prior.automatic(scene.summary, scene.frame, scaling, shares.shape[1], null)
            scene = replace(scene, update=GaussianUpdate(prior))
        source = MemorySource(self.x, self.weight, {RESPONSIBILITY: Column(shares)})
        return SharesStart().first(replace(scene, source=source), generator)

    def _responsibilities(self, k: int, random_state: np.random.RandomState) -> Floats:
        from sklearn.cluster import KMeans, kmeans_plusplus

        n = len(self.x)
        if self.kind == "kmeans":
            k_means = KMeans(n_clusters=k, n_init=1, random_state=random_state)
            return one_hot(k_means.fit(self.x, sample_weight=self.weight).labels_, k)
        if self.kind == "random":
            shares: Floats = random_state.uniform(size=(n, k))
            return shares / shares.sum(axis=1, keepdims=True)
        if self.kind == "k-means++":
            _, rows = kmeans_plusplus(self.x, k, sample_weight=self.weight, random_state=random_state)
        else:
            likely = None if self.weight is None else self.weight / self.weight.sum()
            rows = random_state.choice(n, size=k, replace=False, p=likely)
        chosen = np.zeros((n, k))
        chosen[rows, np.arange(k)] = 1.0
        return chosen

    def _by_its_formulas(self, scene: Scene, shares: Floats) -> ParametersStart:
        """A start where components have no rows, or the rows no component: what then happens is scikit-learn's own."""
        from sklearn.mixture._gaussian_mixture import _estimate_gaussian_parameters

        recipe = scene.recipe
        n, k = shares.shape
        x = self.x.astype(np.float64, copy=False)
        reg_covar = recipe.reg_covar or 0.0
        sum_weight, means, covariances = _estimate_gaussian_parameters(x, shares, reg_covar, recipe.structure.name)
        covariance = recipe.structure.private(covariances, k, x.shape[1])
        factor = recipe.structure.form.factor(covariance)
        return ParametersStart(sum_weight / n, means, factor, SharesStart())
