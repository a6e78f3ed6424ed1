"""`python -m benchmarks.page`: the figures, tables and pictures of the documentation, made anew.

Each part is one of the other benchmarks, in a process of its own. Its figures go into a JSON file, its picture beside
it, and its table between two comments in a document: `<!-- figures: NAME -->` and `<!-- end of figures -->`.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks import pictures
from benchmarks.engines import ENGINES, OURS
from benchmarks.options import add_clock

Record = dict[str, Any]


class Part(NamedTuple):
    """A benchmark, and what is made of its figures."""

    command: tuple[str, ...]
    document: str | None = None
    table: Callable[[Record], list[list[str]]] | None = None


def main() -> int:
    """Measure what is asked for, then draw and write what there are figures of; return 1 where a benchmark failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__)
    parser.add_argument(
        "--parts", default=",".join(USUAL), help=f"to measure, with commas ('' for none): {', '.join(PARTS)}"
    )
    add_clock(parser)
    parser.add_argument("--folder", type=Path, default=Path("docs/pictures"))
    options = parser.parse_args()
    names = [name for name in options.parts.split(",") if name]
    if unknown := set(names) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}: there are {', '.join(PARTS)}")
    options.folder.mkdir(parents=True, exist_ok=True)
    failed = []
    for name in names:
        command = [sys.executable, "-m", *PARTS[name].command, "--threads", str(options.threads)]
        if name != "grid":
            command += ["--clock", options.clock]
        print("==>", *command[1:], flush=True)
        if subprocess.run([*command, "--json", str(options.folder / f"{name}.json")], check=False).returncode:
            failed.append(name)
    for name, part in PARTS.items():
        path = options.folder / f"{name}.json"
        if path.exists():
            record = json.loads(path.read_text())
            if name in pictures.DRAWN:
                print(pictures.save(name, record, options.folder))
            if part.document is not None and part.table is not None:
                print(write(Path(part.document), name, [*markdown(part.table(record)), "", made(record)]))
    if failed:
        print(f"FAILED: {', '.join(failed)}")
    return 1 if failed else 0


def peers(record: Record) -> list[list[str]]:
    """Return milliseconds of ours, and how many times as long every other engine takes."""
    others = [name for name in ENGINES if name != OURS]
    rows = [["covariances, n × d, k", "gaussmix, ms", *others]]
    for result in record["results"]:
        times, case = pictures.iteration_times(result), f"{result['structure']}, {result['dtype']}, {_size(result)}"
        rows.append([case, _milliseconds(result, OURS), *(_multiple(times, name) for name in others)])
    return rows


def scaling(record: Record) -> list[list[str]]:
    """Return the exponents, and the times at both ends of each axis."""
    rows = [["engine", "axis", "from … to", "ms an iteration", "exponent"]]
    for result in record["results"]:
        sizes, times = result["sizes"], [1e3 * seconds for seconds in result["seconds"]]
        rows.append(
            [
                result["engine"],
                result["axis"],
                f"{sizes[0]:,} … {sizes[len(times) - 1]:,}",
                f"{_digits(times[0])} … {_digits(times[-1])}",
                f"{result['slope']:.2f}",
            ]
        )
    return rows


def quality(record: Record) -> list[list[str]]:
    """Return when both engines were within reach, and where they ended."""
    rows = [
        ["n × d, k", "", "within 1e-3 of scikit-learn's end, s", "ended, s", "iterations", "held out there", "ratios"]
    ]
    for result in record["results"]:
        n, d, k = pictures.sizes(result["case"])
        for name in ("scikit-learn", OURS):
            reached = result["reached"][name]
            cut = f" (cut by {result['cut']})" if result["cut"] and name != OURS else ""
            ratios = " | ".join("–" if each is None else f"{each:.1f}" for each in _ratios(result))
            rows.append(
                [
                    f"{n:,} × {d}, {k}",
                    name,
                    "never" if reached is None else f"{reached:.2f}",
                    f"{result['ended'][name][0]:.1f}{cut}",
                    str(result["iterations"][name]),
                    f"{result['ended'][name][1]:.4f}".replace("-", "−"),
                    ratios.replace("|", "\\|") if name == OURS else "",
                ]
            )
    return rows


def structures(record: Record) -> list[list[str]]:
    """Return what a whole fit of each structure takes."""
    rows = [["structure", "ms a fit", "iterations", "ms ÷ iterations"]]
    for name, seconds in record["seconds"].items():
        time, iterations = 1e3 * median(seconds), record["iterations"][name]
        rows.append([f"`{name}`", f"{time:.0f}", str(iterations), f"{time / max(iterations, 1):.2f}"])
    return rows


