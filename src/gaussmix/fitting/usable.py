"""Rows that a fit, or a fitted mixture, can use."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gaussmix.core.source import Source
from gaussmix.core.summary import Summary, check_sum_of_weights
from gaussmix.core.types import Integers
from gaussmix.errors import DataError
from gaussmix.kernels.summary import summarise

LEAST_ROWS = 2
"""One row has no spread to fit anything to."""
NAMED = 10
"""Columns that are named in a sentence; of the others it says how many there are."""


def checked_summary(source: Source, n_components: int) -> Summary:
    """The summary of rows that a fit can use.

    Raises
    ------
    DataError
        If they cannot be: the text says where and what to do.
    """
    if not source.n_features:
        raise DataError("there are no columns")
    summary = summarise(source)
    if summary is None:
        raise DataError("there are no rows")
    refuse_gaps(summary, source)
    if summary.n_weighted < LEAST_ROWS:
        raise DataError(f"{_counted(summary.n_weighted)} too few: a mixture needs at least {LEAST_ROWS}")
    check_sum_of_weights(summary.sum_weight)
    check_enough(summary, n_components)
    return summary


def check_enough(summary: Summary, n_components: int) -> None:
    """See that there are as many rows that count as components.

    Raises
    ------
    DataError
        If there are not.
    """
    if summary.n_weighted < n_components:
        raise DataError(
            f"{_counted(summary.n_weighted)} too few. Expected n_samples >= n_components but got n_components = "
            f"{n_components}, n_samples = {summary.n_weighted}; take more rows or fewer components"
        )


def refuse_gaps(summary: Summary, source: Source) -> None:
    """See that no value is missing or infinite, in rows of weight 0 neither: they are given labels like all others.

    Parameters
    ----------
    summary : Summary
        Of the rows.
    source : Source
        The rows, which know the names of their columns and where to look for a row.

    Raises
    ------
    DataError
        If one is: the text says how many in which columns, and where the first is.
    """
    for word, counts, firsts in (
        ("missing", summary.n_missing, summary.first_missing),
        ("infinite", summary.n_infinite, summary.first_infinite),
    ):
        if np.count_nonzero(counts):
            found = _gaps(source.feature_names, word, counts, firsts, source.place(int(firsts.min())))
            raise DataError(f"{found}; drop or correct those rows, or choose other columns")


def _gaps(names: Sequence[str] | None, word: str, counts: Integers, firsts: Integers, place: str) -> str:
    """How many values of each column are missing or infinite, and where the first of all is."""
    columns = np.flatnonzero(counts)
    called = [str(column) if names is None else repr(names[int(column)]) for column in columns]
    if len(columns) == 1:
        count = counts[columns[0]]
        number = " (from 0)" if names is None else ""
        return f"column {called[0]}{number} has {count} {word} value{'' if count == 1 else 's'}, the first in {place}"
    listed = ", ".join(f"{name} ({counts[column]})" for name, column in zip(called[:NAMED], columns, strict=False))
    more = f" and {len(columns) - NAMED} more" if len(columns) > NAMED else ""
    number = ", counted from 0," if names is None else ""
    earliest = called[int(firsts[columns].argmin())]
    return f"columns {listed}{more}{number} have {word} values, the first in {place} ({earliest})"


def _counted(n_rows: int) -> str:
    return f"{n_rows} row{'' if n_rows == 1 else 's'} of positive weight {'is' if n_rows == 1 else 'are'}"
