"""`python -m benchmarks.select`: the whole grid, 1 to 9 components of fourteen structures, beside R's mclust.

Both see the same rows and choose by BIC. A line counts only if ours found as good a BIC; the command fails where it did
not. mclust is Debian's `r-cran-mclust`, run by `Rscript`; reading the rows is no part of its time.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks import machine
from benchmarks.cases import KINDS, Array, Case, make

SIZES = {2_000: 2.0, 50_000: 10.0}
"""Rows, and how many times faster than mclust it is to be at least."""
D, K = 5, 4
SLACK = 0.5
"""By which our BIC may be above theirs: fits end with about a tenth of a nat left, and the weak prior costs as much."""
SCRIPT = """
suppressMessages(library(mclust))
x <- as.matrix(read.csv("{path}", header = FALSE))
seconds <- system.time(found <- Mclust(x, verbose = FALSE))[["elapsed"]]
cat(format(c(seconds, -found$bic, found$G), digits = 15), found$modelName)
"""


@dataclass(frozen=True)
class Found:
    """What one program chose, and how long it took."""

    seconds: float
    bic: float
    k: int
    structure: str


def main() -> int:
    """Measure, print a line for each size and kind, and return 1 where ours is behind in BIC or too slow."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.select", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=list(SIZES), choices=list(SIZES))
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--threads", type=int, default=machine.usable_cores())
    parser.add_argument("--repetitions", type=int, default=1, help="of ours, of which the median counts")
    parser.add_argument("--json", type=Path, metavar="PATH")
    options = parser.parse_args()
    if shutil.which("Rscript") is None:
        print("Without Rscript there is nothing to compare with: apt install r-cran-mclust")
        return 2

    table = Table(title=f"1–9 components × 14 structures, d = {D}", title_justify="left", title_style="bold")
    for heading in (
        "data",
        "n",
        "mclust\ns",
        "gaussmix\ns",
        "ratio",
        "mclust\nBIC",
        "gaussmix\nBIC",
        "chosen",
        "enough",
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    measured, good = [], True
    for n in options.rows:
        for kind in options.kinds:
            x = make(Case("full", kind, n, D, K), 0).x
            theirs, ours = mclust(x), gaussmix(x, options.threads, options.repetitions)
            ratio = theirs.seconds / ours.seconds
            enough = ours.bic <= theirs.bic + SLACK and ratio >= SIZES[n]
            good = good and enough
            measured.append({"kind": kind, "n": n, "mclust": asdict(theirs), "gaussmix": asdict(ours), "ratio": ratio})
            table.add_row(
                kind,
                f"{n:,}",
                f"{theirs.seconds:.2f}",
                f"{ours.seconds:.2f}",
                f"{ratio:.1f}",
                f"{theirs.bic:.2f} ({theirs.k} {theirs.structure})",
                f"{ours.bic:.2f}",
                f"{ours.k} {ours.structure}",
                "yes" if enough else "NO",
            )
    Console(width=120).print(table)
    if options.json is not None:
        record = {"machine": machine.describe(), "commit": machine.commit(), "results": measured}
        options.json.write_text(json.dumps(record, indent=1) + "\n")
    return 0 if good else 1


def mclust(x: Array) -> Found:
    """Return what R's mclust chooses."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        np.savetxt(path, x, delimiter=",", fmt="%.17g")
        script = SCRIPT.format(path=path)
        printed = subprocess.run(["Rscript", "-e", script], capture_output=True, text=True, check=True).stdout.split()
    return Found(float(printed[0]), float(printed[1]), int(float(printed[2])), printed[3])


def gaussmix(x: Array, threads: int, repetitions: int) -> Found:
    """Return what ours chooses."""
    import gaussmix as ours

    ours.select(x[:200], [1, 2], random_state=0, n_jobs=threads)  # what is imported on first use
    seconds = []
    for _ in range(repetitions):
        before = perf_counter()
        found = ours.select(x, random_state=0, n_jobs=threads)
        seconds.append(perf_counter() - before)
    row = found.to_dict()["best"]
    return Found(float(np.median(seconds)), row["bic"], row["k"], row["structure"])


if __name__ == "__main__":
    sys.exit(main())
