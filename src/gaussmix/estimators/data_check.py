"""The check of the data: what of the rows a fit would refuse, or be misled by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gaussmix.core.source import Source
from gaussmix.core.types import Floats
from gaussmix.data.frames import is_dataset
from gaussmix.data.table import Table, table_of
from gaussmix.errors import ConfigError, DataError
from gaussmix.estimators.rows import column_of_weights, refuse_weight
from gaussmix.families.structures import structure_named
from gaussmix.insight.data_check.evidence import Evidence
from gaussmix.insight.data_check.registry import findings_in, findings_without_numbers
from gaussmix.insight.data_check.report import DataCheck
from gaussmix.insight.data_check.sample import draw_sample
from gaussmix.kernels.census import take_census

if TYPE_CHECKING:
    from gaussmix.data.csv import Dialect


def check_data(
    X: Any,
    *,
    n_components: int | None = None,
    covariance_type: str = "full",
    rank: int | None = None,
    sample_weight: npt.ArrayLike | str | None = None,
    columns: Sequence[str] | None = None,
    dialect: Dialect | None = None,
) -> DataCheck:
    """Look at rows before a mixture is fitted to them.

    Missing and infinite values, text and weights that are none are found, not refused. Counts are of all rows; what has
    to be judged on some of them, because they are more than memory should hold, says so.

    Parameters
    ----------
    X : array-like, data frame, str, Path, pyarrow.dataset.Dataset, callable or Source
        What estimators take: rows, the name of a file, a data set, or what `open_rows` has opened; or a function that
        gives a new stream of batches whenever it is called.
    n_components : int, optional
        Components that are to be fitted: then rows are compared with the parameters of so many.
    covariance_type : str
        Covariances that are to be fitted.
    rank : int, optional
        Their rank, of "low_rank".
    sample_weight : array-like of shape (n,), or str, optional
        Weights of the rows; of rows in a file, a data set or a stream the name of their column.
    columns : sequence of str, optional
        Columns of these, as in `open_rows`; all of them where not given.
    dialect : Dialect, optional
        How a CSV file is written, as in `open_rows`.

    Returns
    -------
    check : DataCheck
        Its ``findings``, each a code, a sentence and a remedy; ``ok``; and as text when printed.

    Raises
    ------
    ConfigError
        If a parameter makes no sense.
    DataError
        If there are no rows, a file is damaged, or `X` is no table.

    Examples
    --------
    >>> import numpy as np
    >>> from gaussmix import check_data
    >>> length = np.random.default_rng(0).normal(20.0, 3.0, 200)
    >>> check = check_data(np.column_stack([length, length / 2.54, np.ones(200)]))
    >>> check.codes
    ('constant-column', 'duplicated-columns')
    >>> check.ok
    False
    """
    k = _checked_number(n_components)
    structure_named(covariance_type, rank=rank)  # before anything is read
    table = _table(X, sample_weight, columns, dialect)
    if table.source is None:
        return DataCheck(None, (), tuple(findings_without_numbers(table.not_numeric)))
    # Read twice, not spooled: single rows of a spool, all over it, would bring most of it back into memory.
    source = table.source
    structure = structure_named(covariance_type, source.n_features, rank)
    census = take_census(source)
    if census is None:
        raise DataError("there are no rows")
    evidence = Evidence(
        table.names,
        table.not_numeric,
        census,
        draw_sample(source, census),
        structure,
        k,
        source.dtype,
        source.place,
        table.stored_whole,
    )
    with np.errstate(over="ignore", invalid="ignore"):  # at the ends of the range of floats figures are infinite
        findings = tuple(findings_in(evidence))
    return DataCheck(census.summary.n_rows, table.names, findings, (*source.notes, *_not_looked_for(evidence)))


def _checked_number(n_components: Any) -> int | None:
    is_number = isinstance(n_components, Integral) and not isinstance(n_components, bool)
    if n_components is None or (is_number and n_components >= 1):
        return None if n_components is None else int(n_components)
    raise ConfigError(f"n_components must be a whole number of at least 1, or None; got {n_components!r}")


def _table(
    X: Any, sample_weight: npt.ArrayLike | str | None, columns: Sequence[str] | None, dialect: Dialect | None
) -> Table:
    if isinstance(X, str | Path) or is_dataset(X) or callable(X):
        from gaussmix.data.unjudged import open_table  # here, because it brings pyarrow

        return open_table(X, columns, column_of_weights(sample_weight), dialect)
    if columns is not None or dialect is not None:
        raise ConfigError(
            "columns and dialect are for rows in files and streams; choose columns of a frame or an array as X[...]"
        )
    if isinstance(X, Source):
        refuse_weight(sample_weight)
        return Table(X, tuple(X.feature_names or (f"x{j}" for j in range(X.n_features))))
    if isinstance(sample_weight, str):
        raise ConfigError("sample_weight is a name only where the rows are in a file; give the weights themselves")
    return table_of(X, None if sample_weight is None else _as_floats(sample_weight))


def _as_floats(sample_weight: npt.ArrayLike) -> Floats:
    try:
        return np.asarray(sample_weight, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"sample_weight must be numbers, one a row: {error}") from error


def _not_looked_for(evidence: Evidence) -> Iterator[str]:
    if not evidence.summary.n_weighted:
        yield "no row counts, so that nothing was looked for in the columns"
    elif evidence.relations.reason_not:
        yield evidence.relations.reason_not
