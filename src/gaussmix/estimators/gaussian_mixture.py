"""Gaussian mixture with scikit-learn's interface."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from gaussmix.allocations.given import RESPONSIBILITY
from gaussmix.core.block import Column
from gaussmix.core.contracts import Source
from gaussmix.core.types import Array, Floats, Integers
from gaussmix.data.memory import MemorySource
from gaussmix.em.status import Status
from gaussmix.em.stopping import AitkenTolerance, PlainTolerance, Stopping
from gaussmix.errors import ConfigError, DataError
from gaussmix.estimators.given import given_parameters
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.structures import structure_named
from gaussmix.fitting.fit import Fit, fit_mixture
from gaussmix.fitting.recipe import Recipe
from gaussmix.fitting.scene import Start
from gaussmix.fitting.start import SharesStart, start_named
from gaussmix.kernels.automatic import AutomaticKernel
from gaussmix.starts.shares import one_hot

if TYPE_CHECKING:
    from gaussmix.core.mixture import Mixture

AUTOMATIC_TOLERANCE = 1e-7
"""What ``tol="auto"`` leaves: an estimated gain of a ten-millionth of a nat a row. Parameters of a fit that far
from its optimum differ from it by some 3e-4 standard deviations of one row, less than any sample can tell."""


class GaussianMixture(DensityMixin, BaseEstimator):
    """Gaussian mixture: soft clusters, a density, and how sure it is.

    Parameters
    ----------
    n_components : int, default=1
        Number of components.
    covariance_type : {"full", "tied", "diag", "spherical"}, default="full"
        Which covariances are allowed: one for each component, one for all, only along the axes, only balls.
    tol : float or "auto", default="auto"
        When to stop. A number is scikit-learn's rule: the mean log-likelihood changed by less. "auto" estimates
        what is still to gain (Aitken) and stops when that is below 1e-7 a row.
    reg_covar : float or "auto", default="auto"
        What keeps covariances apart from zero. A number is added to their diagonals, in squared units of the
        data, as in scikit-learn; "auto" is a weak prior relative to each column's variance.
    max_iter : int, default=1000
        Most EM iterations; 0 returns the start.
    n_init : int, default=1
        Starts, of which the best is kept.
    init_params : str, or array of shape (n,) or (n, k), default="auto"
        How to start: "auto" races several starts on some of the rows; "kmeans", "k-means++", "random" and
        "random_from_data" are one start each; or given labels 0 … k − 1, or given responsibilities.
    weights_init : array of shape (k,), optional
        First weights, in place of the start's.
    means_init : array of shape (k, d), optional
        First means.
    precisions_init : array, optional
        First precisions (inverse covariances), shaped as ``precisions_``.
    random_state : int, RandomState or None, default=None
        Of the start.
    weights : {"free", "equal"}, default="free"
        Whether the components' weights are estimated or all alike.
    n_threads : int or None, default=None
        Most threads; None for ``OMP_NUM_THREADS`` or every processor. The result has the same bits for any number.

    Attributes
    ----------
    weights_ : array of shape (k,)
        Share of the rows in each component.
    means_ : array of shape (k, d)
        Means.
    covariances_, precisions_, precisions_cholesky_ : array
        Covariances, their inverses, and the upper factors U of the inverses (UUᵀ): of shape (k, d, d) for "full",
        (d, d) for "tied", (k, d) for "diag", (k,) for "spherical".
    converged_ : bool
        Whether the best start converged.
    status_ : Status
        How it ended; ``status_.advice`` says what to do.
    n_iter_ : int
        Its iterations.
    lower_bound_ : float
        Mean log-likelihood of the returned parameters: ``score(X)`` of the data of the fit.
    lower_bounds_ : list of float
        The same after each iteration.
    log_likelihood_ : float
        Total log-likelihood of the returned parameters.
    bic_, aic_ : float
        Information criteria on the data of the fit, scikit-learn's sign: lower is better.
    history_ : History
        Log-likelihood and penalised objective of every set of parameters, the start first.
    starts_ : tuple of Attempt
        Every start and where it led.
    mixture_ : Mixture
        The fitted value itself, in float64.
    n_features_in_ : int
        Features seen in ``fit``.

    Examples
    --------
    >>> import numpy as np
    >>> from gaussmix import GaussianMixture
    >>> X = np.array([[1.0, 2], [1, 4], [1, 0], [10, 2], [10, 4], [10, 0]])
    >>> model = GaussianMixture(n_components=2, random_state=0).fit(X)
    >>> sorted(float(mean) for mean in model.means_[:, 0].round(6))
    [1.0, 10.0]
    >>> labels = model.predict([[0, 0], [12, 3]])
    >>> bool(labels[0] != labels[1])
    True
    """

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: str = "full",
        tol: float | str = "auto",
        reg_covar: float | str = "auto",
        max_iter: int = 1000,
        n_init: int = 1,
        init_params: str | npt.ArrayLike = "auto",
        weights_init: npt.ArrayLike | None = None,
        means_init: npt.ArrayLike | None = None,
        precisions_init: npt.ArrayLike | None = None,
        random_state: int | np.random.RandomState | None = None,
        weights: str = "free",
        n_threads: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.weights_init = weights_init
        self.means_init = means_init
        self.precisions_init = precisions_init
        self.random_state = random_state
        self.weights = weights
        self.n_threads = n_threads

    def fit(self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Estimate the mixture.

        Parameters
        ----------
        X : array-like of shape (n, d), or Source
            The rows.
        y : ignored
            There for scikit-learn's conventions.
        sample_weight : array-like of shape (n,), optional
            How often each row counts: a row of weight 2 is that row twice, one of weight 0 is not there.

        Returns
        -------
        self : GaussianMixture

        Raises
        ------
        DataError
            If the rows cannot be used.
        ConfigError
            If a parameter makes no sense.
        DegenerateFitError
            If a covariance becomes singular; not with ``reg_covar="auto"``.
        """
        recipe = self._recipe()
        source, start = self._rows_and_start(X, sample_weight)
        start = given_parameters(
            recipe,
            source.n_features,
            self.weights_init,
            self.means_init,
            self.precisions_init,
            start,
        )
        generator = np.random.default_rng(check_random_state(self.random_state).randint(2**31))
        fit = fit_mixture(source, self._kernel(), recipe, start, generator, self.n_init)
        self._set_fitted(fit)
        if fit.result.status is not Status.CONVERGED and self.max_iter > 0:
            warnings.warn(
                "Best performing initialization did not converge. Try different init parameters, or increase "
                f"max_iter, tol, or check for degenerate data. {fit.result.status.advice}",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def fit_predict(self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None) -> Integers:
        """Fit, then the most probable component of each row; the same as ``fit(X).predict(X)``."""
        return self.fit(X, y, sample_weight).predict(X)

    def predict(self, X: Any) -> Integers:
        """Number of the most probable component of each row, shape (n,)."""
        return self.row_results(X, ("label",))["label"]

    def predict_proba(self, X: Any) -> Floats:
        """Probability that each row comes from each component, shape (n, k); rows sum to 1."""
        return self.row_results(X, ("responsibility",))["responsibility"]

    def score_samples(self, X: Any) -> Floats:
        """Log-density of each row, shape (n,)."""
        return self.row_results(X, ("log_density",))["log_density"]

    def score(self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None) -> float:
        """(Weighted) mean log-density of the rows."""
        total, sum_weight = self._log_likelihood(X, sample_weight)
        return total / sum_weight

    def bic(self, X: Any, sample_weight: npt.ArrayLike | None = None) -> float:
        """Bayesian information criterion on these rows, lower is better; n is the sum of weights."""
        total, sum_weight = self._log_likelihood(X, sample_weight)
        return -2.0 * total + self.mixture_.n_parameters * float(np.log(sum_weight))

    def aic(self, X: Any, sample_weight: npt.ArrayLike | None = None) -> float:
        """Akaike's information criterion on these rows, lower is better."""
        return -2.0 * self._log_likelihood(X, sample_weight)[0] + 2.0 * self.mixture_.n_parameters

    def sample(self, n_samples: int = 1) -> tuple[Floats, Integers]:
        """Draws from the mixture and the components they came from, grouped by component."""
        check_is_fitted(self)
        if n_samples < 1:
            raise ConfigError(
                f"Invalid value for 'n_samples': {n_samples} . The sampling requires at least one sample."
            )
        generator = np.random.default_rng(check_random_state(self.random_state).randint(2**31))
        return self.mixture_.sample(n_samples, generator)

    def row_results(self, X: Any, wanted: tuple[str, ...]) -> dict[str, Array]:
        """Several results of one pass over the rows.

        Parameters
        ----------
        X : array-like of shape (n, d), or Source
            The rows.
        wanted : tuple of str
            Of ``"label"``, ``"responsibility"``, ``"log_density"``.
        """
        check_is_fitted(self)
        return self._kernel().rows(self._query(X), self.mixture_, wanted)

    def _recipe(self) -> Recipe:
        if isinstance(self.n_components, bool) or not isinstance(self.n_components, (int, np.integer)):
            raise ConfigError(f"n_components must be a whole number, got {self.n_components!r}")
        if self.n_components < 1:
            raise ConfigError(f"n_components must be at least 1, got {self.n_components}")
        if self.weights not in ("free", "equal"):
            raise ConfigError(f"weights must be 'free' or 'equal', got {self.weights!r}")
        for name, least in (("max_iter", 0), ("n_init", 1)):
            value = getattr(self, name)
            if not isinstance(value, (int, np.integer)) or value < least:
                raise ConfigError(f"{name} must be a whole number of at least {least}, got {value!r}")
        reg_covar = _number_or_auto("reg_covar", self.reg_covar)
        return Recipe(
            n_components=int(self.n_components),
            structure=structure_named(self.covariance_type),
            equal_weights=self.weights == "equal",
            reg_covar=reg_covar,
            stopping=self._stopping(),
            max_iter=int(self.max_iter),
        )

    def _stopping(self) -> Stopping:
        tol = _number_or_auto("tol", self.tol)
        return AitkenTolerance(AUTOMATIC_TOLERANCE) if tol is None else PlainTolerance(tol)

    def _kernel(self) -> AutomaticKernel:
        return AutomaticKernel(self.n_threads)

    def _rows_and_start(self, X: Any, sample_weight: npt.ArrayLike | None) -> tuple[Source, Start]:
        if isinstance(X, Source):
            if sample_weight is not None:
                raise ConfigError("a Source carries its own weights; sample_weight must be None")
            if not isinstance(self.init_params, str):
                raise ConfigError("labels or responsibilities as a start need the rows as an array")
            self.n_features_in_ = X.n_features
            return X, self._named_start(self.init_params)
        x = validate_data(
            self,
            X,
            dtype=[np.float64, np.float32],
            ensure_min_samples=2,
            accept_large_sparse=False,
            order=None,
        )
        weight = None if sample_weight is None else checked_weight(sample_weight, len(x))
        if isinstance(self.init_params, str):
            return MemorySource(x, weight), self._named_start(self.init_params)
        shares = np.asarray(self.init_params)
        if shares.ndim == 1 and len(shares) == len(x):
            shares = one_hot(shares, self.n_components)
        if shares.shape != (len(x), self.n_components):
            raise ConfigError(
                f"init_params must be labels of shape ({len(x)},) or responsibilities of shape "
                f"({len(x)}, {self.n_components}), got an array of shape {shares.shape}"
            )
        if not (np.isfinite(shares).all() and (shares >= 0).all()):
            raise DataError("responsibilities in init_params must be finite and not negative")
        return MemorySource(x, weight, {RESPONSIBILITY: Column(shares.astype(np.float64))}), SharesStart()

    @staticmethod
    def _named_start(name: str) -> Start:
        return start_named(name)

    def _query(self, X: Any, sample_weight: npt.ArrayLike | None = None) -> Source:
        if isinstance(X, Source):
            if X.n_features != self.n_features_in_:
                raise DataError(f"these rows have {X.n_features} features, the mixture {self.n_features_in_}")
            return X
        x = validate_data(self, X, dtype=[np.float64, np.float32], reset=False, order=None)
        return MemorySource(x, None if sample_weight is None else checked_weight(sample_weight, len(x)))

    def _log_likelihood(self, X: Any, sample_weight: npt.ArrayLike | None) -> tuple[float, float]:
        """Total log-likelihood and sum of weights, by the same sums as in the fit, to the last bit."""
        check_is_fitted(self)
        source = self._query(X, sample_weight)
        statistics = self._kernel().expect(source, self.mixture_)
        sum_weight = float(statistics.sum_weight.sum())
        return statistics.log_likelihood, sum_weight

    def _set_fitted(self, fit: Fit) -> None:
        mixture, result, sum_weight = fit.mixture, fit.result, fit.summary.sum_weight
        family = mixture.family
        if not isinstance(family, Gaussian):
            raise TypeError(f"a Gaussian mixture was to be fitted, not one of family {family.name}")
        self.mixture_: Mixture = mixture
        self.weights_ = mixture.weights
        self.means_ = family.public_means(mixture.frame)
        self.covariances_ = family.public_covariance(mixture.frame)
        self.precisions_cholesky_ = family.public_precision_cholesky(mixture.frame)
        self.precisions_ = family.public_precision(mixture.frame)
        self.status_ = result.status
        self.converged_ = result.status is Status.CONVERGED
        self.n_iter_ = result.n_iter
        self.history_ = result.history
        self.starts_ = fit.attempts
        self.log_likelihood_ = fit.log_likelihood
        self.lower_bound_ = fit.log_likelihood / sum_weight
        self.lower_bounds_ = (result.history.log_likelihood[1:] / sum_weight).tolist()
        self.bic_ = -2.0 * fit.log_likelihood + mixture.n_parameters * float(np.log(sum_weight))
        self.aic_ = -2.0 * fit.log_likelihood + 2.0 * mixture.n_parameters


def checked_weight(sample_weight: npt.ArrayLike, n_rows: int) -> Floats:
    """Row weights as float64, shape (n,).

    Raises
    ------
    DataError
        If one is negative or not finite, all are 0, or their number is wrong.
    """
    weight = np.asarray(sample_weight, dtype=np.float64)
    if weight.shape != (n_rows,):
        raise DataError(f"sample_weight must have shape ({n_rows},), one weight a row; got {weight.shape}")
    wrong = ~(np.isfinite(weight) & (weight >= 0.0))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise DataError(f"sample_weight must be finite and not negative; row {row} has {weight[row]}")
    if not weight.any():
        raise DataError("every sample_weight is zero; at least two rows must count")
    return weight


def _number_or_auto(name: str, value: float | str) -> float | None:
    """The number, or None for "auto"."""
    if isinstance(value, str):
        if value != "auto":
            raise ConfigError(f"{name} must be a number of at least 0 or 'auto', got {value!r}")
        return None
    if not (np.isfinite(value) and value >= 0.0):
        raise ConfigError(f"{name} must be a number of at least 0 or 'auto', got {value!r}")
    return float(value)
