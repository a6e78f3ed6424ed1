"""Rows as estimators get them: checked, and made into a source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from gaussmix.core.extension import native as _native
from gaussmix.core.source import Source
from gaussmix.core.summary import check_sum_of_weights
from gaussmix.core.types import Array, Floats
from gaussmix.data.frames import is_dataset, is_frame, refuse_masked, refuse_text
from gaussmix.data.memory import MemorySource, lies_in_steps
from gaussmix.errors import ConfigError, DataError, DataWarning
from gaussmix.estimators.finite_rows import FiniteRows
from gaussmix.estimators.fitted import feature_names
from gaussmix.estimators.warning import warn

FLOATS = [np.dtype(np.float64), np.dtype(np.float32)]
"""Dtypes that are read where they lie; anything else becomes the first."""


MOST_PLAIN = 1 << 16
"""Values of an array that is looked at here before scikit-learn does: of more, its check costs no part that shows."""


@dataclass(frozen=True)
class Rows:
    """The rows of one call.

    Parameters
    ----------
    source : Source
        The rows.
    x : array, shape (n, d), optional
        The same as an array, where they came as one.
    weight : array, shape (n,), optional
        Their weights, where they were given.
    opened : bool
        Whether the call itself opened their file, so that nobody else tells how it was read.
    """

    source: Source
    x: Array | None = None
    weight: Floats | None = None
    opened: bool = False

    @classmethod
    def in_memory(cls, x: Array, sample_weight: npt.ArrayLike | None = None) -> Rows:
        """Rows of an array, and their weights."""
        weight = None if sample_weight is None else checked_weight(sample_weight, len(x))
        return cls(MemorySource(x, weight), x, weight)

    @property
    def notes(self) -> Sequence[str]:
        """What the caller is to be told of how the rows were read, once they were."""
        return self.source.notes if self.opened else ()

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of results: that of the rows."""
        return self.source.dtype


def training_rows(estimator: BaseEstimator, X: Any, sample_weight: npt.ArrayLike | None) -> Rows:
    """Rows to fit; the estimator remembers how many features they have, and their names.

    Raises
    ------
    DataError, ValueError, TypeError
        If they cannot be used.
    """
    is_file = not isinstance(X, np.ndarray) and (isinstance(X, str | Path) or is_dataset(X))
    if is_file:
        X, sample_weight = _opened(X, None, sample_weight), None
    if isinstance(X, Source):
        refuse_weight(sample_weight)
        estimator.n_features_in_ = X.n_features
        if is_file:
            estimator.feature_names_in_ = np.array(X.feature_names, dtype=object)
        elif hasattr(estimator, "feature_names_in_"):
            del estimator.feature_names_in_
        return Rows(X.for_passes(), opened=is_file)
    x = _checked(estimator, X, ensure_min_samples=2, accept_large_sparse=False)
    return Rows.in_memory(x, sample_weight)


def query_rows(estimator: BaseEstimator, X: Any, n_features: int, sample_weight: npt.ArrayLike | None = None) -> Rows:
    """Rows to be told something about by a mixture of so many features.

    Raises
    ------
    DataError, ValueError, TypeError
        If they cannot be used.
    """
    if isinstance(X, str | Path) or is_dataset(X):
        X, sample_weight = _opened(X, feature_names(estimator), sample_weight), None
        for note in X.notes:
            warn(note, DataWarning)
    if isinstance(X, Source):
        refuse_weight(sample_weight)
        found, rows = X.n_features, Rows(FiniteRows(X))
    else:
        x = _checked(estimator, X, reset=False)
        found, rows = x.shape[1], Rows.in_memory(x, sample_weight)
    if found != n_features:
        # An array comes here only where parameters were assigned: scikit-learn's check knows fits alone.
        raise DataError(f"these rows have {found} features, the mixture {n_features}")
    return rows


def checked_weight(sample_weight: npt.ArrayLike, n_rows: int) -> Floats:
    """Row weights as float64, shape (n,).

    Raises
    ------
    DataError
        If one is negative or not finite, all are 0, their sum is out of reach, or their number is wrong.
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
    with np.errstate(over="ignore"):
        check_sum_of_weights(float(weight.sum()))
    return weight


def _checked(estimator: BaseEstimator, X: Any, **options: Any) -> Array:
    plain = _is_plain(X)
    if not (plain or estimator._compatibility.messages):
        refuse_masked(X)
        if is_frame(X):
            refuse_text(X)
    if plain and options.get("reset", True) and len(X) >= options["ensure_min_samples"]:
        # All that scikit-learn's check would do, in a hundredth of its time.
        estimator.n_features_in_ = X.shape[1]
        if hasattr(estimator, "feature_names_in_"):
            del estimator.feature_names_in_
        return X
    with np.errstate(over="ignore", invalid="ignore"):  # it sums all values first, which may leave the range of floats
        return validate_data(estimator, X, dtype=FLOATS, order=None, **options)


def _is_plain(X: Any) -> bool:
    """Whether rows are an array such as scikit-learn's check lets through as it is."""
    if type(X) is not np.ndarray or X.dtype not in FLOATS or X.ndim != 2 or not X.shape[1]:
        return False
    return X.size <= MOST_PLAIN and lies_in_steps(X) and _native.all_finite(X)


def _opened(where: Any, names: Sequence[str] | None, sample_weight: object) -> Source:
    """The rows of files or a data set; of these names, where a fit knows what its columns were called."""
    from gaussmix.data import files  # here, because it brings pyarrow

    return files.open_rows(where, names, column_of_weights(sample_weight), patterns=False)


def column_of_weights(sample_weight: object) -> str | None:
    """The name of the column of weights, where rows are in a file.

    Raises
    ------
    ConfigError
        If it is no name.
    """
    if sample_weight is None or isinstance(sample_weight, str):
        return sample_weight
    raise ConfigError("the rows are not in memory: sample_weight must be the name of its column of weights")


def refuse_weight(sample_weight: object) -> None:
    """See that no weights are given beside those of a source.

    Raises
    ------
    ConfigError
        If some are.
    """
    if sample_weight is not None:
        raise ConfigError("a Source carries its own weights; sample_weight must be None")
