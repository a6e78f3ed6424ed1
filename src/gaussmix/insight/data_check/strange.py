"""Values far from all others, in words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gaussmix.insight.data_check.evidence import Evidence
from gaussmix.insight.data_check.extremes import FAR
from gaussmix.insight.data_check.finding import Remark
from gaussmix.insight.data_check.words import NAMED, counted, figure, joined


def sentinels(evidence: Evidence) -> Iterator[Remark]:
    """Codes that stand for missing values."""
    sample, sentinel = evidence.sample, evidence.extremes.sentinel  # (2, d)
    for value in np.unique(sentinel[np.isfinite(sentinel)]):
        columns = np.flatnonzero((sentinel == value).any(axis=0))
        counts = (sample.x[:, columns] == value).sum(axis=0)
        # It is an end of the range of all rows, so that it is there even where the sample has missed it.
        where = [
            f"{evidence.names[j]!r} ({counted(int(n), 'row') if n else 'a few rows'})"
            for j, n in zip(columns, counts, strict=True)
        ]
        yield Remark(
            evidence.named(columns),
            f"{figure(float(value))} stands far from all other values in {joined(where)} among {sample.said}: this "
            "looks like a code for a missing value.",
            "Drop these rows, or make the value a missing one; if it was measured, it is an outlier.",
            {"value": float(value), "n_found": int(counts.sum())},
        )


def outliers(evidence: Evidence) -> Iterator[Remark]:
    """Values that no cluster explains."""
    columns = np.flatnonzero(evidence.extremes.distance > 0.0)
    if not len(columns):
        return
    distance = evidence.extremes.distance
    ends = {j: _farthest(evidence, int(j)) for j in columns}
    held = [
        f"{evidence.names[j]!r} has {figure(ends[j])}{_place(evidence, int(j))}, {distance[j]:.3g} of them away"
        for j in columns[:NAMED]
    ]
    held += [repr(evidence.names[j]) for j in columns[NAMED:]]
    worst = columns[np.argmax(distance[columns])]
    yield Remark(
        evidence.named(columns),
        f"Values lie more than {FAR:.0f} robust standard deviations from the median: {joined(held)}. Such a value "
        "takes a component for itself or stretches one over all rows.",
        "Correct or drop these rows; where all values are positive and many are large, take logarithms.",
        {
            "farthest": ends[worst],
            "distance": float(distance[worst]),
            "n_found": int(evidence.extremes.outlying.sum()),
        },
    )


def _farthest(evidence: Evidence, j: int) -> float:
    """The farthest value of a column that is no code, among all rows unless an end is one."""
    extremes, summary = evidence.extremes, evidence.summary
    end = summary.maximum[j] if extremes.is_high[j] else summary.minimum[j]
    if end in extremes.sentinel[:, j]:
        seen = evidence.sample.x[extremes.outlying[:, j], j]
        end = seen.max() if extremes.is_high[j] else seen.min()
    return float(end)


def _place(evidence: Evidence, j: int) -> str:
    """Where the farthest value stands, if the sample has it."""
    rows = evidence.sample.numbers[evidence.sample.x[:, j] == _farthest(evidence, j)]
    return f" in {evidence.place(int(rows[0]))}" if len(rows) else ""
