"""A start from where another fit ended."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gaussmix.allocations.weights import CommonWeights
from gaussmix.core.mixture import Mixture
from gaussmix.errors import ConfigError
from gaussmix.estimators.fitted import gaussian
from gaussmix.families.structures import Structure
from gaussmix.fitting.scene import Scene, Start
from gaussmix.fitting.start import ParametersStart, SharesStart


@dataclass(frozen=True)
class LastStart(Start):
    """A mixture, to the last bit where it is in the units of this fit, as after a fit of the same rows.

    Parameters
    ----------
    mixture : Mixture
        Of Gaussian components of the structure that is to be fitted.
    """

    mixture: Mixture

    name = "warm start"

    def first(self, scene: Scene, generator: np.random.Generator) -> Mixture:
        if not self._fits(scene):
            return self._converted().first(scene, generator)
        family = gaussian(self.mixture)
        # With no update to come, what is there is what was asked for.
        family = scene.update.admitted(family) if scene.recipe.max_iter else family
        return Mixture(family, scene.recipe.allocation(CommonWeights(self.mixture.weights)), scene.frame)

    def _fits(self, scene: Scene) -> bool:
        """Whether the mixture is in the units of this fit."""
        mine, wanted = self.mixture.frame, scene.frame
        return np.array_equal(mine.origin, wanted.origin) and np.array_equal(mine.exponent, wanted.exponent)

    def _converted(self) -> ParametersStart:
        family, frame = gaussian(self.mixture), self.mixture.frame
        factor = family.structure.form.scale_features(family.precision_cholesky, frame.multiplier)
        return ParametersStart(self.mixture.weights, family.public_means(frame), factor, SharesStart())


@dataclass(frozen=True)
class SameRowsStart(LastStart):
    """A mixture that is to be of the rows that are fitted.

    Parameters
    ----------
    file : str
        Where it came from.
    fingerprint : str, optional
        Of its rows. Where that is not known, as before a fit has ended, the units of the mixture tell: their origin is
        the rows' mean, to the last bit.
    """

    file: str
    fingerprint: str | None

    def first(self, scene: Scene, generator: np.random.Generator) -> Mixture:
        known = self.fingerprint is not None
        if not (self.fingerprint == scene.summary.fingerprint if known else self._fits(scene)):
            raise ConfigError(
                f"{self.file} is {'the end' if known else 'a checkpoint'} of a fit of other rows, or of other weights; "
                "give the rows of that fit, or another file to keep this fit in"
            )
        return super().first(scene, generator)


def last_start(mixture: Mixture, n_components: int, n_features: int, structure: Structure) -> LastStart:
    """The start from a mixture, if it is of the shape that is asked for.

    Raises
    ------
    ConfigError
        If it is not.
    """
    k, d, last = mixture.n_components, mixture.n_features, gaussian(mixture).structure
    if (k, d, last) != (n_components, n_features, structure):
        raise ConfigError(
            f"warm_start goes on from a {last.name} mixture of {k} components and {d} features"
            f"{_of_rank(last)}; now {structure.name}, {n_components} components and {n_features} features"
            f"{_of_rank(structure)} are asked for"
        )
    return LastStart(mixture)


def _of_rank(structure: Structure) -> str:
    return "" if structure.rank is None else f" of rank {structure.rank}"
