"""An estimator put on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from sklearn.utils.validation import check_is_fitted

from gaussmix import __version__
from gaussmix.core.mixture import Mixture
from gaussmix.errors import ConfigError
from gaussmix.estimators.checkpoint import CheckpointFile, check_free, kept
from gaussmix.estimators.fitted import feature_names
from gaussmix.estimators.fitting import FittingMixture
from gaussmix.estimators.rows import Rows
from gaussmix.fitting.one_blas_thread import one_blas_thread
from gaussmix.storage.fit_record import FitRecord
from gaussmix.storage.model import EstimatorRecord, Parameter, SavedModel, write_model

GENERATORS = (np.random.RandomState, np.random.Generator)
"""Parameters that are somewhere in a row of random numbers: no file holds them."""


class SavingMixture(FittingMixture):
    """An estimator that can be saved; `gaussmix.load` takes it back."""

    _file_name: ClassVar[str]
    """What files call this class; every class has its own, so that a subclass is not taken for what it is not."""

    def save(self, path: str | Path) -> None:
        """Write the fitted model to one file, which `gaussmix.load` reads.

        Predictions, densities and draws of what is loaded have the same bits. All fitted attributes come back but
        ``labels_``, which are as many as the rows were; of ``random_state`` only an int or None does, and a generator
        becomes None. Lists among the constructor's parameters become arrays. Where parameters were assigned, the
        mixture that they make is kept: assigned attributes come back to rounding. A file that is there is replaced, at
        one instant and only when the new one is safely on the disk.

        Parameters
        ----------
        path : path
            The file. Nothing is added to its name; ``.gmm`` is the custom.

        Raises
        ------
        FileError
            If it cannot be written; what was there is untouched.
        ConfigError
            If the model holds what no file can.

        Examples
        --------
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> import numpy as np
        >>> import gaussmix
        >>> X = np.concatenate([np.linspace(0.0, 1.0, 20), np.linspace(5.0, 7.0, 20)])[:, np.newaxis]
        >>> model = gaussmix.GaussianMixture(2, random_state=0).fit(X)
        >>> with TemporaryDirectory() as folder:
        ...     model.save(Path(folder) / "two.gmm")
        ...     same = gaussmix.load(Path(folder) / "two.gmm")
        >>> bool((same.predict_proba(X) == model.predict_proba(X)).all())
        True
        """
        check_is_fitted(self)
        self._validate_params()
        write_model(path, self._saved())

    def _refuse_own_class(self) -> None:
        if "_file_name" not in vars(type(self)):
            raise ConfigError(
                f"{type(self).__name__} is a class of your own, as which no file could be loaded again; save "
                "a GaussianMixture"
            )

    def _saved(self) -> SavedModel:
        self._refuse_own_class()
        names = feature_names(self)
        is_checked = names is not None and hasattr(self, "feature_names_in_")
        dtype = np.dtype(np.float32 if self.means_.dtype == np.float32 else np.float64)
        return SavedModel(
            __version__, self.mixture_, self._estimator_record(dtype), names, is_checked, self._fit_record()
        )

    def _estimator_record(self, dtype: np.dtype[Any]) -> EstimatorRecord:
        given = self.get_params(deep=False)
        left_out = tuple(
            name
            for name, value in given.items()
            if isinstance(value, GENERATORS) or callable(value) or (name == "checkpoint" and value is not None)
        )
        parameters = {name: _plain(value) for name, value in given.items() if name not in left_out}
        return EstimatorRecord(self._file_name, dtype, parameters, left_out)

    def _check_checkpoint(self) -> None:
        """See before the fit that what it comes to can be kept.

        Raises
        ------
        FileError
            If it cannot be written, or there is one.
        ConfigError
            If no file can hold this estimator.
        """
        if self.checkpoint is not None:
            self._refuse_own_class()
            goes_on = self.warm_start and hasattr(self, "mixture_")
            replaces = isinstance(self.checkpoint, CheckpointFile) and self.checkpoint.replaces
            check_free(Path(self.checkpoint), may_replace=goes_on or replaces)

    def _save_unfinished(self, rows: Rows, mixture: Mixture) -> None:
        names = self._names_of(rows.source.feature_names)
        record = self._estimator_record(rows.dtype)
        # There is no record of the fit yet, which would know the names: the estimator itself is to.
        write_model(str(self.checkpoint), SavedModel(__version__, mixture, record, names, names is not None))

    def _save_finished(self) -> None:
        """Have the checkpoint hold the end of the fit."""
        if self.checkpoint is not None:
            kept(lambda _: self.save(str(self.checkpoint)), self.mixture_)

    def _fit_record(self) -> FitRecord | None:
        """What is known of the fit; None where parameters were given and nothing was fitted."""
        if not hasattr(self, "fitted_rows_"):
            return None
        return FitRecord(
            rows=self.fitted_rows_,
            status=self.status_,
            n_iter=self.n_iter_,
            log_likelihood=self.log_likelihood_,
            bic=self.bic_,
            aic=self.aic_,
            lower_bound=self.lower_bound_,
            gain_left=self.gain_left_,
            lower_bounds=tuple(self.lower_bounds_),
            history=self.history_,
            starts=self.starts_,
            events=self.events_,
        )

    @one_blas_thread()  # as in the fit: with more, covariances would have other bits
    def _set_loaded(self, saved: SavedModel) -> None:
        """Take over what a file held, but for the constructor's parameters."""
        self._set_mixture(saved.mixture, saved.estimator.dtype)
        self.n_features_in_ = saved.mixture.n_features
        if saved.names_checked:
            self.feature_names_in_ = np.array(saved.feature_names, dtype=object)
        if saved.fit is not None:
            self._set_record(saved.fit)

    def _set_record(self, fit: FitRecord) -> None:
        self.fitted_rows_ = fit.rows
        self.sum_weight_ = fit.rows.sum_weight
        self.status_ = fit.status
        self.converged_ = fit.converged
        self.n_iter_ = fit.n_iter
        self.log_likelihood_ = fit.log_likelihood
        self.bic_ = fit.bic
        self.aic_ = fit.aic
        self.lower_bound_ = fit.lower_bound
        self.gain_left_ = fit.gain_left
        self.lower_bounds_ = list(fit.lower_bounds)
        self.history_ = fit.history
        self.starts_ = fit.starts
        self.events_ = fit.events


def _plain(value: Any) -> Parameter:
    """A constructor's parameter as files hold it: arrays and what can become one are arrays afterwards."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return np.asarray(value)
