"""Linear algebra in one thread while a fit runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController


@cache
def _controller() -> ThreadpoolController:
    # Made at the first fit, when the libraries of NumPy and SciPy are there: it takes a millisecond to find them.
    return ThreadpoolController()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Have BLAS and LAPACK use the calling thread only.

    A fit asks them for small things between its passes. Several threads would give other bits for another number of
    them, and those of OpenBLAS stay awake for some 30 ms after a call and take cores from the next pass.
    """
    with _controller().limit(limits=1, user_api="blas"):
        yield
