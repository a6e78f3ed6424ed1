"""pomegranate: mixtures of any distributions in PyTorch, here of normal ones.

A fit of i iterations makes i E steps and i M steps. It keeps no trace: what `summarize` returns is the log-likelihood
that its E step saw. Its weights are of float32 whatever the rows are, so that with rows of float64 log-likelihoods are
off by some 1e-9: more than is asked of that type.
"""

from __future__ import annotations

import importlib.metadata
from typing import Any

from benchmarks.cases import Case, Problem
from benchmarks.engines.interface import Fit, Outcome


class Pomegranate:
    """`pomegranate.gmm.GeneralMixtureModel`."""

    name = "pomegranate"

    def versions(self) -> dict[str, str]:
        """Return the versions of the library and of PyTorch."""
        import pomegranate.gmm  # noqa: F401

        return {name: importlib.metadata.version(name) for name in ("pomegranate", "torch")}

    def obstacle(self, case: Case) -> str | None:
        """Say which structures and types of number it has."""
        if case.structure not in ("full", "diag"):
            return "full and diag only"
        return None if case.dtype == "float32" else "its weights are float32"

    def prepare(self, problem: Problem, threads: int) -> Fit:
        """Return a fit by EM alone: no regularisation and no rule to stop early."""
        import torch
        from pomegranate.distributions import Normal
        from pomegranate.gmm import GeneralMixtureModel

        start, case = problem.start, problem.case
        x = torch.from_numpy(problem.x)

        def fit(iterations: int) -> Outcome:
            trace: list[float] = []

            class Watched(GeneralMixtureModel):
                def summarize(self, *args: Any, **options: Any) -> Any:
                    trace.append(float(super().summarize(*args, **options)))
                    return trace[-1]

            torch.set_num_threads(threads)
            # Made anew: a fit changes its distributions.
            normals = [
                Normal(torch.tensor(mean, dtype=x.dtype), torch.tensor(covariance, dtype=x.dtype), case.structure)
                for mean, covariance in zip(start.means, start.covariances, strict=True)
            ]
            weights = torch.tensor(start.weights, dtype=x.dtype)
            Watched(normals, priors=weights, max_iter=iterations, tol=-float("inf")).fit(x)
            return Outcome(len(trace), dict(enumerate(trace)))

        return fit
