"""Components merged into clusters by entropy (Baudry, Raftery, Celeux, Lo & Gottardo 2010).

A cluster that is not Gaussian takes several Gaussian components, which then share its rows. Merging the two that share
most lowers the entropy of the shares most, and step by step gives as many clusters as are wanted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import log
from typing import NamedTuple

import numpy as np
from scipy.special import entr, xlogy

from gaussmix.core.block import Block
from gaussmix.core.contracts import Kernel
from gaussmix.core.mixture import Mixture
from gaussmix.core.source import RowTask, Source
from gaussmix.core.tree import Node
from gaussmix.core.types import Floats, Integers
from gaussmix.errors import ConfigError, DataError

SPAN_VALUES = 1 << 20
"""Shares that are in memory at a time: 8 MB, and enough rows for several threads."""
APART = 0.01 * log(2.0)
"""Entropy a row below which components are taken to stand apart: that of one row in a hundred shared evenly by two.
The entropies are then those of single rows, and a change in their slope says nothing."""

Cluster = tuple[int, ...]
"""Numbers of the components that make a cluster, in order."""


class Merge(NamedTuple):
    """One step: two clusters become one.

    Parameters
    ----------
    first, second : tuple of int
        Components of the two.
    fall : float
        By how much the entropy falls.
    """

    first: Cluster
    second: Cluster
    fall: float


@dataclass(frozen=True)
class MergingTree:
    """Every number of clusters that the components of a mixture can be merged into, one step from another.

    Parameters
    ----------
    merges : tuple of Merge, length k − 1
        The first step first.
    entropy : array, shape (k,)
        −Σ wᵢ Σⱼ tᵢⱼ log tᵢⱼ with 1, 2, … k clusters: over rows i and clusters j, with the rows' weights w and the
        probabilities t that the rows belong to the clusters.
    sum_weight : float
        Sum of the rows' weights.
    """

    merges: tuple[Merge, ...]
    entropy: Floats
    sum_weight: float

    @property
    def n_components(self) -> int:
        """Number of components."""
        return len(self.entropy)

    def clusters(self, n_clusters: int) -> tuple[Cluster, ...]:
        """Which components make each of so many clusters; clusters come in the order of their first components.

        Raises
        ------
        ConfigError
            If there are not so many components.
        """
        if not 1 <= n_clusters <= self.n_components:
            raise ConfigError(
                f"{self.n_components} components make 1 to {self.n_components} clusters, not {n_clusters}"
            )
        found: set[Cluster] = {(j,) for j in range(self.n_components)}
        for merge in self.merges[: self.n_components - n_clusters]:
            found -= {merge.first, merge.second}
            found.add(_union(merge.first, merge.second))
        return tuple(sorted(found))

    def suggested(self, n_pieces: int = 2) -> int:
        """The number of clusters at which the entropy changes its slope.

        Lines that meet at one number of clusters, or at two, are fitted to the entropies by least squares, each to all
        points from one meeting place to the next, both included. Up to the (first) meeting place entropy rises slowly:
        clusters stand apart. Where there is no choice of meeting places, or components stand apart as they are (by
        `APART`), nothing is merged.

        Parameters
        ----------
        n_pieces : {2, 3}
            How many lines.
        """
        if n_pieces not in (2, 3):
            raise ConfigError(f"the entropies are fitted by 2 or 3 lines, not {n_pieces}")
        k = self.n_components
        meetings = list(combinations(range(2, k), n_pieces - 1))
        if len(meetings) < 2 or self.entropy[-1] < APART * self.sum_weight:
            return k
        return min(meetings, key=lambda places: sum(map(self._misfit, *zip(*pairwise((1, *places, k)), strict=True))))[
            0
        ]

    def _misfit(self, first: int, last: int) -> float:
        """Sum of squared distances of the entropies of these numbers of clusters from their line."""
        y = self.entropy[first - 1 : last]
        x = np.arange(len(y)) - 0.5 * (len(y) - 1)
        y = y - y.mean()
        rest = y - x * ((x @ y) / (x @ x))
        return float(rest @ rest)


def merging_tree(source: Source, kernel: Kernel, mixture: Mixture) -> MergingTree:
    """Merge the components of a mixture pair by pair, each time the two with the largest fall in entropy.

    One pass over the rows a step: what a pair's merging is worth is a sum over rows, and changes only where one of the
    two is new.

    Parameters
    ----------
    source : Source
        The rows, by whose weights entropies are summed.
    kernel : Kernel
        Who goes over them.
    mixture : Mixture
        Its components are merged.

    Raises
    ------
    DataError
        If no row counts.
    """
    k = mixture.n_components
    task = kernel.row_task(source.dtype, mixture, ("responsibility",))
    clusters: list[Cluster] = [(j,) for j in range(k)]
    pairs = list(combinations(clusters, 2))
    falls: dict[tuple[Cluster, Cluster], float] = {}
    merges: list[Merge] = []
    entropy = np.zeros(k)  # of one cluster: exactly 0
    sum_weight = 0.0
    while pairs or not sum_weight:
        places = {cluster: place for place, cluster in enumerate(clusters)}
        numbers = np.array([(places[a], places[b]) for a, b in pairs], dtype=np.int64).reshape(-1, 2)
        sums = source.map_reduce(_FallsTask(task, membership(clusters, k), numbers))
        if sums is None or not sums[0] > 0.0:
            raise DataError("there are no rows of positive weight to tell by which components overlap")
        sum_weight = float(sums[0])
        if len(clusters) == 1:
            break
        entropy[len(clusters) - 1] = max(0.0, sums[1])  # float32 shares may be above 1 by rounding
        falls |= dict(zip(pairs, map(float, sums[2:]), strict=True))
        first, second = max(falls, key=falls.__getitem__)
        merges.append(Merge(first, second, falls[first, second]))
        merged = _union(first, second)
        clusters = sorted([merged, *(cluster for cluster in clusters if cluster not in (first, second))])
        falls = {pair: fall for pair, fall in falls.items() if not {first, second} & set(pair)}
        pairs = [(min(merged, other), max(merged, other)) for other in clusters if other != merged]
    return MergingTree(tuple(merges), entropy, sum_weight)


def membership(clusters: Sequence[Cluster], n_components: int) -> Floats:
    """1 where a component is in a cluster, else 0, shape (k, c): makes shares in clusters of those in components."""
    found = np.zeros((n_components, len(clusters)))
    for place, cluster in enumerate(clusters):
        found[list(cluster), place] = 1.0
    return found


@dataclass(frozen=True)
class _FallsTask:
    """Sum of weights, entropy of a partition, and what merging each of some pairs of clusters would take from it.

    Parameters
    ----------
    rows : RowTask
        Gives each row's share in each component.
    membership : array, shape (k, c)
        Which components are in which cluster.
    pairs : array of int, shape (p, 2)
        Clusters, those with the same first one together.
    """

    rows: RowTask
    membership: Floats
    pairs: Integers

    @property
    def chunk_length(self) -> int:
        return self.rows.chunk_length

    def map(self, block: Block, first_chunk: int) -> Iterator[Node[Floats]]:
        """One node a chunk; shares of a span of chunks are in memory."""
        length = self.chunk_length
        span = max(1, SPAN_VALUES // (length * len(self.membership))) * length
        for begin in range(0, len(block), span):
            part = block.rows(begin, begin + span)
            field = self.rows.fields["responsibility"]
            share = np.empty((len(part), *field.shape), dtype=field.dtype)
            self.rows.map(part, {"responsibility": share})
            weight = np.ascontiguousarray(part.weight)  # a product of vectors has other bits where one has steps
            for start in range(0, len(part), length):
                sums = self._sums(share[start : start + length] @ self.membership, weight[start : start + length])
                yield Node(0, first_chunk + (begin + start) // length, sums)

    def _sums(self, share: Floats, weight: Floats) -> Floats:
        """Sums over rows with these shares in the clusters, (b, c), and these weights."""
        sums = [np.array([weight.sum(), weight @ entr(share).sum(axis=1)])]
        first, starts = np.unique(self.pairs[:, 0], return_index=True)
        for place, seconds in zip(first, np.split(self.pairs[:, 1], starts[1:]), strict=False):
            sums.append(weight @ _fall(share[:, [place]], share[:, seconds]))
        return np.concatenate(sums)


def _fall(a: Floats, b: Floats) -> Floats:
    """(a + b)·log(a + b) − a·log a − b·log b, without the cancellation of that difference where one is small."""
    low, high = np.minimum(a, b), np.maximum(a, b)
    ratio = np.divide(low, high, out=np.zeros_like(low), where=high > 0.0)
    return (low + high) * np.log1p(ratio) - xlogy(low, ratio)


def _union(first: Cluster, second: Cluster) -> Cluster:
    return tuple(sorted((*first, *second)))
