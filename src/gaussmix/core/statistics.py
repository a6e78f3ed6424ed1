"""Named additive sums over rows: all that an update ever learns about the data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from math import prod
from typing import NamedTuple

import numpy as np

from gaussmix.core.frame import Frame
from gaussmix.core.types import Floats


class Field(NamedTuple):
    """A named sum and its dimensions, e.g. ``Field("sum_x", ("k", "d"))``.

    Dimensions are letters that a layout gives sizes: ``k`` components, ``d`` features, ``t = d(d+1)/2`` entries
    of a lower triangle (line by line), and whatever else a family or an allocation brings (``g`` groups).
    """

    name: str
    dims: tuple[str, ...] = ()


LOG_LIKELIHOOD = Field("log_likelihood")
"""Weighted sum of the rows' log-densities, in the user's units. Every layout begins with it."""
SUM_WEIGHT = Field("sum_weight", ("k",))
"""Sum of the rows' shares in each component. Every layout has it second."""


@dataclass(frozen=True)
class Layout:
    """Where each field lies in one buffer of float64.

    Parameters
    ----------
    fields : tuple of Field
        In the order of the buffer.
    sizes : mapping of str to int
        The size of every dimension that the fields name.
    """

    fields: tuple[Field, ...]
    sizes: Mapping[str, int]

    @classmethod
    def of(cls, fields: Iterable[Field], sizes: Mapping[str, int]) -> Layout:
        """The layout that every kernel fills: log-likelihood, sums of shares, then ``fields``."""
        return _layout((LOG_LIKELIHOOD, SUM_WEIGHT, *fields), tuple(sizes.items()))

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each field."""
        return {f.name: tuple(self.sizes[dim] for dim in f.dims) for f in self.fields}

    @cached_property
    def offsets(self) -> dict[str, tuple[int, int]]:
        """Where each field begins and ends in the buffer."""
        offsets, start = {}, 0
        for name, shape in self.shapes.items():
            offsets[name] = (start, start + prod(shape))
            start += prod(shape)
        return offsets

    @cached_property
    def places(self) -> dict[str, tuple[slice, tuple[int, ...]]]:
        """Where each field lies in the buffer, and its shape."""
        return {name: (slice(*self.offsets[name]), shape) for name, shape in self.shapes.items()}

    @cached_property
    def size(self) -> int:
        """Length of the buffer."""
        return max((stop for _, stop in self.offsets.values()), default=0)

    def pack(self, sums: Mapping[str, Floats | float]) -> Floats:
        """One buffer of the named sums; all must be there, each of its declared shape."""
        if sums.keys() != self.shapes.keys():
            raise ValueError(f"fields {sorted(self.shapes)} were expected, got {sorted(sums)}")
        buffer = np.empty(self.size)
        for name, shape in self.shapes.items():
            value = np.asarray(sums[name], dtype=np.float64)
            if value.shape != shape:
                raise ValueError(f"field {name!r} has shape {value.shape}, declared is {shape}")
            start, stop = self.offsets[name]
            buffer[start:stop] = value.ravel()
        return buffer


@lru_cache(maxsize=64)  # every pass of a fit asks for the same one, and few fits run at once
def _layout(fields: tuple[Field, ...], sizes: tuple[tuple[str, int], ...]) -> Layout:
    return Layout(fields, dict(sizes))


class Made(NamedTuple):
    """What a compiled call that summed rows has also made of the sums.

    Parameters
    ----------
    update : object
        The update that asked for it; of another the means and what follows are none.
    parts : array, shape (k,)
        Each component's part of all shares.
    means : array, shape (k, d), or None
        Internal; None where the update is to find its parameters, or its error, by itself.
    factor : array, or None
        Factors of the precisions, if they change.
    log_determinant : array, shape (k,), or None
        Of these.
    """

    update: object
    parts: Floats
    means: Floats | None
    factor: Floats | None
    log_determinant: Floats | None


@dataclass(frozen=True)
class Statistics:
    """Sums over some rows, with all that is needed to know what they mean.

    Adding two of them gives the statistics of all the rows of both. Unlike ones (other fields or sizes, other
    frame, moments about other points) raise ``ValueError``.

    Parameters
    ----------
    layout : Layout
        What the buffer holds.
    buffer : array, shape (layout.size,)
        The sums, packed.
    frame : Frame
        The units of the moments.
    pivot : array, shape (k, d)
        The internal points about which moments were taken.
    made : Made, optional
        What follows from the sums, where it was made in the same call.
    """

    layout: Layout
    buffer: Floats
    frame: Frame
    pivot: Floats
    made: Made | None = field(default=None, compare=False, repr=False)

    def __getitem__(self, name: str) -> Floats:
        """The sum of this name, in its declared shape (a view)."""
        place, shape = self.layout.places[name]
        return self.buffer[place].reshape(shape)

    def __add__(self, other: Statistics) -> Statistics:
        if self.layout != other.layout:
            raise ValueError("these statistics hold different fields or sizes and cannot be added")
        if not np.array_equal(self.pivot, other.pivot):
            raise ValueError("these statistics are moments about different points and cannot be added")
        same_units = np.array_equal(self.frame.origin, other.frame.origin) and np.array_equal(
            self.frame.exponent, other.frame.exponent
        )
        if not same_units:
            raise ValueError("these statistics are in different units and cannot be added")
        return Statistics(self.layout, self.buffer + other.buffer, self.frame, self.pivot)

    @property
    def log_likelihood(self) -> float:
        """Weighted sum of the rows' log-densities, in the user's units."""
        return float(self.buffer[0])

    @property
    def sum_weight(self) -> Floats:
        """Sum of the rows' shares in each component, shape (k,)."""
        return self["sum_weight"]
