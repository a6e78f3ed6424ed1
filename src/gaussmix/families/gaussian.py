"""Gaussian components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from gaussmix.core.block import Block
from gaussmix.core.contracts import CompiledStage, Family, Scores
from gaussmix.core.frame import Frame, Scaling
from gaussmix.core.parts import Parts
from gaussmix.core.statistics import Field, Statistics
from gaussmix.core.types import Array, Floats, Integers, read_only
from gaussmix.errors import ConfigError
from gaussmix.families.forms.form import Form
from gaussmix.families.forms.low_rank import LowRankForm
from gaussmix.families.structures import RANKED, STRUCTURES, Structure, structure_named

LOG_TWO_PI = float(np.log(2.0 * np.pi))

SUM_X = Field("sum_x", ("k", "d"))
"""Sum of the rows' differences from each pivot, weighted by share."""


@dataclass(frozen=True)
class Gaussian(Family):
    """Parameters of k Gaussian components with one covariance structure, in internal units.

    Parameters
    ----------
    structure : Structure
        Which covariances are allowed.
    means : array, shape (k, d)
        Means.
    precision_cholesky : array
        Upper factors U of the precisions, Σ⁻¹ = U Uᵀ, in the shape of the structure's form.
    known_log_determinant : array, shape (k,), optional
        Of the factors, where whoever made them has it.
    """

    structure: Structure
    means: Floats
    precision_cholesky: Floats
    known_log_determinant: Floats | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        # In one piece, line by line: NumPy adds in another order where an array has other strides, and a mixture that
        # comes back from a file must give the same bits. What an update made is so already.
        flags = self.means.flags
        if flags.writeable or not flags.c_contiguous:
            object.__setattr__(self, "means", read_only(np.ascontiguousarray(self.means)))
        flags = self.precision_cholesky.flags
        if flags.writeable or not flags.c_contiguous:
            object.__setattr__(self, "precision_cholesky", read_only(np.ascontiguousarray(self.precision_cholesky)))

    @classmethod
    def from_covariance(cls, structure: Structure, means: Floats, covariance: Floats) -> Gaussian:
        """Components with these covariances (in the shape of the structure's form)."""
        return cls(structure, means, structure.form.factor(covariance))

    @classmethod
    def unit(cls, structure: Structure, means: Floats) -> Gaussian:
        """Components of unit covariance in the frame."""
        k, d = means.shape
        return cls(structure, means, structure.form.from_stack(np.broadcast_to(np.eye(d), (k, d, d))))

    @classmethod
    def from_parts(cls, parts: Parts) -> Gaussian:
        means = parts.finite("means", 2)
        name = parts.text("structure")
        # The line beside those of the loadings is the noise's.
        rank = parts.finite("precision_cholesky", 3).shape[1] - 1 if name in RANKED else None
        structure = structure_named(name, means.shape[1] if name in RANKED else None, rank)
        k, d = means.shape
        # Of no size, as nothing is known yet of k and d but that the means are there.
        shape = structure.public(np.broadcast_to(np.float64(0.0), structure.form.shape(k, d))).shape
        given = parts.finite("precision_cholesky", len(shape))
        if given.shape != shape:
            raise ConfigError(
                f"gaussian: precision_cholesky must have shape {shape} beside means of shape {means.shape}, "
                f"not {given.shape}"
            )
        factor = structure.private(given, k, d)
        if not structure.form.is_factor(factor):
            raise ConfigError("gaussian: precision_cholesky must be upper triangular with a positive diagonal")
        with np.errstate(all="ignore"):
            bounded = all(np.isfinite(convert(factor)).all() for convert in (structure.form.covariance, np.square))
        if not bounded:
            raise ConfigError("gaussian: precision_cholesky belong to covariances or precisions beyond all floats")
        return cls(structure, means, factor)

    @property
    def parts(self) -> Parts:
        factor = self.structure.public(self.precision_cholesky)
        return Parts(self.name, {"structure": self.structure.name}, {"means": self.means, "precision_cholesky": factor})

    @property
    def n_components(self) -> int:
        return int(self.means.shape[0])

    @property
    def n_features(self) -> int:
        return int(self.means.shape[1])

    @property
    def n_parameters(self) -> int:
        return self.means.size + self.structure.n_parameters(self.n_components, self.n_features)

    @property
    def scaling(self) -> Scaling:
        return self.structure.scaling

    @property
    def name(self) -> str:
        return "gaussian"

    @property
    def pivot(self) -> Floats:
        return self.means

    @property
    def covariance(self) -> Floats:
        """Covariances, in the shape of the structure's form."""
        return self.structure.form.covariance(self.precision_cholesky)

    @property
    def log_normaliser(self) -> Floats:
        """Log-density at the mean of each component, shape (k,)."""
        known = self.known_log_determinant  # asked for in every pass
        return (self.log_determinant if known is None else known) - 0.5 * self.means.shape[1] * LOG_TWO_PI

    @property
    def log_determinant(self) -> Floats:
        """Log-determinants of the factors, shape (k,)."""
        if self.known_log_determinant is not None:
            return self.known_log_determinant
        return self.structure.form.log_determinant(self.precision_cholesky, self.n_components)

    @property
    def amplification(self) -> float:
        """Largest 1 / (1 − R²), R² of a feature from those before it (or 1: features that tell nothing of each other).

        That is how many times a rounding of the scatter comes back in the squared distances.
        """
        largest = self.structure.form.amplification(self.precision_cholesky, self.n_components)
        return self.n_features * max(1.0, largest)

    @property
    def layout(self) -> tuple[Sequence[Field], Mapping[str, int]]:
        d, form = self.n_features, self.structure.form
        sizes = {"k": self.n_components, "d": d, "t": d * (d + 1) // 2}
        return (SUM_X, form.scatter_field), {**sizes, **form.sizes}

    def score(self, block: Block) -> Scores:
        with np.errstate(over="ignore", invalid="ignore"):  # a row beyond reach is decided by distance
            distance = self.structure.form.squared_distance(block.x, self.means, self.precision_cholesky)  # (k, b)
        return Scores(self.log_normaliser[:, np.newaxis] - 0.5 * distance)

    def gather(self, block: Block, share: Floats, scores: Scores) -> Mapping[str, Floats]:
        sum_x = np.stack([share[j] @ (block.x - mean) for j, mean in enumerate(self.means)])  # (k, d)
        scatter = self.structure.form.gather(block.x, share, self.means, self.precision_cholesky)
        return {"sum_x": sum_x, "scatter": scatter}

    def relative_distance(self, x: Floats) -> Floats:
        # Halves first: a difference of two numbers of 1e300 stays finite. Then every row is brought to order one.
        half = 0.5 * x - 0.5 * self.means[:, np.newaxis]  # (k, b, d)
        exponent = np.frexp(np.abs(half).max(axis=(0, 2)))[1]  # (b,)
        unit = np.ldexp(half, -exponent[:, np.newaxis])
        origin = np.zeros((1, self.n_features))
        every = np.arange(self.n_components)
        form = self.structure.form
        parts = [
            form.squared_distance(unit[j], origin, form.select(self.precision_cholesky, every[j : j + 1]))[0]
            for j in every
        ]
        return np.stack(parts)

    @property
    def combinable(self) -> bool:
        return not self.structure.stepwise

    def about(self, statistics: Statistics, pivot: Floats) -> Statistics:
        """The same sums, with moments about other points."""
        if pivot is statistics.pivot:
            return statistics
        shift = pivot - statistics.pivot
        moved = Statistics(statistics.layout, statistics.buffer.copy(), statistics.frame, pivot)
        # S − (sδᵀ + δsᵀ − Nδδᵀ), as twice the symmetric part of (s − Nδ/2)δᵀ
        half = 0.5 * statistics.sum_weight[:, np.newaxis] * shift
        sum_x = moved["sum_x"]
        sum_x -= half
        scatter = moved["scatter"]
        scatter -= self.structure.form.twice_symmetric(sum_x, shift, self.precision_cholesky)
        sum_x -= half
        return moved

    def row_sums(self, x: Floats, pivot: Floats) -> Floats:
        """What each row would add to the sums of each component if it were its own, shape (k, q, b).

        Parameters
        ----------
        x : array, shape (b, d)
            Rows in internal units.
        pivot : array, shape (k, d)
            Points about which moments are taken.
        """
        z = np.ascontiguousarray(x.T) - pivot[:, :, np.newaxis]  # (k, d, b)
        products = self.structure.form.products(z, self.precision_cholesky)
        return np.concatenate([np.ones_like(z[:, :1]), z, products], axis=1)

    def expected_products(self) -> Floats:
        """Mean of the products of what a row of each component adds to its sums about its mean, shape (k, q, q)."""
        form, k, d = self.structure.form, self.n_components, self.n_features
        covariance = form.stack(self.covariance, k)
        pairs = covariance[:, :, :, np.newaxis, np.newaxis] * covariance[:, np.newaxis, np.newaxis]
        # Fourth moments of a normal distribution (Isserlis 1918), then those of the form's own sums of squares.
        fourth = pairs + pairs.transpose(0, 1, 3, 2, 4) + pairs.transpose(0, 1, 3, 4, 2)
        quadratic = _quadratic(form, d)  # (t, d²)
        length = 1 + d + len(quadratic)
        products = np.zeros((k, length, length))
        products[:, 0, 0] = 1.0
        products[:, 1 : 1 + d, 1 : 1 + d] = covariance
        products[:, 0, 1 + d :] = products[:, 1 + d :, 0] = covariance.reshape(k, d * d) @ quadratic.T
        products[:, 1 + d :, 1 + d :] = quadratic @ fourth.reshape(k, d * d, d * d) @ quadratic.T
        return products

    def typical_sums(self, sum_weight: Floats) -> Mapping[str, Floats]:
        """What one row a deviation from the mean adds, times the root of the number of rows."""
        rows = self.means + np.sqrt(self.structure.form.variances(self.covariance, self.n_components))
        share = np.diag(np.sqrt(sum_weight))
        return self.gather(Block(rows, np.ones(len(rows))), share, Scores(share))

    def reorder(self, order: Integers) -> Gaussian:
        factor = self.structure.form.select(self.precision_cholesky, order)
        return Gaussian(self.structure, self.means[order], factor)

    def sample(self, component: int, n_samples: int, generator: np.random.Generator) -> Floats:
        noise = generator.standard_normal((n_samples, self.n_features))
        return self.means[component] + self.structure.form.colour(noise, self.precision_cholesky, component)

    @property
    def compiled(self) -> CompiledStage | None:
        form = self.structure.form
        if not form.compiled:
            return None
        return CompiledStage(form.name, self.means, self.precision_cholesky, self.log_normaliser)

    def marginal(self, features: Integers) -> Gaussian:
        """The components of some of the features: their means and the corresponding part of each covariance."""
        stacked = self.structure.form.stack(self.covariance, self.n_components)
        part = stacked[:, features[:, np.newaxis], features]
        return _unrestricted(self.means[:, features], part)

    def conditional(self, known: Integers, rest: Integers, point: Floats) -> Gaussian:
        """The components of ``rest`` where ``known`` take the values ``point`` (Bishop 2006, eq. 2.81 and 2.82)."""
        stacked = self.structure.form.stack(self.covariance, self.n_components)
        cross = stacked[:, rest[:, np.newaxis], known]  # (k, rest, known)
        within = stacked[:, known[:, np.newaxis], known]
        slope = np.linalg.solve(within, cross.transpose(0, 2, 1)).transpose(0, 2, 1)
        means = self.means[:, rest] + np.einsum("krq,kq->kr", slope, point - self.means[:, known])
        remaining = stacked[:, rest[:, np.newaxis], rest] - slope @ cross.transpose(0, 2, 1)
        return _unrestricted(means, remaining)

    def public_means(self, frame: Frame) -> Floats:
        """Means in the user's units."""
        return frame.positions_to_user(self.means)

    def public_precision_cholesky(self, frame: Frame) -> Floats:
        """Factors in the user's units, in the shape that scikit-learn gives them."""
        form = self.structure.form
        shown = form.shown_factor(self.precision_cholesky)
        with np.errstate(over="ignore"):  # infinite for standard deviations below the smallest normal float
            return self.structure.public(form.shown_as.scale_features(shown, frame.multiplier))

    def public_precision(self, frame: Frame) -> Floats:
        """Precisions in the user's units, in the shape that scikit-learn gives them."""
        form = self.structure.form
        return self._in_squared_units(form.precision(self.precision_cholesky), frame.multiplier)

    def public_covariance(self, frame: Frame) -> Floats:
        """Covariances in the user's units, in the shape that scikit-learn gives them."""
        covariance = self.structure.form.shown_covariance(self.precision_cholesky)
        return self._in_squared_units(covariance, np.ldexp(1.0, frame.exponent))

    def public_loadings(self, frame: Frame) -> Floats:
        """Loadings in the user's units, shape (k, d, q); of a structure of low rank."""
        return frame.lengths_to_user(self._lines[:, 1:]).swapaxes(1, 2)

    def public_noise(self, frame: Frame) -> Floats:
        """Noise variances in the user's units, shape (k, d); of a structure of low rank."""
        with np.errstate(over="ignore"):
            return np.ldexp(self._lines[:, 0], 2 * frame.exponent)

    @property
    def _lines(self) -> Floats:
        if not isinstance(self.structure.form, LowRankForm):
            raise TypeError(f"{self.structure.name} covariances are no loadings and noise")
        return self.covariance

    def standard_deviations(self, frame: Frame) -> Floats:
        """Standard deviation of each feature in each component, in the user's units: shape (k, d)."""
        return frame.lengths_to_user(np.sqrt(self.structure.form.variances(self.covariance, self.n_components)))

    def _in_squared_units(self, matrices: Floats, scale: Floats) -> Floats:
        # Scaled last: where a square is beyond the range of floats it becomes infinite, and no sum of such NaN.
        with np.errstate(over="ignore"):
            return self.structure.public(self.structure.form.shown_as.scale_features(matrices, scale) * scale)


@lru_cache(maxsize=64)
def _quadratic(form: Form, d: int) -> Floats:
    """What each product of two features adds to the scatter of a form, shape (t, d²)."""
    unit = np.eye(d)
    both = (unit[:, np.newaxis] + unit).reshape(d * d, d)
    alone = form.products(unit.T[np.newaxis], unit)[0]  # (t, d)
    quadratic: Floats = form.products(both.T[np.newaxis], unit)[0]
    quadratic = quadratic - np.repeat(alone, d, axis=1) - np.tile(alone, d)
    return 0.5 * quadratic


def _unrestricted(means: Floats, covariance: Array) -> Gaussian:
    # A part of a tied or diagonal covariance is again one, but a conditional's is not: full holds them all.
    return Gaussian.from_covariance(STRUCTURES["full"], means, covariance)
