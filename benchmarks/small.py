"""`python -m benchmarks.small`: whole fits of few rows, where what is done once and in Python is the cost.

Fits that leave everything to their defaults, and ours with scikit-learn's settings, take turns on the same rows. Beside
the times stands how much more likely a row is under ours: a fit that stops early is fast, too.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks import machine
from benchmarks.cases import KINDS, Array, Case, Kind, make

SIZES = (1_000, 10_000)
D, K = 2, 5
SCIKIT_LEARNS_TOL = 1e-3
SCIKIT_LEARNS = {"init_params": "kmeans", "reg_covar": 1e-6, "max_iter": 100}

THEIRS, SAME, OURS = "scikit-learn", "ours, its settings", "ours, our defaults"


def main() -> int:
    """Measure each size and kind and print a line for each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.small", description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="data sets and starts of each case")
    parser.add_argument("--repetitions", type=int, default=5, help="of each fit")
    parser.add_argument("--threads", type=int, default=machine.usable_cores())
    parser.add_argument("--json", type=Path, metavar="PATH")
    options = parser.parse_args()

    table = Table(title=f"whole fits, d = {D}, k = {K}, medians", title_justify="left", title_style="bold")
    for heading in ("data", "n", *(f"{name}\nms" for name in (THEIRS, SAME, OURS))):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("ratio\nits settings", "ratio\ndefaults", "nats a row\nmedian", "nats a row\nleast"):
        table.add_column(heading, justify="right", no_wrap=True)
    measured = []
    for kind in KINDS:
        for n in SIZES:
            result = measure(kind, n, options.seeds, options.repetitions, options.threads)
            measured.append(result)
            times, gains = result["seconds"], np.array(result["gain_of_defaults"])
            table.add_row(
                kind,
                f"{n:,}",
                *(f"{1e3 * times[name]:.1f}" for name in (THEIRS, SAME, OURS)),
                f"{result['ratio_same_settings']:.1f}",
                f"{result['ratio_defaults']:.2f}",
                f"{np.median(gains):+.4f}",
                f"{gains.min():+.4f}",
            )
    Console(width=120).print(table)
    if options.json is not None:
        record = {"machine": machine.describe(), "commit": machine.commit(), "results": measured}
        options.json.write_text(json.dumps(record, indent=1) + "\n")
    return 0


def measure(kind: Kind, n: int, seeds: int, repetitions: int, threads: int) -> dict[str, Any]:
    """Return median times of every engine over all seeds, medians of ratios, and gains in log-likelihood a row."""
    from threadpoolctl import threadpool_limits

    seconds: dict[str, list[float]] = {name: [] for name in (THEIRS, SAME, OURS)}
    gains, iterations = [], []
    with threadpool_limits(threads), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # not to have converged after 100 iterations is part of the comparison
        for seed in range(seeds):
            x = make(Case("full", kind, n, D, K), seed).x
            fits = engines(x, seed, threads)
            models = {name: fit() for name, fit in fits.items()}  # what is imported on first use is no cost of a fit
            likelihood = {name: float(model.score(x)) for name, model in models.items()}
            gains.append(likelihood[OURS] - likelihood[THEIRS])
            iterations.append({name: int(model.n_iter_) for name, model in models.items()})
            for turn in range(repetitions):
                for number in range(len(fits)):
                    name = list(fits)[(turn + number) % len(fits)]
                    before = perf_counter()
                    fits[name]()
                    seconds[name].append(perf_counter() - before)
    theirs = np.array(seconds[THEIRS])
    return {
        "kind": kind,
        "n": n,
        "seconds": {name: float(np.median(times)) for name, times in seconds.items()},
        "ratio_same_settings": float(np.median(theirs / seconds[SAME])),
        "ratio_defaults": float(np.median(theirs / seconds[OURS])),
        "gain_of_defaults": gains,
        "iterations": iterations,
    }


def engines(
    x: Array, seed: int, threads: int, k: int = K, tol: float = SCIKIT_LEARNS_TOL
) -> dict[str, Callable[[], Any]]:
    """Return a whole fit of these rows by each; ``tol`` is of ours with scikit-learn's settings."""
    from sklearn.mixture import GaussianMixture as Theirs

    from gaussmix import GaussianMixture as Ours

    return {
        THEIRS: lambda: Theirs(k, random_state=seed).fit(x),
        SAME: lambda: Ours(k, random_state=seed, n_threads=threads, tol=tol, **SCIKIT_LEARNS).fit(x),
        OURS: lambda: Ours(k, random_state=seed, n_threads=threads).fit(x),
    }


if __name__ == "__main__":
    sys.exit(main())
