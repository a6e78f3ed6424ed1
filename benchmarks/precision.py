"""`python -m benchmarks.precision`: an iteration on rows of float32 against the same rows in float64, in turns.

Beside the times stands the share of the fused-multiply-add peak, of which float32 has twice as much.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import machine, runner
from benchmarks.cases import KINDS, SIZES, STRUCTURES, Case, make
from benchmarks.engines.gaussmix import Gaussmix
from benchmarks.peak import fma_peak

LANES = {"float64": 1, "float32": 2}
"""How many times as many numbers a register holds as of float64."""


def main() -> int:
    """Measure each size and print a line for each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.precision", description=__doc__)
    parser.add_argument("--structure", choices=STRUCTURES, default="full")
    parser.add_argument("--kinds", default="overlapping", help=f"of clusters, with commas: {', '.join(KINDS)}")
    parser.add_argument("--least-features", type=int, default=2, help="leave out smaller d")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", type=int, default=machine.usable_cores())
    parser.add_argument("--json", type=Path, metavar="PATH")
    options = parser.parse_args()
    settings = runner.Settings(0, options.threads, options.repeat, patience=60.0)
    measured = []
    for kind in options.kinds.split(","):
        for n, d, k in SIZES:
            if d >= options.least_features:
                measured.append(measure(Case(options.structure, kind, n, d, k), settings))
                print(_line(measured[-1]), flush=True)
    if options.json is not None:
        record = {"machine": machine.describe(), "commit": machine.commit(), "results": measured}
        options.json.write_text(json.dumps(record, indent=1) + "\n")
    return 0


def measure(case: Case, settings: runner.Settings) -> dict[str, Any]:
    """Return times of an iteration and shares of the peak by dtype."""
    cases = {dtype: replace(case, dtype=dtype) for dtype in LANES}
    fits = {dtype: Gaussmix().prepare(make(each, settings.seed), settings.threads) for dtype, each in cases.items()}
    if failed := runner.check(fits, {}, runner.TOLERANCE["float32"]):
        raise SystemExit("; ".join(failed.values()))
    peak = fma_peak(settings.threads)
    seconds = {dtype: timing.iteration for dtype, timing in runner.measure(fits, settings).items()}
    shares = (
        {dtype: case.flops / (seconds[dtype] * LANES[dtype] * peak) for dtype in LANES} if case.flops and peak else None
    )
    return {"case": case.name, "seconds": seconds, "of_the_peak": shares, "fma_peak": peak}


def _line(result: dict[str, Any]) -> str:
    seconds, shares = result["seconds"], result["of_the_peak"]
    times = ", ".join(
        f"{dtype} {1e3 * seconds[dtype]:.1f} ms" + (f" ({shares[dtype]:.0%} of the peak)" if shares else "")
        for dtype in LANES
    )
    return f"{result['case']}: {times}; ratio {seconds['float64'] / seconds['float32']:.2f}"


if __name__ == "__main__":
    sys.exit(main())
