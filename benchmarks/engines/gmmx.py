"""gmmx: mixtures in JAX, compiled by XLA.

It takes float32 only. A fit of i iterations makes i E steps and i M steps and keeps no trace: it tells the mean
log-likelihood that the last E step saw, the one after i - 1 updates. XLA compiles a fit for each number of iterations;
the runner's check has made all that it times before it times any. JAX sizes its pool of
threads by the cores that the process may use; for fewer than there are, pin the process. With a pool of two a fit of
10,240 × 64, k = 32 waited for ever (jax 0.10.2), so that it is told of more.
"""

from __future__ import annotations

import importlib.metadata
import os

import numpy as np

from benchmarks import machine
from benchmarks.cases import Case, Problem
from benchmarks.engines.interface import Fit, Outcome

LEAST_THREADS = 4
"""With two it may wait for ever."""


class Gmmx:
    """`gmmx.EMFitter`."""

    name = "gmmx"

    def versions(self) -> dict[str, str]:
        """Return the versions of the library and of JAX."""
        import gmmx  # noqa: F401

        return {name: importlib.metadata.version(name) for name in ("gmmx", "jax")}

    def obstacle(self, case: Case) -> str | None:
        """Say that it has two structures and one type of number."""
        if case.structure not in ("full", "diag"):
            return "full and diag only"
        return None if case.dtype == "float32" else "float32 only"

    def prepare(self, problem: Problem, threads: int) -> Fit:
        """Return a fit by EM alone: no regularisation and no rule to stop early."""
        from gmmx import EMFitter, GaussianMixtureModelJax

        _begin()
        start = problem.start
        given = GaussianMixtureModelJax.from_squeezed(
            means=start.means.astype(np.float32),
            covariances=start.covariances.astype(np.float32),
            weights=start.weights.astype(np.float32),
            covariance_type=problem.case.structure,
        )

        def fit(iterations: int) -> Outcome:
            result = EMFitter(max_iter=iterations, tol=0.0, reg_covar=0.0).fit(problem.x, given)
            return Outcome(int(result.n_iter), {iterations - 1: problem.case.n * float(result.log_likelihood)})

        return fit


def _begin() -> None:
    """Have JAX start its threads."""
    import jax

    before = os.environ.get("NPROC")
    os.environ["NPROC"] = str(max(LEAST_THREADS, 2 * machine.usable_cores()))
    jax.devices()
    del os.environ["NPROC"]
    if before is not None:
        os.environ["NPROC"] = before
