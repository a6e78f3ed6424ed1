"""What an estimator with a mixture says of rows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import ClassNamePrefixFeaturesOutMixin, ClusterMixin, DensityMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from gaussmix.core.source import Source
from gaussmix.core.types import Array, Floats, Integers
from gaussmix.errors import ConfigError
from gaussmix.estimators.assignments import COLUMNS, assignments, check_columns, told, wanted_for, write_assignments
from gaussmix.estimators.compatibility import NONE, Compatibility
from gaussmix.estimators.fitted import FittedMixture
from gaussmix.estimators.rows import query_rows
from gaussmix.kernels.automatic import AutomaticKernel
from gaussmix.selection.criteria import aic, bic


# DensityMixin before ClusterMixin: of the two kinds, scikit-learn's mixture is a density estimator.
class PredictingMixture(ClassNamePrefixFeaturesOutMixin, TransformerMixin, DensityMixin, ClusterMixin, FittedMixture):
    """Labels, probabilities, densities and draws."""

    n_components: int
    n_threads: int | None
    random_state: int | np.random.RandomState | np.random.Generator | None

    _compatibility: ClassVar[Compatibility] = NONE

    def predict(self, X: Any) -> Integers:
        """Number of the most probable component of each row, shape (n,)."""
        return self.row_results(X, ("label",))["label"]

    def predict_proba(self, X: Any) -> Floats:
        """Probability that each row comes from each component, shape (n, k); rows sum to 1."""
        return self.row_results(X, ("responsibility",))["responsibility"]

    def transform(self, X: Any) -> Floats:
        """The same as `predict_proba`, for pipelines; `set_output` chooses the container."""
        return self.predict_proba(X)

    def score_samples(self, X: Any) -> Floats:
        """Log-density of each row, shape (n,)."""
        return self.row_results(X, ("log_density",))["log_density"]

    def score(self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None) -> float:
        """(Weighted) mean log-density of the rows."""
        if self._compatibility.rounded_score and sample_weight is None and not isinstance(X, Source):
            return float(np.mean(self.score_samples(X)))
        total, sum_weight = self._log_likelihood(X, sample_weight)
        return total / sum_weight

    def bic(self, X: Any, sample_weight: npt.ArrayLike | None = None) -> float:
        """Bayesian information criterion on these rows, lower is better; n is the sum of weights."""
        total, sum_weight = self._log_likelihood(X, sample_weight)
        return bic(total, self.mixture_.n_parameters, sum_weight)

    def aic(self, X: Any, sample_weight: npt.ArrayLike | None = None) -> float:
        """Akaike's information criterion on these rows, lower is better."""
        return aic(self._log_likelihood(X, sample_weight)[0], self.mixture_.n_parameters)

    def sample(self, n_samples: int = 1) -> tuple[Floats, Integers]:
        """Draws from the mixture and the components they came from, grouped by component."""
        check_is_fitted(self)
        if n_samples < 1:
            named = self.n_components if self._compatibility.messages else n_samples
            raise ConfigError(f"Invalid value for 'n_samples': {named} . The sampling requires at least one sample.")
        if self._compatibility.draws:
            from gaussmix.estimators.conversion import to_scikit_learn

            draws, labels = to_scikit_learn(self).sample(n_samples)
            return draws, labels
        return self.mixture_.sample(n_samples, generator_of(self.random_state))

    def row_results(self, X: Any, wanted: tuple[str, ...]) -> dict[str, Array]:
        """Several results of one pass over the rows, in the rows' own dtype.

        Parameters
        ----------
        X : array-like of shape (n, d), or Source
            The rows.
        wanted : tuple of str
            Of ``"label"``, ``"responsibility"``, ``"log_density"``.
        """
        check_is_fitted(self)
        mixture = self.mixture_
        return self._kernel().rows(query_rows(self, X, mixture.n_features).source, mixture, wanted)

    def row_result_parts(self, X: Any, wanted: tuple[str, ...]) -> Iterator[dict[str, Array]]:
        """The same, some rows after others: for files whose results are larger than memory."""
        check_is_fitted(self)
        mixture = self.mixture_
        return self._kernel().row_parts(query_rows(self, X, mixture.n_features).source, mixture, wanted)

    def predict_to(
        self,
        X: Any,
        path: str | Path,
        *,
        columns: Sequence[str] = COLUMNS,
        force: bool = False,
        callback: Callable[[int], object] | None = None,
    ) -> int:
        """Write what is predicted of each row into a file, however many rows there are.

        Rows are read, and results written, some megabytes at a time, in the rows' order; the values are those of
        `predict`, `predict_proba` and `score_samples`. The file appears when it is complete: whatever happens before
        then, one that was there stays as it was.

        Parameters
        ----------
        X : array-like of shape (n, d), Source, str or Path
            The rows, as for `fit`.
        path : path
            The file to write: ``.parquet``, ``.feather`` or ``.csv``.
        columns : sequence of str
            Of ``"row"`` (its number from 0), ``"label"``, ``"probability"`` (``probability_0``, … of every component)
            and ``"log_density"``, in any order; all where not given.
        force : bool
            Whether a file that is there is replaced; never one that is read, and none where nobody can tell which are:
            the streams that `open_rows` takes, but for data sets and what is in memory.
        callback : callable, optional
            Is given the number of rows that are done, every few megabytes. What it raises ends the writing, and no file
            appears.

        Returns
        -------
        n_rows : int
            Rows written.

        Raises
        ------
        ConfigError
            If the suffix or a column is unknown.
        DataError
            If the rows cannot be used.
        FileError
            If the file cannot be written, or is there already.

        Examples
        --------
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> from gaussmix import GaussianMixture
        >>> model = GaussianMixture().fit([[1.0], [2.0], [6.0]])
        >>> with TemporaryDirectory() as folder:
        ...     model.predict_to([[3.0], [4.0]], Path(folder) / "labels.csv", columns=["row", "label"])
        ...     (Path(folder) / "labels.csv").read_text().split()
        2
        ['row,label', '0,0', '1,0']
        """
        from gaussmix.data.tables import check_format  # here, because it brings pyarrow

        check_is_fitted(self)
        columns = check_columns(columns)
        place = Path(path)
        check_format(place)
        mixture = self.mixture_
        source = query_rows(self, X, mixture.n_features).source
        parts = self._kernel().row_parts(source, mixture, wanted_for(columns))
        table: Iterable[Mapping[str, Array]] = assignments(parts, columns)
        return write_assignments(place, force, source, table if callback is None else told(table, callback))

    @property
    def n_clusters(self) -> int:
        """The name that clusterers have for ``n_components``; `set_params` knows it too."""
        return self.n_components

    @n_clusters.setter
    def n_clusters(self, value: int) -> None:
        self.n_components = value

    def set_params(self, **params: Any) -> Self:
        """Set parameters of the constructor; ``n_clusters`` stands for ``n_components``."""
        if "n_clusters" in params:
            params["n_components"] = params.pop("n_clusters")
        return super().set_params(**params)

    @property
    def _n_features_out(self) -> int:
        return self.mixture_.n_components

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _kernel(self) -> AutomaticKernel:
        return AutomaticKernel(self.n_threads)

    def _log_likelihood(self, X: Any, sample_weight: npt.ArrayLike | None) -> tuple[float, float]:
        """Total log-likelihood and sum of weights, by the same sums as in the fit, to the last bit."""
        check_is_fitted(self)
        mixture = self.mixture_
        rows = query_rows(self, X, mixture.n_features, sample_weight)
        statistics = self._kernel().expect(rows.source, mixture)
        return statistics.log_likelihood, float(statistics.sum_weight.sum())


def generator_of(random_state: int | np.random.RandomState | np.random.Generator | None) -> np.random.Generator:
    """Random numbers from any of the ways in which people give them."""
    if isinstance(random_state, np.random.Generator):
        return random_state
    if isinstance(random_state, (int, np.integer)):
        return np.random.default_rng(_seed_of(int(random_state)))
    return np.random.default_rng(check_random_state(random_state).randint(2**31))


@lru_cache(maxsize=1024)
def _seed_of(random_state: int) -> int:
    """The number that `check_random_state` leads to.

    A new RandomState asks the system for random numbers before it takes the seed, which is a tenth of a small fit.
    """
    if not hasattr(_seeded, "state"):
        _seeded.state = np.random.RandomState()
    _seeded.state.seed(random_state)
    return int(_seeded.state.randint(2**31))


_seeded = threading.local()
