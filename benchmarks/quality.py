"""`python -m benchmarks.quality`: how good a fit is after how many seconds, from a cold start.

Both engines leave their starts to their defaults; scikit-learn runs to tol 1e-6, ours stops where it does by itself.
Whatever parameters a fit comes to are kept with the time, and rows that were held out say afterwards how likely they
are. What counts is the time until they are within 1e-3 nats a row of what scikit-learn ends with.

scikit-learn may need hundreds of iterations. `--max-iter` and `--time-limit` cut it; the report says so, and the goal
is then what it had come to, which ours has to reach as well. With `--keep FOLDER` a further call goes on from there.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from benchmarks import machine
from benchmarks.cases import Array, Case, make
from benchmarks.clocks import CLOCKS
from benchmarks.options import add_record

CASES = (Case("full", "overlapping", 200_000, 8, 16), Case("full", "overlapping", 100_000, 32, 16))
HELD_OUT = 20_000
TOLERANCE = 1e-6
WITHIN = 1e-3
"""Nats a row of the held-out log-likelihood that scikit-learn converges to."""
EXACT = 1e-9
"""Relative; one mixture has one log-likelihood, whoever computes it."""

THEIRS, OURS = "scikit-learn", "gaussmix"


class Moment(NamedTuple):
    """What a fit had come to after so many seconds."""

    seconds: float
    parameters: Any


class Point(NamedTuple):
    """How likely the rows held out were then."""

    seconds: float
    score: float


@dataclass(frozen=True)
class Course:
    """A fit's way, as far as it went."""

    curve: list[Point]
    parameters: tuple[Array, Array, Array]  # the last ones: weights, means, covariances
    cut: str | None = None  # what ended it before it converged

    def reached(self, goal: float) -> float | None:
        """Return the seconds after which the rows held out were as likely."""
        return next((point.seconds for point in self.curve if point.score >= goal), None)

    def saved(self, path: Path) -> None:
        """Write everything into a file."""
        weights, means, covariances = self.parameters
        np.savez(
            path, curve=self.curve, weights=weights, means=means, covariances=covariances, cut=np.array(self.cut or "")
        )

    @classmethod
    def loaded(cls, path: Path) -> Course:
        """Read what was saved."""
        with np.load(path) as file:
            curve = [Point(*map(float, point)) for point in file["curve"]]
            return cls(curve, (file["weights"], file["means"], file["covariances"]), str(file["cut"]) or None)


@dataclass(frozen=True)
class Settings:
    """How the cases are run."""

    threads: int
    max_iter: int
    time_limit: float  # seconds of one call for one fit of scikit-learn
    clock: str
    keep: Path | None


def main() -> int:
    """Measure every case and print what came when."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="data sets and starts of each case")
    parser.add_argument("--max-iter", type=int, default=1000, help="most iterations of scikit-learn")
    parser.add_argument("--time-limit", type=float, default=np.inf, help="most seconds of a fit of scikit-learn")
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="keep fits there, and go on with those that were cut"
    )
    parser.add_argument("--rows", type=int, help="fewer of them than the cases have")
    parser.add_argument("--features", type=int, help="only the case of so many")
    add_record(parser)
    options = parser.parse_args()
    settings = Settings(options.threads, options.max_iter, options.time_limit, options.clock, options.keep)
    if options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)
    load = os.getloadavg()[0]
    measured = []
    for case in CASES:
        if options.features in (None, case.d):
            for seed in range(options.seeds):
                measured.append(measure(replace(case, n=options.rows or case.n), seed, settings))
                print(_line(measured[-1]), flush=True)
    if options.json is not None:
        record = {
            **machine.conditions(load, options.threads, options.clock),
            "results": measured,
        }
        options.json.write_text(json.dumps(record) + "\n")
    return 0


def measure(case: Case, seed: int, settings: Settings) -> dict[str, Any]:
    """Return the held-out log-likelihood of both over time, and when they came within reach of the end."""
    from threadpoolctl import threadpool_limits

    rows = make(replace(case, n=case.n + HELD_OUT), seed).x
    x, held_out = rows[:-HELD_OUT], rows[-HELD_OUT:]
    with threadpool_limits(settings.threads), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # not to have converged is part of the comparison
        # What is imported on first use is no cost of a fit.
        _ours(x[:1000], 2, seed, settings)
        _theirs(x[:1000], 2, seed, settings, None)
        courses = {
            OURS: _kept(OURS, case, seed, settings, held_out, lambda _: (_ours(x, case.k, seed, settings), None)),
            THEIRS: _kept(
                THEIRS, case, seed, settings, held_out, lambda before: _theirs(x, case.k, seed, settings, before)
            ),
        }
    for course in courses.values():
        _check(course.parameters, held_out)
    end = courses[THEIRS].curve[-1].score
    best = max(point.score for point in courses[THEIRS].curve)
    reached = {name: course.reached(end - WITHIN) for name, course in courses.items()}
    return {
        "case": case.name,
        "seed": seed,
        "curves": {
            name: [(round(point.seconds, 4), round(point.score, 6)) for point in course.curve]
            for name, course in courses.items()
        },
        "cut": courses[THEIRS].cut,
        "reached": reached,
        "iterations": {name: len(course.curve) - 1 for name, course in courses.items()},
        "ended": {name: course.curve[-1] for name, course in courses.items()},
        "ratio": _ratio(reached),
        # Rows that were held out may be likeliest long before the end: the time to the best that scikit-learn ever had.
        "ratio_to_best": _ratio({name: course.reached(best) for name, course in courses.items()}),
    }


def _ratio(reached: dict[str, float | None]) -> float | None:
    ours, theirs = reached[OURS], reached[THEIRS]
    return None if ours is None or theirs is None else theirs / ours


def _line(result: dict[str, Any]) -> str:
    ended, reached = result["ended"], result["reached"]
    parts = [
        f"{name}: there after {'never' if reached[name] is None else f'{reached[name]:.2f} s'}, ended after "
        f"{ended[name].seconds:.2f} s and {result['iterations'][name]} iterations at {ended[name].score:.4f}"
        for name in (THEIRS, OURS)
    ]
    ratios = ["not reached" if result[each] is None else f"{result[each]:.1f}" for each in ("ratio", "ratio_to_best")]
    cut = f" (scikit-learn was CUT by {result['cut']})" if result["cut"] else ""
    return (
        f"{result['case']}, seed {result['seed']}: {'; '.join(parts)}; ratio {ratios[0]}, to the best it ever had "
        f"{ratios[1]}{cut}"
    )


def _kept(
    name: str,
    case: Case,
    seed: int,
    settings: Settings,
    held_out: Array,
    fit: Callable[[Course | None], tuple[list[Moment], str | None]],
) -> Course:
    """Return the course of a fit, of which a part may be in the folder of those kept."""
    path = None if settings.keep is None else settings.keep / f"{name}-{case.name}-{seed}.npz"
    before = Course.loaded(path) if path is not None and path.exists() else None
    if before is not None and before.cut is None:
        return before
    moments, cut = fit(before)
    curve = [Point(moment.seconds, float(_model(moment.parameters).score(held_out))) for moment in moments]
    course = Course([*(before.curve if before else []), *curve], _public(moments[-1].parameters), cut)
    if path is not None:
        course.saved(path)
    return course


def _check(parameters: Any, held_out: Array) -> None:
    """See that scikit-learn's own arithmetic finds the same log-likelihood for these parameters."""
    from sklearn.mixture import GaussianMixture as Theirs

    ours = _model(parameters)
    theirs = Theirs(len(ours.weights_))
    for name in ("weights_", "means_", "covariances_", "precisions_cholesky_"):
        setattr(theirs, name, getattr(ours, name))
    found, expected = float(ours.score(held_out)), float(theirs.score(held_out))
    if abs(found - expected) > EXACT * abs(expected):
        raise SystemExit(f"scikit-learn finds {expected} for the same parameters, not {found}.")


