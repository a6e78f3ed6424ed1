"""The machine's fused-multiply-add peak: what the fractions in the table are fractions of."""

from __future__ import annotations

SECONDS = 0.5


def fma_peak(threads: int) -> float | None:
    """Return floating-point operations a second, or None where the extension is not there.

    A loop that stays in registers, at the instruction level that the kernels run at.
    """
    try:
        from gaussmix import _native
    except ImportError:
        return None
    return float(_native.fma_peak(threads, SECONDS))


def level() -> str | None:
    """Return the instruction level that the kernels run at."""
    try:
        from gaussmix import _native
    except ImportError:
        return None
    return str(_native.level())
