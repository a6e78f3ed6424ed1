"""A first mixture from shares: labels, responsibilities, or whatever a hard mixture says."""

from __future__ import annotations

import numpy as np

from gaussmix.allocations.given import Given
from gaussmix.core.contracts import Kernel, Source, Update
from gaussmix.core.frame import Frame
from gaussmix.core.mixture import Mixture
from gaussmix.core.statistics import Statistics
from gaussmix.core.types import Array, Floats
from gaussmix.errors import DataError
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.structures import Structure


def unit_gaussian(structure: Structure, means: Floats) -> Gaussian:
    """Components of unit covariance in the frame, about which sums can be gathered."""
    k, d = means.shape
    stacked = np.broadcast_to(np.eye(d), (k, d, d))
    return Gaussian(structure, means, structure.form.from_stack(stacked))


def from_shares(
    source: Source, kernel: Kernel, shares: Mixture, structure: Structure, update: Update[Gaussian]
) -> tuple[Gaussian, Statistics]:
    """The components that one M-step makes of the shares that a mixture gives, and the sums it was made from.

    Parameters
    ----------
    source, kernel : Source, Kernel
        The rows, and who goes over them.
    shares : Mixture
        Its allocation shares the rows; moments are taken about its means.
    structure : Structure
        Of the components to be made.
    update : Update
        The M-step.
    """
    target = unit_gaussian(structure, shares.family.pivot)
    statistics = kernel.expect(source, shares, target)
    return update.update(statistics, target), statistics


def from_responsibilities(
    source: Source,
    kernel: Kernel,
    frame: Frame,
    structure: Structure,
    n_components: int,
    update: Update[Gaussian],
) -> tuple[Gaussian, Statistics]:
    """The same from the rows' column ``responsibility``.

    A first pass finds the means and a second gathers about them: about the origin of the frame a component much
    narrower than the data would lose the digits of its covariance.
    """
    origin = unit_gaussian(structure, np.zeros((n_components, source.n_features)))
    given = Mixture(origin, Given(n_components), frame)
    statistics = kernel.expect(source, given)
    sum_weight = statistics.sum_weight
    if not (sum_weight > 0.0).all():
        empty = int(np.flatnonzero(~(sum_weight > 0.0))[0])
        raise DataError(f"no row is given to component {empty}; every component needs rows to start from")
    means = statistics["sum_x"] / sum_weight[:, np.newaxis]
    return from_shares(
        source, kernel, Mixture(unit_gaussian(structure, means), Given(n_components), frame), structure, update
    )


def one_hot(labels: Array, n_components: int) -> Floats:
    """Responsibilities (n, k) of labels 0 … k − 1.

    Raises
    ------
    DataError
        If a label is not one of these.
    """
    numbers = labels.astype(np.int64)
    wrong = (numbers != labels) | (numbers < 0) | (numbers >= n_components)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise DataError(f"row {row} has label {labels[row]!r}; labels must be whole numbers from 0 to {n_components - 1}")
    responsibility = np.zeros((len(numbers), n_components))
    responsibility[np.arange(len(numbers)), numbers] = 1.0
    return responsibility
