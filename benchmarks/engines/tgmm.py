"""tgmm: mixtures in PyTorch.

A fit of i iterations makes i E steps, i M steps and one more E step. Its own trace is of float32 whatever the rows are:
each mean log-likelihood is taken where it is made.
"""

from __future__ import annotations

import importlib.metadata
import sys
import warnings
from typing import Any

from benchmarks.cases import Case, Problem
from benchmarks.engines.interface import Fit, Outcome

NAMES = {"full": "full", "tied": "tied_full", "diag": "diag", "spherical": "spherical"}


class Tgmm:
    """`tgmm.GaussianMixture`."""

    name = "tgmm"

    def versions(self) -> dict[str, str]:
        """Return the versions of the library and of PyTorch."""
        import tgmm  # noqa: F401

        return {name: importlib.metadata.version(name) for name in ("tgmm", "torch")}

    def obstacle(self, case: Case) -> str | None:
        """Return None: every case can be run."""
        return None

    def prepare(self, problem: Problem, threads: int) -> Fit:
        """Return a fit by EM alone: no regularisation and no rule to stop early."""
        import torch
        from tgmm import GaussianMixture

        start, case = problem.start, problem.case
        x = torch.from_numpy(problem.x)
        weights, means, covariances = (
            torch.from_numpy(each).to(x.dtype) for each in (start.weights, start.means, start.covariances)
        )

        def fit(iterations: int) -> Outcome:
            trace: list[float] = []

            class Watched(GaussianMixture):
                def _mean_ll(self, *args: Any) -> float:
                    trace.append(super()._mean_ll(*args))
                    return trace[-1]

            torch.set_num_threads(threads)
            model = Watched(
                n_components=case.k,
                n_features=case.d,
                covariance_type=NAMES[case.structure],
                max_iter=iterations,
                tol=sys.float_info.min,  # it refuses 0
                reg_covar=0.0,
                init_weights=weights,
                init_means=means,
                init_covariances=covariances,
                device="cpu",
            )
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that so few iterations do not converge is meant
                model.fit(x)
            # Its count begins at 0.
            return Outcome(int(model.n_iter_) + 1, {update: case.n * mean for update, mean in enumerate(trace)})

        return fit
