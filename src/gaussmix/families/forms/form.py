"""The contract of a form."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import reduce

import numpy as np

from gaussmix.core.statistics import Field
from gaussmix.core.types import Floats, Integers
from gaussmix.errors import DegenerateFitError

MOST_NUMBERS = 1 << 24
"""Numbers that rows are made into at a time: 128 MiB, more than most starts have."""


class Form(ABC):
    """How covariances, their factors and scatter matrices of k components lie in memory.

    ``covariance``, ``precision_cholesky`` and ``scatter`` below all have the form's own shape. A factor is the
    upper triangular ``U`` with precision ``U Uᵀ`` (scikit-learn's convention): ``y = (x − mean) U`` has
    identity covariance.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """Name, also of the compiled stages."""

    @property
    @abstractmethod
    def compiled(self) -> bool:
        """Whether the compiled pass has score and gather stages of this form."""

    @property
    @abstractmethod
    def scatter_field(self) -> Field:
        """The sum that `gather` gives."""

    @property
    def sizes(self) -> Mapping[str, int]:
        """Sizes of dimensions that ``scatter_field`` has beside k, d and t."""
        return {}

    @property
    def shown_as(self) -> Form:
        """The form in which users see matrices: this, but where it holds none."""
        return self

    @abstractmethod
    def squared_distance(self, x: Floats, means: Floats, precision_cholesky: Floats) -> Floats:
        """Squared Mahalanobis distance of each row from each mean, shape (k, b)."""

    @abstractmethod
    def gather(self, x: Floats, share: Floats, pivot: Floats, precision_cholesky: Floats) -> Floats:
        """Scatter about the pivots, weighted by ``share`` (k, b), as ``scatter_field`` declares it.

        Here and below, ``precision_cholesky`` are the factors of the components for which it is gathered: what is
        gathered may depend on them.
        """

    @abstractmethod
    def products(self, z: Floats, precision_cholesky: Floats) -> Floats:
        """What each row adds to the scatter of each component that has it whole, before any is shared.

        Parameters
        ----------
        z : array, shape (k, d, b)
            Rows from each component's point.
        precision_cholesky : array
            As for `gather`.
        """

    def gather_cells(
        self, z: Floats, weight: Floats, labels: Integers, n_components: int, precision_cholesky: Floats
    ) -> Floats:
        """What `gather` gives for rows of which each is in one cell, whatever its shape.

        Parameters
        ----------
        z : array, shape (d, b)
            Rows from their own cells' points, cell by cell.
        weight : array, shape (b,)
            Of the rows.
        labels : array of int, shape (b,)
            Their cells, ascending.
        n_components : int
            Number of cells; some may have no rows.
        precision_cholesky : array
            Of the one component for which it is gathered, the same for all cells.
        """
        share = np.zeros((n_components, len(labels)))
        share[labels, np.arange(len(labels))] = weight
        length = max(1, MOST_NUMBERS // precision_cholesky.size)  # a row's products are no more numbers than a factor
        sums = (
            share[:, a : a + length] @ self.products(z[np.newaxis, :, a : a + length], precision_cholesky)[0].T
            for a in range(0, len(labels), length)
        )
        return reduce(np.add, sums)

    @abstractmethod
    def scatter(self, gathered: Floats, sum_weight: Floats, step: Floats, precision_cholesky: Floats) -> Floats:
        """Scatter about the new means from what was gathered about the pivots.

        Parameters
        ----------
        gathered : array
            As `gather` gives it, summed over the rows.
        sum_weight : array, shape (k,)
            Sums of shares.
        step : array, shape (k, d)
            New means minus pivots.
        precision_cholesky : array
            As for `gather`.
        """

    @abstractmethod
    def twice_symmetric(self, left: Floats, right: Floats, precision_cholesky: Floats) -> Floats:
        """Each component's ``left rightᵀ + right leftᵀ`` of vectors (k, d), as ``scatter_field`` declares it."""

    def pooled(self, scatter: Floats, n_components: int) -> Floats:
        """The mean of the components' scatter, for each of them; all were gathered for the same factors."""
        mean = np.add.reduce(self.stack(scatter, n_components), axis=0) / n_components
        return self.from_stack(np.broadcast_to(mean, (n_components, *mean.shape)))

    @abstractmethod
    def add_diagonal(self, matrices: Floats, diagonal: Floats, n_components: int) -> Floats:
        """Scatter or covariance with ``diagonal`` (d,) added for each of the components that share a matrix."""

    @abstractmethod
    def factor(self, covariance: Floats) -> Floats:
        """Upper factors of the precisions.

        Raises
        ------
        DegenerateFitError
            If a covariance is not positive definite to rounding.
        """

    @property
    @abstractmethod
    def requirement(self) -> str:
        """What a given precision must be, in words."""

    @abstractmethod
    def shape(self, n_components: int, n_features: int) -> tuple[int, ...]:
        """Shape of covariances and factors."""

    @abstractmethod
    def is_factor(self, values: Floats) -> bool:
        """Whether finite numbers of this shape are upper factors: triangular, with a positive diagonal."""

    @abstractmethod
    def factor_of_precision(self, precision: Floats) -> Floats | None:
        """Upper factors of given precisions; None if one is not what `requirement` says."""

    @abstractmethod
    def precision(self, precision_cholesky: Floats) -> Floats:
        """Precisions of which these are the upper factors, in the form `shown_as`."""

    @abstractmethod
    def covariance(self, precision_cholesky: Floats) -> Floats:
        """Covariances of which these are the upper factors of the precisions."""

    @abstractmethod
    def log_determinant(self, precision_cholesky: Floats, n_components: int) -> Floats:
        """Log-determinant of each component's factor, −½ log|Σ|: shape (k,)."""

    @abstractmethod
    def precision_trace(self, precision_cholesky: Floats, diagonal: Floats, n_components: int) -> float:
        """Sum over components of tr(Σ⁻¹ diag(diagonal)), of as much of Σ as `add_diagonal` adds to."""

    def scatter_trace(self, precision_cholesky: Floats, scatter: Floats) -> float:
        """Sum over components of tr(Σ⁻¹S) for scatter S that was gathered for these factors."""
        return float((self.precision(precision_cholesky) * scatter).sum())

    def amplification(self, precision_cholesky: Floats, n_components: int) -> float:
        """Largest 1 / (1 − R²), R² of a feature from those before it, or from all others."""
        factors = self.stack(precision_cholesky, n_components)  # (k, d, d)
        variance = self.variances(self.covariance(precision_cholesky), n_components)
        return float((np.diagonal(factors, axis1=1, axis2=2) ** 2 * variance).max())

    def variances(self, covariance: Floats, n_components: int) -> Floats:
        """The diagonal of each component's matrix, shape (k, d)."""
        return np.diagonal(self.stack(covariance, n_components), axis1=1, axis2=2)

    def shown_covariance(self, precision_cholesky: Floats) -> Floats:
        """Covariances as users see them, in the form `shown_as`."""
        return self.covariance(precision_cholesky)

    def shown_factor(self, precision_cholesky: Floats) -> Floats:
        """Upper factors of the precisions as users see them, in the form `shown_as`."""
        return precision_cholesky

    @abstractmethod
    def stack(self, covariance: Floats, n_components: int) -> Floats:
        """One whole matrix a component, shape (k, d, d)."""

    @abstractmethod
    def from_stack(self, matrices: Floats) -> Floats:
        """The form's shape from one whole matrix a component (k, d, d), which must be such as the form can hold."""

    @abstractmethod
    def select(self, matrices: Floats, components: Integers) -> Floats:
        """Covariances or factors of some components, in this order."""

    @abstractmethod
    def replace(self, matrices: Floats, others: Floats, where: Floats) -> Floats:
        """``matrices`` with those of the components marked in ``where`` (k,) taken from ``others``."""

    @abstractmethod
    def scale_features(self, matrices: Floats, scale: Floats) -> Floats:
        """Every line of whole matrices, or every entry of diagonal ones, times its feature's ``scale`` (d,)."""

    @abstractmethod
    def colour(self, noise: Floats, precision_cholesky: Floats, component: int) -> Floats:
        """Standard normal rows (n, d) made into rows with the covariance of this component."""


def singular(component: int | None) -> DegenerateFitError:
    """The error for a covariance without a factor; scikit-learn's sentence, and which component it was."""
    which = "the shared covariance" if component is None else f"the covariance of component {component}"
    return DegenerateFitError(
        "Fitting the mixture model failed because some components have ill-defined empirical covariance "
        "(for instance caused by singleton or collapsed samples). Try to decrease the number of components, "
        f"increase reg_covar, or scale the input data. Here {which} is singular; reg_covar='auto' keeps it apart "
        "from zero."
    )


EPSILON = float(np.finfo(np.float64).eps)
"""Spacing of float64 at 1."""
