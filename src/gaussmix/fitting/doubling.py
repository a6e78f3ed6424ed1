"""The first iterations of a fit, over some of the rows: each over twice as many as the last.

Far from an optimum a part of the rows says as well as all of them where to go (incremental gradients: Bertsekas 2015,
"Nonlinear programming", section 2.4). Iterations over half of them, a quarter, an eighth … cost less than one over all
together, however many there are, and lead about as far as two of these from where a race of few rows ends.
"""

from __future__ import annotations

import numpy as np

from gaussmix.core.mixture import Mixture
from gaussmix.errors import DegenerateFitError
from gaussmix.fitting.scene import Scene
from gaussmix.starts.seeding import even_rows

MOST_NUMBERS = 1 << 22
"""Numbers in the rows that are drawn at most: 32 MiB in float64, however large the data."""


def doubled(scene: Scene, start: Mixture, fewest: int, generator: np.random.Generator) -> Mixture:
    """What iterations over more and more rows make of a mixture, up to half of all rows; each is of one M-step.

    Parameters
    ----------
    scene : Scene
        All rows.
    start : Mixture
        Where to begin.
    fewest : int
        Rows that the mixture comes from: with as few there is nothing to begin.
    generator : Generator
        Of the draw.
    """
    # Half of what weights come to, so that a row of weight 2 is as two; yet no more than there are rows.
    summary = scene.summary
    half = min(max(summary.n_weighted, summary.sum_weight) / 2, summary.n_weighted)
    most = min(int(half), MOST_NUMBERS // scene.source.n_features)
    if most <= fewest:
        return start
    rows = scene.draw(most, generator)
    mixture = start
    for halvings in reversed(range(int(np.log2(most / fewest)) + 1)):
        if scene.recipe.wants_end():
            break
        part = rows if not halvings else rows.take(even_rows(rows.weight, most >> halvings))
        step = scene.on(part).step
        try:
            mixture = step.maximise(step.expect(mixture), mixture)
        except DegenerateFitError:  # all rows may say otherwise
            return start
    return mixture
