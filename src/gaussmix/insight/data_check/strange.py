"""Values far from all others, in words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gaussmix.insight.data_check.evidence import Evidence
from gaussmix.insight.data_check.finding import Remark
from gaussmix.insight.data_check.words import counted, figure


def sentinels(evidence: Evidence) -> Iterator[Remark]:
    """Codes that stand for missing values."""
    sample = evidence.sample
    for j in np.flatnonzero(np.isfinite(evidence.extremes.sentinel).any(axis=0)):
        for value in evidence.extremes.sentinel[:, j]:
            if not np.isfinite(value):
                continue
            name, number = evidence.names[j], int((sample.x[:, j] == value).sum())
            # It is an end of the range of all rows, so that it is there even where the sample has missed it.
            where = f"in {number:,} of {sample.said}" if number else "in a few rows"
            yield Remark(
                (name,),
                f"Column {name!r} is {figure(value)} {where}, far from all its other values: this looks like a code "
                "for a missing value.",
                f"Drop the rows with {figure(value)} or make the value missing; if it was measured, it is an outlier.",
                {"value": float(value), "n_rows_looked_at": len(sample), "n_found": number},
            )


def outliers(evidence: Evidence) -> Iterator[Remark]:
    """Values that no cluster explains."""
    extremes, sample = evidence.extremes, evidence.sample
    for j in np.flatnonzero(extremes.distance > 0.0):
        name = evidence.names[j]
        rows = sample.numbers[extremes.outlying[:, j]]
        number = f"{counted(len(rows), 'value')} of {sample.said} {'is' if len(rows) == 1 else 'are'}"
        if not len(rows):
            number = "A few values are"
        first = f" (the first in {evidence.place(int(rows[0]))})" if len(rows) else ""
        end = evidence.summary.maximum[j] if extremes.is_high[j] else evidence.summary.minimum[j]
        if np.isin(end, extremes.sentinel[:, j]):  # which is told of by itself
            seen = sample.x[:, j][extremes.outlying[:, j]]
            end = seen.max() if extremes.is_high[j] else seen.min()
        yield Remark(
            (name,),
            f"{number} more than 1000 robust standard deviations from the median in column {name!r}{first}; the "
            f"farthest is {figure(float(end))}, {extremes.distance[j]:.3g} of them away. Such a value takes a "
            "component for itself or stretches one over all rows.",
            "Correct or drop these rows; where all values are positive and many are large, take logarithms.",
            {"farthest": float(end), "distance": float(extremes.distance[j]), "n_found": len(rows)},
        )
