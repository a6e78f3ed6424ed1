"""The function that answers how many groups there are, and of what shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy.typing as npt

from gaussmix.estimators.auto_gaussian_mixture import AutoGaussianMixture
from gaussmix.estimators.selection import Selection
from gaussmix.selection.cells import ALL


def select(
    X: Any,
    n_components: int | Iterable[int] = range(1, 10),
    structures: str | Iterable[str] = ALL,
    criterion: str = "bic",
    *,
    sample_weight: npt.ArrayLike | None = None,
    **parameters: Any,
) -> Selection:
    """How many groups, and of what shape: fits every combination and says which is to be preferred, and why.

    Parameters
    ----------
    X : array-like of shape (n, d), Source, str or Path
        The rows, as `GaussianMixture.fit` takes them: arrays, data frames, files.
    n_components : int or iterable of int
        Numbers of components to be tried.
    structures : "all", str or iterable of str
        Covariance structures to be tried; "all" are mclust's fourteen, two for one feature.
    criterion : {"bic", "aic", "aicc", "icl", "held_out", "bootstrap"}
        What to choose by; the last two make many more fits. ``docs/select.md`` says what each prefers, and the price.
    sample_weight : array-like of shape (n,), or str, optional
        How often each row counts; n in BIC is their sum. Where rows are in files, the name of the column.
    **parameters
        The others of `AutoGaussianMixture`: ``rank``, ``n_folds``, ``n_draws``, ``reg_covar``, ``n_init``, ``n_jobs``,
        ``time_limit``, ``random_state``, ``callback`` …

    Returns
    -------
    selection : Selection
        Printed, it is a table of the best five and what to make of it.

    Examples
    --------
    >>> import numpy as np
    >>> import gaussmix
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(0, 1, (100, 2)), rng.normal(8, 1, (100, 2))])
    >>> found = gaussmix.select(X, range(1, 4), random_state=0)
    >>> [model.n_components for model in found.best_few(3)]
    [2, 2, 2]
    """
    # An estimator keeps its parameters, to be cloned and fitted again; what is gone through once is kept as a tuple.
    n_components = tuple(n_components) if isinstance(n_components, Iterator) else n_components
    structures = tuple(structures) if isinstance(structures, Iterator) else structures
    if isinstance(parameters.get("rank"), Iterator):
        parameters["rank"] = tuple(parameters["rank"])
    model = AutoGaussianMixture(n_components, structures=structures, criterion=criterion, **parameters)
    return model.fit(X, sample_weight=sample_weight).selection_
