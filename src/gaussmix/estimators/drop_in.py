"""The mixture that takes the place of scikit-learn's."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from sklearn.utils._param_validation import StrOptions

from gaussmix.estimators import gaussian_mixture
from gaussmix.estimators.compatibility import SCIKIT_LEARN, Compatibility
from gaussmix.estimators.parameters import CONSTRAINTS
from gaussmix.families import structures


class GaussianMixture(gaussian_mixture.GaussianMixture):
    """`gaussmix.GaussianMixture` with scikit-learn's parameters, defaults and habits."""

    _compatibility: ClassVar[Compatibility] = SCIKIT_LEARN
    _file_name: ClassVar[str] = "drop_in.GaussianMixture"
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = CONSTRAINTS | {
        "covariance_type": [StrOptions(set(structures.SCIKIT_LEARN))]
    }

    # No parameters, so that `get_params` knows exactly scikit-learn's.
    weights = "free"
    rank = None
    n_candidates = None
    n_threads = None
    time_limit = None
    callback = None
    checkpoint = None

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: str = "full",
        tol: float = 1e-3,
        reg_covar: float = 1e-6,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: str = "kmeans",
        weights_init: npt.ArrayLike | None = None,
        means_init: npt.ArrayLike | None = None,
        precisions_init: npt.ArrayLike | None = None,
        random_state: int | np.random.RandomState | None = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
    ) -> None:
        super().__init__(
            n_components,
            covariance_type=covariance_type,
            tol=tol,
            reg_covar=reg_covar,
            max_iter=max_iter,
            n_init=n_init,
            init_params=init_params,
            weights_init=weights_init,
            means_init=means_init,
            precisions_init=precisions_init,
            random_state=random_state,
            warm_start=warm_start,
            verbose=verbose,
            verbose_interval=verbose_interval,
        )
