"""Rows such as people have, and worse: what every fit must come through."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

UGLY = ["duplicates", "constant", "collinear", "integers", "outlier", "offset", "tiny", "huge"]


@st.composite
def ugly_rows(draw: st.DrawFn) -> np.ndarray:
    """Few rows of few columns, with up to three of the traits above."""
    n = draw(st.integers(2, 60))
    d = draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.normal(size=(n, d)) + rng.choice([-3.0, 0.0, 4.0], size=(n, 1))
    for trait in draw(st.lists(st.sampled_from(UGLY), max_size=3, unique=True)):
        column = int(rng.integers(d))
        if trait == "duplicates":
            x = x[rng.integers(max(1, n // 3), size=n)]
        elif trait == "constant":
            x[:, column] = 0.1
        elif trait == "collinear":
            x[:, column] = 2.0 * x[:, 0] - 1.0
        elif trait == "integers":
            x = np.round(x)
        elif trait == "outlier":
            x[rng.integers(n), column] += 1e6
        elif trait == "offset":
            x[:, column] += 1e8
        else:
            x = x * (1e-100 if trait == "tiny" else 1e100)
    return x
