"""The table that says of each row which component it is of."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gaussmix.core.types import Array

WANTED = ("label", "responsibility", "log_density")
"""What is computed for it."""


def assignments(results: Mapping[str, Array]) -> dict[str, Array]:
    """Columns of the table: the rows' numbers, labels, probabilities of every component, log-densities."""
    probability = results["responsibility"]  # (n, k)
    return {
        "row": np.arange(len(probability)),
        "label": results["label"],
        **{f"probability_{j}": probability[:, j] for j in range(probability.shape[1])},
        "log_density": results["log_density"],
    }
