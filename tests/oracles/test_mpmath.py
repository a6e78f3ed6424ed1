"""Log-densities against 60 digits of mpmath, with covariances of condition numbers up to 1e14."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from gaussmix.allocations.weights import CommonWeights
from gaussmix.core.frame import Frame
from gaussmix.core.mixture import Mixture
from gaussmix.data.memory import MemorySource
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.structures import SCIKIT_LEARN, STRUCTURES
from gaussmix.kernels.native import NativeKernel
from gaussmix.kernels.reference import ReferenceKernel

EPSILON = float(np.finfo(np.float64).eps)
CONDITIONS = [1.0, 1e4, 1e9, 1e14]
KERNELS = pytest.mark.parametrize(
    ("kernel", "structure"),
    [
        pytest.param(kernel, name, id=f"{label}-{name}")
        for label, kernel in (("native", NativeKernel(1)), ("reference", ReferenceKernel()))
        for name in SCIKIT_LEARN
        if label == "reference" or STRUCTURES[name].form.compiled
    ],
)
K = 3


@pytest.fixture(autouse=True)
def sixty_digits():
    with mpmath.workdps(60):
        yield


def log_densities(kernel, mixture: Mixture, x: np.ndarray) -> np.ndarray:
    return kernel.rows(MemorySource(x), mixture, ("log_density",))["log_density"]


def whole_factor(family: Gaussian, j: int) -> np.ndarray:
    """The upper factor of component j as a (d, d) matrix: the float64 numbers that the kernels are given."""
    factor = family.precision_cholesky
    if family.structure.form.name in {"diagonal", "spherical"}:
        return np.diag(factor[j])
    return factor if family.structure.name == "tied" else factor[j]


def rows_near(mixture: Mixture, seed: int) -> np.ndarray:
    """Rows within some standard deviations of the components, and some far outside them."""
    rng = np.random.default_rng(seed)
    inside, _ = mixture.sample(6, rng)
    outside = rng.normal(0.0, 3.0, (4, mixture.n_features))
    return np.concatenate([inside, outside])


def exact_log_density(x: np.ndarray, means: np.ndarray, factors: list[np.ndarray], weights: np.ndarray) -> mpmath.mpf:
    d = len(x)
    terms = []
    for mean, factor, weight in zip(means, factors, weights, strict=True):
        z = [mpmath.mpf(float(a)) - mpmath.mpf(float(b)) for a, b in zip(x, mean, strict=True)]
        y = [mpmath.fsum(z[i] * mpmath.mpf(float(factor[i, j])) for i in range(j + 1)) for j in range(d)]
        log_determinant = mpmath.fsum(mpmath.log(mpmath.mpf(float(factor[i, i]))) for i in range(d))
        terms.append(
            mpmath.log(mpmath.mpf(float(weight)))
            + log_determinant
            - d * mpmath.log(2 * mpmath.pi) / 2
            - mpmath.fsum(v * v for v in y) / 2
        )
    return mpmath.log(mpmath.fsum(mpmath.exp(t) for t in terms))


def rounding_of_a_score(x: np.ndarray, mixture: Mixture) -> np.ndarray:
    """Largest error of any component's log-density, derived from the formula: shape (n,).

    With u = eps/2 a rounding (Higham 2002, chapter 3): z = x − μ has one; each y_j = Σ_i z_i U_ij a product and at
    most d sums more, so that |δy_j| ≤ (d + 2)·u·Σ_i |z_i U_ij|; the sum of squares adds 2|y_j||δy_j| and (d + 1)·u
    of itself. The log-normaliser is a sum of d logs (each within 1 ulp), d·log 2π / 2 and the log-weight, d + 4
    roundings of its terms. The log-sum-exp passes errors of its terms on undiminished at most, adds k + 2
    roundings in its sum, where `exp` is within 2 ulp of an argument that matters only when it is of order one,
    and one rounding of the result.
    """
    d, u = mixture.n_features, 0.5 * EPSILON
    worst = np.zeros(len(x))
    for j, mean in enumerate(mixture.family.means):
        factor = whole_factor(mixture.family, j)
        z = x - mean
        y = z @ factor
        slack = (d + 2) * u * (np.abs(z) @ np.abs(factor))
        distance = (2.0 * np.abs(y) * slack + slack**2 + (d + 2) * u * y**2).sum(axis=1)
        normaliser = np.abs(np.log(np.diag(factor))).sum() + d + abs(np.log(mixture.weights[j]))
        size = 0.5 * (y**2).sum(axis=1) + normaliser
        worst = np.maximum(worst, 0.5 * distance + (d + 4) * u * normaliser + 4 * u * size)
    return worst + (K + 8) * EPSILON


@KERNELS
@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("d", [1, 2, 5, 9])
def test_from_the_factor_to_rounding(make_mixture, structure, kernel, d, condition):
    """Given the factor's float64 numbers, the condition number costs what its own sums lose and nothing more."""
    mixture = make_mixture(structure, K, d, seed=d, condition=min(condition, 1e13))
    if structure in ("full", "tied"):
        # A factor of this condition's root, not one that went through a covariance and lost half of its digits.
        rng = np.random.default_rng(d)
        shape = mixture.family.precision_cholesky.shape
        factor = np.triu(rng.normal(size=shape) * 0.3 + np.eye(d))
        factor[..., np.arange(d), np.arange(d)] = rng.choice([0.7, 1.3], d) * np.geomspace(1.0, np.sqrt(condition), d)
        family = Gaussian(STRUCTURES[structure], mixture.family.means, factor)
        mixture = Mixture(family, mixture.allocation, mixture.frame)
    x = rows_near(mixture, seed=d)
    found = log_densities(kernel, mixture, x)
    factors = [whole_factor(mixture.family, j) for j in range(K)]
    allowed = rounding_of_a_score(x, mixture)
    for row, value, bound in zip(x, found, allowed, strict=True):
        exact = exact_log_density(row, mixture.family.means, factors, mixture.weights)
        assert abs(mpmath.mpf(float(value)) - exact) <= bound


