"""`python -m benchmarks.peers`: an iteration of ours beside each library that we know of, a few cases of the grid.

Every library that is installed and can run a case from the given start takes part, after a check that its
log-likelihoods are ours; what cannot is listed with its reason. An engine whose iteration has taken longer than
`--most` seconds is not asked for the larger cases of the same kind. Rows of float32 are for those that take no others.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatch

from benchmarks import machine, runner, table
from benchmarks.cases import Case, DType, Structure
from benchmarks.engines import ENGINES, OURS, Engine
from benchmarks.engines.installed import installed
from benchmarks.options import add_engines, add_record

SIZES = ((50_000, 8, 16), (20_000, 32, 32), (10_240, 64, 32))
"""n, d, k: a tenth of the grid's rows."""
STORED: tuple[tuple[Structure, DType], ...] = (
    ("full", "float64"),
    ("diag", "float64"),
    ("full", "float32"),
    ("diag", "float32"),
)


def main() -> int:
    """Measure each case and print a line for it; return 1 where an engine failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    add_engines(parser, ENGINES, usual=ENGINES, repeat=5, most=0.3)
    parser.add_argument("--stored", default="*", help="patterns with commas, of: " + ", ".join(map("-".join, STORED)))
    parser.add_argument("--shrink", type=int, default=1, metavar="FACTOR", help="as many times fewer rows")
    add_record(parser)
    options = parser.parse_args()
    engines, versions, missing = installed(ENGINES, options.engines)
    for line in missing:
        print(line)
    settings = runner.Settings(0, options.threads, options.repeat, options.patience, options.clock, least=1)
    load = os.getloadavg()[0]
    patterns = options.stored.split(",")
    stored = [each for each in STORED if any(fnmatch("-".join(each), pattern) for pattern in patterns)]
    results = []
    for result in measured(stored, engines, settings, options.shrink, options.most):
        results.append(result)
        print(table.line(result), flush=True)
        if options.json is not None:  # after each case: a run that is ended early keeps what it has
            record = {
                **machine.conditions(load, options.threads, options.clock),
                "versions": versions,
                "missing": missing,
                "results": [result.as_json() for result in results],
            }
            options.json.write_text(json.dumps(record, indent=1) + "\n")
    skipped = Counter(skip for result in results for skip in result.skipped.items())
    for (engine, reason), cases in skipped.items():
        print(f"{cases} of {len(results)} cases without {engine}: {reason}")
    return 1 if any(result.failed for result in results) else 0


def measured(
    stored: Sequence[tuple[Structure, DType]],
    engines: Mapping[str, Engine],
    settings: runner.Settings,
    shrink: int,
    most: float,
) -> Iterator[runner.Result]:
    """Yield the result of each case."""
    elsewhere: dict[str, str] = {}  # what need not be asked again in float32
    for structure, dtype in stored:
        left_out = dict(elsewhere) if dtype == "float32" else {}
        for n, d, k in SIZES:
            case = Case(structure, "overlapping", n, d, k, dtype).shrunk(shrink)
            asked = {name: engine for name, engine in engines.items() if name not in left_out}
            result = runner.run_case(case, asked, settings)
            result.skipped |= left_out
            for name, timing in result.timings.items():
                if name != OURS and dtype == "float64":
                    elsewhere[name] = "compared in float64"
                if name != OURS and timing.iteration > most:
                    left_out[name] = f"{timing.iteration:.1f} s an iteration of fewer columns"
            yield result


if __name__ == "__main__":
    sys.exit(main())