def grid(record: Record) -> list[list[str]]:
    """Return the table of the front page: full covariances beside oneDAL, and the share of the peak."""
    rows = [["n × d, k, full, overlapping", "gaussmix, ms", "oneDAL, ms", "ratio", "of the machine's peak"]]
    peak = record["fma_peak_flops"]
    for result in record["results"]:
        times = pictures.iteration_times(result)
        share = f"{result['flops_per_iteration'] / times[OURS] / peak:.0%}" if peak and OURS in times else "–"
        milliseconds = [_milliseconds(result, name) for name in (OURS, "oneDAL")]
        rows.append([_size(result), *milliseconds, _multiple(times, "oneDAL"), share])
    return rows


def markdown(rows: list[list[str]]) -> list[str]:
    """Return lines of a table, of which the first row is the heading."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return [lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]


def made(record: Record) -> str:
    """Return in a sentence what the figures were made with."""
    clock = {"wall": "", "processor": ", processor time"}[record.get("clock", "wall")]
    load = " to ".join(f"{each:.1f}" for each in record["load"]) if "load" in record else "not noted"
    versions = ", ".join(f"{name} {version}" for name, version in record.get("versions", {}).items() if name != OURS)
    threads = "one thread" if record["threads"] == 1 else f"{record['threads']} threads"
    middle = "{n:,} × {d}, k = {k}, one of which is varied. ".format(**record["middle"]) if "middle" in record else ""
    return (
        f"{middle}{record['machine']['cpu']}, {threads}{clock}; load {load} on {record['machine']['cores']} cores"
        f"{'; ' + versions if versions else ''}. {' '.join(absent(record))}".rstrip()
    )


def absent(record: Record) -> list[str]:
    """Return a sentence for each engine that is not installed, and for each that failed."""
    failures = (each for result in record.get("results", ()) for each in result.get("failed", {}).values())
    return [f"{each}." for each in (*record.get("missing", ()), *(f"FAILED: {each}" for each in failures))]


def write(document: Path, name: str, lines: list[str]) -> Path:
    """Put lines between the comments of that name."""
    text = document.read_text()
    place = re.compile(rf"(<!-- figures: {name} -->\n).*?(<!-- end of figures -->)", re.DOTALL)
    if not place.search(text):
        raise SystemExit(f"{document} has no place for the figures called {name}.")
    document.write_text(place.sub(lambda found: found[1] + "\n" + "\n".join(lines) + "\n\n" + found[2], text))
    return document


def _ratios(result: Record) -> tuple[float | None, float | None]:
    return result["ratio"], result["ratio_to_best"]


def _size(result: Record) -> str:
    return f"{result['n']:,} × {result['d']}, {result['k']}"


def _milliseconds(result: Record, name: str) -> str:
    """Return those of an iteration; where an engine has none, whether it failed."""
    times = pictures.iteration_times(result)
    return _digits(1e3 * times[name]) if name in times else "failed" if name in result["failed"] else "–"


def _multiple(times: dict[str, float], name: str) -> str:
    """Return how many times as long as ours an engine takes, where both have a time."""
    return f"{times[name] / times[OURS]:.1f}" if name in times and OURS in times else "–"


def _digits(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


GRID = "full-overlapping-*-k8,full-overlapping-*-k16,full-overlapping-*-k32"
PERFORMANCE = "docs/performance.md"
PARTS = {
    "peers": Part(("benchmarks.peers", "--shrink", "2"), PERFORMANCE, peers),
    "scaling": Part(
        ("benchmarks.scaling", "--engines", "gaussmix,scikit-learn,oneDAL", "--most", "0.1"),
        PERFORMANCE,
        scaling,
    ),
    "quality": Part(("benchmarks.quality", "--seeds", "1", "--time-limit", "600"), PERFORMANCE, quality),
    "structures": Part(("benchmarks.structures",), "docs/structures.md", structures),
    "grid": Part(
        ("benchmarks", "--cases", GRID, "--engines", "gaussmix,oneDAL", "--repeat", "2"),
        "README.md",
        grid,
    ),
}
USUAL = ("peers", "scaling", "structures")
"""What takes some minutes together. The grid takes about as long alone, and fits to a given quality longer: the ends
that they are compared with are worth nothing where scikit-learn is cut early."""


if __name__ == "__main__":
    sys.exit(main())
