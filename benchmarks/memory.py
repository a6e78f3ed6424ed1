"""`python -m benchmarks.memory`: the memory that a fit takes beyond its input, at its peak.

Each engine fits in a process of its own, which loads the rows from a file: nothing that made the
data is left in its heap. Linux only: it is the kernel that keeps the peak of the resident memory,
and that forgets it on request once imports and data are in.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.cases import Case, Problem, Start, make
from benchmarks.engines import ENGINES

CASE = Case("full", "overlapping", n=1_000_000, d=32, k=64)
# Fitted first: what an engine imports and sets up on first use is no cost of the rows.
WARM_UP = Case("full", "overlapping", n=1_000, d=2, k=2)
ITERATIONS = 2  # the second one takes what the first one took


def main() -> int:
    """Measure each engine and print a line for each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--engines", default="gaussmix", help="by name, with commas")
    parser.add_argument("--threads", type=int, default=machine.usable_cores())
    parser.add_argument("--rows", type=int, default=CASE.n)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, metavar="PATH")
    options = parser.parse_args()
    if not Path("/proc/self/clear_refs").exists():
        raise SystemExit("This needs Linux: no other system forgets the peak on request.")

    case = Case(CASE.structure, CASE.kind, options.rows, CASE.d, CASE.k)
    measured: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        problem = make(case, options.seed)
        np.save(Path(folder) / "x.npy", problem.x)
        start = problem.start
        np.savez(Path(folder) / "start.npz", **vars(start))
        input_bytes = problem.x.nbytes
        del problem
        for name in options.engines.split(","):
            beyond = _in_child(name, case, Path(folder), options.threads)
            measured[name] = {"input_bytes": input_bytes, "peak_beyond_input_bytes": beyond}
            print(
                f"{name}: {beyond / 2**20:.1f} MiB beyond the input of {input_bytes / 2**20:.0f} MiB "
                f"({case.name}, {options.threads} threads)"
            )
    if options.json is not None:
        options.json.write_text(json.dumps(measured, indent=1) + "\n")
    return 0


def _in_child(name: str, case: Case, folder: Path, threads: int) -> int:
    # spawn: a forked child would share pages with its parent, and its counts would mislead.
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_measure, args=(name, case, folder, threads, sender))
    child.start()
    sender.close()
    try:
        return int(receiver.recv())
    except EOFError:
        raise SystemExit(f"{name}: the fit ended without a result; see its message above") from None
    finally:
        child.join()


def _measure(name: str, case: Case, folder: Path, threads: int, sender: Any) -> None:
    with np.load(folder / "start.npz") as arrays:
        start = Start(**arrays)
    problem = Problem(case, np.load(folder / "x.npy"), start)
    ENGINES[name].prepare(make(WARM_UP, seed=0), threads)(ITERATIONS)
    fit = ENGINES[name].prepare(problem, threads)
    before = _resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from here
    fit(ITERATIONS)
    sender.send(_resident("VmHWM") - before)


def _resident(field: str) -> int:
    """Return a line of the kernel's account of this process, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise LookupError(field)


if __name__ == "__main__":
    sys.exit(main())
