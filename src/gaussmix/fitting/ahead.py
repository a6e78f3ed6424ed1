"""Longer steps for components whose sums mean something else in every pass: iterations are combined as parameters.

The sums of low-rank components are gathered for the loadings that there are, so that those of two passes are not of one
space. What an M-step makes of them is: loadings up to a rotation, which is taken from what they are compared with.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np

from gaussmix.allocations.weights import CommonWeights
from gaussmix.core.mixture import Mixture
from gaussmix.core.statistics import Statistics
from gaussmix.core.types import Floats
from gaussmix.em.acceleration import Anderson
from gaussmix.em.evaluation import Evaluation
from gaussmix.families.gaussian import Gaussian
from gaussmix.fitting.step import EMStep


class Ahead:
    """Proposes parameters from what several M-steps made. Whoever asks decides whether they are taken.

    Parameters
    ----------
    step : EMStep
        What is driven.
    """

    def __init__(self, step: EMStep) -> None:
        self._step = step
        self._combined = Anderson[Mixture, Mixture](Made())
        self._next: Evaluation[Mixture]

    def watch(self, evaluation: Evaluation[Statistics], parameters: Mixture) -> None:
        """Take note of the newest parameters, and of what the M-step makes of them."""
        self._next = Evaluation(evaluation.entry, self._step.maximise(evaluation, parameters))
        self._combined.watch(self._next, parameters)

    def leap(self, evaluation: Evaluation[Statistics], parameters: Mixture) -> Mixture | None:
        """Parameters beyond what the next M-step gives; None where there are none."""
        return self._combined.leap(self._next, parameters)

    def to_come(self) -> float:
        """Infinite: iterations tell no top from a saddle."""
        return inf

    def taken(self) -> None:
        """The last proposal was taken."""
        self._combined.taken()

    def refused(self) -> None:
        """The last proposal was not taken."""
        self._combined.refused()


class Made:
    """What combinations ask of a step: here what an M-step is made from is what it has made."""

    def maximise(self, evaluation: Evaluation[Mixture], parameters: Mixture) -> Mixture:
        """It is there."""
        return evaluation.sums

    def space(self, parameters: Mixture, sums: Mixture) -> ParameterSpace | None:
        """Parameters as vectors about these; None where a weight is 0."""
        return ParameterSpace.about(sums)


@dataclass(frozen=True)
class ParameterSpace:
    """Log-weights, means, log noise and loadings of low-rank components in one vector.

    Weights and noise stay positive whatever is combined. Loadings are turned to those of the first mixture as near as a
    rotation brings them (Schönemann 1966, the orthogonal Procrustes problem).

    Parameters
    ----------
    first : Mixture
        About which they lie.
    deviation : array, shape (k, d)
        Standard deviations of its features, in which means and loadings are measured.
    measure : array
        The root of the weight of each entry's component: one over its standard error, or nearly.
    """

    first: Mixture
    deviation: Floats
    measure: Floats

    @classmethod
    def about(cls, mixture: Mixture) -> ParameterSpace | None:
        """The space about a mixture."""
        family, weights = mixture.family, mixture.weights
        if not isinstance(family, Gaussian) or not (weights > 0.0).all():
            return None
        deviation = np.sqrt(family.structure.form.variances(family.covariance, family.n_components))
        k, lines, d = family.precision_cholesky.shape
        each = np.concatenate(
            [np.ones((k, 1)), np.ones((k, d)), np.full((k, d), np.sqrt(0.5)), np.ones((k, (lines - 1) * d))], 1
        )
        return cls(mixture, deviation, (np.sqrt(weights)[:, np.newaxis] * each).ravel())

    def vector(self, sums: Mixture) -> Floats:
        """The parameters of a mixture."""
        family, before = self._family(sums), self._family(self.first)
        scale = self.deviation[:, np.newaxis]
        lines = family.covariance[:, 1:] / scale  # (k, q, d)
        left, _, right = np.linalg.svd((before.covariance[:, 1:] / scale) @ lines.swapaxes(1, 2))
        turned = (left @ right) @ lines
        with np.errstate(divide="ignore"):
            log_weights = np.log(sums.weights)
        parts = [
            log_weights[:, np.newaxis],
            (family.means - before.means) / self.deviation,
            -2.0 * np.log(family.precision_cholesky[:, 0]),
            turned.reshape(len(turned), -1),
        ]
        return np.concatenate(parts, axis=1).ravel()

    def sums(self, vector: Floats) -> Mixture | None:
        """The mixture that makes this vector; None where there is none."""
        before = self._family(self.first)
        k, d = before.means.shape
        rows = vector.reshape(k, -1)
        if not np.isfinite(rows).all():
            return None
        weights = np.exp(rows[:, 0] - rows[:, 0].max())
        with np.errstate(over="ignore"):
            noise = np.exp(rows[:, 1 + d : 1 + 2 * d])
        if not (np.isfinite(noise).all() and (noise > 0.0).all() and (weights > 0.0).all()):
            return None
        lines = rows[:, 1 + 2 * d :].reshape(k, -1, d) * self.deviation[:, np.newaxis]
        covariance = np.concatenate([noise[:, np.newaxis], lines], axis=1)
        means = before.means + rows[:, 1 : 1 + d] * self.deviation
        family = Gaussian.from_covariance(before.structure, means, covariance)
        allocation = self.first.allocation
        if isinstance(allocation, CommonWeights) and allocation.free:
            allocation = CommonWeights(weights / weights.sum())
        return Mixture(family, allocation, self.first.frame)

    def _family(self, mixture: Mixture) -> Gaussian:
        if not isinstance(mixture.family, Gaussian):
            raise TypeError(f"only Gaussian components are combined, not those of family {mixture.family.name}")
        return mixture.family
