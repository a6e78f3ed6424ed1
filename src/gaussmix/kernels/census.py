"""The pass of the data check over a source."""

from __future__ import annotations

import numpy as np

from gaussmix.core.census import MOST_VALUES, Census, WeightCensus, different
from gaussmix.core.source import Source
from gaussmix.core.summary import NOWHERE
from gaussmix.core.types import Array, Floats
from gaussmix.kernels.summary import learn, summarise_rows

GLANCE = 64
"""Rows of a chunk that tell of most columns that they have many values, so that the chunk need not be sorted."""


def take_census(source: Source) -> Census | None:
    """What one pass counts of rows whose weights may be anything; None if there are no rows."""
    return learn(source, census_of)


def counting(weight: Array) -> Array:
    """Which rows count: those whose weight is a positive number."""
    return np.isfinite(weight) & (weight > 0.0)


def census_of(x: Array, weight: Array, first_row: int) -> Census:
    """The census of some rows; parameters as of `summarise_rows`."""
    counts = counting(weight)
    columns = np.ascontiguousarray(x[counts].T, dtype=np.float64)  # (d, b)
    nothing = np.full(len(columns), np.nan)
    return Census(
        summarise_rows(x, np.where(counts, weight, 0.0), first_row),
        int(np.isfinite(x).all(axis=1).sum()),
        ((np.rint(columns) == columns) | ~np.isfinite(columns)).all(axis=1),
        (columns[:, 1:] == columns[:, :-1] + 1.0).all(axis=1),
        columns[:, 0] if columns.size else nothing,
        columns[:, -1] if columns.size else nothing,
        _values(columns),
        _weights(weight, counts, first_row),
    )


def _values(columns: Floats) -> Floats:
    found = different(columns[:, :GLANCE])
    few = np.isnan(found[:, MOST_VALUES])
    if few.any() and columns.shape[1] > GLANCE:
        found[few] = different(columns[few])
    return found


def _weights(weight: Array, counts: Array, first_row: int) -> WeightCensus:
    wrong = ~counts & (weight != 0.0)
    positive = weight[counts]
    if not len(positive):
        return WeightCensus(int((weight == 0.0).sum()), int(wrong.sum()), _first(wrong, first_row))
    largest = float(positive.max())
    scaled = positive / largest  # squares of weights may leave the range of floats
    return WeightCensus(
        int((weight == 0.0).sum()),
        int(wrong.sum()),
        _first(wrong, first_row),
        float(positive.min()),
        largest,
        largest * float(np.sqrt(scaled @ scaled)),
    )


def _first(mask: Array, first_row: int) -> int:
    return first_row + int(mask.argmax()) if mask.any() else NOWHERE
