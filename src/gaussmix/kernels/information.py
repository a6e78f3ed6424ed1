"""How much rows say of the sums of a pass, by compiled stages."""

from __future__ import annotations

import numpy as np

from gaussmix.core.block import Block
from gaussmix.core.extension import native as _native
from gaussmix.core.mixture import Mixture
from gaussmix.core.types import Floats


def information(rows: Block, mixture: Mixture, pivot: Floats) -> tuple[Floats, Floats]:
    """Squares of what rows add to the sums of a pass: of rows that say where they belong, and of rows as they are.

    Parameters
    ----------
    rows : Block
        Few, in the user's units. They are computed with in float64.
    mixture : Mixture
        Shares them. Its stages are compiled, and each component has all its sums to itself.
    pivot : array, shape (k, d)
        Points about which moments are taken.

    Returns
    -------
    whole, observed : array, shape (p, p)
        Sums of one component beside each other: share, moments, scatter.
    """
    stage, share = mixture.family.compiled, mixture.allocation.compiled
    if stage is None or share is None:
        raise TypeError("a stage of this mixture is not compiled")
    whole, observed = _native.information(
        rows.x.astype(np.float64, copy=False),
        rows.weight,
        mixture.frame.multiplier,
        mixture.frame.shift,
        stage.form,
        stage.means,
        stage.factor,
        stage.log_normaliser + share[1],
        pivot,
    )
    return whole, observed
