"""`python -m benchmarks.files`: what it costs that rows are in files.

The time of an iteration against the same rows in memory, the speed of the first pass over CSV, and the memory of a
whole fit. Nothing is measured before a fit from files has shown the bits of a fit in memory.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.cases import KINDS
from benchmarks.rows_on_disk import D, K, RowsOnDisk
from benchmarks.turns import in_turns

MEASURES = ("iteration", "csv", "memory")
SMALL = 300_000
CHECKED_ROWS = 100_000
ITERATIONS = 21
"""Of a timed fit; the first is left out."""
REPEAT = 3
"""Passes over CSV."""
CSV_ROWS = 2_000_000
"""At most; a pass over some hundred megabytes is as fast as one over more."""
MEMORY_ITERATIONS = 3
"""Each takes what the one before took."""

MOST_RATIO, LEAST_MB, MOST_BYTES = 1.5, 100.0, 1e9
"""What is required."""


def main() -> int:
    """Measure what is asked for and print a line for each; return 1 where bits differ or a figure is missed."""
    options = _parser().parse_args()
    n = SMALL if options.small else options.rows
    measures = options.measure.split(",")
    if unknown := set(measures) - set(MEASURES):
        raise SystemExit(f"Nothing is called {', '.join(sorted(unknown))}: there are {', '.join(MEASURES)}")
    found: dict[str, Any] = {"machine": machine.describe(), "commit": machine.commit(), "rows": n}
    print(f"{found['machine']['cpu']}, {options.threads} threads; {D} columns, {K} components, full")
    met = True
    with tempfile.TemporaryDirectory(dir=options.folder) as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # to end before convergence is what is asked for
        for kind in options.kinds.split(","):
            checked(RowsOnDisk(kind, CHECKED_ROWS, options.seed), Path(folder), options.threads)
            rows = RowsOnDisk(kind, n, options.seed)
            for measure in measures:
                before = os.getloadavg()[0]
                figures = _MEASURES[measure](rows, Path(folder), options.threads)
                figures["load"] = [before, os.getloadavg()[0]]
                met = met and figures["met"]
                verdict = "met" if figures["met"] else "MISSED"
                print(
                    f"{kind}, {figures['text']}: {verdict} (load {before:.1f} to {figures['load'][1]:.1f})", flush=True
                )
                found.setdefault(measure, {})[kind] = figures
    if options.json is not None:
        options.json.write_text(json.dumps(found, indent=1) + "\n")
    return 0 if met else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.files", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--small", action="store_true", help=f"{SMALL:,} rows: seconds, to see that it works")
    parser.add_argument("--measure", default=",".join(MEASURES), help="some of these, with commas")
    parser.add_argument("--kinds", default=",".join(KINDS), help="of clusters, with commas")
    parser.add_argument(
        "--folder", type=Path, help="of the files, which are deleted; that of temporary files if not given"
    )
    parser.add_argument("--threads", type=int, default=machine.usable_cores())
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, metavar="PATH")
    return parser


def checked(rows: RowsOnDisk, folder: Path, threads: int) -> None:
    """See that whole fits from Parquet and CSV have the bits of one in memory."""
    parquet, csv = folder / "checked.parquet", folder / "checked.csv"
    rows.write_parquet(parquet)
    rows.write_csv(csv)
    expected = _bits(_whole_fit(rows.in_memory(), threads))
    for path in (parquet, csv):
        if _bits(_whole_fit(str(path), threads)) != expected:
            raise SystemExit(f"The fit from {path.name} differs from the one in memory.")
        path.unlink()


def iteration(rows: RowsOnDisk, folder: Path, threads: int) -> dict[str, Any]:
    """Time iterations after the first, from Parquet and in memory in turns."""
    path = folder / "rows.parquet"
    rows.write_parquet(path)
    places = {"memory": rows.in_memory(), "parquet": str(path)}
    models, seconds = in_turns({name: partial(_fit_told, rows, where, threads) for name, where in places.items()})
    path.unlink()
    if _bits(models["memory"]) != _bits(models["parquet"]):
        raise SystemExit("The fit from Parquet differs from the one in memory.")
    later = {name: np.array(each[2:]) for name, each in seconds.items()}
    ratio = float(np.median(later["parquet"] / later["memory"]))
    text = (
        f"an iteration of {rows.n:,} rows from Parquet {1e3 * np.median(later['parquet']):.0f} ms, in memory "
        f"{1e3 * np.median(later['memory']):.0f} ms, median of {len(later['memory'])} ratios {ratio:.2f} (at most "
        f"{MOST_RATIO}); up to the first log-likelihood {seconds['parquet'][0]:.1f} s, {seconds['memory'][0]:.1f} s"
    )
    return {"text": text, "met": ratio <= MOST_RATIO, "ratio": ratio, "seconds": seconds}


def csv(rows: RowsOnDisk, folder: Path, _threads: int) -> dict[str, Any]:
    """Time the first pass over CSV: it is recognised, parsed, looked at, summed up, and kept for the later passes."""
    from gaussmix import open_rows
    from gaussmix.kernels.summary import summarise

    rows = RowsOnDisk(rows.kind, min(rows.n, CSV_ROWS), rows.seed)
    path = folder / "rows.csv"
    rows.write_csv(path)
    megabytes = path.stat().st_size / 1e6
    speeds, on_processors = [], []
    for _ in range(REPEAT):
        before, worked = perf_counter(), process_time()
        summary = summarise(open_rows(path).for_passes())
        speeds.append(megabytes / (perf_counter() - before))
        on_processors.append(megabytes / (process_time() - worked))
        if summary is None or summary.n_rows != rows.n:
            raise SystemExit("Rows are missing.")
    path.unlink()
    speed = float(np.median(speeds))
    text = (
        f"the first pass over {megabytes:.0f} MB of CSV {speed:.0f} MB/s (at least {LEAST_MB:.0f}), "
        f"{np.median(on_processors):.0f} MB a second of processor time"
    )
    figures = {"megabytes_a_second": speeds, "megabytes_a_processor_second": on_processors, "megabytes": megabytes}
    return {"text": text, "met": speed >= LEAST_MB, **figures}


def memory(rows: RowsOnDisk, folder: Path, threads: int) -> dict[str, Any]:
    """Measure the memory of a whole fit, race of starts and all, in a process of its own."""
    path = folder / "rows.parquet"
    rows.write_parquet(path)
    figures = _in_child(_whole_fit_alone, str(path), threads)
    size = path.stat().st_size
    path.unlink()
    text = (
        f"a fit of {rows.n:,} rows ({size / 1e9:.2f} GB of Parquet, {MEMORY_ITERATIONS} iterations, "
        f"{figures['seconds']:.0f} s) {figures['peak'] / 1e6:.0f} MB resident at most, of which "
        f"{figures['imported'] / 1e6:.0f} MB before it (less than {MOST_BYTES / 1e6:.0f})"
    )
    return {"text": text, "met": figures["peak"] < MOST_BYTES, **figures, "bytes": size}


_MEASURES: dict[str, Callable[[RowsOnDisk, Path, int], dict[str, Any]]] = {
    "iteration": iteration,
    "csv": csv,
    "memory": memory,
}


def _fit_told(rows: RowsOnDisk, where: Any, threads: int, told: Callable[[Any], None]) -> Any:
    """Return a fit of some iterations from parameters near the truth."""
    from gaussmix import GaussianMixture

    return GaussianMixture(
        K,
        weights_init=np.full(K, 1.0 / K),
        means_init=rows.centres + 0.1,
        precisions_init=np.repeat(np.eye(D)[np.newaxis], K, axis=0),
        tol=0.0,
        max_iter=ITERATIONS,
        n_threads=threads,
        callback=told,
    ).fit(where)


def _whole_fit(where: Any, threads: int) -> Any:
    from gaussmix import GaussianMixture

    return GaussianMixture(K, max_iter=MEMORY_ITERATIONS, random_state=0, n_threads=threads).fit(where)


def _bits(model: Any) -> bytes:
    return b"".join(np.ascontiguousarray(each).tobytes() for each in (model.weights_, model.means_, model.covariances_))


def _whole_fit_alone(sender: Any, path: str, threads: int) -> None:
    import gaussmix  # noqa: F401 - what an import takes is told apart

    warnings.simplefilter("ignore")
    imported = _resident("VmHWM")
    before = perf_counter()
    _whole_fit(path, threads)
    sender.send({"peak": _resident("VmHWM"), "imported": imported, "seconds": perf_counter() - before})


def _resident(field: str) -> int:
    """Return a line of the kernel's account of this process, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise LookupError(field)


def _in_child(work: Callable[..., None], *arguments: Any) -> dict[str, Any]:
    # spawn: a forked child would begin with its parent's memory.
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=work, args=(sender, *arguments))
    child.start()
    sender.close()
    try:
        return dict(receiver.recv())
    except EOFError:
        raise SystemExit("The fit ended without a result; see its message above") from None
    finally:
        child.join()


if __name__ == "__main__":
    sys.exit(main())