def _model(parameters: Any) -> Any:
    """Return an estimator of ours with these parameters."""
    from gaussmix import GaussianMixture

    weights, means, covariances = _public(parameters)
    model = GaussianMixture(len(weights))
    model.weights_, model.means_, model.covariances_ = weights, means, covariances
    model.precisions_cholesky_ = np.linalg.inv(np.linalg.cholesky(covariances)).transpose(0, 2, 1)
    return model


def _public(parameters: Any) -> tuple[Array, Array, Array]:
    """Return weights, means and covariances in the units of the rows."""
    if isinstance(parameters, tuple):
        return parameters
    from gaussmix.estimators.fitted import gaussian

    family = gaussian(parameters)
    return parameters.weights, family.public_means(parameters.frame), family.public_covariance(parameters.frame)


def _ours(x: Array, k: int, seed: int, settings: Settings) -> list[Moment]:
    from gaussmix import GaussianMixture
    from gaussmix.em.listener import Listener

    moments: list[Moment] = []
    clock = CLOCKS[settings.clock]

    class Keeper(Listener[Any]):
        def evaluated(self, parameters: Any, history: Any, sum_weight: float) -> bool:
            moments.append(Moment(clock() - began, parameters))
            return False

    class Watched(GaussianMixture):
        def _listener(self, *_: Any) -> Listener[Any]:
            return Keeper()

    began = clock()
    Watched(k, random_state=seed, n_threads=settings.threads, max_iter=10_000).fit(x)
    return moments


class _TimeIsUpError(Exception):
    pass


def _theirs(x: Array, k: int, seed: int, settings: Settings, before: Course | None) -> tuple[list[Moment], str | None]:
    from sklearn.mixture import GaussianMixture

    moments: list[Moment] = []
    clock = CLOCKS[settings.clock]

    class Watched(GaussianMixture):
        # As ours: parameters count when a pass over the rows has said how likely they are.
        def _e_step(self, *args: Any, **options: Any) -> Any:
            nonlocal began, known
            found = super()._e_step(*args, **options)
            if known:  # where the call before this one ended
                began, known = clock() - spent, False
                return found
            moments.append(Moment(clock() - began, (self.weights_, self.means_, self.covariances_)))
            if perf_counter() > deadline and not self.converged_:
                raise _TimeIsUpError
            return found

    left, given, spent, known = settings.max_iter, {}, 0.0, before is not None
    if before is not None:
        weights, means, covariances = before.parameters
        given = {"weights_init": weights, "means_init": means, "precisions_init": np.linalg.inv(covariances)}
        left, spent = max(1, left - len(before.curve) + 1), before.curve[-1].seconds
    deadline = perf_counter() + settings.time_limit
    began = clock() - spent
    model = Watched(k, random_state=seed, tol=TOLERANCE, max_iter=left, **given)
    try:
        model.fit(x)
    except _TimeIsUpError:
        return moments, "time"
    return moments, None if model.converged_ else "iterations"


if __name__ == "__main__":
    sys.exit(main())
