"""The only place that converts between the user's units and the kernel's.

A kernel sees ``(x - origin) * 2**-exponent``: numbers of order one about zero, whatever the user's units and
offset are. The exponents are whole, so that scaling is exact and only the subtraction rounds, once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from math import log

import numpy as np

from gaussmix.core.block import Block, Column, FrameRule
from gaussmix.core.types import Array, Floats, Integers, read_only

LARGEST_EXPONENT = 1000
"""Exponents are held within this: 2**1000 and 2**-1000 are normal floats with room on both sides."""

LARGEST = float(np.finfo(np.float64).max)


class Scaling(Enum):
    """Which changes of units a structure follows, and so how many exponents a frame may have."""

    PER_FEATURE = "per_feature"
    """Scaling each column on its own scales the fit: every column gets its own exponent."""
    COMMON = "common"
    """Only one factor for all columns scales the fit (spherical): one exponent for all."""


@dataclass(frozen=True)
class Frame:
    """Origin and power-of-two exponents of each feature.

    Parameters
    ----------
    origin : array, shape (d,)
        What is subtracted from each feature, in the user's units.
    exponent : array of int, shape (d,)
        Internal values are the user's differences times ``2**-exponent``.

    Examples
    --------
    >>> import numpy as np
    >>> from gaussmix.core.frame import Frame
    >>> frame = Frame(np.array([1000.0]), np.array([3]))
    >>> frame.positions_to_internal(np.array([[1016.0]]))
    array([[2.]])
    """

    origin: Floats
    exponent: Integers

    def __post_init__(self) -> None:
        for name in ("origin", "exponent"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    @classmethod
    def identity(cls, n_features: int) -> Frame:
        """The frame that changes nothing."""
        return cls(np.zeros(n_features), np.zeros(n_features, dtype=np.int64))

    @classmethod
    def about(cls, mean: Floats, standard_deviation: Floats, scaling: Scaling) -> Frame:
        """The frame in which rows of this mean and spread are of order one.

        Parameters
        ----------
        mean, standard_deviation : array, shape (d,)
            Of the columns; a standard deviation of 0 (a constant column) asks for no scaling.
        scaling : Scaling
            Whether every column gets its own exponent. A common one belongs to the widest column.
        """
        spread = standard_deviation if scaling is Scaling.PER_FEATURE else np.full_like(mean, standard_deviation.max())
        exponent = np.where(spread > 0.0, np.frexp(spread)[1], 0)
        within = np.minimum(np.maximum(exponent, -LARGEST_EXPONENT), LARGEST_EXPONENT)
        return cls(mean, within.astype(np.int64))

    @cached_property
    def multiplier(self) -> Floats:
        """What differences are multiplied by, exactly: shape (d,)."""
        return np.ldexp(1.0, -self.exponent)

    @cached_property
    def shift(self) -> Floats:
        """Internal value = ``x * multiplier + shift``: the product is exact, so that only the sum rounds."""
        return -self.origin * self.multiplier

    @cached_property
    def log_volume(self) -> float:
        """Log of the user's volume of one internal unit of volume."""
        return log(2.0) * sum(self.exponent.tolist())

    def log_volumes(self, x: Array) -> Floats:
        """The same for each row of x (b, d): a missing value (NaN) has no density and so no units. Shape (b,)."""
        missing = np.isnan(x)
        if not missing.any():
            return np.full(len(x), self.log_volume)
        return np.log(2.0) * (~missing @ self.exponent)

    def to_internal(self, block: Block) -> Block:
        """The block as kernels see it: float64, each array in one piece, line by line.

        NumPy adds in another order where an array has other strides; the rows' layout in memory must not show in
        the bits of a sum.
        """
        columns = {name: Column(np.ascontiguousarray(self._convert(c)), c.rule) for name, c in block.columns.items()}
        x = np.ascontiguousarray(self.positions_to_internal(block.x))
        return Block(x, np.ascontiguousarray(block.weight), columns)

    def positions_to_internal(self, x: Array) -> Floats:
        """Points in the user's units, shape (…, d), to internal ones."""
        # Multiplying before subtracting cannot overflow where the difference does not, and rounds alike.
        with np.errstate(over="ignore", invalid="ignore"):  # a query at 1e308: who reads it decides by distance
            return x.astype(np.float64, copy=False) * self.multiplier + self.shift

    def positions_to_user(self, points: Floats) -> Floats:
        """Internal points, shape (…, d), to the user's units; one beyond the range of floats, to its end."""
        with np.errstate(over="ignore"):
            return np.minimum(np.maximum(self.origin + self.lengths_to_user(points), -LARGEST), LARGEST)

    def lengths_to_internal(self, lengths: Array) -> Floats:
        """Differences or standard deviations, shape (…, d), to internal units."""
        return np.ldexp(lengths.astype(np.float64, copy=False), -self.exponent)

    def lengths_to_user(self, lengths: Floats) -> Floats:
        """Internal differences or standard deviations, shape (…, d), to the user's units."""
        return np.ldexp(lengths, self.exponent)

    def select(self, features: Array) -> Frame:
        """The frame of some of the features."""
        return Frame(self.origin[features], self.exponent[features])

    def _convert(self, column: Column) -> Array:
        if column.rule is FrameRule.POSITION:
            return self.positions_to_internal(column.values)
        if column.rule is FrameRule.LENGTH:
            return self.lengths_to_internal(column.values)
        return column.values
