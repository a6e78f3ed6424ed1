"""`python -m benchmarks.passes`: which part of the peak single passes reach, each between two looks at it.

A virtual machine shares its cores with others, which change from one tenth of a second to the next how many
instructions it gets: more than how many multiply-adds it could do, if it did nothing else. So passes of some
tenths of a second are timed, float32 and float64 by turns, each against the peak just before and after it. Beside
the median stands the tenth part of the passes that were disturbed least. Full covariances, overlapping clusters:
2·n·k·d² operations a pass. Beside them matrix products of the same shapes by NumPy's BLAS (`blas.py`).
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks import blas, machine
from benchmarks.cases import SIZES, Case, make
from benchmarks.engines.estimator import em_alone
from benchmarks.precision import LANES

OPERATIONS = 2e10
"""Of a pass: some tenths of a second, so that there are as many chunks for each thread as make no odds."""
LOOK = 1e-3
"""Seconds of a look at the peak."""
LEAST_DISTURBED = 90
"""Percentile of the shares of the peak."""

Pass = Callable[[], float]


def main() -> int:
    """Measure each size and print a line for each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.passes", description=__doc__)
    parser.add_argument("--least-features", type=int, default=16, help="leave out smaller d")
    parser.add_argument("--passes", type=int, default=200)
    parser.add_argument("--threads", type=int, default=machine.usable_cores())
    parser.add_argument("--json", type=Path, metavar="PATH")
    options = parser.parse_args()
    measured = []
    for n, d, k in SIZES:
        if d >= options.least_features:
            measured.append(measure(Case("full", "overlapping", n, d, k), options.passes, options.threads))
            print(_line(measured[-1]), flush=True)
    if options.json is not None:
        record = {"machine": machine.describe(), "commit": machine.commit(), "results": measured}
        options.json.write_text(json.dumps(record, indent=1) + "\n")
    return 0


def measure(case: Case, n_passes: int, threads: int) -> dict[str, Any]:
    """Return the shares of the peak by dtype, and how many times as fast float32 was, pass by pass."""
    case = replace(case, n=round(OPERATIONS / (2 * case.k * case.d**2)))
    passes = {dtype: _pass(replace(case, dtype=dtype), threads) for dtype in LANES}
    shares: dict[str, list[float]] = {dtype: [] for dtype in LANES}
    ratios = []
    for _ in range(n_passes):
        seconds = {}
        for dtype, run in passes.items():
            before = _peak(threads)
            seconds[dtype] = run()
            peak = max(before, _peak(threads)) * LANES[dtype]  # a look may be disturbed, too
            shares[dtype].append((case.flops or 0.0) / (seconds[dtype] * peak))
        ratios.append(seconds["float64"] / seconds["float32"])
    return {
        "case": case.name,
        "threads": threads,
        "median": {dtype: float(np.median(each)) for dtype, each in shares.items()},
        "least_disturbed": {dtype: float(np.percentile(each, LEAST_DISTURBED)) for dtype, each in shares.items()},
        "ratio": float(np.median(ratios)),
        "blas": {dtype: _products(case, dtype, n_passes, threads) for dtype in LANES},
    }


def _products(case: Case, dtype: str, n_products: int, threads: int) -> dict[str, float]:
    """Return the median share of the peak of each kind of matrix product."""

    def peak() -> float:
        return _peak(threads) * LANES[dtype]

    return {
        kind: float(np.median(blas.shares_of_peak(shape, dtype, n_products, threads, peak)))
        for kind, shape in blas.shapes(case.d, case.k).items()
    }


def _peak(threads: int) -> float:
    from gaussmix import _native

    return float(_native.fma_peak(threads, LOOK))


def _pass(case: Case, threads: int) -> Pass:
    """One pass over rows in memory, from where an iteration of EM has come to; it returns its seconds."""
    from gaussmix import GaussianMixture
    from gaussmix.data.memory import MemorySource
    from gaussmix.kernels.native import NativeKernel

    problem = make(case, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that one iteration does not converge is meant
        model = GaussianMixture(**em_alone(problem), n_threads=threads, max_iter=1).fit(problem.x)
    source, kernel, mixture = MemorySource(problem.x), NativeKernel(threads), model.mixture_

    def run() -> float:
        begin = perf_counter()
        kernel.expect(source, mixture)
        return perf_counter() - begin

    run()
    return run


def _line(result: dict[str, Any]) -> str:
    parts = ", ".join(
        f"{dtype} {result['median'][dtype]:.0%} of the peak (least disturbed {result['least_disturbed'][dtype]:.0%})"
        for dtype in LANES
    )
    products = ", ".join(f"{kind} {share:.0%}" for kind, share in result["blas"]["float64"].items())
    return (
        f"{result['case']}, {result['threads']} threads: {parts}; float64 ÷ float32 {result['ratio']:.2f}; "
        f"float64 products by BLAS: {products}"
    )


if __name__ == "__main__":
    sys.exit(main())
