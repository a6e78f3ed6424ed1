"""`python -m benchmarks.pictures`: pictures of docs/performance.md from what the other benchmarks wrote.

Needs matplotlib, and the JSON files of `benchmarks.peers`, `benchmarks.scaling` and `benchmarks.quality`.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

OURS = "gaussmix"
COLOURS = {OURS: "#0072B2", "scikit-learn": "#D55E00", "oneDAL": "#009E73"}
"""Of Okabe and Ito's palette, which colour-blind people tell apart; and every line has its name beside it."""
OTHERS, TEXT = "#555555", "#222222"
MARKERS = {OURS: "o", "scikit-learn": "s", "oneDAL": "^"}
AXES = {"n": "rows n", "d": "columns d", "k": "components k"}
WIDTH, HEIGHT = 8.6, 3.1
"""Inches: as wide as a page shows it, so that the letters keep their size."""
LEVEL = 1e-3
"""Nats a row below the best that a line ends at: what is nearer counts as there."""
SIZES = {8: 4, 32: 6, 64: 8}
"""Columns, and points of the marker that stands for them."""


def main() -> int:
    """Draw each picture whose figures are given."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=__doc__)
    for name in DRAWN:
        parser.add_argument(f"--{name}", type=Path, metavar="JSON")
    parser.add_argument("--folder", type=Path, default=Path("docs/pictures"))
    parser.add_argument("--format", choices=("svg", "png"), default="svg")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in DRAWN:
        path = getattr(options, name)
        if path is not None:
            print(save(name, json.loads(path.read_text()), options.folder, options.format))
    return 0


def save(name: str, record: dict[str, Any], folder: Path, kind: str = "svg") -> Path:
    """Draw a picture into a file, the same bytes for the same figures."""
    import matplotlib as mpl

    mpl.rcParams.update({"font.size": 9, "axes.edgecolor": OTHERS, "svg.hashsalt": name})
    path = folder / f"{name}.{kind}"
    DRAWN[name](record).savefig(path, metadata={"Date": None} if kind == "svg" else None, dpi=150)
    return path


def peers(record: dict[str, Any]) -> Any:
    """Draw how many times as long as ours an iteration of the others takes, a panel for each structure."""
    structures = list(dict.fromkeys(result["structure"] for result in record["results"]))
    engines: dict[str, dict[str, list[tuple[int, float]]]] = {}
    for dtype in ("float64", "float32"):
        for result in (result for result in record["results"] if result["dtype"] == dtype):
            found = iteration_times(result)
            for name, seconds in found.items():
                label = name if dtype == "float64" else f"{name}, float32"
                if name != OURS and OURS in found and (dtype == "float64" or name not in engines):
                    points = engines.setdefault(label, {}).setdefault(result["structure"], [])
                    points.append((result["d"], seconds / found[OURS]))
    names = sorted(engines, key=lambda name: min(ratio for each in engines[name].values() for _, ratio in each))
    figure, panels = _panels(len(structures), 0.55 + 0.42 * len(names), share=True)
    for structure, panel in zip(structures, panels, strict=True):
        for place, name in enumerate(names):
            points = engines[name].get(structure, [])
            ratios, colour = [ratio for _, ratio in points], COLOURS.get(name, OTHERS)
            if points:
                panel.plot([min(ratios), max(ratios)], [place, place], color=colour, alpha=0.3, linewidth=2)
            for columns, ratio in points:
                panel.plot(ratio, place, "o", color=colour, markersize=SIZES[columns], markeredgecolor="white")
        panel.axvline(1, color=COLOURS[OURS], linewidth=2)
        panel.set_title(f"{structure} covariances", size=9, color=TEXT)
        panel.set_xlabel("an iteration, times as long as gaussmix's")
        panel.set_xscale("log")
        _ticks(panel.xaxis, (1, 2, 5, 10, 20, 50, 100, 200))
        panel.set_ylim(-0.6, len(names) - 0.3)
        panel.set_xlim(0.85, None)
    panels[0].set_yticks(range(len(names)), names)
    panels[0].annotate("gaussmix", (1, len(names) - 0.55), (4, 0), textcoords="offset points", color=COLOURS[OURS])
    panels[-1].annotate(
        f"dots, small to large: d = {', '.join(map(str, SIZES))}", (0.99, 0.02), xycoords="axes fraction", ha="right"
    )
    return figure


def iteration_times(result: dict[str, Any]) -> dict[str, float]:
    """Return seconds an iteration of each engine that has a time.

    One that failed has none; and what is a difference of two times may be anything beside other work.
    """
    found = {name: timing["seconds_per_iteration"] for name, timing in result["timings"].items()}
    return {name: seconds for name, seconds in found.items() if seconds > 0.0}


def scaling(record: dict[str, Any]) -> Any:
    """Draw time an iteration against each size, a panel each."""
    results = record["results"]
    axes = list(dict.fromkeys(result["axis"] for result in results))
    figure, panels = _panels(len(axes), share=True)
    for axis, panel in zip(axes, panels, strict=True):
        whole = next(result["sizes"] for result in results if result["axis"] == axis)
        for result in (result for result in results if result["axis"] == axis):
            name, times = result["engine"], [1e3 * s for s in result["seconds"]]
            measured, colour = whole[: len(times)], COLOURS.get(name, OTHERS)
            marker = MARKERS.get(name, "o")
            # Markers before the labels of other lines, and lines behind them.
            panel.loglog(measured, times, color=colour, linewidth=1.5, marker=marker, markersize=4, label=name)
            panel.plot(measured[-1], times[-1], marker, color=colour, markersize=4, zorder=4)
            panel.annotate(
                f"${axis}^{{{result['slope']:.2f}}}$",
                (measured[-1], times[-1]),
                (6, 0),
                textcoords="offset points",
                va="center",
                color=colour,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.8},
            )
        panel.set_xlabel(AXES[axis])
        panel.set_xlim(whole[0] / 1.6, whole[-1] * (whole[-1] / whole[0]) ** 0.3)
        _ticks(panel.xaxis, whole if len(whole) < 6 else whole[::2])
        _ticks(panel.yaxis, (0.1, 1, 10, 100, 1_000, 10_000))
    panels[0].set_ylabel("an iteration, milliseconds")
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=3, frameon=False, labelcolor="linecolor")
    return figure


def quality(record: dict[str, Any]) -> Any:
    """Draw what the held-out rows miss to the best of all against time, a panel a case."""
    results = record["results"]
    cases = list(dict.fromkeys(result["case"] for result in results))
    figure, panels = _panels(len(cases), share=True)
    for case, panel in zip(cases, panels, strict=True):
        for number, result in enumerate(result for result in results if result["case"] == case):
            best = max(score for curve in result["curves"].values() for _, score in curve)
            for name, curve in result["curves"].items():
                cut = bool(result["cut"]) and name != OURS
                seconds, missing = zip(*((at, max(best - score, LEVEL)) for at, score in curve), strict=True)
                panel.loglog(seconds, missing, color=COLOURS[name], linewidth=1.5)
                panel.plot(seconds[-1], missing[-1], "x" if cut else "o", color=COLOURS[name], markersize=5)
                if not number:
                    words = f"{name}, cut at ×" if cut else name
                    left = name == OURS
                    panel.annotate(
                        words,
                        (seconds[0 if left else -1], missing[0]),
                        (6, 3),
                        textcoords="offset points",
                        ha="left" if left else "right",
                        color=COLOURS[name],
                    )
        n, d, k = sizes(case)
        panel.set_title(f"{n:,} × {d}, {k} components", size=9, color=TEXT)
        panel.axhline(LEVEL, color=OTHERS, linewidth=0.8, linestyle=":")
        panel.set_xlabel(f"seconds{'' if record['clock'] == 'wall' else ' of processor time'} since the call")
        _ticks(panel.xaxis, (0.01, 0.1, 1, 10, 100, 1_000))
        _ticks(panel.yaxis, (0.001, 0.01, 0.1, 1))
    panels[0].set_ylabel("held-out rows: nats a row\nbelow the best of both\n(dotted: as good)")
    return figure


def sizes(case: str) -> tuple[int, int, int]:
    """Return n, d and k of a case by its name."""
    found = re.search(r"-(\d+)x(\d+)-k(\d+)", case)
    assert found is not None
    return int(found[1]), int(found[2]), int(found[3])


def _panels(n: int, height: float = HEIGHT, share: bool = False) -> tuple[Any, Sequence[Any]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    panels = figure.subplots(1, n, squeeze=False, sharey=share)[0]
    for panel in panels:
        panel.grid(alpha=0.25, linewidth=0.6)
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(colors=TEXT, which="both")
    return figure, panels


def _ticks(axis: Any, at: Sequence[float]) -> None:
    """Put plain numbers at some places of a logarithmic axis."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

    axis.set_major_locator(FixedLocator(at))
    axis.set_major_formatter(FuncFormatter(lambda value, _: _number(value)))
    axis.set_minor_formatter(NullFormatter())


def _number(value: float) -> str:
    if value >= 1e6:
        return f"{value / 1e6:g} million"
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


DRAWN: dict[str, Callable[[dict[str, Any]], Any]] = {"peers": peers, "scaling": scaling, "quality": quality}


if __name__ == "__main__":
    sys.exit(main())
