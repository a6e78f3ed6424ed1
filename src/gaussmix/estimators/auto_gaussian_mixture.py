"""A Gaussian mixture that chooses its number of components and its structure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf
from numbers import Integral, Real
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    ClusterMixin,
    DensityMixin,
    TransformerMixin,
    _fit_context,
)
from sklearn.utils._param_validation import Interval, InvalidParameterError, StrOptions
from sklearn.utils.validation import check_is_fitted

from gaussmix.core.types import Floats, Integers
from gaussmix.errors import DataWarning
from gaussmix.estimators.choosing import Order, chosen
from gaussmix.estimators.compatibility import NONE, Compatibility
from gaussmix.estimators.gaussian_mixture import GaussianMixture
from gaussmix.estimators.parameters import CONSTRAINTS, ParameterError, n_threads_of
from gaussmix.estimators.predicting import generator_of
from gaussmix.estimators.rows import training_rows
from gaussmix.estimators.warning import warn
from gaussmix.selection.cells import ALL
from gaussmix.selection.judges import JUDGES, judge_named
from gaussmix.selection.work import Progress

SHARED = ("tol", "reg_covar", "max_iter", "n_init", "weights", "random_state", "time_limit")
"""Parameters that mean the same as those of a single fit."""


class OfBest:
    """A fitted attribute that the best fit has."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, estimator: AutoGaussianMixture | None, owner: type | None = None) -> Any:
        if estimator is None:
            return self
        if "selection_" not in vars(estimator):
            raise AttributeError(f"{type(estimator).__name__!r} object has no attribute {self._name!r}")
        return getattr(estimator.selection_.best, self._name)


