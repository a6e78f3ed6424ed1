"""What engines with scikit-learn's parameters are given."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.cases import Problem


def em_alone(problem: Problem) -> dict[str, Any]:
    """Return the start, and EM from it: no regularisation and no rule to stop early."""
    start, dtype = problem.start, problem.case.dtype
    whole = problem.case.structure in ("full", "tied")
    precisions = np.linalg.inv(start.covariances) if whole else 1 / start.covariances
    return {
        "n_components": problem.case.k,
        "covariance_type": problem.case.structure,
        # In the rows' dtype: scikit-learn would otherwise compute with float32 rows in float64.
        "weights_init": start.weights.astype(dtype),
        "means_init": start.means.astype(dtype),
        "precisions_init": precisions.astype(dtype),
        "tol": 0,
        "reg_covar": 0,
    }
