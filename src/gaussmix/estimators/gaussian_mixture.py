"""Gaussian mixture with scikit-learn's interface."""

from __future__ import annotations

from dataclasses import replace
from os import PathLike
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils._param_validation import InvalidParameterError

from gaussmix.core.mixture import Mixture
from gaussmix.core.types import Floats, Integers
from gaussmix.errors import ConfigError, DataWarning, DegenerateFitError, FitWarning
from gaussmix.estimators.conversion import from_scikit_learn, to_scikit_learn
from gaussmix.estimators.fit_context import fit_context
from gaussmix.estimators.fitted import gaussian
from gaussmix.estimators.order import matching_order
from gaussmix.estimators.parameters import (
    CONSTRAINTS,
    ParameterError,
    all_allowed,
    nearest_structure,
    refuse_truth_values,
)
from gaussmix.estimators.rows import training_rows
from gaussmix.estimators.saving import SavingMixture
from gaussmix.estimators.stream import Reader
from gaussmix.estimators.warning import warn

NOT_CONVERGED = (
    "Best performing initialization did not converge. Try different init parameters, or increase max_iter, tol, or "
    "check for degenerate data."
)
"""scikit-learn's warning."""

FLOAT32_ADVICE = " The numerical accuracy can also be improved by passing float64 data instead of float32."
"""What scikit-learn adds for float32 rows. Ours are summed in float64, so that it is said under the patch only."""


