"""Tables as lines of JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

if TYPE_CHECKING:
    from gaussmix.core.types import Array

ROWS_WRITTEN = 1 << 14
"""Rows turned into text at a time."""


def write_json_lines(file: BinaryIO, parts: Iterable[Mapping[str, Array]]) -> None:
    """Write an object for each row, by the names of the columns; what is no finite number is null.

    Parameters
    ----------
    file : file
        Where it goes.
    parts : iterable of table
        The rows, some after others.
    """
    encode = json.JSONEncoder(allow_nan=False).encode
    for part in parts:
        n_rows = len(next(iter(part.values())))
        for start in range(0, n_rows, ROWS_WRITTEN):
            columns = [_plain(values[start : start + ROWS_WRITTEN]) for values in part.values()]
            rows: Iterator[tuple[Any, ...]] = zip(*columns, strict=True)
            text = "".join(encode(dict(zip(part, row, strict=True))) + "\n" for row in rows)
            file.write(text.encode())


def _plain(values: Array) -> list[Any]:
    numbers: list[Any] = values.tolist()
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        return [number if math.isfinite(number) else None for number in numbers]
    return numbers
