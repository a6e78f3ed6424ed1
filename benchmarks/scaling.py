"""`python -m benchmarks.scaling`: how the time of an iteration grows with n, d and k.

One of them is varied about a middle case, every engine from the same start; the exponent is the slope of a line through
the logarithms of the largest three. An engine whose iteration has taken longer than `--most` seconds is not asked for
larger sizes on that axis, so that its line ends there.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks import machine, runner
from benchmarks.cases import Case
from benchmarks.engines import ENGINES
from benchmarks.engines.installed import installed
from benchmarks.options import add_engines, add_record

MIDDLE = Case("full", "overlapping", 50_000, 16, 16)
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
    add_engines(parser, ENGINES, usual=["gaussmix"], repeat=3, most=math.inf)
    parser.add_argument("--axes", default=",".join(VARIED), help="some of these, with commas")
    parser.add_argument("--rows", type=int, default=MIDDLE.n, help="of the middle case")
    add_record(parser)
    options = parser.parse_args()
    found = installed(ENGINES, options.engines)
    for line in found.missing:
        print(line)
    settings = runner.Settings(0, options.threads, options.repeat, options.patience, options.clock, least=1)
    load = os.getloadavg()[0]
    measured: list[dict[str, Any]] = []
    for axis in options.axes.split(","):
        seconds: dict[str, list[float]] = {name: [] for name in found.engines}
        for size in VARIED[axis]:
            # Ours comes first and stays: its log-likelihoods are what the others are compared with.
            asked = {
                name: engine
                for number, (name, engine) in enumerate(found.engines.items())
                if number == 0 or max(seconds[name], default=0.0) <= options.most
            }
            result = runner.run_case(replace(MIDDLE, **{"n": options.rows, axis: size}), asked, settings)
            if result.failure:
                raise SystemExit(result.failure)
            for name in asked:
                seconds[name].append(result.timings[name].iteration)
        for name, times in seconds.items():
            measured.append({"axis": axis, "engine": name, **_grown(VARIED[axis], times)})
            print(_line(measured[-1]), flush=True)
    if options.json is not None:
        record = {
            **machine.conditions(load, options.threads, options.clock),
            "versions": found.versions,
            "middle": {"n": options.rows, "d": MIDDLE.d, "k": MIDDLE.k},
            "results": measured,
        }
        options.json.write_text(json.dumps(record, indent=1) + "\n")
    return 0


def _grown(sizes: tuple[int, ...], seconds: list[float]) -> dict[str, Any]:
    """Return the sizes that were measured, with the slope of the last ones."""
    measured = sizes[: len(seconds)]
    last = slice(-FITTED, None)
    slope = float(np.polyfit(np.log(measured[last]), np.log(seconds[last]), 1)[0])
    return {"sizes": measured, "seconds": seconds, "slope": slope}


def _line(result: dict[str, Any]) -> str:
    axis = result["axis"]
    times = ", ".join(f"{size:,}: {1e3 * s:.3g}" for size, s in zip(result["sizes"], result["seconds"], strict=True))
    return f"{result['engine']}, ms an iteration by {axis}: {times}; grows with {axis}^{result['slope']:.2f}"


if __name__ == "__main__":
    sys.exit(main())