class GaussianMixture(SavingMixture):
    """Gaussian mixture: soft clusters, a density, and how sure it is.

    Parameters
    ----------
    n_components : int, default=1
        Number of components.
    covariance_type : {"full", "tied", "diag", "spherical", "low_rank"} or mclust's name, default="full"
        Which covariances are allowed: one for each component, one for all, only along the axes, only balls; or of
        what volume, shape and orientation by mclust's three letters, from "EII" to "VVV" ("E" and "V" for one
        feature): ``docs/structures.md``. "low_rank" is for many features: a few directions for each component beside
        noise (a mixture of factor analysers): ``docs/low-rank.md``.
    rank : int or None, default=None
        Directions (factors) of "low_rank"; None stands for 1 there, and is all that other structures take.
    tol : float or "auto", default="auto"
        When to stop. A number is scikit-learn's rule: the mean log-likelihood changed by less. "auto" estimates
        what is still to gain (Aitken) and stops when that is below 1e-7 a row. On a long way (from 30 iterations on,
        the later half of the last 30 gaining no more than the earlier) it stops also when less than a tenth of a nat
        in all is to come and the last iteration gained less than a hundredth of that; both numbers are in proportion
        smaller where the weights sum to less than 1000. With "auto" slow iterations are extrapolated.
    reg_covar : float or "auto", default="auto"
        What keeps covariances apart from zero. A number is added to their diagonals, in squared units of the
        data, as in scikit-learn; "auto" is a weak prior relative to each column's variance.
    max_iter : int, default=1000
        Most EM iterations; 0 returns the start.
    n_init : int, default=1
        Starts, of which the best is kept; of the raced ones of "auto" so many are polished.
    init_params : {"auto", "hierarchical", "kmeans", "k-means++", "random", "random_from_data"} or array, default="auto"
        How to start: "auto" races several starts on some of the rows, the others are one start each; or from labels
        0 … k − 1 of shape (n,), or from responsibilities of shape (n, k).
    weights_init : array of shape (k,), optional
        First weights, in place of the start's.
    means_init : array of shape (k, d), optional
        First means.
    precisions_init : array, optional
        First precisions (inverse covariances), shaped as ``precisions_``.
    random_state : int, RandomState, Generator or None, default=None
        Of the start and of `sample`.
    warm_start : bool, default=False
        Whether a further fit goes on from the parameters that are there.
    verbose : int, default=0
        1 prints starts and iterations, 2 also times and gains.
    verbose_interval : int, default=10
        Iterations from one printed line to the next.
    weights : {"free", "equal"}, default="free"
        Whether the components' weights are estimated or all alike.
    n_candidates : int or None, default=None
        For hundreds of components and more: each row is shared among so many of them that lie near it, and an iteration
        costs as much whatever their number. What is climbed is then a lower bound of the log-likelihood; in the end all
        components are asked what was left out, and where it is too much candidates are doubled. ``events_`` says how
        much it was, ``lower_bound_`` and all predictions are exact. Takes some 50 bytes a row, rows as an array. None
        shares rows among all components: ``docs/many-components.md``.
    n_threads : int or None, default=None
        Most threads; None for ``OMP_NUM_THREADS`` or every processor. The result has the same bits for any number.
    time_limit : float or None, default=None
        Seconds after which no further iteration begins, nor another run in the race of starts; the fit then has what it
        has come to, ``status_`` is ``Status.STOPPED``, and ``events_`` says why. One start and the first E-step are
        always made.
    callback : callable or None, default=None
        Is given a `Record` of every start and iteration while the fit runs; where it returns True, the fit ends with
        what it has come to.
    checkpoint : path or None, default=None
        A model file that holds the best mixture so far, written anew every minute, and in the end the fitted model. A
        fit whose process was killed goes on by ``gaussmix.load(file).set_params(warm_start=True).fit(X)``. A file that
        is there is not replaced but by a fit that goes on. No checkpoint is made of the race of starts.

    Attributes
    ----------
    weights_ : array of shape (k,)
        Share of the rows in each component. Where nothing was given to start from, components come by weight,
        the heaviest first.
    means_ : array of shape (k, d)
        Means.
    covariances_, precisions_, precisions_cholesky_ : array
        Covariances, their inverses, and the upper factors U of the inverses (UUᵀ): of shape (k, d, d) for "full",
        (d, d) for "tied", (k, d) for "diag" and others along the axes, (k,) for "spherical" and "EII". For "low_rank"
        they are made when they are asked for, as large as for "full".
    loadings_, noise_variance_ : array of shape (k, d, q) and (k, d)
        For "low_rank": what its covariances ``loadings_ @ loadings_.swapaxes(1, 2)`` + diagonal noise are made of.
        Columns of loadings are orthogonal in units of the noise, the longest first.
    labels_ : array of shape (n,)
        Most probable component of each row of the fit, where the rows came as an array.
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
    gain_left_ : float
        Estimate of what more iterations would still add to ``lower_bound_``; infinite where nothing can be said.
    sum_weight_ : float
        Sum of the rows' weights: n in ``bic_``.
    log_likelihood_ : float
        Total log-likelihood of the returned parameters.
    bic_, aic_ : float
        Information criteria on the data of the fit, scikit-learn's sign: lower is better.
    history_ : History
        Log-likelihood and penalised objective of every set of parameters, the start first.
    starts_ : tuple of Attempt
        Every start and where it led.
    events_ : tuple of Event
        What else to know: constant columns, too few rows, components that were put elsewhere or dropped, what ended a
        fit before its end; each with its ``kind``, ``text``, ``iteration``, ``component`` (by its number at that
        moment) and ``start`` (its place in ``starts_``). Where components were dropped, ``weights_`` and all the others
        have fewer than ``n_components``.
    fitted_rows_ : FittedRows
        What is remembered of the rows: how many, in all and by component, and a fingerprint that knows them again.
    mixture_ : Mixture
        The fitted value itself, in float64. Assigning weights, means, covariances or precisions makes a new one.
    n_features_in_ : int
        Features seen in ``fit``.
    feature_names_in_ : array of shape (d,)
        Their names, where all are strings.

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

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = CONSTRAINTS
    _file_name: ClassVar[str] = "GaussianMixture"

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: str = "full",
        rank: int | None = None,
        tol: float | str = "auto",
        reg_covar: float | str = "auto",
        max_iter: int = 1000,
        n_init: int = 1,
        init_params: str | npt.ArrayLike = "auto",
        weights_init: npt.ArrayLike | None = None,
        means_init: npt.ArrayLike | None = None,
        precisions_init: npt.ArrayLike | None = None,
        random_state: int | np.random.RandomState | np.random.Generator | None = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        weights: str = "free",
        n_candidates: int | None = None,
        n_threads: int | None = None,
        time_limit: float | None = None,
        callback: Reader | None = None,
        checkpoint: str | PathLike[str] | None = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.rank = rank
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.weights_init = weights_init
        self.means_init = means_init
        self.precisions_init = precisions_init
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.verbose_interval = verbose_interval
        self.weights = weights
        self.n_candidates = n_candidates
        self.n_threads = n_threads
        self.time_limit = time_limit
        self.callback = callback
        self.checkpoint = checkpoint

    @fit_context
    def fit(self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Estimate the mixture.

        Parameters
        ----------
        X : array-like of shape (n, d), Source, str or Path
            The rows; or the name of a file of rows (Parquet, Feather, CSV), of a folder of such files, or a pattern
            such as ``"parts/*.parquet"``. They are read piece by piece: files may be larger than memory.
        y : ignored
            There for scikit-learn's conventions.
        sample_weight : array-like of shape (n,), or str, optional
            How often each row counts: a row of weight 2 is that row twice, one of weight 0 is not there. Where rows are
            in files, the name of the column that says so.

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
        FileError
            If rows cannot be read, or the checkpoint cannot be written or is there already.
        """
        self._check_checkpoint()
        rows = training_rows(self, X, sample_weight)
        try:
            self._fit(rows, y)
        except DegenerateFitError as error:
            if self._compatibility.messages and rows.dtype == np.float32:
                raise DegenerateFitError(f"{error}{FLOAT32_ADVICE}") from error
            raise
        if isinstance(sample_weight, str):
            self.fitted_rows_ = replace(self.fitted_rows_, weight_name=sample_weight)
        self._save_finished()
        self._warn_of_events()
        for note in rows.notes:
            warn(note, DataWarning)
        if not self.converged_ and self.max_iter > 0:
            left = f" About {self.gain_left_:.1e} a row is still to gain." if np.isfinite(self.gain_left_) else ""
            advice = "" if self._compatibility.messages else f" {self.status_.advice}{left}"
            warn(f"{NOT_CONVERGED}{advice}", ConvergenceWarning)
        return self

    def fit_predict(self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None) -> Integers:
        """Fit, then the most probable component of each row; the same as ``fit(X).predict(X)``."""
        fitted = self.fit(X, y, sample_weight)
        return fitted.labels_ if hasattr(fitted, "labels_") else self.predict(X)

    def relabel(self, reference: GaussianMixture | Mixture | npt.ArrayLike) -> Self:
        """Put the components in the order that best matches a reference.

        Parameters
        ----------
        reference : GaussianMixture, Mixture, or array of shape (k, d)
            Means to be matched one to one, so that all squared distances sum to the least. Each feature counts in a
            power of two near its own spread, for "spherical" near that of the widest.

        Returns
        -------
        self : GaussianMixture
        """
        mixture = self.mixture_
        frame, means = mixture.frame, _means(reference)
        if means.shape != self.means_.shape:
            raise ConfigError(f"the reference's means have shape {means.shape}, these {self.means_.shape}")
        ours = frame.positions_to_internal(_means(mixture))
        order = matching_order(ours, frame.positions_to_internal(means))
        self._set_mixture(mixture.reorder(order), self.means_.dtype)
        if hasattr(self, "labels_"):
            self.labels_ = np.argsort(order)[self.labels_]
        if hasattr(self, "fitted_rows_"):
            self.fitted_rows_ = self.fitted_rows_.reorder(order)
        return self

    def to_sklearn(self) -> Any:
        """scikit-learn's own ``GaussianMixture``, fitted if this one is."""
        return to_scikit_learn(self)

    @classmethod
    def from_sklearn(cls, estimator: Any) -> Self:
        """A mixture with the parameters of scikit-learn's, fitted if that one is."""
        return from_scikit_learn(cls, estimator)

    def _warn_of_events(self) -> None:
        """Say aloud what changes the meaning of the result."""
        if self._compatibility.messages:
            return
        for event in self.events_:
            if event.kind == "few":
                warn(event.text, FitWarning)
        if len(self.weights_) < self.n_components:
            dropped = self.n_components - len(self.weights_)
            warn(
                f"{dropped} of {self.n_components} components collapsed again and again and were dropped: the fit has "
                f"{len(self.weights_)}. events_ says which and when; ask for fewer, or for more starts (n_init).",
                FitWarning,
            )

    def _validate_params(self) -> None:
        if not all_allowed(self):
            try:
                super()._validate_params()
            except InvalidParameterError as error:
                hint = "" if self._compatibility.messages else nearest_structure(self.covariance_type)
                raise ParameterError(f"{error}{hint}") from None
        if not self._compatibility.messages:  # scikit-learn takes True for 1
            # Not get_params, which reads this class's signature: a tenth of a millisecond of a fit's two.
            refuse_truth_values(type(self).__name__, vars(self))


def _means(reference: Any) -> Floats:
    """Means (k, d), in the user's units, of an estimator, a mixture or an array."""
    if isinstance(reference, Mixture):
        return gaussian(reference).public_means(reference.frame)
    return np.asarray(getattr(reference, "means_", reference), dtype=np.float64)
