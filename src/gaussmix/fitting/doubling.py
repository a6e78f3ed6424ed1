"""The first iterations of a fit, over some of the rows: each over twice as many as the last.

Far from an optimum a part of the rows says as well as all of them where to go (incremental gradients: Bertsekas 2015,
"Nonlinear programming", section 2.4). Iterations over an eighth of them, a sixteenth … cost a quarter of one over all
together, however many there are, and lead about as far as one from where a race of few rows ends.
"""

from __future__ import annotations

import numpy as np

from gaussmix.core.mixture import Mixture
from gaussmix.errors import DegenerateFitError
from gaussmix.fitting.scene import Scene
from gaussmix.starts.seeding import even_rows

PART = 8
"""One in so many rows is drawn: they are copied, and a fit should take little memory beside its rows. Up to half of all
spared another half of a pass."""
MOST_NUMBERS = 1 << 22
"""Numbers in the rows that are drawn at most: 32 MiB in float64, however large the data."""


def doubled(scene: Scene, start: Mixture, fewest: int, generator: np.random.Generator) -> Mixture:
    """What iterations over more and more rows make of a mixture, each of one M-step.

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
    # Of what weights come to, so that a row of weight 2 is as two; yet half of the rows at most, whatever these weigh.
    summary = scene.summary
    part = min(max(summary.n_weighted, summary.sum_weight) / PART, summary.n_weighted / 2)
    most = min(int(part), MOST_NUMBERS // scene.source.n_features)
    if most <= fewest or scene.recipe.wants_end():
        return start
    rows = scene.draw(most, generator)
    mixture = start
    for halvings in reversed(range(int(np.log2(most / fewest)) + 1)):
        if scene.recipe.wants_end():
            break
        some = rows.take(even_rows(rows.weight, most >> halvings)) if halvings else rows
        step = scene.on(some).step
        try:
            mixture = step.maximise(step.expect(mixture), mixture)
        except DegenerateFitError:  # all rows may say otherwise
            return start
    return mixture
