"""The formula of soft shares, once."""

from __future__ import annotations

import numpy as np

from gaussmix.core.contracts import Shares
from gaussmix.core.types import Floats


def soft_shares(log_joint: Floats, weight: Floats) -> Shares:
    """Rows shared in proportion to the joint densities.

    Parameters
    ----------
    log_joint : array, shape (k, b)
        Log of weight times density of each component. A row of −inf only comes out as NaN.
    weight : array, shape (b,)
        Weights of the rows.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        largest = log_joint.max(axis=0)  # (b,)
        relative = np.exp(log_joint - largest)
        total = relative.sum(axis=0)
        return Shares(relative * (weight / total), largest + np.log(total))