class AutoGaussianMixture(ClassNamePrefixFeaturesOutMixin, TransformerMixin, DensityMixin, ClusterMixin, BaseEstimator):
    """Gaussian mixture that chooses its number of components and the structure of its covariances.

    What it chose, `GaussianMixture` with these two numbers would fit: it predicts as that does.

    Parameters
    ----------
    n_components : int, sequence of int or None, default=None
        Numbers of components to be tried; None for 1 to 9.
    structures : "all", str or sequence of str, default="all"
        Covariance structures to be tried, by scikit-learn's names or mclust's: ``docs/structures.md``. "all" are
        mclust's fourteen, two for one feature.
    rank : int, sequence of int or None, default=None
        Numbers of loadings of ``"low_rank"`` to be tried, where this is among them; None for 1.
    criterion : {"bic", "aic", "aicc", "icl", "held_out", "bootstrap"}, default="bic"
        What to choose by. The last two fit more than the grid: "held_out" every fit again without each of ``n_folds``
        folds of the rows; "bootstrap" draws of each number of components that is tested, of the structure that BIC
        prefers.
    n_folds : int or None, default=None
        Of "held_out": folds of the rows; None for 5.
    n_draws : int or None, default=None
        Of "bootstrap": most draws of a test; None for 199.
    level : float or None, default=None
        Of "bootstrap": a number of components is rejected where its p-value is not above this; None for 0.05.
    tol, reg_covar, max_iter, n_init, weights : optional
        Of every fit, as `GaussianMixture` has them.
    random_state : int, RandomState, Generator or None, default=None
        Of the starts.
    n_jobs : int or None, default=None
        Most threads in all; None or -1 for ``OMP_NUM_THREADS`` or every processor. The result does not depend on it.
    time_limit : float or None, default=None
        Seconds after which no further fit begins, and those under way end after their iteration. What was not tried
        says so in the table.
    callback : callable or None, default=None
        Is given a `Progress` after every fit; where it returns True, the search ends with what it has come to.

    Attributes
    ----------
    selection_ : Selection
        Every fit, and which of them is to be preferred.
    best_ : GaussianMixture
        The one that was chosen.
    n_components_, covariance_type_ : int, str
        What was chosen.
    weights_, means_, covariances_, precisions_, precisions_cholesky_, mixture_ : array
        Of the best, as `GaussianMixture` has them; and so ``labels_``, ``converged_``, ``status_``, ``n_iter_``,
        ``lower_bound_``, ``lower_bounds_``, ``gain_left_``, ``sum_weight_``, ``log_likelihood_``, ``bic_``, ``aic_``,
        ``history_``, ``starts_``, ``events_``, ``fitted_rows_``; of "low_rank" ``loadings_``, ``noise_variance_``.

    Examples
    --------
    >>> import numpy as np
    >>> from gaussmix import AutoGaussianMixture
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(0, 1, (100, 2)), rng.normal(8, 1, (100, 2))])
    >>> model = AutoGaussianMixture(range(1, 4), random_state=0).fit(X)
    >>> model.n_components_, model.covariance_type_
    (2, 'EII')
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_components": [Interval(Integral, 1, None, closed="left"), "array-like", range, None],
        "structures": [str, "array-like", tuple, list],
        "rank": [*CONSTRAINTS["rank"], "array-like", range],
        "criterion": [StrOptions(set(JUDGES))],
        "n_folds": [Interval(Integral, 2, None, closed="left"), None],
        "n_draws": [Interval(Integral, 1, None, closed="left"), None],
        "level": [Interval(Real, 0.0, 1.0, closed="neither"), None],
        **{name: CONSTRAINTS[name] for name in SHARED},
        "n_jobs": [Integral, None],
        "time_limit": [Interval(Real, 0.0, None, closed="left"), None],
        "callback": [callable, None],
    }
    _compatibility: ClassVar[Compatibility] = NONE

    weights_ = OfBest()
    means_ = OfBest()
    covariances_ = OfBest()
    precisions_ = OfBest()
    precisions_cholesky_ = OfBest()
    loadings_ = OfBest()
    noise_variance_ = OfBest()
    mixture_ = OfBest()
    labels_ = OfBest()
    converged_ = OfBest()
    status_ = OfBest()
    n_iter_ = OfBest()
    lower_bound_ = OfBest()
    lower_bounds_ = OfBest()
    gain_left_ = OfBest()
    sum_weight_ = OfBest()
    log_likelihood_ = OfBest()
    bic_ = OfBest()
    aic_ = OfBest()
    history_ = OfBest()
    starts_ = OfBest()
    events_ = OfBest()
    fitted_rows_ = OfBest()

    def __init__(
        self,
        n_components: int | Iterable[int] | None = None,
        *,
        structures: str | Iterable[str] = ALL,
        rank: int | Iterable[int] | None = None,
        criterion: str = "bic",
        n_folds: int | None = None,
        n_draws: int | None = None,
        level: float | None = None,
        tol: float | str = "auto",
        reg_covar: float | str = "auto",
        max_iter: int = 1000,
        n_init: int = 1,
        weights: str = "free",
        random_state: int | np.random.RandomState | np.random.Generator | None = None,
        n_jobs: int | None = None,
        time_limit: float | None = None,
        callback: Callable[[Progress], Any] | None = None,
    ) -> None:
        self.n_components = n_components
        self.structures = structures
        self.rank = rank
        self.criterion = criterion
        self.n_folds = n_folds
        self.n_draws = n_draws
        self.level = level
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.weights = weights
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.time_limit = time_limit
        self.callback = callback

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Fit every cell of the grid, and choose.

        Parameters
        ----------
        X, sample_weight
            The rows and their weights, as `GaussianMixture.fit` takes them.
        y : ignored
            There for scikit-learn's conventions.

        Returns
        -------
        self : AutoGaussianMixture

        Raises
        ------
        DataError
            If the rows cannot be used.
        ConfigError
            If a parameter makes no sense.
        DegenerateFitError
            If no fit may be chosen.
        """
        rows = training_rows(self, X, sample_weight)
        selection = chosen(rows, self._order(sample_weight if isinstance(sample_weight, str) else None))
        self.selection_ = selection
        for note in (*rows.notes, *selection.notes):
            warn(note, DataWarning)
        return self

    @property
    def best_(self) -> GaussianMixture:
        """The fit that was chosen."""
        check_is_fitted(self)
        return self.selection_.best

    @property
    def n_components_(self) -> int:
        """How many components it has."""
        return self.best_.n_components

    @property
    def covariance_type_(self) -> str:
        """Which structure it has."""
        return self.best_.covariance_type

    def predict(self, X: Any) -> Integers:
        """Number of the most probable component of each row, shape (n,)."""
        return self.best_.predict(X)

    def predict_proba(self, X: Any) -> Floats:
        """Probability that each row comes from each component, shape (n, k); rows sum to 1."""
        return self.best_.predict_proba(X)

    def transform(self, X: Any) -> Floats:
        """The same as `predict_proba`, for pipelines; `set_output` chooses the container."""
        return self.best_.predict_proba(X)

    def score_samples(self, X: Any) -> Floats:
        """Log-density of each row, shape (n,)."""
        return self.best_.score_samples(X)

    def score(self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None) -> float:
        """(Weighted) mean log-density of the rows."""
        return self.best_.score(X, y, sample_weight)

    def bic(self, X: Any, sample_weight: npt.ArrayLike | None = None) -> float:
        """Bayesian information criterion of the best on these rows, lower is better."""
        return self.best_.bic(X, sample_weight)

    def aic(self, X: Any, sample_weight: npt.ArrayLike | None = None) -> float:
        """Akaike's information criterion of the best on these rows, lower is better."""
        return self.best_.aic(X, sample_weight)

    def predict_to(self, X: Any, path: str | Path, **settings: Any) -> int:
        """Write what the best predicts of each row into a file; settings are those of `GaussianMixture.predict_to`."""
        return self.best_.predict_to(X, path, **settings)

    def sample(self, n_samples: int = 1) -> tuple[Floats, Integers]:
        """Draws from the best and the components they came from, grouped by component."""
        return self.best_.sample(n_samples)

    def save(self, path: str | Path) -> None:
        """Write the best into a file, which `gaussmix.load` reads as the `GaussianMixture` that it is."""
        self.best_.save(path)

    def to_sklearn(self) -> Any:
        """The best as scikit-learn's own ``GaussianMixture``."""
        return self.best_.to_sklearn()

    @property
    def _n_features_out(self) -> int:
        return int(self.best_.mixture_.n_components)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "selection_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _validate_params(self) -> None:
        try:
            super()._validate_params()
        except InvalidParameterError as error:
            raise ParameterError(str(error)) from None

    def _order(self, weight_name: str | None) -> Order:
        model = GaussianMixture(**{name: getattr(self, name) for name in SHARED if name != "time_limit"})
        n_threads = n_threads_of(self.n_jobs)
        model.set_params(n_threads=n_threads)
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(self, name):
                setattr(model, name, getattr(self, name))
        return Order(
            self.n_components,
            self.structures,
            self.rank,
            judge_named(self.criterion, n_folds=self.n_folds, n_draws=self.n_draws, level=self.level),
            int(self.n_init),
            n_threads,
            inf if self.time_limit is None else float(self.time_limit),
            int(generator_of(self.random_state).integers(2**31)),
            self.callback,
            model,
            weight_name,
        )
