"""`python -m benchmarks.quality`: how good a fit is after how many seconds, from a cold start.

Both engines leave their starts to their defaults; scikit-learn runs to tol 1e-6 (or `--max-iter`), ours stops where it
does by itself. Whatever parameters a fit comes to are kept with the time, and rows that were held out say afterwards
how likely they are. What counts is the time until they are within 1e-3 nats a row of what scikit-learn ends with.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from benchmarks import machine
from benchmarks.cases import Array, Case, make

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


def main() -> int:
    """Measure every case and print what came when."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="data sets and starts of each case")
    parser.add_argument("--max-iter", type=int, default=1000, help="most iterations of scikit-learn")
    parser.add_argument("--features", type=int, help="only the case of so many")
    parser.add_argument("--threads", type=int, default=machine.usable_cores())
    parser.add_argument("--json", type=Path, metavar="PATH")
    options = parser.parse_args()
    measured = []
    for case in CASES:
        if options.features in (None, case.d):
            for seed in range(options.seeds):
                measured.append(measure(case, seed, options.threads, options.max_iter))
                print(_line(measured[-1]), flush=True)
    if options.json is not None:
        record = {"machine": machine.describe(), "commit": machine.commit(), "results": measured}
        options.json.write_text(json.dumps(record, indent=1) + "\n")
    return 0


def measure(case: Case, seed: int, threads: int, max_iter: int) -> dict[str, Any]:
    """Return the held-out log-likelihood of both over time, and when they came within reach of the end."""
    from threadpoolctl import threadpool_limits

    rows = make(Case(case.structure, case.kind, case.n + HELD_OUT, case.d, case.k), seed).x
    x, held_out = rows[:-HELD_OUT], rows[-HELD_OUT:]
    with threadpool_limits(threads), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # not to have converged is part of the comparison
        _ours(x[:1000], 2, seed, threads, 2)  # what is imported on first use is no cost of a fit
        _theirs(x[:1000], 2, seed, 2)
        ended = {
            OURS: _ours(x, case.k, seed, threads, 10_000),
            THEIRS: _theirs(x, case.k, seed, max_iter),
        }
    for moments in ended.values():
        _check(moments[-1].parameters, held_out)
    curves = {
        name: [(moment.seconds, float(_model(moment.parameters).score(held_out))) for moment in moments]
        for name, moments in ended.items()
    }
    goal = curves[THEIRS][-1][1] - WITHIN
    reached = {name: next((at for at, score in curve if score >= goal), None) for name, curve in curves.items()}
    return {
        "case": case.name,
        "seed": seed,
        "curves": curves,
        "reached": reached,
        "iterations": {name: len(curve) - 1 for name, curve in curves.items()},
        "ended": {name: curve[-1] for name, curve in curves.items()},
        "ratio": None if reached[OURS] is None else reached[THEIRS] / reached[OURS],
    }


def _line(result: dict[str, Any]) -> str:
    ended, reached = result["ended"], result["reached"]
    parts = [
        f"{name}: there after {'never' if reached[name] is None else f'{reached[name]:.2f} s'}, ended after "
        f"{ended[name][0]:.2f} s and {result['iterations'][name]} iterations at {ended[name][1]:.4f}"
        for name in (THEIRS, OURS)
    ]
    ratio = "not reached" if result["ratio"] is None else f"{result['ratio']:.1f}"
    return f"{result['case']}, seed {result['seed']}: {'; '.join(parts)}; ratio {ratio}"


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


def _ours(x: Array, k: int, seed: int, threads: int, max_iter: int) -> list[Moment]:
    from gaussmix import GaussianMixture
    from gaussmix.em.listener import Listener

    moments: list[Moment] = []

    class Keeper(Listener[Any]):
        def evaluated(self, parameters: Any, history: Any, sum_weight: float) -> bool:
            moments.append(Moment(perf_counter() - began, parameters))
            return False

    class Watched(GaussianMixture):
        def _listener(self, *_: Any) -> Listener[Any]:
            return Keeper()

    began = perf_counter()
    Watched(k, random_state=seed, n_threads=threads, max_iter=max_iter).fit(x)
    return moments


def _theirs(x: Array, k: int, seed: int, max_iter: int) -> list[Moment]:
    from sklearn.mixture import GaussianMixture

    moments: list[Moment] = []

    class Watched(GaussianMixture):
        def _m_step(self, *args: Any, **options: Any) -> None:
            super()._m_step(*args, **options)
            moments.append(Moment(perf_counter() - began, (self.weights_, self.means_, self.covariances_)))

    began = perf_counter()
    Watched(k, random_state=seed, tol=TOLERANCE, max_iter=max_iter).fit(x)
    return moments


if __name__ == "__main__":
    sys.exit(main())
