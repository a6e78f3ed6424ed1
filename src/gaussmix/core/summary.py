"""What one first pass over the rows learns: it feeds the frame, the prior and the check of the data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from struct import pack
from sys import byteorder

import numpy as np
import numpy.typing as npt

from gaussmix.core.frame import Frame, Scaling
from gaussmix.core.types import Floats, Integers
from gaussmix.errors import DataError

LEAST_WEIGHT, MOST_WEIGHT = 1e-290, 1e290
"""What weights may sum to: products of shares with rows of order one, and sums of log-densities, then stay in the range
of floats with room on both sides."""

NOWHERE = np.iinfo(np.int64).max
"""Row number that stands for "no such row"; the smaller of two row numbers is then always the right one."""


@dataclass(frozen=True)
class Summary:
    """Weighted moments, ranges and gaps of the columns.

    Two summaries of different rows add up to the summary of all (Chan, Golub & LeVeque 1979, eq. 2.1), about
    the means of each part and with exponents of their own, so that neither an offset nor a scale costs digits.
    Rows of weight 0 count nowhere but in ``n_rows`` and among the gaps; a missing value counts in none of its column's
    moments.

    Parameters
    ----------
    n_rows : int
        Rows, with those of weight 0.
    n_weighted : int
        Rows of positive weight.
    sum_weight : float
        Sum of the rows' weights.
    column_weight : array, shape (d,)
        Sum of the weights of the rows in which the column has a finite value.
    mean : array, shape (d,)
        In the user's units.
    exponent : array of int, shape (d,)
        ``scatter`` is in units of ``4**exponent``.
    scatter : array, shape (d,)
        Weighted sum of squared differences from the mean.
    minimum, maximum : array, shape (d,)
        Range; NaN where a column has no value at all.
    n_missing, n_infinite : array of int, shape (d,)
        Numbers of NaN and of infinite values, also in rows of weight 0: these are given labels like all others.
    first_missing, first_infinite : array of int, shape (d,)
        Their first rows, ``NOWHERE`` if there is none.
    """

    n_rows: int
    n_weighted: int
    sum_weight: float
    column_weight: Floats
    mean: Floats
    exponent: Integers
    scatter: Floats
    minimum: Floats
    maximum: Floats
    n_missing: Integers
    n_infinite: Integers
    first_missing: Integers
    first_infinite: Integers

    @cached_property
    def standard_deviation(self) -> Floats:
        """Of each column, with the sum of weights as divisor; 0 for a constant one. Shape (d,)."""
        variance = self.scatter / np.where(self.column_weight > 0.0, self.column_weight, 1.0)
        return np.where(self._varying, np.ldexp(np.sqrt(variance), self.exponent), 0.0)

    @cached_property
    def _varying(self) -> npt.NDArray[np.bool_]:
        return self.maximum > self.minimum

    def frame(self, scaling: Scaling) -> Frame:
        """The frame in which these rows are of order one about zero."""
        # The one value of a constant column is its exact mean, where sums would have rounded it.
        rounded = self._varying | (self.column_weight <= 0.0)
        origin = np.where(rounded, self.mean, self.minimum)
        return Frame.about(origin, self.standard_deviation, scaling)

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that tell whether a fit saw the same rows.

        The first of SHA-256 over the numbers of rows and of rows that count, the sum of weights, and the columns'
        means, exponents, scatters, minima and maxima, each as eight bytes, little-endian. The same rows in the same
        order give the same digits; other rows give others, unless they agree in all of this to the last bit.
        """
        columns = (self.mean, self.exponent, self.scatter, self.minimum, self.maximum)
        parts = [(values if byteorder == "little" else values.byteswap()).tobytes() for values in columns]
        counts = pack("<qqd", self.n_rows, self.n_weighted, self.sum_weight)
        return sha256(b"".join((counts, *parts))).hexdigest()[:16]

    def __add__(self, other: Summary) -> Summary:
        weight = self.column_weight + other.column_weight
        safe = np.where(weight > 0.0, weight, 1.0)
        # Half the difference cannot overflow; the exponent makes room for its square.
        half = 0.5 * other.mean - 0.5 * self.mean
        exponent = np.maximum(np.maximum(self.exponent, other.exponent), np.frexp(half)[1] + 1)
        step = np.ldexp(half, 1 - exponent)
        scatter = np.ldexp(self.scatter, 2 * (self.exponent - exponent)) + np.ldexp(
            other.scatter, 2 * (other.exponent - exponent)
        )
        fraction = other.column_weight / safe
        return Summary(
            n_rows=self.n_rows + other.n_rows,
            n_weighted=self.n_weighted + other.n_weighted,
            sum_weight=self.sum_weight + other.sum_weight,
            column_weight=weight,
            mean=np.where(self.column_weight > 0.0, self.mean + 2.0 * (half * fraction), other.mean),
            exponent=exponent,
            scatter=scatter + step * step * (self.column_weight * fraction),
            minimum=np.fmin(self.minimum, other.minimum),
            maximum=np.fmax(self.maximum, other.maximum),
            n_missing=self.n_missing + other.n_missing,
            n_infinite=self.n_infinite + other.n_infinite,
            first_missing=np.minimum(self.first_missing, other.first_missing),
            first_infinite=np.minimum(self.first_infinite, other.first_infinite),
        )


def check_sum_of_weights(total: float) -> None:
    """See that sums over rows of these weights are floats.

    Raises
    ------
    DataError
        If they are not.
    """
    if not LEAST_WEIGHT <= total <= MOST_WEIGHT:
        raise DataError(
            f"the weights of the rows sum to {total:.3g}, which must be from {LEAST_WEIGHT:g} to {MOST_WEIGHT:g}; "
            "multiply all of them by one number"
        )
