"""What the rows are like, where that limits every fit of them."""

from __future__ import annotations

from collections.abc import Iterator

from gaussmix.families.structures import SCIKIT_LEARN, STRUCTURES
from gaussmix.fitting.recipe import n_parameters
from gaussmix.fitting.repair import Event
from gaussmix.fitting.scene import Scene

NAMED = 10
"""Columns that are named in a sentence; with fewer rows than columns it would be all of them."""


def about_rows(scene: Scene) -> Iterator[Event]:
    """Events that no start can help: equal rows, constant columns, combinations of columns, too few rows."""
    constant = [j for j, deviation in enumerate(scene.summary.standard_deviation.tolist()) if deviation == 0.0]
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
    null = scene.update.prior.null
    count = null.n_combinations
    if count:
        columns = ", ".join(map(str, null.columns[:NAMED])) + (" …" if len(null.columns) > NAMED else "")
        yield Event(
            0,
            None,
            "collinear",
            f"{count} combination{'s' if count > 1 else ''} of columns {columns} "
            f"{'are' if count > 1 else 'is'} the same in all rows: there all components have one variance; where "
            "a column follows from others, it can be dropped",
        )
    recipe, d = scene.recipe, scene.source.n_features
    k = recipe.n_components
    count = n_parameters(recipe.structure, k, d, recipe.equal_weights)
    if scene.summary.n_weighted < count:
        text = (
            f"{scene.summary.n_weighted} rows for {count} parameters: the fit follows the noise of the rows; "
            "fit fewer components or columns"
        )
        count = recipe.structure.n_parameters(k, d)
        simpler = [name for name in SCIKIT_LEARN if STRUCTURES[name].n_parameters(k, d) < count]
        if simpler:
            text += f", or a covariance with fewer parameters ({', '.join(simpler)})"
        yield Event(0, None, "few", text)
