"""StepMix: latent classes; its Gaussian ones use the arithmetic of the installed scikit-learn.

A fit of i iterations makes i E steps, i M steps and one more E step. It keeps the mean log-likelihood that the last E
step of those iterations saw, the one after i - 1 updates. It has no argument for a start: here a fit begins with
`set_parameters` where it would draw one.
"""

from __future__ import annotations

import importlib.metadata
import warnings
from typing import Any

from benchmarks.cases import Case, Problem
from benchmarks.engines.interface import Fit, Outcome


class StepMix:
    """`stepmix.StepMix` with a Gaussian measurement model."""

    name = "stepmix"

    def versions(self) -> dict[str, str]:
        """Return the versions of the library and of what it computes with."""
        import stepmix  # noqa: F401

        return {name: importlib.metadata.version(name) for name in ("stepmix", "scikit-learn")}

    def obstacle(self, case: Case) -> str | None:
        """Say that all but diag would be scikit-learn's time twice."""
        return None if case.structure == "diag" else "diag only: the others are scikit-learn's functions"

    def prepare(self, problem: Problem, threads: int) -> Fit:
        """Return a fit by EM alone: no regularisation and no rule to stop early."""
        from stepmix import StepMix as Theirs
        from threadpoolctl import threadpool_limits

        start, case = problem.start, problem.case
        given = {
            "weights": start.weights,
            "measurement": {"means": start.means, "covariances": start.covariances},
            "measurement_in": case.d,
        }

        class Started(Theirs):
            def _initialize_parameters(self, *_: Any) -> None:
                self.set_parameters(given)

        def fit(iterations: int) -> Outcome:
            with threadpool_limits(threads), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that so few iterations do not converge is meant
                model = Started(
                    case.k,
                    measurement=f"gaussian_{case.structure}",
                    measurement_params={"reg_covar": 0.0},
                    abs_tol=0.0,
                    rel_tol=0.0,
                    max_iter=iterations,
                    progress_bar=0,
                ).fit(problem.x)
            return Outcome(int(model.n_iter_), {iterations - 1: case.n * float(model.lower_bound_)})

        return fit
