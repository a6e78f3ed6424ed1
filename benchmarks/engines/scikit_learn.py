"""scikit-learn's `GaussianMixture`.

A fit of i iterations makes i E steps, i M steps and one more E step for the labels. With weights,
means and precisions given, no k-means is run. `lower_bounds_[u]` is the mean log-likelihood that
the E step of iteration u + 1 saw: the one after u updates.
"""

from __future__ import annotations

import warnings

import numpy as np

from benchmarks.cases import Case, Problem
from benchmarks.engines.estimator import em_alone
from benchmarks.engines.interface import Fit, Outcome


class ScikitLearn:
    """`sklearn.mixture.GaussianMixture` with the BLAS of the installed NumPy and SciPy."""

    name = "scikit-learn"

    def versions(self) -> dict[str, str]:
        """Return the version of scikit-learn."""
        import sklearn

        return {"scikit-learn": sklearn.__version__}

    def obstacle(self, case: Case) -> str | None:
        """Return None: every case can be run."""
        return None

    def prepare(self, problem: Problem, threads: int) -> Fit:
        """Return a fit by EM alone: no regularisation and no rule to stop early."""
        from sklearn.mixture import GaussianMixture
        from threadpoolctl import threadpool_limits

        parameters = em_alone(problem)

        def fit(iterations: int) -> Outcome:
            with threadpool_limits(threads), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that so few iterations do not converge is meant
                model = GaussianMixture(**parameters, max_iter=iterations).fit(problem.x)
            total = problem.case.n * np.asarray(model.lower_bounds_)
            return Outcome(int(model.n_iter_), dict(enumerate(total.tolist())))

        return fit
