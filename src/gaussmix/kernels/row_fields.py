"""What a pass can say of each row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gaussmix.core.contracts import RowField


def row_fields(wanted: Sequence[str], n_components: int) -> dict[str, RowField]:
    """The named results: ``log_density``, ``responsibility``, ``label``."""
    known = {
        "log_density": RowField((), np.dtype(np.float64)),
        "responsibility": RowField((n_components,), np.dtype(np.float64)),
        "label": RowField((), np.dtype(np.int64)),
    }
    return {name: known[name] for name in wanted}
