"""Directions in which the rows as a whole have no extent, and what covariances are there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from gaussmix.core.types import Array, Floats, Integers, read_only

FLAT = 10.0
"""Variances of the whole data of less than this many times the prior's are none. Just above it a component of a tenth
of the average weight has twice the variance of one of average weight there; where the prior is as wide as the rows,
eleven halves of it, and thirty such directions outweigh clusters five standard deviations apart."""

TAKES_PART = 1e-2
"""A column takes part in a direction whose unit vector has more than this in it; less is what rounding and noise
leave there."""


@dataclass(frozen=True)
class NullDirections:
    """Combinations of the columns that are the same in all rows, or so nearly that a prior would decide.

    Two equal columns have one, parts beside their total too. The rows tell nothing of any component there, and all
    components have the variance of one that holds all the rows. With a variance of its own, which could only be the
    prior's τ/N, the largest component would be the narrowest and so take the rows of all.

    Parameters
    ----------
    scale : array, shape (d,)
        Internal standard deviations of the columns, in units of which directions are meant; 1 for a constant one.
    directions : array, shape (d, r)
        Orthonormal, in these units.
    variance : array, shape (r,)
        Of every component, in these units.
    """

    scale: Floats
    directions: Floats
    variance: Floats

    @classmethod
    def none(cls, n_features: int) -> NullDirections:
        """Nowhere: components are free in every direction."""
        return _nowhere(n_features)

    @classmethod
    def of(cls, covariance: Floats, standard_deviation: Floats, prior: float) -> NullDirections:
        """The directions in which rows have hardly more variance than a prior adds to it.

        Parameters
        ----------
        covariance : array, shape (d, d)
            Of all rows, internal units.
        standard_deviation : array, shape (d,)
            Of the columns, internal units. Constant columns, where it is 0, belong to no direction.
        prior : float
            Variance that the prior adds for a component of average weight, as a part of a column's.
        """
        varying = standard_deviation > 0.0
        scale = np.where(varying, standard_deviation, 1.0)
        correlation = np.where(varying & varying[:, np.newaxis], covariance / (scale[:, np.newaxis] * scale), 0.0)
        np.fill_diagonal(correlation, 1.0)
        variance, direction = np.linalg.eigh(correlation)
        null = variance < FLAT * prior
        # Rounding may make a variance of nothing negative.
        return cls(scale, direction[:, null], np.maximum(variance[null], 0.0) + prior)

    @classmethod
    def constant(cls, standard_deviation: Floats) -> NullDirections:
        """Columns that are constant, whose variance is 1; for structures that follow each column's own units."""
        varying = standard_deviation > 0.0
        directions = np.eye(len(varying))[:, ~varying]
        return cls(np.where(varying, standard_deviation, 1.0), directions, np.ones(directions.shape[1]))

    def and_constant(self, standard_deviation: Floats) -> NullDirections:
        """These directions, and constant columns with the variance 1."""
        constant = NullDirections.constant(standard_deviation)
        directions = np.hstack([self.directions, constant.directions])
        return NullDirections(self.scale, directions, np.concatenate([self.variance, constant.variance]))

    @classmethod
    def in_common_units(cls, covariance: Floats, standard_deviation: Floats, prior: float) -> NullDirections:
        """The directions of `of` and constant columns, for structures that know angles, and so one unit for all.

        What is orthogonal to a direction depends on the units: what is held is what the rows have no extent along,
        in the units of the frame. A constant column counts as one of the others' mean variance.

        Parameters
        ----------
        covariance, standard_deviation, prior
            As for `of`.
        """
        apart = cls.of(covariance, standard_deviation, prior)
        directions, _ = np.linalg.qr(apart.directions / apart.scale[:, np.newaxis])
        variances = standard_deviation**2
        extent = np.maximum(((covariance @ directions) * directions).sum(axis=0), 0.0)
        variance = extent + prior * (variances @ directions**2)
        constant = np.eye(len(variances))[:, variances == 0.0]
        mean = float(variances[variances > 0.0].mean()) if variances.any() else 1.0
        return cls(
            np.ones(len(variances)),
            np.hstack([directions, constant]),
            np.concatenate([variance, np.full(constant.shape[1], mean)]),
        )

    def __len__(self) -> int:
        return len(self.variance)

    @cached_property
    def single(self) -> Array:
        """Which directions are a column of its own, a constant one: shape (r,) of bool."""
        return (self.directions == 1.0).any(axis=0)

    @property
    def n_combinations(self) -> int:
        """How many of the directions are combinations of columns."""
        return int((~self.single).sum()) if len(self) else 0

    @property
    def columns(self) -> Integers:
        """Numbers of the columns that take part in combinations."""
        return np.flatnonzero((np.abs(self.directions[:, ~self.single]) > TAKES_PART).any(axis=1))

    @cached_property
    def held_columns(self) -> Array:
        """Which columns are directions of their own, shape (d,) of bool."""
        return (self.directions == 1.0).any(axis=1)

    @cached_property
    def rest(self) -> Floats:
        """Orthonormal directions of all others, shape (d, d − r)."""
        if self.single.all():  # whole columns, to the last bit
            return np.eye(len(self.scale))[:, ~self.held_columns]
        return np.linalg.qr(self.directions, mode="complete")[0][:, len(self) :]

    def without(self, matrices: Floats) -> Floats:
        """Covariances or scatter matrices (k, d, d), or diagonals (k, d), of the other directions in units of scale."""
        if matrices.ndim == 2:  # diagonals have constant columns only
            return (matrices / self.scale**2) @ self.rest**2
        return self.rest.T @ (matrices / (self.scale[:, np.newaxis] * self.scale)) @ self.rest

    def beside(self, matrices: Floats) -> Floats:
        """Covariances of all directions where those of the others are as `without` gives them."""
        if matrices.ndim == 2:
            return (matrices @ (self.rest**2).T + self.directions**2 @ self.variance) * self.scale**2
        within = (self.directions * self.variance) @ self.directions.T
        whole = self.rest @ matrices @ self.rest.T
        whole = 0.5 * (whole + whole.swapaxes(1, 2)) + within
        return whole * (self.scale[:, np.newaxis] * self.scale)

    def hold(self, covariance: Floats) -> Floats:
        """Covariances (k, d, d) with these directions apart from all others, and of their variance.

        What is left free is the part of each covariance among the other directions. Among all covariances that are so
        held, this is the best for a scatter where the given ones are the best of all: −½ (N log|Σ| + tr(Σ⁻¹S)) falls
        into a sum over the two parts.
        """
        if not len(self):
            return covariance
        v, unit = self.directions, self.scale[:, np.newaxis] * self.scale
        scaled = covariance / unit
        along = scaled @ v  # (k, d, r)
        # PMP with P = 1 − VVᵀ is M − WVᵀ − VWᵀ with W = MV − ½VVᵀMV; half the variances go into W as well.
        within = v.T @ along
        within[:, np.arange(len(self)), np.arange(len(self))] += self.variance
        half = (along - 0.5 * (v @ within)) @ v.T
        return (scaled - (half + half.swapaxes(-1, -2))) * unit

    def trace(self, precision_cholesky: Floats, diagonal: Floats) -> float:
        """The part of Σₖ tr(Σₖ⁻¹ diag(diagonal)) that comes from these directions, for factors (k, d, d) or (k, d).

        It is the same for all held covariances up to rounding, which is why it is not a constant: what it is
        subtracted from was rounded alike.
        """
        if not len(self):
            return 0.0
        if precision_cholesky.ndim == 2:
            return float((precision_cholesky**2 @ np.where(self.held_columns, diagonal, 0.0)).sum())
        along = self.directions.T @ (self.scale[:, np.newaxis] * precision_cholesky)  # (k, r, d)
        weight = (self.directions.T * (diagonal / self.scale**2)) @ self.directions  # (r, r)
        return float((along * (weight @ along)).sum())


@lru_cache(maxsize=64)  # of every fit that has a number for its prior
def _nowhere(n_features: int) -> NullDirections:
    nothing = (np.ones(n_features), np.empty((n_features, 0)), np.empty(0))
    return NullDirections(*map(read_only, nothing))
