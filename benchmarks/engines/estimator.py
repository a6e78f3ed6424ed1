"""What engines with scikit-learn's parameters are given."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.cases import Problem


def em_alone(problem: Problem) -> dict[str, Any]:
    """Return the start, and EM from it: no regularisation and no rule to stop early."""
    start = problem.start
    full = problem.case.structure == "full"
    return {
        "n_components": problem.case.k,
        "covariance_type": problem.case.structure,
        "weights_init": start.weights,
        "means_init": start.means,
        "precisions_init": np.linalg.inv(start.covariances) if full else 1 / start.covariances,
        "tol": 0,
        "reg_covar": 0,
    }
