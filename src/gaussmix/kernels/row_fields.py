"""What a pass can say of each row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gaussmix.core.source import RowField


def row_fields(wanted: Sequence[str], n_components: int, dtype: np.dtype[Any]) -> dict[str, RowField]:
    """The named results: ``log_density`` and ``responsibility`` in the rows' own dtype, ``label``."""
    known = {
        "log_density": RowField((), dtype),
        "responsibility": RowField((n_components,), dtype),
        "label": RowField((), np.dtype(np.int64)),
    }
    return {name: known[name] for name in wanted}
