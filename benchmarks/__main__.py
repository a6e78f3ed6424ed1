"""`python -m benchmarks`: measure, print the table, write the JSON file."""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import json
import os
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import machine, peak, runner, table
from benchmarks.cases import Case, grid
from benchmarks.engines import ENGINES, USUAL
from benchmarks.engines.installed import installed

QUICK_SHRINK = 10
THOROUGH = 5, 90.0  # repetitions, patience
QUICK = 3, 10.0


def main() -> int:
    """Run the benchmark; return 1 where the engines did not agree."""
    options = _parser().parse_args()
    console = Console(width=None if sys.stdout.isatty() else 150)
    engines, versions, missing = installed(ENGINES, options.engines)
    cases = _cases(options.cases, options.quick)
    if not engines or not cases:
        console.print(f"Nothing to run. {'; '.join(missing) or 'No case has that name.'}")
        return 2
    for line in missing:
        console.print(f"[yellow]{line}[/yellow]")

    repeat, patience = QUICK if options.quick else THOROUGH
    settings = runner.Settings(
        seed=options.seed,
        threads=options.threads,
        repeat=options.repeat or repeat,
        patience=patience if options.patience is None else options.patience,
    )
    console.print(_heading(settings))
    load = os.getloadavg()[0]
    results = []
    for result in runner.run(cases, engines, settings):
        results.append(result)
        console.print(f"{len(results)}/{len(cases)} {table.line(result)}", style="dim")
        if options.json is not None:  # after each case: a run that is ended early keeps what it has
            document = _document(settings, versions, results, load)
            options.json.write_text(json.dumps(document, indent=1) + "\n")
    flops = _flops(results)
    table.show(results, list(engines), flops, console)
    if flops is not None:
        console.print(f"fused-multiply-add peak ({peak.level()}): {flops / 1e9:.0f} GFLOP/s")
    if options.json is not None:
        console.print(f"All timings: {options.json}")
    return 1 if any(result.failure for result in results) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--cases", default="*", help="names to run, as patterns with commas: 'full-overlapping-*,diag-*'"
    )
    parser.add_argument("--engines", default=",".join(USUAL), help=f"by name, with commas: {', '.join(ENGINES)}")
    parser.add_argument("--threads", type=int, default=machine.usable_cores())
    parser.add_argument("--repeat", type=int, help=f"repetitions (default: {THOROUGH[0]})")
    parser.add_argument(
        "--patience",
        type=float,
        help=f"seconds after which a slow engine is not repeated on a case (default: {THOROUGH[1]:.0f})",
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, 3 repetitions")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, metavar="PATH", help="write all timings there")
    return parser


def _cases(pattern: str, quick: bool) -> tuple[Case, ...]:
    patterns = pattern.split(",")
    cases = tuple(case for case in grid() if any(fnmatch(case.name, each) for each in patterns))
    return tuple(case.shrunk(QUICK_SHRINK) for case in cases) if quick else cases


def _heading(settings: runner.Settings) -> str:
    return (
        f"{machine.describe()['cpu']}, {settings.threads} threads; medians of {settings.repeat} interleaved "
        f"repetitions; fits of {runner.ITERATIONS} iterations from one start"
    )


def _flops(results: list[runner.Result]) -> float | None:
    """Return the most that was seen beside any case: a moment in which the machine was busy is no peak."""
    return max((result.fma_peak for result in results if result.fma_peak), default=None)


def _document(
    settings: runner.Settings,
    versions: dict[str, str],
    results: list[runner.Result],
    load: float,
) -> dict[str, Any]:
    for package in ("numpy", "scipy"):
        versions[package] = importlib.metadata.version(package)
    return {
        "made": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": machine.commit(),
        "machine": machine.describe(),
        "load": [load, os.getloadavg()[0]],
        "versions": versions,
        "seed": settings.seed,
        "threads": settings.threads,
        "repeat": settings.repeat,
        "iterations": runner.ITERATIONS,
        "tolerance": runner.TOLERANCE,
        "kernel_level": peak.level(),
        "fma_peak_flops": _flops(results),
        "results": [result.as_json() for result in results],
    }


if __name__ == "__main__":
    sys.exit(main())
