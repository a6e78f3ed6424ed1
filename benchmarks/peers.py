"""`python -m benchmarks.peers`: an iteration of ours beside each library that we know of, a few cases of the grid.

Every library that is installed and can run a case from the given start takes part, after a check that its
log-likelihoods are ours; what cannot is listed with its reason. An engine whose iteration has taken longer than
`--most` seconds is not asked for the larger cases of the same kind.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from pathlib import Path

from benchmarks import machine, runner, table
from benchmarks.cases import Case
from benchmarks.clocks import CLOCKS
from benchmarks.engines import ENGINES, OURS
from benchmarks.engines.installed import installed

SIZES = ((50_000, 8, 16), (20_000, 32, 32), (10_240, 64, 32))
"""n, d, k: a tenth of the grid's rows."""
STORED = (("full", "float64"), ("diag", "float64"), ("full", "float32"), ("diag", "float32"))


def main() -> int:
    """Measure each case and print a line for it; return 1 where an engine failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--engines", default=",".join(ENGINES), help="by name, with commas")
    parser.add_argument("--most-features", type=int, default=SIZES[-1][1], help="leave out larger d")
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--patience", type=float, default=10.0, help="seconds after which an engine is not repeated")
    parser.add_argument("--most", type=float, default=0.5, metavar="SECONDS")
    parser.add_argument("--threads", type=int, default=machine.usable_cores())
    parser.add_argument(
        "--clock", choices=list(CLOCKS), default="wall", help="processor: for one thread beside other work"
    )
    parser.add_argument("--json", type=Path, metavar="PATH")
    options = parser.parse_args()
    engines, versions, missing = installed(ENGINES, options.engines)
    for line in missing:
        print(line)
    settings = runner.Settings(0, options.threads, options.repeat, options.patience, options.clock)
    load = os.getloadavg()[0]
    results: list[runner.Result] = []
    for structure, dtype in STORED:
        slow: dict[str, float] = {}
        for n, d, k in SIZES:
            if d <= options.most_features:
                case = Case(structure, "overlapping", n, d, k, dtype)
                asked = {name: engine for name, engine in engines.items() if name not in slow}
                result = runner.run_case(case, asked, settings)
                result.skipped |= {
                    name: f"{seconds:.1f} s an iteration of fewer columns" for name, seconds in slow.items()
                }
                times = {name: timing.iteration for name, timing in result.timings.items() if name != OURS}
                slow |= {name: seconds for name, seconds in times.items() if seconds > options.most}
                results.append(result)
                print(table.line(result), flush=True)
                if options.json is not None:  # after each case: a run that is ended early keeps what it has
                    record = {
                        "machine": machine.describe(),
                        "commit": machine.commit(),
                        "load": [load, os.getloadavg()[0]],
                        "threads": options.threads,
                        "clock": options.clock,
                        "versions": versions,
                        "missing": missing,
                        "results": [result.as_json() for result in results],
                    }
                    options.json.write_text(json.dumps(record, indent=1) + "\n")
    skipped = Counter(skip for result in results for skip in result.skipped.items())
    for (engine, reason), cases in skipped.items():
        print(f"{cases} of {len(results)} cases without {engine}: {reason}")
    return 1 if any(result.failed for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
