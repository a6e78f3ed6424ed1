"""`python -m benchmarks.pictures`: pictures of docs/performance.md from what the other benchmarks wrote.

Needs matplotlib, and the JSON files of `benchmarks.scaling` and `benchmarks.quality`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

COLOURS = {"gaussmix": "#0072B2", "scikit-learn": "#D55E00", "oneDAL": "#009E73"}
"""Of Okabe and Ito's palette, which colour-blind people tell apart."""
AXES = {"n": "rows", "d": "columns", "k": "components"}
LEVEL = 1e-5
"""Nats a row below the best that a line ends at: what is nearer is on top of it."""


def main() -> int:
    """Draw each picture whose figures are given."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=__doc__)
    parser.add_argument("--scaling", type=Path, metavar="JSON")
    parser.add_argument("--quality", type=Path, metavar="JSON")
    parser.add_argument("--folder", type=Path, default=Path("docs/pictures"))
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for name, drawn in (("scaling", scaling), ("quality", quality)):
        path = getattr(options, name)
        if path is not None:
            figure = drawn(json.loads(path.read_text())["results"])
            figure.savefig(options.folder / f"{name}.svg", metadata={"Date": None})
            print(options.folder / f"{name}.svg")
    return 0


def scaling(results: list[dict[str, Any]]) -> Any:
    """Draw time an iteration against each size, a panel each."""
    axes = list(dict.fromkeys(result["axis"] for result in results))
    figure, panels = _panels(len(axes))
    for axis, panel in zip(axes, panels, strict=True):
        for result in (result for result in results if result["axis"] == axis):
            label = f"{result['engine']}: {axis}$^{{{result['slope']:.2f}}}$"
            times = [1e3 * s for s in result["seconds"]]
            panel.loglog(result["sizes"], times, "o-", color=COLOURS[result["engine"]], label=label)
        panel.set_xlabel(f"{axis}, {AXES[axis]}")
        panel.legend(frameon=False)
    panels[0].set_ylabel("an iteration, milliseconds")
    return figure


def quality(results: list[dict[str, Any]]) -> Any:
    """Draw what the held-out rows miss to the best end against time, a panel a case."""
    cases = list(dict.fromkeys(result["case"] for result in results))
    figure, panels = _panels(len(cases))
    for case, panel in zip(cases, panels, strict=True):
        for number, result in enumerate(result for result in results if result["case"] == case):
            best = max(score for curve in result["curves"].values() for _, score in curve)
            for name, curve in result["curves"].items():
                seconds, missing = zip(*((at, max(best - score, LEVEL)) for at, score in curve), strict=True)
                panel.loglog(seconds, missing, color=COLOURS[name], label=None if number else name)
        panel.set_title(case, fontsize="medium")
        panel.set_xlabel("seconds since the call")
    panels[0].set_ylabel("nats a held-out row below the best")
    panels[0].legend(frameon=False)
    return figure


def _panels(n: int) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2 * n, 3.6), layout="constrained")
    panels = figure.subplots(1, n, squeeze=False)[0]
    for panel in panels:
        panel.grid(alpha=0.3)
        panel.spines[["top", "right"]].set_visible(False)
    return figure, panels


if __name__ == "__main__":
    sys.exit(main())
