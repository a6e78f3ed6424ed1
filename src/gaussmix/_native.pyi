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

def expect_cells(
    x: NDArray[np.float64] | NDArray[np.float32],
    weight: NDArray[np.float64],
    multiplier: NDArray[np.float64],
    shift: NDArray[np.float64],
    form: str,
    means: NDArray[np.float64],
    factor: NDArray[np.float64],
    log_constant: NDArray[np.float64],
    pivot: NDArray[np.float64],
    order: NDArray[np.int64],
    begin: NDArray[np.int64],
    candidate: NDArray[np.int32],
    n_threads: int,
    log_density: NDArray[np.float64] | None = None,
) -> list[tuple[int, int, NDArray[np.float64]]]:
    """What `expect` gives, of rows whose shares are among the candidates of their cell alone.

    Rows ``order[begin[c] : begin[c + 1]]`` are those of cell c, whose candidates are ``candidate[c]``, each once;
    ``log_density`` is written. Nodes are those of the tree over units of rows in that order.
    """

def find_neighbours(
    x: NDArray[np.float64] | NDArray[np.float32],
    weight: NDArray[np.float64],
    multiplier: NDArray[np.float64],
    shift: NDArray[np.float64],
    form: str,
    means: NDArray[np.float64],
    factor: NDArray[np.float64],
    log_constant: NDArray[np.float64],
    order: NDArray[np.int64],
    begin: NDArray[np.int64],
    candidate: NDArray[np.int32],
    mass: NDArray[np.float64],
    trials: int,
    drawn: NDArray[np.int32],
    n_threads: int,
    label: NDArray[np.int32],
    chosen: NDArray[np.int32],
    chosen_mass: NDArray[np.float64],
) -> None:
    """Writes each row's best component and each cell's candidates, by mass, of those it has and ``trials`` others.

    ``mass`` (k, candidates) says how much of the cells' rows each candidate had, ``drawn`` (k, few) which components
    chance gives each cell to try; the others are candidates of candidates. A cell's own component stays its first.
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

def column_moments(
    x: NDArray[np.float64] | NDArray[np.float32], weight: NDArray[np.float64], first_row: int, least_exponent: int
) -> tuple[int, float, NDArray[np.float64], NDArray[np.int64]]:
    """Number and weight of the rows of positive weight, and for each column ten lines, five (5, d) and five (5, d).

    Weight of its finite values, mean, scatter about it in units of ``4**exponent``, minimum, maximum (NaN where it has
    no value); exponent, at least so much, numbers of missing and of infinite values, and first rows of these, counted
    from ``first_row`` (the largest number if there is none), in rows of weight 0, too.
    """

class Iterations:
    """Passes over rows in memory, and the updates that follow: what is the same in all of them is checked once.

    Arguments are those of ``expect``; both families are one, of ``form``. ``log_volume`` is the log of the user's
    volume of one internal unit of volume. The update is ``full`` (means and covariances, as ``full_update``, where all
    components have more than ``least_part`` of all weight), ``centres`` (means, as ``centres_update``) or empty.
    """

    def __init__(
        self,
        x: NDArray[np.float64] | NDArray[np.float32],
        weight: NDArray[np.float64],
        multiplier: NDArray[np.float64],
        shift: NDArray[np.float64],
        log_volume: float,
        form: str,
        mode: str,
        update: str,
        scatter_diagonal: NDArray[np.float64] | None,
        covariance_diagonal: NDArray[np.float64] | None,
        least_part: float,
        chunk_length: int,
        n_threads: int,
    ) -> None: ...
    def iterate(
        self,
        means: NDArray[np.float64],
        factor: NDArray[np.float64],
        log_constant: NDArray[np.float64],
        pivot: NDArray[np.float64],
    ) -> tuple[
        NDArray[np.float64],
        NDArray[np.float64],
        NDArray[np.float64] | None,
        NDArray[np.float64] | None,
        NDArray[np.float64] | None,
    ]:
        """Packed sums over all rows; parts of all weight; means, factors and log-determinants, if they were made.

        The log-likelihood is in the user's units.
        """

def to_user_units(sums: NDArray[np.float64], k: int, log_volume: float) -> None:
    """Brings the log-likelihood of packed sums of k components to the user's units, in place."""

def parts_of_sum(sum_weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Parts of the sum of all."""

def centres_update(
    sum_weight: NDArray[np.float64], sum_x: NDArray[np.float64], pivot: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Means (k, d) of sums about pivots; a component without rows stays."""

def all_finite(x: NDArray[np.float64] | NDArray[np.float32]) -> bool:
    """Whether no value is missing or infinite."""

def precision_factors(covariances: NDArray[np.float64]) -> tuple[NDArray[np.float64], int]:
    """Upper triangular U (k, d, d) with Σ⁻¹ = U Uᵀ of covariances Σ (k, d, d), and -1.

    In place of -1 the number of the first covariance that is singular to rounding; the factors from there on are
    undefined.
    """

def full_update(
    sums: NDArray[np.float64],
    pivot: NDArray[np.float64],
    scatter_diagonal: NDArray[np.float64],
    covariance_diagonal: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], int]:
    """Means (k, d), factors (k, d, d) of the precisions, log-determinants (k,) of these, and a number.

    The factors, and the number, are as `precision_factors` gives them.

    From the packed sums that `expect` makes of full covariances about ``pivot``, all of positive weight; the diagonals
    (d,) are added to scatters and to covariances.
    """

def spread_centres(
    points: NDArray[np.float64], weight: NDArray[np.float64], k: int, n_draws: int, uniforms: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Numbers (k,) of points far from one another, by greedy k-means++ with these 1 + (k - 1) n_draws draws."""

def lloyd(
    points: NDArray[np.float64], weight: NDArray[np.float64] | None, centres: NDArray[np.float64], iterations: int
) -> NDArray[np.int64]:
    """Labels (n,) of so many iterations of k-means at most, the first of equals; with none, of the nearest centre."""

def turn_axes(
    axes: NDArray[np.float64],
    scatter: NDArray[np.float64],
    sum_weight: NDArray[np.float64],
    equal_volume: bool,
    most_sweeps: int,
    tolerance: float,
) -> tuple[NDArray[np.float64], float, int]:
    """Common axes (d, d), one a line, turned two at a time from scatter (k, d, d) along them.

    Until a sweep over all pairs gains less than ``tolerance`` nats a unit of weight. Beside them what they are worth,
    up to a constant, and -1, or the number of the first component without variance along one of them.
    """

def multiples(
    scatter: NDArray[np.float64],
    sum_weight: NDArray[np.float64],
    first: NDArray[np.float64],
    most_turns: int,
    tolerance: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """Volumes (k,) and what is common, of determinant 1 and in one line, for scatter (k, d) or (k, d, d); and -1.

    In place of -1 the number of the first component without any scatter, or k where what is common is singular.
    """

def agglomerate(
    points: NDArray[np.float64],
    weight: NDArray[np.float64],
    n_groups: int,
    prior_weight: float,
    prior_variance: float,
) -> NDArray[np.int64]:
    """Pairs of points (m - 1, 2) in the order in which their groups become one, the second's joining the first's.

    Down to ``n_groups`` as balls of one size, then as ellipsoids of any kind under an inverse Wishart prior.
    """

def fma_peak(n_threads: int, seconds: float) -> float:
    """Operations a second of fused multiply-adds that stay in registers, in float64."""
