"""Truncated EM: an iteration at many components against one at few, and against EM with all of them.

python -m benchmarks.many_components            # 200,000 x 16, k = 256 and 2048: a minute or two
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from dataclasses import dataclass

import numpy as np

from gaussmix import GaussianMixture

WARM_UP = 7
"""Iterations before the clock starts: rounds have grown to their full length, and most rows have found their cell."""
ITERATIONS = 15
"""Iterations that are timed: three rounds, each with its search."""
REQUIRED, AIM = 3.0, 2.0
"""Ratio of iteration times of the most components to the fewest."""


def clusters(n: int, d: int, seed: int, groups: int = 1500) -> np.ndarray:
    """Rows of so many clusters of unlike shapes along a curved sheet of 6 dimensions: many overlap."""
    rng = np.random.default_rng(seed)
    place = rng.normal(size=(groups, 6))
    means = 2.0 * (place @ rng.normal(size=(6, d)) / 2.4 + np.sin(place @ rng.normal(size=(6, d))))
    spread = 0.4 * np.eye(d) + rng.normal(size=(groups, d, d)) * 0.5 / np.sqrt(d)
    group = rng.choice(groups, size=n, p=rng.dirichlet(np.full(groups, 3.0)))
    rows = np.empty((n, d))
    for first in range(0, n, 20_000):
        some = slice(first, first + 20_000)
        rows[some] = means[group[some]] + np.einsum(
            "nij,nj->ni", spread[group[some]], rng.normal(size=(len(group[some]), d))
        )
    return rows


@dataclass(frozen=True)
class Fitted:
    """One fit: seconds to the first iteration, of an iteration, and of the whole."""

    model: GaussianMixture
    before: float
    iteration: float
    whole: float


def fit(x: np.ndarray, k: int, candidates: int | None, warm_up: int, iterations: int, threads: int) -> Fitted:
    begin = time.perf_counter()
    heard: list[float] = []

    def hear(record) -> None:
        if record.kind == "iteration":
            heard.append(time.perf_counter())

    model = GaussianMixture(
        k,
        n_candidates=candidates,
        init_params="k-means++",
        max_iter=warm_up + iterations,
        tol=0.0,
        random_state=0,
        n_threads=threads,
        callback=hear,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # not converged, and few rows a parameter: both are meant
        model.fit(x)
    whole = time.perf_counter() - begin
    timed = np.diff(heard[-iterations - 1 :])
    return Fitted(model, heard[0] - begin, float(timed.mean()), whole)


def gate(threads: int) -> list[str]:
    """What is wrong with fits of few components, for which all can be compared."""
    x = clusters(6000, 5, 1, 60)
    full = fit(x, 48, None, 0, 40, threads).model
    cut = fit(x, 48, 16, 0, 40, threads).model
    faults = []
    if abs(cut.lower_bound_ - cut.score(x)) > 1e-9 * abs(cut.lower_bound_):
        faults.append(f"the log-likelihood of the result is {cut.score(x)}, the fit says {cut.lower_bound_}")
    if (np.diff(cut.history_.objective) < -1e-9 * np.abs(cut.history_.objective[:-1])).any():
        faults.append("the bound fell")
    if cut.lower_bound_ < full.lower_bound_ - 0.02:
        faults.append(f"truncated EM came to {cut.lower_bound_:.4f} a row, EM to {full.lower_bound_:.4f}")
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--features", type=int, default=16)
    parser.add_argument("--components", type=int, nargs="+", default=[256, 2048])
    parser.add_argument("--candidates", type=int, default=16)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--full", action="store_true", help="one iteration with all components, too")
    arguments = parser.parse_args()
    faults = gate(arguments.threads)
    if faults:
        print("not right, so not timed: " + "; ".join(faults))
        return 1
    x = clusters(arguments.rows, arguments.features, 0)
    print(f"{arguments.rows} x {arguments.features}, {arguments.candidates} candidates, {arguments.threads} threads")
    print(f"{'k':>6} {'start, s':>9} {'iteration, ms':>14} {'all components, ms':>19} {'whole fit, s':>13}  left out")
    times = []
    for k in arguments.components:
        found = fit(x, k, arguments.candidates, WARM_UP, ITERATIONS, arguments.threads)
        all_components = fit(x, k, None, 0, 2, arguments.threads).iteration if arguments.full else np.nan
        said = next(event.text for event in found.model.events_ if event.kind == "truncated")
        times.append(found.iteration)
        figures = f"{found.before:9.2f} {1e3 * found.iteration:14.1f} {1e3 * all_components:19.1f} {found.whole:13.1f}"
        print(f"{k:6} {figures}  {said}", flush=True)
    ratio = times[-1] / times[0]
    print(f"most ÷ fewest components: {ratio:.2f} (required {REQUIRED}, aim {AIM})")
    return int(ratio > REQUIRED)


if __name__ == "__main__":
    sys.exit(main())
