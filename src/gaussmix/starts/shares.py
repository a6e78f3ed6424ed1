"""Components that one M-step makes of shares: of labels, of responsibilities, of a hard partition."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from gaussmix.core.contracts import Family, Kernel, Update
from gaussmix.core.mixture import Mixture
from gaussmix.core.source import Source
from gaussmix.core.statistics import Statistics
from gaussmix.core.types import Array, Floats
from gaussmix.errors import DataError

AnyFamily = TypeVar("AnyFamily", bound=Family)


def from_shares(
    source: Source, kernel: Kernel, shares: Mixture, target: AnyFamily, update: Update[AnyFamily]
) -> tuple[AnyFamily, Statistics]:
    """The components that an M-step makes of the shares that a mixture gives, and the sums it was made from.

    Parameters
    ----------
    source, kernel : Source, Kernel
        The rows, and who goes over them.
    shares : Mixture
        Its allocation shares the rows.
    target : Family
        Of the kind to be made; moments are taken about its pivots.
    update : Update
        The M-step.
    """
    statistics = kernel.expect(source, shares, target)
    return update.update(statistics, target), statistics


def mean_of_shares(source: Source, kernel: Kernel, shares: Mixture) -> Floats:
    """Internal mean of the rows that each component has a share in, shape (k, d).

    Moments about these keep the digits that moments about the middle of the data lose, where a component is much
    narrower than the data.

    Raises
    ------
    DataError
        If a component has no share in any row.
    """
    statistics = kernel.expect(source, shares)
    sum_weight = statistics.sum_weight
    if not (sum_weight > 0.0).all():
        empty = int(np.flatnonzero(~(sum_weight > 0.0))[0])
        raise DataError(f"no row is given to component {empty}; every component needs rows to start from")
    return statistics.pivot + statistics["sum_x"] / sum_weight[:, np.newaxis]


def one_hot(labels: Array, n_components: int) -> Floats:
    """Responsibilities (n, k) of labels 0 … k − 1.

    Raises
    ------
    DataError
        If a label is not one of these.
    """
    good = np.isin(labels, np.arange(n_components))
    if not good.all():
        row = int(np.flatnonzero(~good)[0])
        raise DataError(f"row {row} has label {labels[row]}; labels must be whole numbers from 0 to {n_components - 1}")
    responsibility = np.zeros((len(labels), n_components))
    responsibility[np.arange(len(labels)), labels.astype(np.int64)] = 1.0
    return responsibility
