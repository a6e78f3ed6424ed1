"""Numbers as people read them: as many digits as they mean."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, isfinite, log10

DIGITS = 2
"""Significant digits that the smallest standard deviation of a line keeps."""
ALIKE = 1000.0
"""Standard deviations up to this ratio share their decimals; beyond it the wide ones would show noise."""
LONGEST_FIXED = 12
"""Characters of a mean above which powers of ten are shorter to read."""
SMALL = 1e-3
"""Below this, too, powers of ten are easier."""
MOST_DIGITS = 16
"""Digits after the first that a float64 can need."""


def means_and_deviations(means: Sequence[float], deviations: Sequence[float]) -> list[str]:
    """Each mean with its standard deviation after ±, to as many decimals as make the latter out.

    Parameters
    ----------
    means, deviations : sequence of float
        Of one feature in every component; they get the same decimals where that is readable.

    Examples
    --------
    >>> means_and_deviations([38.8123, 47.5049], [2.645, 0.969])
    ['38.81 ± 2.65', '47.50 ± 0.97']
    >>> means_and_deviations([-0.00012345], [0.0000321])
    ['-1.23e-04 ± 3.2e-05']
    """
    positive = [deviation for deviation in deviations if deviation > 0.0]
    alike = bool(positive) and max(positive) <= ALIKE * min(positive)
    common = min(positive) if alike else None
    return [
        _pair(mean, deviation, deviation if common is None else common)
        for mean, deviation in zip(means, deviations, strict=True)
    ]


def criterion(value: float) -> str:
    """A log-likelihood or an information criterion: three decimals, unless it is vast."""
    return f"{value:z.3f}" if abs(value) < 1e12 else f"{value:.12g}"


def share(value: float) -> str:
    """A share of all rows: four decimals, or powers of ten for one that these would hide."""
    return f"{value:.4f}" if value >= 1e-4 or value == 0.0 else f"{value:.1e}"


def count(value: float) -> str:
    """A number of rows, or a sum of weights that need not be whole."""
    return f"{value:.0f}" if value == round(value) and abs(value) < 1e15 else f"{value:.6g}"


def _pair(mean: float, deviation: float, finest: float) -> str:
    """Mean and standard deviation, to the digit that a deviation of ``finest`` needs."""
    # Half of it: where it begins with a 1, one digit more. Without any spread, six digits of the mean.
    last = _leading(0.5 * finest) - (DIGITS - 1) if finest > 0.0 else _leading(mean) - 5
    decimals = max(0, -last)
    fixed = f"{mean:z.{decimals}f}"
    is_small = 0.0 < max(abs(mean), deviation) < SMALL
    if len(fixed) <= LONGEST_FIXED and not is_small:
        return f"{fixed} ± {deviation:.{decimals}f}"
    return f"{mean:.{_digits(mean, last)}e} ± {deviation:.{_digits(deviation, last)}e}"


def _digits(value: float, last: int) -> int:
    """Digits after the first that show a value to this power of ten."""
    needed = _leading(value) - last if value != 0.0 else 0
    return min(max(needed, DIGITS - 1), MOST_DIGITS)


def _leading(value: float) -> int:
    """Power of ten of the first digit; 0 for 0."""
    return floor(log10(abs(value))) if value != 0.0 and isfinite(value) else 0
