"""Matrix products by NumPy's BLAS of the shapes that a pass consists of: what a good library makes of this machine.

Scores under full covariances are a product of rows (n, d) with k factors (d, d), moments one of the products of
features (d·(d + 1) / 2, n) with shares (n, k). Of scores a library computes whole squares where half would
do: its share of the peak is of the operations that it does, not of those that are needed. A square product of some
size is what it does best.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import numpy as np
from numpy.typing import DTypeLike, NDArray

ROWS = 4096
"""As a chunk of a pass has at most."""
SQUARE = 1536
"""Large enough for its best, small enough for a tenth of a second."""


def shapes(d: int, k: int) -> dict[str, tuple[int, int, int]]:
    """Return (m, n, inner) of the products (m, inner) times (inner, n)."""
    return {
        "square": (SQUARE, SQUARE, SQUARE),
        "scores": (ROWS, k * d, d),
        "moments": (d * (d + 1) // 2, k, ROWS),
    }


def shares_of_peak(
    shape: tuple[int, int, int], dtype: DTypeLike, n_products: int, threads: int, peak: Callable[[], float]
) -> NDArray[np.float64]:
    """Return the share of the peak of each product, which stands between two looks at it."""
    from threadpoolctl import threadpool_limits

    m, n, inner = shape
    random = np.random.default_rng(0)
    left = random.standard_normal((m, inner)).astype(dtype)
    right = random.standard_normal((inner, n)).astype(dtype)
    out = np.empty((m, n), dtype)
    shares = []
    with threadpool_limits(threads, user_api="blas"):
        np.matmul(left, right, out=out)
        for _ in range(n_products):
            before = peak()
            begin = perf_counter()
            np.matmul(left, right, out=out)
            seconds = perf_counter() - begin
            shares.append(2.0 * m * n * inner / seconds / max(before, peak()))
    return np.array(shares)
