"""Files and streams as they were found: with columns of text, and weights that may be anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from gaussmix.core.types import Floats
from gaussmix.data.arrow import chosen_columns, is_numeric, vector_of
from gaussmix.data.columns import NotNumeric
from gaussmix.data.csv import Dialect
from gaussmix.data.files import parts_of
from gaussmix.data.part import Part
from gaussmix.data.parts import PartsSource, check_same_names
from gaussmix.data.table import Table


class UnjudgedParts(PartsSource):
    """Numeric columns of files, with weights that may be anything."""

    def _weights(self, part: Part, batch: pa.RecordBatch, first_row: int) -> Floats:
        return vector_of(batch, str(self._weight))


def open_table(
    where: Any,
    columns: Sequence[str] | None = None,
    weight: str | None = None,
    dialect: Dialect | None = None,
) -> Table:
    """The table of a file, of all files in a folder, of those that a pattern names, or of batches from elsewhere.

    Parameters, and what is raised, are those of `gaussmix.data.files.open_rows`, but that columns that are not numeric
    are told of and left out.
    """
    parts = parts_of(where, columns, dialect)
    first = parts[0]
    if columns is None:
        first.check_names()
        for other in parts[1:]:
            check_same_names(first, other)
    chosen = chosen_columns(first.schema, columns, weight)
    others = [NotNumeric(name, part.text_in(name)) for name in chosen if (part := _text_where(parts, name))]
    named = {other.name for other in others}
    numeric = [name for name in chosen if name not in named]
    source = UnjudgedParts(parts, numeric, weight, patterns=False) if numeric else None
    whole = {name for part in parts for name in part.whole_numbers}
    return Table(source, tuple(numeric), tuple(others), whole)


def _text_where(parts: Sequence[Part], name: str) -> Part | None:
    """The first file in which a column is not numeric."""
    here = (part for part in parts if part.schema.get_field_index(name) >= 0)
    return next((part for part in here if not is_numeric(part.schema.field(name).type)), None)
