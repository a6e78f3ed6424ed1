"""What is measured: sizes, kinds of data, and one start that every engine is given."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Structure = Literal["full", "tied", "diag", "spherical"]
DType = Literal["float64", "float32"]
Kind = Literal["overlapping", "separated"]
Array = NDArray[np.float64]
Rows = NDArray[np.float64] | NDArray[np.float32]

SIZES: tuple[tuple[int, int, int], ...] = (  # n, d, k
    (1_000_000, 2, 8),
    (500_000, 8, 16),
    (200_000, 16, 16),
    (200_000, 32, 32),
    (100_000, 64, 32),
    (50_000, 128, 32),
)
STRUCTURES: tuple[Structure, ...] = ("full", "tied", "diag", "spherical")
KINDS: tuple[Kind, ...] = ("overlapping", "separated")


@dataclass(frozen=True)
class Case:
    """One point of the grid."""

    structure: Structure
    kind: Kind
    n: int
    d: int
    k: int
    dtype: DType = "float64"  # in which rows are stored, and whatever the engine then computes in

    @property
    def name(self) -> str:
        """Return the name that `--cases` matches and that the JSON file carries."""
        stored = "" if self.dtype == "float64" else f"-{self.dtype}"
        return f"{self.structure}-{self.kind}-{self.n}x{self.d}-k{self.k}{stored}"

    @property
    def flops(self) -> float | None:
        """Return the useful floating-point operations of an iteration, where they are the cost.

        A full covariance needs n·k·d² to score (a triangular factor has half of its entries) and
        n·k·d² to gather (a scatter is symmetric). The others are bound by memory and exponentials.
        """
        return 2.0 * self.n * self.k * self.d**2 if self.structure == "full" else None

    def shrunk(self, factor: int) -> Case:
        """Return the same case with fewer rows, yet enough of them for k covariances."""
        return replace(self, n=min(self.n, max(self.n // factor, 5 * self.k * self.d, 10_000)))


@dataclass(frozen=True)
class Start:
    """The mixture that every engine starts from."""

    weights: Array  # (k,)
    means: Array  # (k, d)
    covariances: Array  # as scikit-learn has them: (k, d, d), tied (d, d), diag (k, d), spherical (k,)


@dataclass(frozen=True)
class Problem:
    """A case with its rows and its start."""

    case: Case
    x: Rows  # (n, d)
    start: Start


def grid() -> tuple[Case, ...]:
    """Return all cases, full ones first; the last are full and diag ones once more, in float32."""
    stored: list[tuple[Structure, DType]] = [(structure, "float64") for structure in STRUCTURES]
    stored += [("full", "float32"), ("diag", "float32")]
    return tuple(
        Case(structure, kind, n, d, k, dtype) for structure, dtype in stored for kind in KINDS for n, d, k in SIZES
    )


def make(case: Case, seed: int) -> Problem:
    """Draw the rows of a case and its start; the same ones for the same case and seed.

    Components share eigenvectors and eigenvalues (0.5 to 2) and differ in size by up to 10 %, so
    that in many dimensions too it is the distance between centres that decides how much they
    overlap: 2 on average in "overlapping", where most rows have a share in most components, and
    10 at the least in "separated", where almost every row belongs to one. Of the separated ones
    the last two lie 0.5 apart: otherwise all digits of the log-likelihood stand still after a few
    iterations, and an engine may stop (oneDAL does, and cannot be told not to).
    """
    rng = np.random.default_rng([seed, case.n, case.d, case.k, KINDS.index(case.kind)])
    n, d, k = case.n, case.d, case.k
    centres = _centres(rng, case)  # (k, d)
    rotation, _ = np.linalg.qr(rng.standard_normal((d, d)))  # (d, d)
    factor = rotation * np.sqrt(np.geomspace(0.5, 2.0, d))  # (d, d)
    size = rng.uniform(0.9, 1.1, k)  # (k,)

    x = rng.standard_normal((n, d))
    label = rng.integers(k, size=n)  # (n,)
    for j in range(k):
        rows = label == j
        x[rows] = x[rows] @ (size[j] * factor).T + centres[j]

    within = factor @ factor.T  # (d, d)
    return Problem(case, x.astype(case.dtype, copy=False), _start(rng, case.structure, centres, within))


def _centres(rng: np.random.Generator, case: Case) -> Array:
    """Return k centres in general position, at the distances that the kind asks for."""
    centres = rng.standard_normal((case.k, case.d))  # (k, d)
    if case.kind == "overlapping":
        centres *= 2.0 / _distances(centres).mean()
        return centres
    centres *= 10.0 / _distances(centres[:-1]).min()
    direction = centres[-1] / np.linalg.norm(centres[-1])  # (d,)
    centres[-1] = centres[-2] + 0.5 * direction
    return centres


def _distances(centres: Array) -> Array:
    """Return the distances between all pairs of centres."""
    i, j = np.triu_indices(len(centres), 1)
    distances: Array = np.linalg.norm(centres[i] - centres[j], axis=1)
    return distances


def _start(rng: np.random.Generator, structure: Structure, centres: Array, within: Array) -> Start:
    """Return a start off the truth: means a third of a deviation away, covariances too wide."""
    k, d = centres.shape
    # The same distance from the truth in any number of dimensions.
    means = centres + rng.standard_normal((k, d)) / (3.0 * math.sqrt(d))
    weights, wide = np.full(k, 1.0 / k), 1.5 * within
    allowed: dict[Structure, Array] = {
        "full": np.repeat(wide[np.newaxis], k, axis=0),
        "tied": wide,
        "diag": np.repeat(np.diag(wide)[np.newaxis], k, axis=0),
        "spherical": np.full(k, np.diag(wide).mean()),
    }
    return Start(weights, means, allowed[structure])
