"""What to fit, before any row is seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gaussmix.allocations.weights import CommonWeights
from gaussmix.core.frame import Frame
from gaussmix.core.mixture import Mixture
from gaussmix.core.summary import Summary
from gaussmix.core.types import Floats
from gaussmix.em.listener import Listener
from gaussmix.em.stopping import Stopping
from gaussmix.families.gaussian_update import GaussianUpdate
from gaussmix.families.null_directions import NullDirections
from gaussmix.families.prior import AUTOMATIC_STRENGTH, Prior
from gaussmix.families.structures import Structure


def n_parameters(structure: Structure, n_components: int, n_features: int, equal_weights: bool = False) -> int:
    """Free parameters of a mixture before there is one."""
    weights = 0 if equal_weights else n_components - 1
    return weights + n_components * n_features + structure.n_parameters(n_components, n_features)


@dataclass(frozen=True)
class Recipe:
    """A Gaussian mixture to be fitted.

    Parameters
    ----------
    n_components : int
        Number of components.
    structure : Structure
        Which covariances are allowed.
    equal_weights : bool
        Whether all components weigh the same.
    reg_covar : float or None
        A fixed number added to the covariances' diagonals (0: maximum likelihood), in the user's squared units;
        None for the automatic prior, which is relative to the data.
    stopping : Stopping
        When the loop has converged.
    max_iter : int
        Most iterations.
    accelerated : bool
        Whether slow iterations are extrapolated. A fit that is to go EM's own way, step by step, is not.
    n_candidates : int, optional
        Components that each row is shared among; all of them where not given.
    listener : Listener, optional
        Is told of every evaluation on all rows but those of refused leaps, and may end the fit.
    """

    n_components: int
    structure: Structure
    equal_weights: bool
    reg_covar: float | None
    stopping: Stopping
    max_iter: int
    accelerated: bool = False
    n_candidates: int | None = None
    listener: Listener[Mixture] | None = None

    def wants_end(self) -> str:
        """Why the fit is to end now, if it is; see `gaussmix.em.listener.Listener.wants_end`."""
        return "" if self.listener is None else self.listener.wants_end()

    def null_directions(self, summary: Summary, frame: Frame, covariance: Callable[[], Floats]) -> NullDirections:
        """Where covariances are held under the automatic prior, because the rows have no extent.

        Parameters
        ----------
        summary : Summary
            Of the rows.
        frame : Frame
            The internal units.
        covariance : callable
            Covariance of all rows (d, d) in these, which costs a pass.
        """
        if self.reg_covar is not None:
            return NullDirections.none(len(summary.mean))
        standard_deviation = frame.lengths_to_internal(summary.standard_deviation)
        return self.structure.null_directions(self.n_components, standard_deviation, covariance, AUTOMATIC_STRENGTH)

    def family_update(self, summary: Summary, frame: Frame, null: NullDirections) -> GaussianUpdate:
        """The M-step of the components for these data."""
        if self.reg_covar is None:
            return GaussianUpdate(Prior.automatic(summary, frame, self.structure.scaling, self.n_components, null))
        return GaussianUpdate(Prior.absolute(self.reg_covar, frame))

    def allocation(self, weights: CommonWeights) -> CommonWeights:
        """The weights that a start found, or equal ones if these are asked for."""
        return CommonWeights.equal(self.n_components) if self.equal_weights else weights
