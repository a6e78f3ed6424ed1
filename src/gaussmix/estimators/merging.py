"""Clusters of several components each: merging by entropy, with estimators' manners."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from gaussmix.core.mixture import Mixture
from gaussmix.core.types import Array, Floats, Integers
from gaussmix.errors import ConfigError
from gaussmix.estimators.auto_gaussian_mixture import AutoGaussianMixture
from gaussmix.estimators.parameters import is_whole
from gaussmix.estimators.predicting import PredictingMixture
from gaussmix.estimators.rows import query_rows
from gaussmix.fitting.one_blas_thread import one_blas_thread
from gaussmix.kernels.automatic import AutomaticKernel
from gaussmix.selection.merging import Cluster, Merge, MergingTree, membership, merging_tree


@one_blas_thread()
def merge_components(
    model: PredictingMixture | AutoGaussianMixture,
    X: Any,
    *,
    sample_weight: npt.ArrayLike | None = None,
    n_pieces: int = 2,
) -> MergedComponents:
    """Merge components that share rows into clusters (Baudry et al. 2010).

    Parameters
    ----------
    model : GaussianMixture or AutoGaussianMixture
        Fitted; the mixture (of the latter its best) stays as it is, and so do its densities.
    X : array-like of shape (n, d), Source, str or Path
        The rows by which components are merged, as for ``fit``: those of the fit as a rule.
    sample_weight : array-like of shape (n,), or str, optional
        How often each row counts; where rows are in files, the name of the column that says so.
    n_pieces : {2, 3}
        Straight lines by which the suggested number of clusters is found.

    Returns
    -------
    merged : MergedComponents
        Every number of clusters from 1 to the number of components, and which is suggested.

    Raises
    ------
    ConfigError
        If the model is none of these, or ``n_pieces`` neither 2 nor 3.
    DataError
        If the rows cannot be used.

    Examples
    --------
    Two clusters, one of them in the shape of an L, which takes two Gaussian components:

    >>> import numpy as np
    >>> from gaussmix import GaussianMixture, merge_components
    >>> rng = np.random.default_rng(0)
    >>> ell = [rng.normal((2, 0), (1.0, 0.2), (200, 2)), rng.normal((0, 2), (0.2, 1.0), (200, 2))]
    >>> X = np.concatenate([*ell, rng.normal((9, 9), 0.5, (200, 2))])
    >>> model = GaussianMixture(3, random_state=0).fit(X)
    >>> merged = merge_components(model, X)
    >>> len(merged.clusters(2))
    2
    >>> labels = merged.predict(X, n_clusters=2)
    >>> len(np.unique(labels[:400])), len(np.unique(labels[400:]))
    (1, 1)
    """
    if isinstance(model, AutoGaussianMixture):
        model = model.best_
    if not isinstance(model, PredictingMixture):
        raise ConfigError(
            f"model must be a fitted GaussianMixture or AutoGaussianMixture of gaussmix, got {type(model).__name__}; "
            "GaussianMixture.from_sklearn makes one of scikit-learn's"
        )
    check_is_fitted(model)
    if not is_whole(n_pieces) or n_pieces not in (2, 3):
        raise ConfigError(f"n_pieces must be 2 or 3, got {n_pieces!r}")
    mixture = model.mixture_
    rows = query_rows(model, X, mixture.n_features, sample_weight)
    kernel = AutomaticKernel(model.n_threads)
    return MergedComponents(merging_tree(rows.source, kernel, mixture), mixture, int(n_pieces), copy(model))


@dataclass(frozen=True, repr=False)
class MergedComponents:
    """The components of a mixture, merged into any number of clusters; what `merge_components` returns.

    Methods take the number of clusters, and the suggested one where none is given.
    """

    _tree: MergingTree
    _mixture: Mixture
    _n_pieces: int
    _model: PredictingMixture

    @property
    def n_clusters(self) -> int:
        """The suggested number of clusters: where the entropy, as a function of it, changes its slope.

        With fewer than four components (five for three lines) there is nothing to choose between, and where components
        hardly overlap nothing to merge: it is then the number of components.
        """
        return self._tree.suggested(self._n_pieces)

    @property
    def n_components(self) -> int:
        """Number of components of the mixture."""
        return self._tree.n_components

    @property
    def entropy(self) -> Floats:
        """Entropy of the rows' probabilities with 1, 2, … clusters, shape (k,): how much clusters share rows."""
        return self._tree.entropy.copy()

    @property
    def merges(self) -> tuple[Merge, ...]:
        """Each step: the components of the two clusters that were merged, and by how much the entropy fell."""
        return self._tree.merges

    def clusters(self, n_clusters: int | None = None) -> tuple[Cluster, ...]:
        """Which components make each cluster, by their numbers in the model; in the order of the first of each."""
        if n_clusters is not None and not is_whole(n_clusters):
            raise ConfigError(f"n_clusters must be a whole number from 1 to {self.n_components}, got {n_clusters!r}")
        return self._tree.clusters(self.n_clusters if n_clusters is None else n_clusters)

    def predict(self, X: Any, n_clusters: int | None = None) -> Integers:
        """The most probable cluster of each row, shape (n,)."""
        parts = [part.argmax(axis=1) for part in self._responsibilities(X, n_clusters)]
        return np.concatenate([np.zeros(0, dtype=np.int64), *parts])

    def predict_proba(self, X: Any, n_clusters: int | None = None) -> Floats:
        """Probability that each row is of each cluster, shape (n, n_clusters): that of its components together."""
        return np.concatenate(list(self._responsibilities(X, n_clusters)))

    def __repr__(self) -> str:
        return f"<{self.n_components} components in {self.n_clusters} clusters (suggested)>"

    def __str__(self) -> str:
        """Every step as a line, the suggested number of clusters marked."""
        suggested = self.n_clusters
        lines = ["clusters   entropy   merged next"]
        for number, entropy in zip(range(self.n_components, 0, -1), self._tree.entropy[::-1], strict=True):
            mark = "*" if number == suggested else " "
            step = self.n_components - number
            merge = self.merges[step] if step < len(self.merges) else None
            said = "" if merge is None else f"{_said(merge.first)} with {_said(merge.second)}"
            lines.append(f"{mark}{number:>7} {entropy:>9.2f}   {said}".rstrip())
        together = [_said(cluster) for cluster in self.clusters() if len(cluster) > 1]
        said = f"; together are components {', and '.join(together)}" if together else ": no components are merged"
        return "\n".join([*lines, f"* suggested: {suggested} cluster{'' if suggested == 1 else 's'}{said}"])

    def _responsibilities(self, X: Any, n_clusters: int | None) -> list[Array]:
        """Those in clusters, some rows after others."""
        rows = query_rows(self._model, X, self._mixture.n_features)
        kernel = AutomaticKernel(self._model.n_threads)
        together = membership(self.clusters(n_clusters), self.n_components)
        parts = kernel.row_parts(rows.source, self._mixture, ("responsibility",))
        return [part["responsibility"] @ together.astype(part["responsibility"].dtype) for part in parts]


def _said(cluster: Cluster) -> str:
    return "+".join(map(str, cluster))
