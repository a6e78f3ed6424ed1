"""Values that are not there, or are no numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from gaussmix.core.types import Integers
from gaussmix.data.columns import NotNumeric
from gaussmix.insight.data_check.evidence import Evidence
from gaussmix.insight.data_check.finding import Remark
from gaussmix.insight.data_check.words import NAMED, columns_are, counted, joined, listed


def not_numeric(evidence: Evidence) -> Iterator[Remark]:
    """Columns of text, dates and the like."""
    yield from without_numbers(evidence.not_numeric)


def without_numbers(others: Sequence[NotNumeric]) -> Iterator[Remark]:
    """What is said of columns without numbers, also where there are no others."""
    if others:
        held = joined([f"{other.name!r} ({other.why})" for other in others])
        yield Remark(
            tuple(other.name for other in others),
            f"{counted(len(others), 'column')} {'is' if len(others) == 1 else 'are'} not numeric: {held}.",
            "Choose the columns to fit without them, or code them as numbers if they measure something.",
            {"n_columns": len(others)},
        )


def empty(evidence: Evidence) -> Iterator[Remark]:
    """Columns without a value."""
    names = evidence.named(evidence.empty)
    if names:
        yield Remark(
            names, f"{columns_are(names, 'has', 'have')} no value in any row.", "Leave out what holds no values."
        )


def missing(evidence: Evidence) -> Iterator[Remark]:
    """Missing values, where a column has others."""
    summary = evidence.summary
    counts = np.where(evidence.empty, 0, summary.n_missing)
    yield from _gaps(evidence, "missing value", counts, summary.first_missing)


def infinite(evidence: Evidence) -> Iterator[Remark]:
    """Infinite values."""
    summary = evidence.summary
    yield from _gaps(evidence, "infinite value", summary.n_infinite, summary.first_infinite)


REMEDY = {
    "missing value": "Drop these rows or fill the values in; where a column has many, leave the column out.",
    "infinite value": "Correct or drop these rows: they mostly come from a division by zero or the logarithm of 0.",
}


def _gaps(evidence: Evidence, what: str, counts: Integers, first: Integers) -> Iterator[Remark]:
    columns = np.flatnonzero(counts)
    if not len(columns):
        return
    # In the order of columns. To look for a place may mean to read a file up to there: only for those that are named.
    parts = [
        f"{evidence.names[j]!r} has {counted(int(counts[j]), what)} (the first in {evidence.place(int(first[j]))})"
        for j in columns[:NAMED]
    ]
    names = evidence.named(columns)
    if len(columns) > NAMED:
        parts.append(f"{listed(names[NAMED:])} have {counted(int(counts[columns[NAMED:]].sum()), what)}")
    gaps = evidence.summary.n_rows - evidence.census.n_complete
    yield Remark(
        names,
        f"Column {'; '.join(parts)}. {counted(gaps, 'row')} of "
        f"{evidence.summary.n_rows:,} {'is' if gaps == 1 else 'are'} not complete.",
        REMEDY[what],
        {"n_values": int(counts.sum()), "n_incomplete_rows": gaps, "first_row": int(first[columns].min())},
    )
