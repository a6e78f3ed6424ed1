"""Held-out log-likelihood of an estimator's recipe, with estimators' manners."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone

from gaussmix.errors import ConfigError, DataWarning
from gaussmix.estimators.gaussian_mixture import GaussianMixture
from gaussmix.estimators.parameters import is_whole
from gaussmix.estimators.predicting import generator_of
from gaussmix.estimators.rows import training_rows
from gaussmix.estimators.warning import warn
from gaussmix.families.structures import structure_named
from gaussmix.fitting.one_blas_thread import one_blas_thread
from gaussmix.fitting.start import start_named
from gaussmix.kernels.automatic import AutomaticKernel
from gaussmix.selection.held_out import N_FOLDS, HeldOut, held_out_log_likelihood


@one_blas_thread()
def held_out(
    model: GaussianMixture,
    X: Any,
    *,
    sample_weight: npt.ArrayLike | None = None,
    n_folds: int = N_FOLDS,
    random_state: int | np.random.RandomState | np.random.Generator | None = 0,
) -> HeldOut:
    """How likely rows are under fits that have not seen them: k-fold held-out mean log-likelihood.

    Parameters
    ----------
    model : GaussianMixture
        What is fitted, by its parameters; whether it was fitted before plays no part, and it stays as it is. Its
        ``random_state``, and what it has of time limits, callbacks and checkpoints, are not used.
    X : array-like of shape (n, d), Source, str or Path
        The rows, as for ``fit``. Files may be larger than memory.
    sample_weight : array-like of shape (n,), or str, optional
        How often each row counts, in fits and means. A row is in one fold, whatever its weight.
    n_folds : int, default=5
        Folds, and so fits. Which fold a row is in depends on its number and on ``random_state`` alone.
    random_state : int, RandomState, Generator or None, default=0
        Of folds and starts: models are compared by the same number.

    Returns
    -------
    held_out : HeldOut
        ``mean`` in nats a row, higher is better, with its ``standard_error``; ``fold_means``; and ``gain_over(other)``,
        the difference to another model on the same folds with the standard error of that.

    Raises
    ------
    ConfigError
        If a parameter makes no sense, or the model is none.
    DataError, DegenerateFitError
        If a fit fails; the text says without which fold.

    Examples
    --------
    >>> import numpy as np
    >>> from gaussmix import GaussianMixture, held_out
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(0, 1, (100, 2)), rng.normal(6, 1, (100, 2))])
    >>> one, two = (held_out(GaussianMixture(k), X) for k in (1, 2))
    >>> gain, standard_error = two.gain_over(one)
    >>> gain > 2 * standard_error
    True
    """
    if not is_whole(n_folds) or n_folds < 2:
        raise ConfigError(f"n_folds must be a whole number of at least 2, got {n_folds!r}")
    if not isinstance(model, GaussianMixture):
        raise ConfigError(
            f"model must be a GaussianMixture of gaussmix, whose parameters say what is fitted; got "
            f"{type(model).__name__}. AutoGaussianMixture, once fitted, has one as best_; GaussianMixture.from_sklearn "
            "makes one of scikit-learn's"
        )
    init_params = model.init_params
    if not isinstance(init_params, str):
        raise ConfigError("init_params must be the name of a start: every fit has other rows")
    model = clone(model)
    model._validate_params()
    rows = training_rows(model, X, sample_weight)
    # Some names are for one feature only, and a rank may be too large.
    structure_named(model.covariance_type, rows.source.n_features, model.rank)
    recipe = model._recipe()
    start = model._given(recipe, rows, start_named(init_params))
    seed = int(generator_of(random_state).integers(2**63))
    kernel = AutomaticKernel(model.n_threads)
    found = held_out_log_likelihood(rows.source, kernel, recipe, start, seed, int(n_folds), int(model.n_init))
    for note in rows.notes:
        warn(note, DataWarning)
    return found
