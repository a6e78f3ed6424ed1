"""oneDAL's `em_gmm`, through daal4py of the package scikit-learn-intelex.

A fit of i iterations makes i E steps and i M steps. It keeps no trace: `goalFunction` is the
log-likelihood that the last E step saw, the one after i - 1 updates. With a threshold of 0 it
still stops where the log-likelihood does not change in any digit; the runner then sees that it
made fewer iterations than asked.
"""

from __future__ import annotations

import importlib.metadata

import numpy as np

from benchmarks.cases import Case, Problem
from benchmarks.engines.interface import Fit, Outcome


class OneDAL:
    """`daal4py.em_gmm`: the fastest engine for a CPU that we know of."""

    name = "oneDAL"

    def versions(self) -> dict[str, str]:
        """Return the versions of the library and of its Python package."""
        import daal4py  # noqa: F401

        return {
            "oneDAL": importlib.metadata.version("daal"),
            "scikit-learn-intelex": importlib.metadata.version("scikit-learn-intelex"),
        }

    def obstacle(self, case: Case) -> str | None:
        """Say that it has two structures only."""
        return None if case.structure in ("full", "diag") else "full and diag only"

    def prepare(self, problem: Problem, threads: int) -> Fit:
        """Return a fit by EM alone: no regularisation and no rule to stop early."""
        import daal4py

        start, dtype = problem.start, problem.case.dtype
        full = problem.case.structure == "full"
        weights, means = start.weights.reshape(1, -1).astype(dtype), start.means.astype(dtype)  # (1, k), (k, d)
        covariances = [  # k of (d, d), or of (1, d)
            np.ascontiguousarray(covariance if full else covariance.reshape(1, -1), dtype=dtype)
            for covariance in start.covariances
        ]

        def fit(iterations: int) -> Outcome:
            daal4py.daalinit(threads)
            algorithm = daal4py.em_gmm(
                nComponents=problem.case.k,
                maxIterations=iterations,
                accuracyThreshold=0.0,
                regularizationFactor=0.0,
                covarianceStorage="full" if full else "diagonal",
                fptype="double" if dtype == "float64" else "float",
            )
            result = algorithm.compute(problem.x, weights, means, covariances)
            done = int(result.nIterations[0, 0])
            return Outcome(done, {done - 1: float(result.goalFunction[0, 0])})

        return fit
