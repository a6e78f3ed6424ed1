"""Data frames of any library, looked at before they become arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gaussmix.data.columns import NotNumeric, column_of, is_certain_number
from gaussmix.errors import DataError

if TYPE_CHECKING:
    import narwhals as nw


def is_frame(rows: object) -> bool:
    """Whether rows look like a data frame: then somebody has imported its library, and `refuse_text` asks it."""
    return hasattr(rows, "__arrow_c_stream__") or hasattr(rows, "__dataframe__") or hasattr(rows, "collect_schema")


def is_dataset(rows: object) -> bool:
    """Whether rows look like a data set of pyarrow, which is larger than memory and asked for batches."""
    return hasattr(rows, "scanner") and hasattr(rows, "to_batches")


def eager_frame(rows: Any) -> nw.DataFrame[Any] | None:
    """A data frame that is there, with columns of different names; None where rows are something else.

    Raises
    ------
    DataError
        If two columns have one name.
    TypeError
        If the rows are not there yet, or can be gone through only once.
    """
    import narwhals as nw

    if hasattr(rows, "read_next_batch"):
        raise TypeError(
            "these rows can be gone through only once, and a fit goes over them again and again; read them into a "
            "table (reader.read_all()), write them to a Parquet file and give its name, or give gaussmix.open_rows a "
            "function that makes the reader anew"
        )
    try:
        frame = nw.from_native(rows, pass_through=True)
        if isinstance(frame, nw.LazyFrame):
            raise TypeError(
                "these rows are still to be computed; give rows.collect(), or, where they are too many for memory, "
                "gaussmix.open_rows(rows)"
            )
        if not isinstance(frame, nw.DataFrame):
            return None
        frame.schema  # noqa: B018 - names that stand twice are found where they are asked for
    except nw.exceptions.DuplicateError as error:
        raise DataError(f"column names stand more than once: {' '.join(str(error).split())}") from error
    return frame


def refuse_text(rows: Any) -> None:
    """See that a data frame is one that numbers can be read from.

    Parameters
    ----------
    rows : data frame
        Of pandas, polars, pyarrow or any library that narwhals knows.

    Raises
    ------
    DataError
        If columns are not numeric, or two have one name: the text names them.
    TypeError
        If the rows are not there yet, or can be gone through only once.
    """
    frame = eager_frame(rows)
    if frame is None:
        return
    schema = frame.schema
    # Objects and categories may hold numbers: only what does not say of itself what it is need be looked at.
    columns = [column_of(name, frame[name]) for name, kind in schema.items() if not is_certain_number(kind)]
    text = [column for column in columns if isinstance(column, NotNumeric)]
    if text:
        others = {column.name for column in text}
        numbers = [name for name in schema if name not in others]
        advice = f" Choose the columns to fit, for example X[{numbers}]" if numbers else ""
        raise DataError(f"not numeric: {', '.join(f'{column.name} ({column.why})' for column in text)}.{advice}")


def refuse_masked(rows: Any) -> None:
    """See that no value of an array is masked: whoever makes an array of it would take what lies below the mask.

    Raises
    ------
    DataError
        If one is.
    """
    if not isinstance(rows, np.ma.MaskedArray):
        return
    masked = np.argwhere(np.ma.getmaskarray(rows))
    if len(masked):
        where = f"row {masked[0][0]}" + (f", column {masked[0][1]}" if rows.ndim == 2 else "")
        raise DataError(
            f"{len(masked)} masked value{'s' if len(masked) > 1 else ''}, which means missing ones, the first in "
            f"{where} (from 0); drop such rows or fill the values in"
        )
