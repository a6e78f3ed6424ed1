"""Names for the array types used in signatures, and arrays that stay as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
"""An array of any dtype: what comes in from outside."""
Floats = npt.NDArray[np.float64]
"""An array of float64: everything that is computed with."""
Integers = npt.NDArray[np.int64]
"""An array of int64: row numbers, labels, counts."""


def read_only(values: Array) -> Array:
    """The same numbers, which cannot be changed through what is returned."""
    if not values.flags.writeable:
        return values
    view = values.view()
    view.flags.writeable = False
    return view
