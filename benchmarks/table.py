"""The results as a table for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from benchmarks.cases import Case
from benchmarks.runner import Result


def show(results: Iterable[Result], engines: Sequence[str], peak: float | None, console: Console) -> None:
    """Print a table for each structure and kind; ratios are to the first engine."""
    results = list(results)
    titles = dict.fromkeys(_title(result.case) for result in results)  # in the order of the grid
    for title in titles:
        console.print(_table(title, [r for r in results if _title(r.case) == title], engines, peak))
    for result in results:
        if result.failure is not None:
            console.print(f"{result.case.name} FAILED: {result.failure}")
    skipped = Counter(skip for result in results for skip in result.skipped.items())
    for (engine, reason), cases in skipped.items():
        console.print(f"{cases} of {len(results)} cases without {engine}: {reason}")


def line(result: Result) -> str:
    """Return a case and each engine's milliseconds an iteration, as soon as they are there."""
    timings = (f"{engine} {_number(timing.iteration * 1e3)}" for engine, timing in result.timings.items())
    failure = f"; FAILED: {result.failure}" if result.failure else ""
    return f"{result.case.name}: {', '.join(timings)}{failure}"


def _title(case: Case) -> str:
    return f"{case.structure}, {case.kind}, {case.dtype}"


def _table(title: str, rows: list[Result], engines: Sequence[str], peak: float | None) -> Table:
    first, *others = engines
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("n × d, k", no_wrap=True)
    columns = [(f"{engine}\nms/iter.", "") for engine in engines]
    columns += [(f"{other}\n÷ {first}", "bold") for other in others]
    columns += [(f"{engine}\nfit, s", "dim") for engine in engines]
    columns += [(f"{first}\nGFLOP/s", ""), ("of the\npeak", "")]
    for heading, style in columns:
        table.add_column(heading, justify="right", style=style, no_wrap=True)
    for result in rows:
        table.add_row(*_cells(result, engines, peak))
        if result.failure is not None:
            table.caption = "What has no figure failed or cannot be run: the reason stands below."
    return table


def _cells(result: Result, engines: Sequence[str], peak: float | None) -> list[str]:
    case = result.case
    size = f"{case.n:,} × {case.d}, {case.k}"
    first, *others = engines
    if first in result.failed:
        return [size, "FAILED"]
    timings = result.timings
    cells = [size]
    cells += [_number(timings[e].iteration * 1e3) if e in timings else "–" for e in engines]
    for other in others:
        there = other in timings and first in timings
        cells.append(f"{timings[other].iteration / timings[first].iteration:.2f}" if there else "–")
    cells += [_number(timings[e].fit) if e in timings else "–" for e in engines]
    if case.flops is None or first not in timings:
        return [*cells, "–", "–"]
    rate = case.flops / timings[first].iteration
    lanes = 1 if case.dtype == "float64" else 2  # a vector holds twice as many float32, the peak is of float64
    return [*cells, f"{rate / 1e9:.0f}", "–" if peak is None else f"{rate / (lanes * peak):.0%}"]


def _number(value: float) -> str:
    """Return three significant digits."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
