"""Mixtures whose number of clusters is known: six kinds, each drawn anew from a seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

MOST_DRAWS = 100_000
"""Of centres, until they are as far apart as they are to be."""


@dataclass(frozen=True)
class Truth:
    """Rows, and how many clusters they come from."""

    x: Array
    n_clusters: int


@dataclass(frozen=True)
class Kind:
    """What mixtures of one kind have in common.

    Parameters
    ----------
    words : str
        For the table's legend.
    n_rows : int
        Rows.
    n_features : int
        Columns.
    n_clusters : tuple of int
        From which their number is drawn.
    apart : tuple of float
        Between which the smallest distance of two clusters lies, in sums of their standard deviations on the line
        through both centres: at 1 two equal balls have one mode, at 2.5 hardly a row in common.
    length : float
        Most by which a cluster's longest standard deviation exceeds its shortest.
    weights : callable
        Weights of so many clusters.
    """

    words: str
    n_rows: int
    n_features: int
    n_clusters: tuple[int, ...]
    apart: tuple[float, float]
    length: float
    weights: Callable[[int], Array]


def equal(k: int) -> Array:
    return np.full(k, 1.0 / k)


def halving(k: int) -> Array:
    """Each cluster has 0.4 times the rows of the one before."""
    weights = 0.4 ** np.arange(k)
    return weights / weights.sum()


KINDS = {
    "separated": Kind("2 to 6 clusters, hardly a row in common", 400, 2, (2, 3, 4, 5, 6), (2.5, 4.0), 2.0, equal),
    "overlapping": Kind("2 to 4 clusters that share rows", 600, 2, (2, 3, 4), (1.3, 1.7), 2.0, equal),
    "unequal": Kind("3 or 4, each with 0.4 times the rows of the last", 600, 2, (3, 4), (2.0, 3.0), 2.0, halving),
    "elongated": Kind("2 to 4, up to 10 times as long as wide", 500, 2, (2, 3, 4), (1.8, 3.0), 10.0, equal),
    "high d": Kind("2 to 4 in 10 features", 600, 10, (2, 3, 4), (1.8, 3.0), 3.0, equal),
    "one": Kind("one cluster only", 300, 3, (1,), (0.0, np.inf), 5.0, equal),
}


def draw(name: str, run: int) -> Truth:
    """Draw the rows of this run."""
    kind = KINDS[name]
    rng = np.random.default_rng([run, list(KINDS).index(name)])
    k = int(rng.choice(kind.n_clusters))
    roots = np.array([_root(kind, rng) for _ in range(k)])
    centres = _centres(kind, roots, rng)
    of = rng.choice(k, size=kind.n_rows, p=kind.weights(k))
    x = centres[of] + np.einsum("nij,nj->ni", roots[of], rng.normal(size=(kind.n_rows, kind.n_features)))
    return Truth(x, k)


def _root(kind: Kind, rng: np.random.Generator) -> Array:
    """Draw a root of a covariance: turned evenly, with a volume between a half and twice 1."""
    d = kind.n_features
    turn, _ = np.linalg.qr(rng.normal(size=(d, d)))
    spread = np.exp(np.log(kind.length) * rng.random(d))
    if d > 1:
        spread[rng.permutation(d)[:2]] = 1.0, kind.length * rng.uniform(0.7, 1.0)
    spread /= np.exp(np.log(spread).mean())
    return turn * spread * rng.uniform(0.5, 2.0) ** (1.0 / d)


def _centres(kind: Kind, roots: Array, rng: np.random.Generator) -> Array:
    """Draw centres whose nearest two are as far apart as the kind says."""
    k, d = len(roots), kind.n_features
    if k == 1:
        return rng.normal(size=(1, d))
    low, high = kind.apart
    for _ in range(MOST_DRAWS):
        centres = rng.normal(size=(k, d)) * rng.uniform(1.0, 10.0)
        smallest = min(_distance(centres, roots, i, j) for i in range(k) for j in range(i))
        if low <= smallest <= high:
            return centres
    raise RuntimeError(f"no centres of {k} clusters lie between {low} and {high} apart")


def _distance(centres: Array, roots: Array, i: int, j: int) -> float:
    line = centres[i] - centres[j]
    length = np.linalg.norm(line)
    deviations = [np.linalg.norm(roots[each].T @ (line / length)) for each in (i, j)]
    return float(length / sum(deviations))
