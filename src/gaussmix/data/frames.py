"""Data frames of any library, looked at before they become arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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


def is_certain_text(kind: nw.dtypes.DType) -> bool:
    """Whether a column of this type is none of numbers.

    Others may hold numbers, such as Python objects and categories: whoever makes the array finds out.
    """
    import narwhals as nw

    return kind.is_temporal() or kind.is_nested() or kind in (nw.String, nw.Binary)


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
    import narwhals as nw

    frame = eager_frame(rows)
    if frame is None:
        return
    schema = frame.schema
    text = [f"{name} ({kind})" for name, kind in schema.items() if is_certain_text(kind)]
    if text:
        numbers = [name for name, kind in schema.items() if kind.is_numeric() or kind == nw.Boolean]
        advice = f" Choose the columns to fit, for example X[{numbers}]" if numbers else ""
        raise DataError(f"not numeric: {', '.join(text)}.{advice}")