def covariances_of_condition(structure: str, d: int, condition: float) -> tuple[np.ndarray, list[np.ndarray]]:
    """Covariances in the structure's form, and the same float64 numbers as whole matrices."""
    rng = np.random.default_rng(int(np.log10(condition)) + d)
    variances = np.geomspace(1.0, 1.0 / condition, d)
    whole = []
    for _ in range(K):
        turn, _ = np.linalg.qr(rng.normal(size=(d, d)))
        matrix = (turn * variances) @ turn.T
        whole.append(0.5 * (matrix + matrix.T))
    if structure == "tied":
        whole = [whole[0]] * K
    if structure == "diag":
        whole = [np.diag(variances[rng.permutation(d)]) for _ in range(K)]
    if structure == "spherical":
        whole = [np.eye(d) * size for size in (1.0, 0.3, 2.0)]
    return STRUCTURES[structure].form.from_stack(np.array(whole)), whole


@KERNELS
@pytest.mark.parametrize("condition", [*CONDITIONS[:3], 1000000000000.0, 100000000000000.0])
@pytest.mark.parametrize("d", [2, 4, 8])
def test_through_given_covariances_to_their_condition(structure, kernel, d, condition):
    """Factoring Σ moves it by some d·eps·|Σ|, and so a log-density by d·eps·cond·(distance + d) at most.

    That is Cholesky's backward error (Higham 2002, theorem 10.3: (d + 1)·u a diagonal entry, summed over the
    matrix) seen through d(log|Σ| + z'Σ⁻¹z) = tr(Σ⁻¹ dΣ) − z'Σ⁻¹ dΣ Σ⁻¹z, whose size is cond·|dΣ|/|Σ| of either.
    """
    form, whole = covariances_of_condition(structure, d, condition)
    rng = np.random.default_rng(d)
    means = rng.normal(size=(K, d))
    family = Gaussian.from_covariance(STRUCTURES[structure], means, form)
    mixture = Mixture(family, CommonWeights(np.array([0.2, 0.5, 0.3])), Frame.identity(d))
    x = means[0] + rng.normal(size=(5, d)) @ np.linalg.cholesky(whole[0] + 1e-16 * np.eye(d)).T
    found = log_densities(kernel, mixture, x)
    largest = max(float(np.linalg.cond(m)) for m in whole)
    for row, value in zip(x, found, strict=True):
        terms, distances = [], []
        for mean, matrix, weight in zip(means, whole, mixture.weights, strict=True):
            sigma = mpmath.matrix(matrix.tolist())
            z = mpmath.matrix([mpmath.mpf(float(a)) - mpmath.mpf(float(b)) for a, b in zip(row, mean, strict=True)])
            distance = (z.T * mpmath.lu_solve(sigma, z))[0]
            distances.append(float(distance))
            terms.append(
                mpmath.log(float(weight))
                - (distance + mpmath.log(mpmath.det(sigma)) + d * mpmath.log(2 * mpmath.pi)) / 2
            )
        top = max(terms)
        exact = top + mpmath.log(mpmath.fsum(mpmath.exp(t - top) for t in terms))
        decisive = distances[int(np.argmax([float(t) for t in terms]))]
        bound = d * EPSILON * largest * (decisive + d) + 1e-13 * (1.0 + abs(float(exact)))
        assert abs(mpmath.mpf(float(value)) - exact) <= bound


@KERNELS
def test_in_a_frame_as_without(make_mixture, structure, kernel):
    """Rows at an offset of 1e6 in small units: the frame subtracts before anything can round."""
    d = 3
    frame = Frame(np.array([1e6, -2e6, 0.25]), np.array([-20, -18, 5]))
    if structure == "spherical":
        frame = Frame(frame.origin, np.array([-20, -20, -20]))
    mixture = make_mixture(structure, K, d, seed=1, condition=100.0, frame=frame)
    x = rows_near(mixture, seed=3)
    inside = (x - frame.origin) * np.ldexp(1.0, -frame.exponent)  # exact: the sums have bits to spare
    plain = Mixture(mixture.family, mixture.allocation, Frame.identity(d))
    factors = [whole_factor(mixture.family, j) for j in range(K)]
    found = log_densities(kernel, mixture, x)
    allowed = rounding_of_a_score(inside, plain)
    volume = mpmath.log(2) * int(frame.exponent.sum())
    for row, value, bound in zip(inside, found, allowed, strict=True):
        exact = exact_log_density(row, mixture.family.means, factors, mixture.weights) - volume
        # One more rounding: of the volume and of the difference.
        assert abs(mpmath.mpf(float(value)) - exact) <= bound + 2 * EPSILON * abs(float(volume))
