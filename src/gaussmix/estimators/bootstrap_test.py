"""The bootstrap likelihood-ratio test, with estimators' manners."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

from gaussmix.errors import ConfigError, DataWarning
from gaussmix.estimators.gaussian_mixture import GaussianMixture
from gaussmix.estimators.parameters import is_whole, n_threads_of
from gaussmix.estimators.predicting import generator_of
from gaussmix.estimators.rows import training_rows
from gaussmix.estimators.warning import warn
from gaussmix.families.structures import structure_named
from gaussmix.fitting.one_blas_thread import one_blas_thread
from gaussmix.fitting.start import start_named
from gaussmix.kernels.automatic import AutomaticKernel
from gaussmix.kernels.threads import thread_count
from gaussmix.selection.bootstrap_test import LEVEL, N_DRAWS, BootstrapTest, bootstrap_sequence, check_draws


@one_blas_thread()
def bootstrap_test(
    X: Any,
    *,
    n_components: Iterable[int] = range(1, 9),
    covariance_type: str = "full",
    rank: int | None = None,
    weights: str = "free",
    reg_covar: float | str = "auto",
    init_params: str = "auto",
    n_init: int = 1,
    sample_weight: npt.ArrayLike | None = None,
    level: float = LEVEL,
    n_draws: int = N_DRAWS,
    random_state: int | np.random.RandomState | np.random.Generator | None = None,
    n_jobs: int | None = None,
) -> BootstrapTest:
    """Test how many components are needed: each number against one more, until one is not rejected.

    The likelihood ratio has no known distribution where the number of components is in question, so that it is found by
    fits to rows drawn from the smaller mixture (McLachlan 1987).

    Parameters
    ----------
    X : array-like of shape (n, d), Source, str or Path
        The rows, as for ``GaussianMixture.fit``.
    n_components : iterable of int
        Numbers of components to be tested, one after another, each against one more. ``[2]`` tests 2 against 3 alone.
    covariance_type, rank, weights, reg_covar, init_params, n_init
        As of `GaussianMixture`; ``init_params`` is the name of a start. Every fit is made so, those of the data and
        those of the draws.
    sample_weight : array-like of shape (n,), or str, optional
        How often each row counts: draws are of as many rows as these sum to.
    level : float, default=0.05
        A number of components is rejected where its p-value is not above this.
    n_draws : int, default=199
        Most draws of a test. Draws end where they can no longer reject; p-values are exact in either case.
    random_state : int, RandomState, Generator or None, default=None
        Of draws and starts.
    n_jobs : int or None, default=None
        Draws that are fitted at the same time, by threads: None for one, -1 for as many as there are processors. The
        result is the same for any number.

    Returns
    -------
    test : BootstrapTest
        ``n_components``, the first number that was not rejected; ``decided``, whether there was one; ``rungs`` with
        statistic, ``p_value``, ``draws``, ``n_redrawn`` and ``reason`` of each test; a table when printed. It ends
        undecided, and ``reason`` says why, where a component has no extent in some direction, as on rounded values: a
        likelihood that could be as large as one likes rejects every number.

    Raises
    ------
    ConfigError
        If a parameter makes no sense.
    DataError
        If the rows cannot be used.
    DegenerateFitError
        If a mixture cannot be fitted to them.

    Examples
    --------
    >>> import numpy as np
    >>> from gaussmix import bootstrap_test
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(0, 1, 100), rng.normal(6, 1, 100)])[:, np.newaxis]
    >>> test = bootstrap_test(X, n_draws=39, random_state=0)
    >>> test.n_components, test.rungs[0].p_value
    (2, 0.025)
    """
    numbers = _checked(n_components, level, n_draws)
    jobs = 1 if n_jobs is None else thread_count(n_threads_of(n_jobs))
    if not isinstance(init_params, str):
        raise ConfigError("init_params must be the name of a start: draws have rows of their own")
    start = start_named(init_params)
    model = GaussianMixture(
        max(numbers) + 1,
        covariance_type=covariance_type,
        rank=rank,
        weights=weights,
        reg_covar=reg_covar,
        n_init=n_init,
    )
    model._validate_params()
    rows = training_rows(model, X, sample_weight)
    # Some names are for one feature only, and a rank may be too large.
    structure_named(covariance_type, rows.source.n_features, rank)
    test = bootstrap_sequence(
        rows.source,
        AutomaticKernel(max(1, thread_count(None) // jobs)),
        model._recipe(),
        start,
        np.random.SeedSequence(int(generator_of(random_state).integers(2**63))),
        numbers,
        float(level),
        n_draws,
        n_init,
        jobs,
    )
    for note in rows.notes:
        warn(note, DataWarning)
    return test


def _checked(n_components: Iterable[int], level: Any, n_draws: Any) -> list[int]:
    """Numbers of components, after a look at the other parameters."""
    try:
        numbers = list(n_components)
    except TypeError as error:
        raise ConfigError(f"n_components must be numbers to be tested, such as [2]; got {n_components!r}") from error
    if not numbers or not all(is_whole(k) and k >= 1 for k in numbers) or sorted(set(numbers)) != numbers:
        raise ConfigError(f"n_components must be whole numbers of at least 1 that ascend; got {numbers!r}")
    if not isinstance(level, Real):
        raise ConfigError(f"level must be a number above 0 and below 1, got {level!r}")
    if not is_whole(n_draws):
        raise ConfigError(f"n_draws must be a whole number of at least 1 / level − 1, got {n_draws!r}")
    check_draws(float(level), n_draws)
    return [int(k) for k in numbers]
