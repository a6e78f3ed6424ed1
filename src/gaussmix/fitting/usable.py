"""Rows that a fit, or a fitted mixture, can use."""

from __future__ import annotations

import numpy as np

from gaussmix.core.source import Source
from gaussmix.core.summary import Summary, check_sum_of_weights
from gaussmix.errors import DataError
from gaussmix.kernels.summary import summarise

LEAST_ROWS = 2
"""One row has no spread to fit anything to."""


def checked_summary(source: Source, n_components: int) -> Summary:
    """The summary of rows that a fit can use.

    Raises
    ------
    DataError
        If they cannot be: the text says where and what to do.
    """
    summary = summarise(source)
    if summary is None:
        raise DataError("there are no rows")
    refuse_gaps(summary, source)
    if summary.n_weighted < LEAST_ROWS:
        raise DataError(f"{_counted(summary.n_weighted)} too few: a mixture needs at least {LEAST_ROWS}")
    check_sum_of_weights(summary.sum_weight)
    if summary.n_weighted < n_components:
        raise DataError(
            f"{_counted(summary.n_weighted)} too few. Expected n_samples >= n_components but got n_components = "
            f"{n_components}, n_samples = {summary.n_weighted}; take more rows or fewer components"
        )
    return summary


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
        If one is: the text says which column and row.
    """
    names = source.feature_names
    for word, counts, firsts in (
        ("missing", summary.n_missing, summary.first_missing),
        ("infinite", summary.n_infinite, summary.first_infinite),
    ):
        if counts.any():
            column = int(np.flatnonzero(counts)[0])
            name = f"{column} (from 0)" if names is None else repr(names[column])
            raise DataError(
                f"column {name} has {counts[column]} {word} value{'' if counts[column] == 1 else 's'}, the first in "
                f"{source.place(int(firsts[column]))}; drop or correct those rows, or choose other columns"
            )


def _counted(n_rows: int) -> str:
    return f"{n_rows} row{'' if n_rows == 1 else 's'} of positive weight {'is' if n_rows == 1 else 'are'}"
