"""The contract of a covariance structure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

from gaussmix.core.frame import Scaling
from gaussmix.core.statistics import Statistics
from gaussmix.core.types import Floats
from gaussmix.families.forms.form import Form
from gaussmix.families.null_directions import NullDirections


class Structure(ABC):
    """Which covariances the components may have, and the most likely of them for given scatter matrices."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The structure's name in the public interface."""

    @property
    @abstractmethod
    def mclust_name(self) -> str:
        """Three letters for volume, shape and orientation (Banfield & Raftery 1993): E equal, V varying, I identity."""

    @property
    @abstractmethod
    def description(self) -> str:
        """The same in words."""

    @property
    @abstractmethod
    def form(self) -> Form:
        """How its matrices lie in memory."""

    @property
    @abstractmethod
    def scaling(self) -> Scaling:
        """Which changes of units it follows."""

    shared = False
    """Whether all components have one covariance, so that none can collapse while another does not."""

    coupled = False
    """Whether what the rows say of one component, or in one direction, decides the covariances elsewhere too. What is
    held, or kept, cannot then be put in place afterwards: the best for the rest depends on it."""

    separate = False
    """Whether each component has all its parameters to itself, and as many of them as sums are gathered for it."""

    compiled_estimate = ""
    """Under which name the compiled pass makes `estimate` in the call that sums the rows; empty if it does not. Not
    inherited where formulas are a structure's own."""

    rank: int | None = None
    """Number of loadings, where there is a structure for every such number."""

    stepwise = False
    """Whether `covariance` is a step from ``previous``, for which the scatter was gathered, and not the best there is.
    What sums mean then differs from pass to pass, so that they cannot be combined."""

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        if vars(cls).keys() & {"estimate", "covariance"} and "compiled_estimate" not in vars(cls):
            cls.compiled_estimate = ""

    @abstractmethod
    def n_parameters(self, n_components: int, n_features: int) -> int:
        """Free parameters of the covariances."""

    @abstractmethod
    def covariance(self, scatter: Floats, sum_weight: Floats, previous: Floats | None = None) -> Floats:
        """The covariances that maximise −½ Σₖ (Nₖ log|Σₖ| + tr(Σₖ⁻¹ Sₖ)), in the form's shape.

        Where they are found by iteration, they are at least as good as ``previous``.

        Parameters
        ----------
        scatter : array
            Scatter about the means, in the form's shape.
        sum_weight : array, shape (k,)
            Sums of shares N, positive.
        previous : array, optional
            Covariances of this structure from which an iteration may begin.

        Raises
        ------
        DegenerateFitError
            If there are none, because a scatter is singular.
        """

    def estimate(
        self, sums: Statistics, scatter_diagonal: Floats, covariance_diagonal: Floats
    ) -> tuple[Floats, Floats, Floats] | None:
        """Means, factors of the precisions and their log-determinants in one compiled call; None where there is none.

        The same as the scatters about the new means, `covariance` of them and the form's factors, one after the other.

        Parameters
        ----------
        sums : Statistics
            Of a pass, in which every component has rows.
        scatter_diagonal, covariance_diagonal : array, shape (d,)
            Added to the scatters about the means, and to the covariances.

        Raises
        ------
        DegenerateFitError
            If a covariance is singular.
        """
        return None

    def null_directions(
        self, n_components: int, standard_deviation: Floats, covariance: Callable[[], Floats], prior: float
    ) -> NullDirections:
        """Where all components are to have one variance under the automatic prior, because the rows have no extent.

        Nowhere, unless a component could be narrower there than another. Constant columns alone need none if each
        feature has units of its own: their variance is the prior's.

        Parameters
        ----------
        n_components : int
            Number of components.
        standard_deviation : array, shape (d,)
            Of the columns, internal units.
        covariance : callable
            Covariance of all rows (d, d), which costs a pass.
        prior : float
            Variance that the prior adds for a component of average weight, as a part of a column's.
        """
        return NullDirections.none(len(standard_deviation))

    def to_gather_for(
        self, n_components: int, n_features: int, deviation: Callable[[], Floats], rows: Callable[[], Floats]
    ) -> Floats:
        """Factors of components for which a start gathers sums: of unit covariance, unless these factors matter.

        Parameters
        ----------
        n_components : int
            Number of components.
        n_features : int
            Number of features.
        deviation : callable
            Standard deviations of the columns (d,), internal units, 1 for a constant one.
        rows : callable
            Some rows (m, d), internal units.
        """
        return self.form.from_stack(np.eye(n_features)[np.newaxis].repeat(n_components, axis=0))

    @abstractmethod
    def public(self, matrices: Floats) -> Floats:
        """Covariances, precisions or factors in the shape that scikit-learn gives them."""

    @abstractmethod
    def private(self, matrices: Floats, n_components: int, n_features: int) -> Floats:
        """The form's shape from scikit-learn's."""
