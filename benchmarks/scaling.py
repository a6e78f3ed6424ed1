"""`python -m benchmarks.scaling`: how the time of an iteration grows with n, d and k.

One of them is varied about a middle case, every engine from the same start; the exponent is the slope of a line through
the logarithms of the largest three.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import machine, runner
from benchmarks.cases import Case
from benchmarks.engines import ENGINES

MIDDLE = Case("full", "overlapping", 100_000, 16, 16)
VARIED: dict[str, tuple[int, ...]] = {
    "n": (1_000, 10_000, 100_000, 1_000_000),
    "d": (2, 4, 8, 16, 32, 64, 128),
    "k": (2, 4, 8, 16, 32, 64, 128),
}
FITTED = 3
"""Points of the line: the smallest cases tell what a pass costs beside its arithmetic, not how that grows."""


def main() -> int:
    """Measure along each axis and print times and exponents."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument("--engines", default="gaussmix", help=f"by name, with commas: {', '.join(ENGINES)}")
    parser.add_argument("--axes", default=",".join(VARIED), help="some of these, with commas")
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--threads", type=int, default=machine.usable_cores())
    parser.add_argument("--json", type=Path, metavar="PATH")
    options = parser.parse_args()
    engines = {name: ENGINES[name] for name in options.engines.split(",")}
    settings = runner.Settings(0, options.threads, options.repeat, patience=30.0)
    measured: list[dict[str, Any]] = []
    for axis in options.axes.split(","):
        results = [runner.run_case(replace(MIDDLE, **{axis: size}), engines, settings) for size in VARIED[axis]]
        if failures := [result.failure for result in results if result.failure]:
            raise SystemExit(failures[0])
        for name in engines:
            seconds = [result.timings[name].iteration for result in results]
            slope = float(np.polyfit(np.log(VARIED[axis][-FITTED:]), np.log(seconds[-FITTED:]), 1)[0])
            measured.append({"axis": axis, "engine": name, "sizes": VARIED[axis], "seconds": seconds, "slope": slope})
            times = ", ".join(f"{size:,}: {1e3 * s:.3g}" for size, s in zip(VARIED[axis], seconds, strict=True))
            print(f"{name}, ms an iteration by {axis}: {times}; grows with {axis}^{slope:.2f}", flush=True)
    if options.json is not None:
        record = {"machine": machine.describe(), "commit": machine.commit(), "results": measured}
        options.json.write_text(json.dumps(record, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
