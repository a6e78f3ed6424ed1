"""`python -m benchmarks.structures`: whole fits of each covariance structure by our defaults."""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks import machine
from benchmarks.cases import Case, make
from benchmarks.clocks import CLOCKS
from benchmarks.options import add_record


def main() -> int:
    """Measure each structure, in turns, and print a line for each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.structures", description=__doc__)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--features", type=int, default=5)
    parser.add_argument("--components", type=int, default=9)
    parser.add_argument("--repetitions", type=int, default=5)
    add_record(parser)
    options = parser.parse_args()

    from gaussmix import GaussianMixture
    from gaussmix.families.structures import STRUCTURES

    clock = CLOCKS[options.clock]
    load = os.getloadavg()[0]
    n, d, k = options.rows, options.features, options.components
    x = make(Case("full", "overlapping", n, d, k), 0).x
    seconds: dict[str, list[float]] = {name: [] for name in STRUCTURES}
    iterations: dict[str, int] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # rows against parameters are no matter here
        for turn in range(options.repetitions + 1):
            for name in STRUCTURES:
                before = clock()
                model = GaussianMixture(k, covariance_type=name, random_state=0, n_threads=options.threads).fit(x)
                if turn:  # what is imported on first use is no cost of a fit
                    seconds[name].append(clock() - before)
                iterations[name] = int(model.n_iter_)
    table = Table(title=f"{n:,} rows, d = {d}, k = {k}, medians", title_justify="left", title_style="bold")
    for heading in ("structure", "ms", "iterations"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, structure in STRUCTURES.items():
        median = float(np.median(seconds[name]))
        table.add_row(structure.mclust_name, f"{1e3 * median:.1f}", f"{iterations[name]}")
    Console(width=100).print(table)
    if options.json is not None:
        record = {
            **machine.conditions(load, options.threads, options.clock),
            "seconds": seconds,
            "iterations": iterations,
        }
        options.json.write_text(json.dumps(record, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
