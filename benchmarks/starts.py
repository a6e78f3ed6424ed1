"""`python -m benchmarks.starts`: what the race of starts finds.

Long clusters side by side, turned at random, where k-means cuts across: adjusted Rand index with the clusters that rows
were drawn from. And other mixtures, where what counts is the log-likelihood: the race's end against that of one start
by k-means. Nothing here is timed, so that other work on the machine does not matter.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.metrics import adjusted_rand_score

from benchmarks import machine
from benchmarks.cases import KINDS, Case, make

Array = NDArray[np.float64]

LONG_ROWS, LONG_FEATURES = (600, 1500, 6000), (2, 5, 10, 30)
LENGTH, APART = 30.0, 5.0
"""Standard deviations along the clusters' common direction, and between centres in another one."""
OTHERS = tuple(itertools.product(KINDS, (1000, 10_000), (2, 5, 10), (4, 8)))
"""Kind of clusters, n, d, k."""
BEHIND = 1e-3
"""Nats a row below k-means from which on the race has lost."""


def main() -> int:
    """Print the table of Rand indices, and how often and how far the race ended below k-means."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.starts", description=__doc__)
    parser.add_argument("--long-seeds", type=int, default=8, help="data sets of long clusters for each size")
    parser.add_argument("--seeds", type=int, default=4, help="data sets of each of the other kinds")
    parser.add_argument("--threads", type=int, default=machine.usable_cores())
    parser.add_argument("--json", type=Path, metavar="PATH")
    options = parser.parse_args()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # rows against parameters are no matter here
        found = {
            (n, d): [long_index(d, n, seed, options.threads) for seed in range(options.long_seeds)]
            for n in LONG_ROWS
            for d in LONG_FEATURES
        }
        table = Table(title="adjusted Rand index, least / median", title_justify="left", title_style="bold")
        for heading in ("rows", *(f"d = {d}" for d in LONG_FEATURES)):
            table.add_column(heading, justify="right", no_wrap=True)
        for n in LONG_ROWS:
            cells = (f"{np.min(found[n, d]):.3f} / {np.median(found[n, d]):.3f}" for d in LONG_FEATURES)
            table.add_row(f"{n:,}", *cells)
        Console(width=100).print(table)
        gains = [
            {
                "kind": kind,
                "n": n,
                "d": d,
                "k": k,
                "seed": seed,
                **gain(Case("full", kind, n, d, k), seed, options.threads),
            }
            for kind, n, d, k in OTHERS
            for seed in range(options.seeds)
        ]
    for kind in KINDS:
        rises = np.array([each["gain"] for each in gains if each["kind"] == kind])
        print(
            f"{kind}: of {len(rises)} mixtures {np.sum(rises < -BEHIND)} ended more than {BEHIND} nats a row below "
            f"k-means and {np.sum(rises > BEHIND)} as much above it; from {rises.min():+.4f} to {rises.max():+.4f}, "
            f"mean {rises.mean():+.4f}"
        )
    if options.json is not None:
        indices = [{"n": n, "d": d, "indices": each} for (n, d), each in found.items()]
        options.json.write_text(
            json.dumps({"commit": machine.commit(), "long": indices, "others": gains}, indent=1) + "\n"
        )
    return 0


def long_clusters(d: int, n: int, seed: int) -> tuple[Array, NDArray[np.int64]]:
    """Return rows of three clusters that are long in one direction and apart in another, and their labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(3, size=n)
    x = rng.normal(size=(n, d))
    x[:, 0] *= LENGTH
    x[:, 1] += APART * labels
    turn, _ = np.linalg.qr(rng.normal(size=(d, d)))
    return x @ turn.T, labels


def long_index(d: int, n: int, seed: int, threads: int) -> float:
    """Return how well the clusters of one data set are found."""
    from gaussmix import GaussianMixture

    x, labels = long_clusters(d, n, seed)
    model = GaussianMixture(3, random_state=seed, n_threads=threads).fit(x)
    return float(adjusted_rand_score(labels, model.predict(x)))


def gain(case: Case, seed: int, threads: int) -> dict[str, Any]:
    """Return what the race's fit is above the one that k-means starts, in nats a row."""
    from gaussmix import GaussianMixture

    x = make(case, seed).x
    scores = {
        start: float(GaussianMixture(case.k, init_params=start, random_state=seed, n_threads=threads).fit(x).score(x))
        for start in ("auto", "kmeans")
    }
    return {**scores, "gain": scores["auto"] - scores["kmeans"]}


if __name__ == "__main__":
    sys.exit(main())
