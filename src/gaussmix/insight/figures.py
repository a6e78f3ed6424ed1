"""Numbers as people read them: as many digits as they mean."""

from __future__ import annotations

from math import floor, isfinite, log10

DIGITS = 3
"""Significant digits of a standard deviation: more say nothing that a sample could know."""
LONGEST_FIXED = 12
"""Characters of a mean above which powers of ten are shorter to read."""
MOST_DIGITS = 16
"""Significant digits that a float64 has."""


def mean_and_deviation(mean: float, deviation: float) -> str:
    """The two with ± between them, the mean to the last digit of the standard deviation.

    Examples
    --------
    >>> mean_and_deviation(4207.6412, 501.27)
    '4208 ± 501'
    >>> mean_and_deviation(-0.00012345, 0.0000321)
    '-1.234e-04 ± 3.21e-05'
    """
    last = _leading(deviation) - (DIGITS - 1) if deviation > 0.0 else _leading(mean) - 5
    decimals = max(0, -last)
    fixed = f"{mean:.{decimals}f}"
    small = max(abs(mean), deviation) < 1e-3
    if len(fixed) <= LONGEST_FIXED and not (small and mean != 0.0):
        return f"{fixed} ± {deviation:.{decimals}f}"
    digits = min(max(_leading(mean) - last, DIGITS - 1), MOST_DIGITS)
    return f"{mean:.{digits}e} ± {deviation:.{DIGITS - 1}e}"


def criterion(value: float) -> str:
    """A log-likelihood or an information criterion: three decimals, unless it is vast."""
    return f"{value:.3f}" if abs(value) < 1e12 else f"{value:.12g}"


def count(value: float) -> str:
    """A number of rows, or a sum of weights that need not be whole."""
    return f"{value:.0f}" if value == round(value) and abs(value) < 1e15 else f"{value:.6g}"


def _leading(value: float) -> int:
    """Power of ten of the first digit; 0 for 0."""
    return floor(log10(abs(value))) if value != 0.0 and isfinite(value) else 0
