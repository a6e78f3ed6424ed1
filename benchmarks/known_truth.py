"""`python -m benchmarks.known_truth`: how often BIC finds the true number of clusters: ours, mclust and scikit-learn.

Each searches 1 to 9 components as it comes: `gaussmix.select` and mclust's `Mclust` over all their structures,
scikit-learn's `GaussianMixture` over its four, with default settings. Results go into a file as they are found; what is
there is not computed again, so that an interrupted study goes on. mclust needs R (Debian: r-cran-mclust).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.truths import KINDS, Array, draw

NUMBERS = range(1, 10)
ALLOWED = 3.0
"""Points by which ours may stay below the better of the others."""
BATCH = 10
"""Runs that one process of R takes: it needs a second to start."""
SAME = 0.5
"""Differences of BIC below this say nothing."""

Found = dict[str, Any]


def main() -> int:
    """Run what is not in the file yet, print the table, and return 1 where ours falls short."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.known_truth", description=__doc__)
    parser.add_argument("--runs", type=int, default=100, help="mixtures of each kind")
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--engines", nargs="+", choices=list(ENGINES), default=list(ENGINES))
    parser.add_argument("--results", type=Path, default=Path("known-truth.jsonl"), metavar="PATH")
    parser.add_argument("--table", action="store_true", help="print what the file has, and run nothing")
    options = parser.parse_args()

    found = [json.loads(line) for line in options.results.read_text().splitlines()] if options.results.exists() else []
    if not options.table:
        done = {(each["engine"], each["kind"], each["run"]) for each in found}
        with options.results.open("a") as file:
            # Batch by batch over all kinds and engines: what there is so far tells of each.
            for begin in range(0, options.runs, BATCH):
                for kind in options.kinds:
                    for engine in options.engines:
                        runs = range(begin, min(begin + BATCH, options.runs))
                        missing = [run for run in runs if (engine, kind, run) not in done]
                        for result in ENGINES[engine](kind, missing):
                            found.append({"engine": engine, "kind": kind, **result})
                            file.write(json.dumps(found[-1]) + "\n")
                            file.flush()
    return report(found, options.kinds)


def ours(kind: str, runs: list[int]) -> Iterator[Found]:
    """Yield the best of each run by `gaussmix.select`."""
    import gaussmix

    def best(x: Array, run: int) -> tuple[int, str, float]:
        model = gaussmix.select(x, NUMBERS, random_state=run, n_jobs=1).best
        return model.n_components, model.covariance_type, float(model.bic_)

    return _each(kind, runs, best)


def scikit_learn(kind: str, runs: list[int]) -> Iterator[Found]:
    """Yield the best of each run by scikit-learn's own mixture; a fit that fails is passed over."""
    from sklearn.mixture import GaussianMixture

    def best(x: Array, run: int) -> tuple[int, str, float]:
        cells = []
        for k in NUMBERS:
            for structure in ("full", "tied", "diag", "spherical"):
                try:
                    model = GaussianMixture(k, covariance_type=structure, random_state=run).fit(x)
                except ValueError:
                    continue
                cells.append((float(model.bic(x)), k, structure))
        bic, k, structure = min(cells)
        return k, structure, bic

    return _each(kind, runs, best)


def mclust(kind: str, runs: list[int]) -> Iterator[Found]:
    """Yield the best of each run by mclust."""
    if not runs:
        return
    with tempfile.TemporaryDirectory() as folder:
        truths = {}
        for run in runs:
            truth = draw(kind, run)
            path = Path(folder) / f"{run}.csv"
            np.savetxt(path, truth.x, delimiter=",", fmt="%.17g")
            truths[str(path)] = run, truth.n_clusters
        script = Path(__file__).with_name("mclust_best.R")
        done = subprocess.run(["Rscript", str(script), *truths], capture_output=True, text=True, check=True)
        for line in done.stdout.splitlines():
            path, k, model, bic, seconds = line.split()
            run, truth = truths[path]
            yield _found(run, truth, (int(k), model, float(bic)), float(seconds))


ENGINES: dict[str, Callable[[str, list[int]], Iterator[Found]]] = {
    "gaussmix": ours,
    "mclust": mclust,
    "scikit-learn": scikit_learn,
}


def report(found: list[Found], kinds: list[str]) -> int:
    """Print the shares of right numbers; 1 where ours is too far below the better of the others."""
    table = Table(title="true number of clusters found by BIC, % of the runs", title_justify="left", title_style="bold")
    for heading in ("kind", "runs", *ENGINES, "ours − best\nof others", "BIC better\nthan mclust's", "worse"):
        table.add_column(heading, justify="right", no_wrap=True)
    short = []
    for kind in kinds:
        by_engine = {
            engine: {each["run"]: each for each in found if (each["engine"], each["kind"]) == (engine, kind)}
            for engine in ENGINES
        }
        runs = sorted(set.intersection(*map(set, by_engine.values())))
        if not runs:
            continue
        right = {
            engine: 100.0 * float(np.mean([results[run]["k"] == results[run]["truth"] for run in runs]))
            for engine, results in by_engine.items()
        }
        lead = right["gaussmix"] - max(right["mclust"], right["scikit-learn"])
        gains = np.array([by_engine["mclust"][run]["bic"] - by_engine["gaussmix"][run]["bic"] for run in runs])
        counts = str(int((gains > SAME).sum())), str(int((gains < -SAME).sum()))
        table.add_row(kind, str(len(runs)), *(f"{right[e]:.0f}" for e in ENGINES), f"{lead:+.0f}", *counts)
        if lead < -ALLOWED:
            short.append(kind)
    console = Console(width=120)
    console.print(table)
    seconds = {e: [each["seconds"] for each in found if each["engine"] == e and each["kind"] in kinds] for e in ENGINES}
    console.print("median seconds: " + ", ".join(f"{e} {np.median(s):.2f}" for e, s in seconds.items() if s))
    console.print(f"more than {ALLOWED:g} points short: {', '.join(short) or 'none'}")
    return 1 if short else 0


def _each(kind: str, runs: list[int], best: Callable[[Array, int], tuple[int, str, float]]) -> Iterator[Found]:
    from threadpoolctl import threadpool_limits

    for run in runs:
        truth = draw(kind, run)
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            before = perf_counter()
            chosen = best(truth.x, run)
            yield _found(run, truth.n_clusters, chosen, perf_counter() - before)


def _found(run: int, truth: int, chosen: tuple[int, str, float], seconds: float) -> Found:
    k, structure, bic = chosen
    return {"run": run, "truth": truth, "k": k, "structure": structure, "bic": bic, "seconds": round(seconds, 3)}


if __name__ == "__main__":
    sys.exit(main())
