"""Sums of E-steps as vectors, for a loop that combines several."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gaussmix.core.contracts import Extrapolable
from gaussmix.core.mixture import Mixture
from gaussmix.core.statistics import Statistics
from gaussmix.core.types import Floats


@dataclass(frozen=True)
class SumsSpace:
    """The sums of a pass, packed, with moments about the same points in every pass.

    Parameters
    ----------
    family : Extrapolable
        Brings the sums there.
    first : Statistics
        Sums about these points: of the same layout and frame as all others.
    measure : array
        One over the standard error of each sum, so that what is compared has no units; 0 for one that never varies.
    """

    family: Extrapolable
    first: Statistics
    measure: Floats

    @classmethod
    def about(cls, mixture: Mixture, statistics: Statistics) -> SumsSpace | None:
        """The space about a mixture whose E-step gave these sums; None if its family knows none."""
        family, sum_weight = mixture.family, statistics.sum_weight
        if not isinstance(family, Extrapolable) or not family.combinable or mixture.allocation.layout[0]:
            return None
        typical: dict[str, Floats | float] = {
            "log_likelihood": 0.0,  # what a pass finds, not what an M-step uses
            "sum_weight": np.sqrt(sum_weight),
            **family.typical_sums(sum_weight),
        }
        sizes = statistics.layout.pack(typical)
        return cls(family, statistics, np.where(sizes > 0.0, 1.0 / np.where(sizes > 0.0, sizes, 1.0), 0.0))

    def vector(self, sums: Statistics) -> Floats:
        """The sums of a pass about the space's points."""
        return self.family.about(sums, self.first.pivot).buffer

    def sums(self, vector: Floats) -> Statistics | None:
        """The sums that make this vector; None where a component would have no rows."""
        sums = Statistics(self.first.layout, vector, self.first.frame, self.first.pivot)
        return sums if (sums.sum_weight > 0.0).all() else None
