"""`python -m benchmarks.merging`: how well partitions by merging know the clusters, before any EM."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.metrics import adjusted_rand_score

from gaussmix.fitting.auto import likeliest
from gaussmix.kernels.automatic import AutomaticKernel
from gaussmix.starts.coordinates import halfway, principal_components
from gaussmix.starts.hierarchy import Agglomeration
from gaussmix.starts.k_means import nearest

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

N, K, EVERY = 1000, 4, 5
KINDS: dict[str, tuple[int, float]] = {  # features, and standard deviation of the centres
    "separated": (3, 4.0),
    "overlapping": (3, 1.8),
    "unequal": (3, 3.0),
    "ten features": (10, 2.0),
    "long, d = 2": (2, np.nan),
    "long, d = 5": (5, np.nan),
}


def clusters(kind: str, seed: int) -> tuple[Array, Labels]:
    """Return rows and their clusters: ellipsoids of any kind, or long ones side by side and turned."""
    rng = np.random.default_rng(seed)
    d, spread = KINDS[kind]
    share = [0.55, 0.3, 0.1, 0.05] if kind == "unequal" else np.full(K, 1.0 / K)
    label = rng.choice(K, size=N, p=share)
    if np.isnan(spread):
        x = rng.normal(size=(N, d))
        x[:, 0] *= 15.0
        x[:, 1] += 6.0 * label
        return x @ np.linalg.qr(rng.normal(size=(d, d)))[0].T, label
    centres = rng.normal(size=(K, d)) * spread
    roots = 0.6 * rng.normal(size=(K, d, d)) + np.eye(d)
    return centres[label] + np.einsum("nij,nj->ni", roots[label], rng.normal(size=(N, d))), label


def merged_rows(x: Array) -> Labels:
    """Merge all rows, as `init_params="hierarchical"`."""
    points = _halfway(x)
    return Agglomeration.of(points, np.ones(N)).labels(K)


def some_merged(x: Array) -> Labels:
    """Merge some rows, which the others join, as in the race of starts."""
    points = _halfway(x)
    rows = points[::EVERY]
    return likeliest(AutomaticKernel(), points, rows, Agglomeration.of(rows, np.ones(len(rows))).labels(K))


def ward(x: Array) -> Labels:
    """Merge some whitened rows by Ward's criterion, and have the others join the nearest centre."""
    white, _ = principal_components(_standardised(x), np.ones(N))
    rows = white[::EVERY]
    found = fcluster(linkage(rows, "ward"), K, "maxclust")
    return nearest(white, np.stack([rows[found == each].mean(axis=0) for each in np.unique(found)]))


def _standardised(x: Array) -> Array:
    return (x - x.mean(axis=0)) / x.std(axis=0)


def _halfway(x: Array) -> Array:
    return halfway(*principal_components(_standardised(x), np.ones(N)))


WAYS: dict[str, Callable[[Array], Labels]] = {
    "Ward, 200 rows": ward,
    "ellipsoids, 200 rows": some_merged,
    "ellipsoids, all rows": merged_rows,
}


def main() -> int:
    """Print mean and least adjusted Rand index of every way on every kind of clusters."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.merging", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args()
    title = f"adjusted Rand index, {N} rows, {K} clusters: mean / least of {options.seeds}"
    table = Table(title=title, title_justify="left", title_style="bold")
    for heading in ("clusters", *WAYS):
        table.add_column(heading, justify="right", no_wrap=True)
    for kind in KINDS:
        drawn = [clusters(kind, seed) for seed in range(options.seeds)]
        found = [[adjusted_rand_score(label, way(x)) for x, label in drawn] for way in WAYS.values()]
        table.add_row(kind, *(f"{np.mean(each):.3f} / {np.min(each):.3f}" for each in found))
    Console(width=100).print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
