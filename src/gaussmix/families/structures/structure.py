"""The contract of a covariance structure."""

from __future__ import annotations

from abc import ABC, abstractmethod

from gaussmix.core.frame import Scaling
from gaussmix.core.types import Floats
from gaussmix.families.forms.form import Form


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

    unrestricted = False
    """Whether any component may have any covariance, so that some directions can be held and the rest stay free."""

    separate = False
    """Whether each component has all its parameters to itself, and as many of them as sums are gathered for it."""

    @abstractmethod
    def n_parameters(self, n_components: int, n_features: int) -> int:
        """Free parameters of the covariances."""

    @abstractmethod
    def covariance(self, scatter: Floats, sum_weight: Floats) -> Floats:
        """The covariances that maximise −½ Σₖ (Nₖ log|Σₖ| + tr(Σₖ⁻¹ Sₖ)), in the form's shape.

        Parameters
        ----------
        scatter : array
            Scatter about the means, in the form's shape.
        sum_weight : array, shape (k,)
            Sums of shares N, positive.
        """

    @abstractmethod
    def public(self, matrices: Floats) -> Floats:
        """Covariances, precisions or factors in the shape that scikit-learn gives them."""

    @abstractmethod
    def private(self, matrices: Floats, n_components: int, n_features: int) -> Floats:
        """The form's shape from scikit-learn's."""
