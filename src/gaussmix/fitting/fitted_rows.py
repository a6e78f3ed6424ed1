"""What is remembered of the rows of a fit when they are gone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gaussmix.core.types import Integers


@dataclass(frozen=True)
class FittedRows:
    """The rows of a fit, in a few words.

    Parameters
    ----------
    n_rows : int
        Rows, with those of weight 0.
    sum_weight : float
        Sum of their weights.
    fingerprint : str
        Tells whether two fits saw the same rows; see `gaussmix.core.summary.Summary.fingerprint`.
    feature_names : tuple of str, optional
        Names of their columns, where they had any.
    n_assigned : tuple of int, optional
        Rows whose most probable component this is; None where nobody has counted, as after a fit of a ``Source``.
    weight_name : str, optional
        The column of weights, where they came from one.
    """

    n_rows: int
    sum_weight: float
    fingerprint: str
    feature_names: tuple[str, ...] | None = None
    n_assigned: tuple[int, ...] | None = None
    weight_name: str | None = None

    def counted(self, labels: npt.NDArray[np.integer], n_components: int) -> FittedRows:
        """The same with the rows of each label counted."""
        numbers = tuple(np.bincount(labels, minlength=n_components).tolist())
        return replace(self, n_assigned=numbers)

    def reorder(self, order: Integers) -> FittedRows:
        """The same for components in another order."""
        if self.n_assigned is None:
            return self
        return replace(self, n_assigned=tuple(self.n_assigned[j] for j in order))
