"""The library of this repository.

A fit of i iterations makes i + 1 passes of EM (the last gives the log-likelihood of what is
returned), after one pass that summarises the data.
"""

from __future__ import annotations

import importlib.metadata
import warnings

import numpy as np

from benchmarks.cases import Case, Problem
from benchmarks.engines.estimator import em_alone
from benchmarks.engines.interface import Fit, Outcome


class Gaussmix:
    """`gaussmix.GaussianMixture`."""

    name = "gaussmix"

    def versions(self) -> dict[str, str]:
        """Return this library's version."""
        import gaussmix._native  # noqa: F401  without it the NumPy kernel would be timed

        return {"gaussmix": importlib.metadata.version("gaussmix")}

    def obstacle(self, case: Case) -> str | None:
        """Return None: every case can be run."""
        return None

    def prepare(self, problem: Problem, threads: int) -> Fit:
        """Return a fit by EM alone: no regularisation and no rule to stop early."""
        from gaussmix import GaussianMixture

        parameters = em_alone(problem)

        def fit(iterations: int) -> Outcome:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that so few iterations do not converge is meant
                model = GaussianMixture(**parameters, n_threads=threads, max_iter=iterations).fit(problem.x)
            trace = np.asarray(model.history_.log_likelihood)
            return Outcome(int(model.n_iter_), dict(enumerate(trace.tolist())))

        return fit
