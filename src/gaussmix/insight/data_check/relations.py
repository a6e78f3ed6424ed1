"""Columns that follow from others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse.csgraph import connected_components

from gaussmix.core.types import Array, Floats, Integers
from gaussmix.families.null_directions import FLAT, TAKES_PART, NullDirections
from gaussmix.families.prior import AUTOMATIC_STRENGTH

MOST_COLUMNS = 1000
"""Columns among which relations are looked for: the work grows with their cube, a second at this many."""
LEAST_ROWS = 5
"""Complete rows: any two columns agree in two of them, and short whole numbers may in three or four."""
ROWS_A_COLUMN, SPARE_ROWS = 1.2, 3
"""Complete rows from which columns that have nothing to do with each other do not seem to follow from one another: the
least variance of d columns of noise is about (1 - sqrt(d/n))^2, and varies the more the fewer rows there are to spare.
Where rows are not more than columns, each column follows from the others."""
PRESENT = 0.5
"""Share of the rows in which a column must have a value; one with less would leave few complete rows to the others."""
NOT_LOOKED_FOR = "columns that follow from others were not looked for"


@dataclass(frozen=True)
class Group:
    """Columns that belong together.

    Parameters
    ----------
    columns : array of int
        Their numbers.
    n_combinations : int
        How many combinations of them are the same in all rows.
    weights : array
        What each column is multiplied by in such a combination, in units of its standard deviation.
    """

    columns: Integers
    n_combinations: int
    weights: Floats


@dataclass(frozen=True)
class Relations:
    """Relations between columns, as a fit of full covariances sees them.

    Parameters
    ----------
    alike : tuple of Group
        Columns that are the same, or the same up to scale, sign and offset.
    one_hot : tuple of Group
        Columns of zeros and ones, of which in each row exactly one is a one.
    collinear : tuple of Group
        Other columns some combination of which is the same in all rows.
    n_rows : int
        Complete rows from which this is known.
    reason_not : str
        Why relations were not looked for; empty if they were.
    """

    alike: tuple[Group, ...] = ()
    one_hot: tuple[Group, ...] = ()
    collinear: tuple[Group, ...] = ()
    n_rows: int = 0
    reason_not: str = ""

    @classmethod
    def of(cls, x: Floats, internal: Floats) -> Relations:
        """The relations in some rows.

        Parameters
        ----------
        x, internal : array, shape (m, d)
            The rows in the user's units, and in internal ones with NaN for what is not to be looked at.
        """
        present = np.isfinite(internal)
        columns = np.flatnonzero(present.mean(axis=0) >= PRESENT)
        complete = present[:, columns].all(axis=1)
        z = internal[np.ix_(complete, columns)]
        varying = np.ptp(z, axis=0) > 0.0 if len(z) else np.zeros(len(columns), dtype=bool)
        columns, z = columns[varying], z[:, varying]
        if len(columns) < 2:
            return cls(n_rows=len(z))
        if len(columns) > MOST_COLUMNS:
            return cls(
                reason_not=f"columns that follow from others were not looked for: there are more than {MOST_COLUMNS:,}"
            )
        if len(z) < LEAST_ROWS:
            return cls(reason_not=f"{NOT_LOOKED_FOR}: {len(z)} rows are complete")
        z = z / np.abs(z).max(axis=0)  # what is left of far values must not leave the range of floats when squared
        z -= z.mean(axis=0)
        z /= np.sqrt(np.mean(z * z, axis=0))
        return cls._found(x[np.ix_(complete, columns)], z, columns)

    @classmethod
    def _found(cls, x: Floats, z: Floats, columns: Integers) -> Relations:
        correlation = z.T @ z / len(z)  # (d, d)
        binary = ((x == 0.0) | (x == 1.0)).all(axis=0)
        alike: list[Group] = []
        one_hot: list[Group] = []
        collinear: list[Group] = []
        first = np.ones(len(columns), dtype=bool)
        for group in _pairs(correlation):
            first[group.columns[1:]] = False
            (one_hot if _is_one_hot(x, binary, group) else alike).append(group)
        kept = np.flatnonzero(first)
        enough = len(z) >= ROWS_A_COLUMN * len(kept) + SPARE_ROWS
        reason = f"{NOT_LOOKED_FOR}: {len(z):,} complete rows are too few for {len(kept):,} columns"
        if enough:
            for group in _null_groups(correlation[np.ix_(kept, kept)]):
                named = Group(kept[group.columns], group.n_combinations, group.weights)
                (one_hot if _is_one_hot(x, binary, named) else collinear).append(named)
        return cls(
            _numbered(alike, columns),
            _numbered(one_hot, columns),
            _numbered(collinear, columns),
            len(z),
            "" if enough else reason,
        )


def _numbered(groups: Sequence[Group], columns: Integers) -> tuple[Group, ...]:
    """The groups with the columns' own numbers."""
    return tuple(Group(columns[group.columns], group.n_combinations, group.weights) for group in groups)


def _pairs(correlation: Floats) -> Iterator[Group]:
    """Columns each of which is another one in other units: the combination of such a pair is a null direction."""
    near = 1.0 - np.abs(correlation) < FLAT * AUTOMATIC_STRENGTH
    for columns in _connected(near):
        weights = np.ones(len(columns))
        weights[1:] = -np.sign(correlation[columns[0], columns[1:]])
        yield Group(columns, len(columns) - 1, weights)


def _null_groups(correlation: Floats) -> Iterator[Group]:
    """Null directions, those that share no column apart from each other."""
    d = len(correlation)
    null = NullDirections.of(correlation, np.ones(d), AUTOMATIC_STRENGTH)
    if not len(null):
        return
    # Directions may be turned among themselves; the projection on all of them may not.
    projection = null.directions @ null.directions.T
    for columns in _connected(np.abs(projection) > TAKES_PART * TAKES_PART):
        part = projection[np.ix_(columns, columns)]
        number = round(float(np.trace(part)))
        yield Group(columns, max(number, 1), part[:, int(np.argmax(np.diag(part)))])


def _connected(linked: Array) -> Iterator[Integers]:
    """Sets of two or more that hang together, by their first member."""
    _, label = connected_components(linked, directed=False)
    for one in np.flatnonzero(np.bincount(label) > 1):
        yield np.flatnonzero(label == one)


def _is_one_hot(x: Floats, binary: Array, group: Group) -> bool:
    columns = group.columns
    return bool(group.n_combinations == 1 and binary[columns].all() and (x[:, columns].sum(axis=1) == 1.0).all())
