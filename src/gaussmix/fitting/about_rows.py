"""What the rows are like, where that limits every fit of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gaussmix.fitting.repair import Event
from gaussmix.fitting.scene import Scene


def about_rows(scene: Scene) -> Iterator[Event]:
    """Events that no start can help: all rows equal, constant columns."""
    constant = np.flatnonzero(scene.summary.standard_deviation == 0.0)
    if len(constant) == scene.source.n_features:
        yield Event(0, None, "equal", "all rows are equal: fit one component, or look at how the rows were made")
        return
    for column in constant:
        yield Event(
            0,
            None,
            "constant",
            f"column {column} is constant: it tells no components apart, and its variance is the prior's; drop it",
        )
