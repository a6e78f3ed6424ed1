"""From an estimator's parameters to a fit, and from a fit to its attributes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_random_state

from gaussmix.core.contracts import Kernel
from gaussmix.core.mixture import Mixture
from gaussmix.core.types import Array
from gaussmix.em.listener import Listener, Listeners
from gaussmix.em.status import Status
from gaussmix.em.stopping import AutomaticTolerance, PlainTolerance, Stopping, remaining_gain
from gaussmix.errors import ConfigError
from gaussmix.estimators.callbacks import Callbacks, CallbackSupportMixin
from gaussmix.estimators.checkpoint import Checkpoint, CheckpointFile
from gaussmix.estimators.fitted import gaussian
from gaussmix.estimators.given import given_parameters
from gaussmix.estimators.going_on import SameRowsStart, last_start
from gaussmix.estimators.lagging import LaggingTolerance, best_by_lagging_bound, lagging_bounds
from gaussmix.estimators.order import canonical_order
from gaussmix.estimators.predicting import generator_of
from gaussmix.estimators.private_names import PrivateNames
from gaussmix.estimators.progress import Progress
from gaussmix.estimators.rows import Rows
from gaussmix.estimators.singletons import ScikitLearnRecipe
from gaussmix.estimators.starts import start_for
from gaussmix.estimators.stream import Reader, Stream, TimeLimit
from gaussmix.families.structures import structure_named
from gaussmix.fitting.fit import Fit, fit_mixture
from gaussmix.fitting.fitted_rows import FittedRows
from gaussmix.fitting.one_blas_thread import one_blas_thread
from gaussmix.fitting.recipe import Recipe
from gaussmix.fitting.scene import Start
from gaussmix.selection.criteria import aic, bic


class FittingMixture(CallbackSupportMixin, PrivateNames):
    """An estimator that knows how to fit itself to checked rows."""

    tol: float | str
    reg_covar: float | str
    max_iter: int
    n_init: int
    init_params: str | npt.ArrayLike
    weights_init: npt.ArrayLike | None
    means_init: npt.ArrayLike | None
    precisions_init: npt.ArrayLike | None
    warm_start: bool
    verbose: int
    verbose_interval: int
    time_limit: float | None
    callback: Reader | None
    checkpoint: str | PathLike[str] | None
    n_candidates: int | None

    @abstractmethod
    def _save_unfinished(self, rows: Rows, mixture: Mixture) -> None:
        """Write what the fit has come to into the checkpoint."""

    @one_blas_thread()
    def _fit(self, rows: Rows, y: Any = None) -> None:
        """Fit, and set every fitted attribute; callbacks are shown ``y``.

        Raises
        ------
        DataError, ConfigError, DegenerateFitError
            As `GaussianMixture.fit` says.
        """
        goes_on = self.warm_start and hasattr(self, "mixture_")
        # Some names are for one feature only, and a rank may be too large.
        structure = structure_named(self.covariance_type, rows.source.n_features, self.rank)
        if self.n_candidates is not None and structure.rank:
            raise ConfigError("n_candidates is for other structures than 'low_rank': leave one of the two out")
        if self.n_candidates is not None and rows.x is None:
            raise ConfigError(
                "n_candidates needs the rows as an array: those that lie near one component are read together, and a "
                "file is read from its beginning to its end; leave n_candidates out, or load the rows"
            )
        recipe = self._recipe(getattr(self, "lower_bound_", -np.inf) if goes_on else -np.inf)
        callbacks = self._callbacks(rows, y)
        listener = self._listener(recipe, rows, callbacks)
        if listener is not None:
            recipe = replace(recipe, listener=listener)
        prepared, start = (rows, self._last(rows)) if goes_on else self._first(rows, recipe)
        n_init = 1 if goes_on else int(self.n_init)
        kernel = self._kernel()
        if self._compatibility.lagging_bound:
            fit = best_by_lagging_bound(prepared.source, kernel, recipe, start, n_init)
        else:
            fit = fit_mixture(prepared.source, kernel, recipe, start, generator_of(self.random_state), n_init)
        mixture = fit.mixture
        if not (goes_on or self._compatibility.own_order or self._anything_given()):
            mixture = mixture.reorder(canonical_order(mixture.weights, gaussian(mixture).public_means(mixture.frame)))
        self._set_fitted(fit, mixture, rows.dtype, rows.source.feature_names)
        self._set_labels(rows, kernel)
        if callbacks is not None:
            callbacks.finish()

    def _initialize(self, X: Array, resp: Array) -> None:
        """The first parameters that responsibilities (n, k) and whatever was given make; a private name."""
        k = resp.shape[1]
        recipe = replace(self._recipe(), n_components=k, max_iter=0)
        rows, otherwise = start_for(resp, Rows.in_memory(np.asarray(X)), k, None)
        fit = fit_mixture(rows.source, self._kernel(), recipe, self._given(recipe, rows, otherwise), generator_of(0))
        self._set_mixture(fit.mixture, rows.dtype)

    def _recipe(self, before: float = -np.inf) -> Recipe:
        kind = ScikitLearnRecipe if self._compatibility.singletons else Recipe
        return kind(
            n_components=int(self.n_components),
            structure=structure_named(self.covariance_type, rank=self.rank),
            equal_weights=self.weights == "equal",
            reg_covar=None if isinstance(self.reg_covar, str) else float(self.reg_covar),
            stopping=self._stopping(before),
            max_iter=int(self.max_iter),
            accelerated=isinstance(self.tol, str),
            n_candidates=None if self.n_candidates is None else int(self.n_candidates),
        )

    def _stopping(self, before: float) -> Stopping:
        if isinstance(self.tol, str):
            return AutomaticTolerance()
        if self._compatibility.lagging_bound:
            return LaggingTolerance(float(self.tol), before)
        return PlainTolerance(float(self.tol))

    def _listener(self, recipe: Recipe, rows: Rows, callbacks: Callbacks | None) -> Listener[Mixture] | None:
        listeners: list[Listener[Mixture]] = [] if callbacks is None else [callbacks]
        if self.verbose:
            lagging = recipe.stopping if isinstance(recipe.stopping, LaggingTolerance) else None
            listeners.append(Progress(int(self.verbose), int(self.verbose_interval), recipe.max_iter, lagging))
        readers = [] if self.callback is None else [self.callback]
        if self.time_limit is not None:
            readers.append(TimeLimit(float(self.time_limit)))
        if readers:
            listeners.append(Stream(readers))
        if self.checkpoint is not None:
            listeners.append(Checkpoint(partial(self._save_unfinished, rows)))
        return Listeners(*listeners) if listeners else None

    def _callbacks(self, rows: Rows, y: Any) -> Callbacks | None:
        if not getattr(self, "_skl_callbacks", None):
            return None
        metadata = {} if rows.weight is None else {"sample_weight": rows.weight}
        data = {"X": rows.x, "y": y, "metadata": metadata}
        return Callbacks(self, data, int(self.max_iter), lambda mixture: self._parameters(mixture, rows.dtype))

    def _first(self, rows: Rows, recipe: Recipe) -> tuple[Rows, Start]:
        random_state = check_random_state(self.random_state) if self._compatibility.starts else None
        rows, start = start_for(self.init_params, rows, recipe.n_components, random_state)
        return rows, self._given(recipe, rows, start)

    def _given(self, recipe: Recipe, rows: Rows, otherwise: Start) -> Start:
        given = (self.weights_init, self.means_init, self.precisions_init)
        return given_parameters(
            recipe, rows.source.n_features, *given, otherwise, as_scikit_learn=self._compatibility.messages
        )

    def _last(self, rows: Rows) -> Start:
        """The parameters that the last fit came to, or that were assigned."""
        start = last_start(self.mixture_, self.n_components, rows.source.n_features, self._recipe().structure)
        if not (isinstance(self.checkpoint, CheckpointFile) and self.checkpoint.same_rows):
            return start
        fingerprint = self.fitted_rows_.fingerprint if hasattr(self, "fitted_rows_") else None
        return SameRowsStart(start.mixture, str(self.checkpoint), fingerprint)

    def _anything_given(self) -> bool:
        """Whether the caller has an order of components in mind."""
        given = (self.weights_init, self.means_init, self.precisions_init)
        return not isinstance(self.init_params, str) or any(value is not None for value in given)

    def _set_fitted(self, fit: Fit, mixture: Mixture, dtype: np.dtype[Any], names: Sequence[str] | None) -> None:
        """Take over a fit, of rows of this dtype with these names of their columns; not what is said of each row."""
        result, sum_weight = fit.result, fit.summary.sum_weight
        self._set_mixture(mixture, dtype)
        self.status_ = result.status
        self.converged_ = result.status is Status.CONVERGED
        self.n_iter_ = result.n_iter
        self.history_ = result.history
        self.starts_ = fit.attempts
        self.gain_left_ = remaining_gain(result.history, sum_weight) / sum_weight
        self.sum_weight_ = sum_weight
        self.events_ = fit.events
        self.log_likelihood_ = fit.log_likelihood
        n_parameters = mixture.n_parameters
        self.bic_ = bic(fit.log_likelihood, n_parameters, sum_weight)
        self.aic_ = aic(fit.log_likelihood, n_parameters)
        if self._compatibility.lagging_bound:
            self.lower_bounds_ = lagging_bounds(fit)
            self.lower_bound_ = self.lower_bounds_[-1] if self.lower_bounds_ else -np.inf
        else:
            self.lower_bounds_ = [entry.log_likelihood / sum_weight for entry in result.history][1:]
            self.lower_bound_ = fit.log_likelihood / sum_weight
        self.fitted_rows_ = FittedRows(fit.summary.n_rows, sum_weight, fit.summary.fingerprint, self._names_of(names))
        self.__dict__.pop("labels_", None)

    def _set_labels(self, rows: Rows, kernel: Kernel) -> None:
        """Assign the rows of the fit, where they came as an array."""
        if rows.x is not None:
            mixture = self._held.mixture  # nobody has assigned anything since
            self.labels_ = kernel.rows(rows.source, mixture, ("label",))["label"]
            self.fitted_rows_ = self.fitted_rows_.counted(self.labels_, mixture.n_components)

    def _names_of(self, of_source: Sequence[str] | None) -> tuple[str, ...] | None:
        """Names of the features: those of a source, or those that came with a data frame."""
        names = getattr(self, "feature_names_in_", None) if of_source is None else of_source
        return None if names is None else tuple(map(str, names))
