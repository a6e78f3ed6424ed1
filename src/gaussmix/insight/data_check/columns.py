"""Columns that measure nothing, or hardly anything."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from gaussmix.core.types import Floats
from gaussmix.insight.data_check.evidence import Evidence
from gaussmix.insight.data_check.finding import Remark
from gaussmix.insight.data_check.words import columns_are, figure, joined, percent

IDENTIFIER_ROWS = 20
"""Rows from which whole numbers that are all different look like identifiers; fewer may be so by chance."""
DENSE = 2.0
"""Range, in numbers of rows, in which whole numbers that came by chance would repeat: of twenty draws out of forty, all
are different once in three hundred times; of a hundred out of two hundred, never."""
ITS_NAME = re.compile(r"(^|[\W_])((?i:ids?|uuid|index|idx|key|nr|number|row))$|[a-z]I[dD]$")
"""How columns of identifiers are called; the letters alone end many a word."""
SPIKE = 0.1
"""Share of the rows with one value from which a component may shrink to it: a tenth is a cluster."""
STANDS_OUT = 5.0
"""How many times as frequent as the next it must be: on a coarse scale the values about the mean are all frequent."""


def constant(evidence: Evidence) -> Iterator[Remark]:
    """Columns of one value."""
    one = evidence.constant & ~evidence.large_whole  # where it is rounding that made them one
    names = evidence.named(one)
    if names:
        values = [figure(value) for value in evidence.census.values[one, 0]]
        yield Remark(
            names,
            f"{columns_are(names, 'is', 'are')} constant ({joined(values)}), which tells no components apart.",
            "Leave out what is constant.",
        )


def binary(evidence: Evidence) -> Iterator[Remark]:
    """Columns of two values that are in no one-hot set."""
    two = evidence.few_valued & (evidence.census.n_values == 2) & ~evidence.large_whole
    for group in evidence.relations.one_hot:
        two[group.columns] = False
    names = evidence.named(two)
    if names:
        yield Remark(
            names,
            f"{columns_are(names, 'has', 'have')} only two different values: a Gaussian component shrinks to one of "
            "them, and clusters become the classes that were put in.",
            "Leave such columns out and look at the clusters by them afterwards, or fit each class on its own.",
        )


def few_values(evidence: Evidence) -> Iterator[Remark]:
    """Columns of three to ten values."""
    few = evidence.few_valued & (evidence.census.n_values > 2) & ~evidence.large_whole
    names = evidence.named(few)
    if names:
        held = [
            f"{name!r} has {n}{', all whole' if whole else ''}"
            for name, n, whole in zip(names, evidence.census.n_values[few], evidence.census.whole[few], strict=True)
        ]
        yield Remark(
            names,
            f"There are few different values: {joined(held)}. Components can shrink to single values, which "
            "says nothing of the rows.",
            "Leave out codes of classes; ordered grades can stay if components are wider than a grade.",
        )


def identifier(evidence: Evidence) -> Iterator[Remark]:
    """Whole numbers that name rows."""
    census, summary, sample = evidence.census, evidence.summary, evidence.sample
    for j in np.flatnonzero(census.whole & ~evidence.few_valued & ~evidence.constant & ~evidence.empty):
        name, column = evidence.names[j], sample.x[:, j]
        values = column[np.isfinite(column)]
        n = summary.n_weighted * len(values) / len(column)  # with a value, as far as the sample tells
        reason = ""
        if census.rises[j]:
            reason = "rises by one from row to row"
        elif len(np.unique(values)) == len(values):
            which = "" if sample.is_all else f" in {sample.said}"
            reason = _all_different(name, float(summary.maximum[j] - summary.minimum[j]), n, which)
        if reason and n >= IDENTIFIER_ROWS:
            yield Remark(
                (name,),
                f"Column {name!r} {reason}: it looks like an identifier or the order of the rows, which tells nothing "
                "of clusters.",
                "Leave it out.",
                {"minimum": float(summary.minimum[j]), "maximum": float(summary.maximum[j])},
            )


def _all_different(name: str, width: float, n_rows: float, which: str) -> str:
    if width < DENSE * n_rows:
        return f"holds whole numbers that are all different{which} and leave out few between the least and the largest"
    if ITS_NAME.search(name):
        return f"holds whole numbers that are all different{which}, and has the name of an identifier"
    return ""


def large_whole_numbers(evidence: Evidence) -> Iterator[Remark]:
    """Whole numbers that floats do not hold."""
    names = evidence.named(evidence.large_whole)
    if names:
        yield Remark(
            names,
            f"{columns_are(names, 'holds', 'hold')} whole numbers beyond 2^53 (about 9e15), whose last digits are "
            "lost: they look like identifiers or times in nanoseconds.",
            "Leave identifiers out; of times subtract the first before they become floats.",
        )


def spike(evidence: Evidence) -> Iterator[Remark]:
    """Columns of many values one of which many rows have."""
    found = {}
    for j in np.flatnonzero(~(evidence.few_valued | evidence.constant | evidence.empty)):
        column = evidence.sample.x[:, j]
        value, share, next_share = _most_frequent(column[np.isfinite(column)])
        if share >= SPIKE and share >= STANDS_OUT * next_share and share * len(column) >= STANDS_OUT:
            found[evidence.names[j]] = (value, share)
    if found:
        held = [f"{figure(value)} in {percent(share)} ({name!r})" for name, (value, share) in found.items()]
        yield Remark(
            tuple(found),
            f"One value is far more frequent than any other: {joined(held)} of {evidence.sample.said}. A component "
            "will shrink to such a value.",
            "Fit the rows with this value apart from the others, or leave the column out.",
            {"largest_share": max(share for _, share in found.values())},
        )


def _most_frequent(values: Floats) -> tuple[float, float, float]:
    """The most frequent value, its share, and that of the next."""
    different, counts = np.unique(values, return_counts=True)
    if len(different) < 2:
        return float("nan"), 0.0, 0.0
    order = np.argsort(counts)
    return float(different[order[-1]]), float(counts[order[-1]] / len(values)), float(counts[order[-2]] / len(values))
