"""The compiled passes over rows. Arrays may have any strides unless said otherwise; nothing is copied."""

import numpy as np
from numpy.typing import NDArray

def levels() -> list[str]:
    """Instruction levels built and runnable here, the best last."""

def level() -> str:
    """The instruction level in use."""

def use_level(name: str) -> None:
    """Use another instruction level from now on."""

def expect(
    x: NDArray[np.float64] | NDArray[np.float32],
    weight: NDArray[np.float64],
    multiplier: NDArray[np.float64],
    shift: NDArray[np.float64],
    score_form: str,
    means: NDArray[np.float64],
    factor: NDArray[np.float64],
    log_constant: NDArray[np.float64],
    share_mode: str,
    gather_form: str,
    pivot: NDArray[np.float64],
    gather_factor: NDArray[np.float64],
    chunk_length: int,
    first_chunk: int,
    n_threads: int,
) -> list[tuple[int, int, NDArray[np.float64]]]:
    """Additive statistics of rows: (level, index, packed sums) of the maximal nodes of the tree over chunks.

    Forms are ``full``, ``diagonal`` and ``tied``, share modes ``soft`` and ``hard``.

    Packed: log-likelihood (1), sum_weight (k), sum_x (k * d), scatter (full: lower triangles row by row,
    k * d (d + 1) / 2; diagonal: k * d; tied: d (d + 1) / 2, all components together); moments are about ``pivot``.
    ``gather_factor``, of the form that gathers, says in which units pivots are near each other. Rows of float32 are
    computed with in float32 (their sums are float64), and pivots must then be such as float32 holds.
    """

def rows(
    x: NDArray[np.float64] | NDArray[np.float32],
    multiplier: NDArray[np.float64],
    shift: NDArray[np.float64],
    score_form: str,
    means: NDArray[np.float64],
    factor: NDArray[np.float64],
    log_constant: NDArray[np.float64],
    n_threads: int,
    log_density: NDArray[np.float64] | NDArray[np.float32] | None = None,
    share: NDArray[np.float64] | NDArray[np.float32] | None = None,
    label: NDArray[np.int64] | None = None,
) -> None:
    """Writes log density, shares and label of each row into the C-contiguous arrays given.

    Rows of float32 are computed with in float32.
    """

def information(
    x: NDArray[np.float64],
    weight: NDArray[np.float64],
    multiplier: NDArray[np.float64],
    shift: NDArray[np.float64],
    form: str,
    means: NDArray[np.float64],
    factor: NDArray[np.float64],
    log_constant: NDArray[np.float64],
    pivot: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What rows say of the sums of a pass: weighted products of what they add to those about ``pivot``, (p, p) twice.

    The first is of what a row adds to one component's sums, times its share; the second of what it adds to the sums
    of all components, times its shares. Sums of one component lie together: share, d moments, scatter. The form is
    ``full``, ``diagonal`` or ``spherical``.
    """

def common_axes(
    axes: NDArray[np.float64],
    scatter: NDArray[np.float64],
    sum_weight: NDArray[np.float64],
    equal_volumes: bool,
    most: int,
    tolerance: float,
) -> tuple[NDArray[np.float64], float, int]:
    """Common axes (d, d) of covariances that are turned, two at a time, as is best for scatter matrices (k, d, d).

    At most ``most`` rounds of turns of pairs without a common axis (but a whole sweep), or until a sweep gains less
    than ``tolerance``. Beside them what the covariances are worth a unit of weight, up to a constant, and the first
    component without a variance along some axis, or -1.
    """

def precision_factors(covariances: NDArray[np.float64]) -> tuple[NDArray[np.float64], int]:
    """Upper triangular U (k, d, d) with Σ⁻¹ = U Uᵀ of covariances Σ (k, d, d), and -1.

    In place of -1 the number of the first covariance that is singular to rounding; the factors from there on are
    undefined.
    """

def fma_peak(n_threads: int, seconds: float) -> float:
    """Operations a second of fused multiply-adds that stay in registers, in float64."""
