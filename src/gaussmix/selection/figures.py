"""What criteria are made of: a few numbers of one fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np

from gaussmix.core.block import Block
from gaussmix.core.mixture import Mixture
from gaussmix.core.source import RowField, RowTask
from gaussmix.core.statistics import Statistics
from gaussmix.core.types import Array, Floats
from gaussmix.em.driver import FitResult
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.null_directions import NullDirections
from gaussmix.families.prior import AUTOMATIC_STRENGTH
from gaussmix.fitting.fit import Fit
from gaussmix.fitting.recipe import n_parameters
from gaussmix.fitting.scene import Scene


@dataclass(frozen=True)
class Figures:
    """Numbers of one fit.

    Parameters
    ----------
    log_likelihood : float
        Of the fitted parameters over all rows, in the user's units; without directions in which no rows vary.
    n_parameters : int
        Free parameters; without those of such directions.
    sum_weight : float
        Sum of the rows' weights, n in BIC.
    log_certainty : float
        Weighted sum over the rows of the logarithm of the largest responsibility.
    entropy : float
        Weighted sum over the rows of −Σₖ rₖ log rₖ of their responsibilities r: 0 where every row is certain.
    smallest : float
        Weight of the smallest component, in rows.
    """

    log_likelihood: float
    n_parameters: int
    sum_weight: float
    log_certainty: float
    entropy: float
    smallest: float

    @classmethod
    def of(cls, scene: Scene, fit: Fit, null: NullDirections) -> Figures:
        """Of a fit to the rows of a scene, which do not vary in null directions.

        One pass over them, in which no array has an entry for each.
        """
        log_likelihood, count = _where_rows_vary(scene, fit, null)
        return cls(
            log_likelihood,
            count,
            scene.summary.sum_weight,
            _log_certainty(scene, fit.mixture),
            _entropy(fit.result),
            float(fit.result.evaluation.sums.sum_weight.min()),
        )


def _where_rows_vary(scene: Scene, fit: Fit, null: NullDirections) -> tuple[float, int]:
    """Log-likelihood and number of parameters, given the directions in which the rows do not vary."""
    mixture, sums = fit.mixture, fit.result.evaluation.sums
    if not isinstance(mixture.family, Gaussian):
        return fit.log_likelihood, mixture.n_parameters
    along = log_likelihood_along(null, scene.summary.standard_deviation, mixture, sums.sum_weight)
    varying = mixture.n_features - len(null) or mixture.n_features
    structure = mixture.family.structure
    count = n_parameters(structure, mixture.n_components, varying, scene.recipe.equal_weights)
    return fit.log_likelihood - along, count


def log_likelihood_along(null: NullDirections, deviation: Floats, mixture: Mixture, share: Floats) -> float:
    """What a log-likelihood owes to directions in which the rows do not vary.

    What variance a component has there is the prior's or the structure's choice, in which structures differ: a
    log-likelihood with it in would tell these apart by nothing that the rows say. What is left when each component's
    own density of these directions is taken out is that of the rows in the plane that they all lie in. Where components
    differ in it, as balls do, it is taken out as the components share the rows.

    Parameters
    ----------
    null : NullDirections
        Of all rows; where they vary in all directions, or in none, it is 0.
    deviation : array, shape (d,)
        Standard deviations of all rows' columns, the user's units, in units of which directions are meant; 0 for
        constant columns, for which they are meant in the user's.
    mixture : Mixture
        Of Gaussians; of others it is 0.
    share : array, shape (k,)
        Sums of the rows' responsibilities, by their weights.
    """
    family = mixture.family
    if not isinstance(family, Gaussian) or not 0 < len(null) < mixture.n_features:
        return 0.0
    stacked = family.structure.form.stack(family.covariance, family.n_components)
    along = (
        null.directions / mixture.frame.lengths_to_internal(np.where(deviation > 0.0, deviation, 1.0))[:, np.newaxis]
    )
    variance = along.T @ stacked @ along  # (k, r, r)
    extent = np.where(null.single, 0.0, null.variance - AUTOMATIC_STRENGTH)
    _, log_determinant = np.linalg.slogdet(2.0 * np.pi * variance)
    distance = (np.diagonal(np.linalg.inv(variance), axis1=1, axis2=2) * extent).sum(axis=1)  # mean of the rows
    return -0.5 * float(share @ (log_determinant + distance))


@dataclass(frozen=True)
class Certainty:
    """A task that gives each row's weight times the logarithm of its largest responsibility.

    Parameters
    ----------
    responsibility : RowTask
        Gives the responsibilities, of which no more are held than of some chunks.
    """

    responsibility: RowTask

    @property
    def chunk_length(self) -> int:
        return self.responsibility.chunk_length

    @property
    def fields(self) -> Mapping[str, RowField]:
        """One number a row."""
        return {"certainty": RowField((), np.dtype(np.float64))}

    def map(self, block: Block, out: Mapping[str, Array]) -> None:
        """Chunk by chunk."""
        field = self.responsibility.fields["responsibility"]
        for start in range(0, len(block), self.chunk_length):
            rows = block.rows(start, start + self.chunk_length)
            share = np.empty((len(rows), *field.shape), dtype=field.dtype)
            self.responsibility.map(rows, {"responsibility": share})
            largest = reduce(np.maximum, share.T)  # a reduction of so few a row is seven times slower
            out["certainty"][start : start + len(rows)] = rows.weight * np.log(largest, dtype=np.float64)


def _log_certainty(scene: Scene, mixture: Mixture) -> float:
    if mixture.n_components == 1:
        return 0.0
    task = Certainty(scene.kernel.row_task(scene.source.dtype, mixture, ("responsibility",)))
    return float(sum(np.add.reduce(part["certainty"]) for part in scene.source.row_parts(task)))


def own_scatter(family: Gaussian, sums: Statistics) -> Floats:
    """What the rows of a pass under these components say of each about its mean, in its form's shape."""
    about_means = family.about(sums, family.means)  # pivots are means, but for rounding where rows are float32
    step = np.zeros_like(family.means)
    return family.structure.form.scatter(about_means["scatter"], sums.sum_weight, step, family.precision_cholesky)


def _entropy(result: FitResult[Mixture, Statistics]) -> float:
    """The log-likelihood less what it would be if rows told which component they come from.

    Σ r log r = Σ r (log(π f) − log Σ π f), and the first is known from the sums of the last E-step: with weight N and
    scatter S about the mean it is Σₖ N (log π + log f(μ)) − ½ tr(Σ⁻¹ S).
    """
    mixture, sums = result.parameters, result.evaluation.sums
    family = mixture.family
    if not isinstance(family, Gaussian):
        raise TypeError(f"only Gaussian components are compared, not those of family {family.name}")
    form, size = family.structure.form, sums.sum_weight
    scatter = own_scatter(family, sums)
    present = size > 0.0
    with np.errstate(divide="ignore"):
        at_means = np.where(present, np.log(mixture.weights) + family.log_normaliser, 0.0)  # internal units
    complete = float(size @ at_means) - 0.5 * form.scatter_trace(family.precision_cholesky, scatter)
    complete -= float(size.sum()) * mixture.frame.log_volume
    return max(0.0, result.evaluation.entry.log_likelihood - complete)
