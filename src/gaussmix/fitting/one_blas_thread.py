"""Linear algebra in one thread while a fit runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import LibController, ThreadpoolController


@cache
def _libraries() -> tuple[LibController, ...]:
    # Made at the first fit, when the libraries of NumPy and SciPy are there: it takes a millisecond to find them.
    return tuple(ThreadpoolController().select(user_api="blas").lib_controllers)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Have BLAS and LAPACK use the calling thread only.

    A fit asks them for small things between its passes. Several threads would give other bits for another number of
    them, and those of OpenBLAS stay awake for some 30 ms after a call and take cores from the next pass.
    """
    # Not the controller's own `limit`, which first asks every library all that it knows of itself: a small fit takes
    # a few times as long as that.
    before = [(library, library.get_num_threads()) for library in _libraries()]
    before = [(library, number) for library, number in before if number != 1]
    for library, _ in before:
        library.set_num_threads(1)
    try:
        yield
    finally:
        for library, number in before:
            library.set_num_threads(number)
