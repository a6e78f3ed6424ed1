"""`python -m benchmarks.many_parts`: where the time of a fit of few rows goes, part by part, by processor time.

The fits are those of `benchmarks.many` with scikit-learn's settings. Each is made many times, and the least time
counts: what another program took from the caches is then left out. Clocks round the parts take a microsecond each, so
that parts are a little more in all than a fit without them.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from time import thread_time
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.cases import KINDS, Case, Kind, make
from benchmarks.many import TOL, D, K, N, replaced
from benchmarks.small import SAME, engines

PARTS = {
    "rows checked": ("estimators.gaussian_mixture", "training_rows"),
    "random numbers": ("estimators.fitting", "generator_of"),
    "first pass over the rows": ("fitting.fit", "checked_summary"),
    "frame and prior": ("fitting.scene", "Scene.of"),
    "k-means start": ("fitting.start", "KMeansStart.first"),
    "iterations": ("fitting.repair", "run"),
    "components put in order": ("core.mixture", "Mixture.reorder"),
    "attributes": ("estimators.fitting", "FittingMixture._set_fitted"),
    "labels": ("estimators.fitting", "FittingMixture._set_labels"),
}
"""Functions that share a fit among them, but for the rest."""
REST = "all else: parameters checked, scikit-learn's context, BLAS in one thread, what holds the parts together"


class Clock:
    """Time of each part of one fit, and what of it was spent in compiled functions."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Forget the fit before."""
        self.part = REST
        self.spent: dict[str, float] = {}
        self.compiled: dict[str, float] = {}

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, whose time is that of a part, not of the one that calls it."""

        def call(*arguments: Any, **named: Any) -> Any:
            before, self.part = self.part, name
            began = thread_time()
            try:
                return function(*arguments, **named)
            finally:
                taken = thread_time() - began
                self.part = before
                self.spent[name] = self.spent.get(name, 0.0) + taken

        return call

    def counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A compiled function, whose time is the present part's."""

        def call(*arguments: Any, **named: Any) -> Any:
            began = thread_time()
            try:
                return function(*arguments, **named)
            finally:
                self.compiled[self.part] = self.compiled.get(self.part, 0.0) + thread_time() - began

        return call


def main() -> int:
    """Measure and print a line for each part."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.many_parts", description=__doc__)
    parser.add_argument("--fits", type=int, default=20, help="data sets of each kind")
    parser.add_argument("--repetitions", type=int, default=60, help="of each fit")
    options = parser.parse_args()
    table = Table(title=f"{N} rows, d = {D}, k = {K}: µs a fit", title_justify="left", title_style="bold")
    table.add_column("part")
    for kind in KINDS:
        table.add_column(kind, justify="right")
        table.add_column("compiled", justify="right")
    measured = [measure(kind, options.fits, options.repetitions) for kind in KINDS]
    for part in (*PARTS, REST, "a fit", "iterations made"):
        table.add_row(part, *(f"{number:.0f}" for each in measured for number in each[part]))
    Console(width=120).print(table)
    return 0


def measure(kind: Kind, fits: int, repetitions: int) -> dict[str, tuple[float, float]]:
    """Return for each part its microseconds a fit, and those of them in compiled functions."""
    from gaussmix import _native
    from gaussmix.estimators.predicting import _seed_of

    warnings.simplefilter("ignore")  # not to have converged after 100 iterations is part of the comparison
    calls = [engines(make(Case("full", kind, N, D, K), seed).x, seed, 1, K, TOL)[SAME] for seed in range(fits)]
    iterations = float(np.mean([fit().n_iter_ for fit in calls]))
    whole = np.full(fits, np.inf)
    for _ in range(repetitions):
        for number, fit in enumerate(calls):
            _seed_of.cache_clear()  # it keeps what it made of a seed, and here seeds come again and again
            began = thread_time()
            fit()
            whole[number] = min(whole[number], thread_time() - began)
    clock = Clock()
    least = {part: np.full((fits, 2), np.inf) for part in (*PARTS, REST)}
    undo = [timed(clock, part, *place) for part, place in PARTS.items()]
    with replaced(_native, clock.counted):
        for _ in range(repetitions):
            for number, fit in enumerate(calls):
                clock.begin()
                _seed_of.cache_clear()
                began = thread_time()
                fit()
                clock.spent[REST] = thread_time() - began - sum(clock.spent.values())
                for part, times in least.items():
                    pair = (clock.spent.get(part, 0.0), clock.compiled.get(part, 0.0))
                    times[number] = np.minimum(times[number], pair)
    for restore in undo:
        restore()
    found = {part: tuple(1e6 * times.mean(axis=0)) for part, times in least.items()}
    found["a fit"] = 1e6 * whole.mean(), sum(compiled for _, compiled in found.values())
    return {**found, "iterations made": (iterations, 0.0)}


def timed(clock: Clock, part: str, module: str, path: str) -> Callable[[], None]:
    """Put a clock round a function or method; return what takes it away again."""
    owner: Any = import_module(f"gaussmix.{module}")
    *classes, name = path.split(".")
    for each in classes:
        owner = getattr(owner, each)
    before = vars(owner)[name]
    around = clock.around(part, getattr(owner, name))
    setattr(owner, name, staticmethod(around) if isinstance(before, classmethod) else around)
    return lambda: setattr(owner, name, before)


if __name__ == "__main__":
    sys.exit(main())
