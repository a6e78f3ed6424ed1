"""Factor analysis: covariances Σ = L Lᵀ + Ψ of few columns L, the loadings, and a diagonal Ψ, the noise.

Scaled by the noise, V = Ψ^(-1/2) L has orthogonal columns of decreasing length: of all loadings that make one
covariance (L R for any rotation R) these are taken, so that nothing depends on a rotation. Then with λ = |v|² of each
column the posterior of the factors z given a row x (Ghahramani & Hinton 1996, "The EM algorithm for mixtures of factor
analyzers", eq. 2 and 3) has precision diag(1 + λ), and mean Bᵀ(x − μ) with B = Ψ^(-1/2) V diag(1 / (1 + λ)).

Matrices of q columns lie transposed, (k, q, d): features, of which there may be many, next to each other.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh, solve_triangular

from gaussmix.core.types import Floats
from gaussmix.families.forms.form import singular

LEAST_NOISE = 1e-3
"""Part of the mean variance that noise has at least where loadings begin: with next to none a step hardly moves."""
LEAST_SIGNAL = 0.1
"""Squared length that a scaled loading has at least where it begins: EM never leaves one of length 0."""


def canonical(scaled: Floats) -> Floats:
    """Of all rotations of scaled loadings Vᵀ (k, q, d) the one whose lines are orthogonal, the longest first.

    The largest entry of a line is positive, so that equal covariances have equal loadings, to rounding.
    """
    _, length, direction = np.linalg.svd(scaled, full_matrices=False)
    turned = length[:, :, np.newaxis] * direction
    largest = np.take_along_axis(turned, np.abs(turned).argmax(axis=2)[:, :, np.newaxis], axis=2)
    result: Floats = np.where(largest < 0.0, -turned, turned)
    return result


def lengths(scaled: Floats) -> Floats:
    """Squared lengths λ of the scaled loadings, shape (k, q)."""
    return np.einsum("kqd,kqd->kq", scaled, scaled)


def regression(root_precision: Floats, scaled: Floats) -> Floats:
    """Bᵀ (k, q, d): what rows from the mean are multiplied by to give the means of their factors.

    Parameters
    ----------
    root_precision : array, shape (k, d)
        Ψ^(-1/2).
    scaled : array, shape (k, q, d)
        Canonical Vᵀ.
    """
    return scaled * (root_precision[:, np.newaxis] / (1.0 + lengths(scaled))[:, :, np.newaxis])


def em_step(
    diagonal: Floats, products: Floats, root_precision: Floats, scaled: Floats, sum_weight: Floats
) -> tuple[Floats, Floats]:
    """Noise (k, d) and loadings Lᵀ (k, q, d) that EM makes of scatter matrices S, with the factors as missing data.

    Of S only its diagonal and S B are needed: E[Σ z zᵀ] = N diag(1 / (1 + λ)) + BᵀSB =: G. EM's loadings are S B G⁻¹;
    where the factors' covariance is a parameter too, which it need not be, its estimate G/N goes into them
    (parameter-expanded EM: Liu, Rubin & Wu 1998, Biometrika 85, section 4.1), so that LLᵀ = S B G⁻¹ BᵀS / N. The
    variances of all features are then those of S, and neither step can lower −½ (N log|Σ| + tr(Σ⁻¹S)).

    Parameters
    ----------
    diagonal : array, shape (k, d)
        Of S. What is added to it beside S goes to the noise, of which it is the scatter: a prior.
    products : array, shape (k, q, d)
        BᵀS.
    root_precision, scaled : array, shape (k, d) and (k, q, d)
        Of the covariances that S is to be explained better than by.
    sum_weight : array, shape (k,)
        Sums of shares N.

    Raises
    ------
    DegenerateFitError
        If the factors have no precision to rounding, beside noise that all but vanished.
    """
    second = regression(root_precision, scaled) @ products.swapaxes(1, 2)  # (k, q, q)
    second = 0.5 * (second + second.swapaxes(1, 2))
    q = second.shape[1]
    second[:, np.arange(q), np.arange(q)] += sum_weight[:, np.newaxis] / (1.0 + lengths(scaled))
    try:
        lower = np.linalg.cholesky(second)
    except np.linalg.LinAlgError:
        bad = ~np.array([np.linalg.eigvalsh(each)[0] > 0.0 if np.isfinite(each).all() else False for each in second])
        raise singular(int(np.flatnonzero(bad)[0]) if bad.any() else None) from None
    loadings = np.stack(
        [
            solve_triangular(root, line, lower=True, check_finite=False)
            for root, line in zip(lower, products, strict=True)
        ]
    )
    loadings /= np.sqrt(sum_weight)[:, np.newaxis, np.newaxis]
    noise = diagonal / sum_weight[:, np.newaxis] - np.einsum("kqd,kqd->kd", loadings, loadings)
    return noise, loadings


def principal(rows: Floats, rank: int) -> tuple[float, Floats]:
    """Noise variance and scaled loadings (q, d) of probabilistic PCA (Tipping & Bishop 1999, eq. 7 and 8) of rows.

    Parameters
    ----------
    rows : array, shape (m, d)
        In units in which all features count alike.
    rank : int
        Number of loadings, less than d.
    """
    m, d = rows.shape
    centred = rows - rows.mean(axis=0)
    if d <= m:
        variance, direction = leading(centred.T @ centred / m, rank)
    else:  # the same from the smaller matrix of products of rows
        found = min(rank, m)
        variance, left = leading(centred @ centred.T / m, found)
        direction = np.zeros((d, rank))
        direction[:, :found] = centred.T @ left
        # Directions beyond those of the rows are any others.
        direction[:, :found] /= np.maximum(np.sqrt(np.einsum("dq,dq->q", direction, direction)[:found]), 1e-300)
        direction = np.linalg.qr(direction + 1e-12 * np.eye(d, rank))[0]
        variance = np.concatenate([variance, np.zeros(rank - found)])
    return _probabilistic(variance, direction, np.einsum("md,md->d", centred, centred) / m)


def principal_of(covariance: Floats, rank: int) -> tuple[float, Floats]:
    """The same of a covariance (d, d)."""
    return _probabilistic(*leading(covariance, rank), np.diagonal(covariance))


def leading(matrix: Floats, count: int) -> tuple[Floats, Floats]:
    """The largest eigenvalues of a symmetric matrix, the largest first, and their vectors (d, count)."""
    size = len(matrix)
    values, vectors = eigh(matrix, subset_by_index=(size - count, size - 1))
    return values[::-1], vectors[:, ::-1]


def _probabilistic(variance: Floats, direction: Floats, diagonal: Floats) -> tuple[float, Floats]:
    q, d = direction.shape[1], int((diagonal > 0.0).sum())  # a constant feature says nothing of the noise
    total = float(diagonal.sum())
    if not total > 0.0:
        return 1.0, np.sqrt(LEAST_SIGNAL) * direction.T
    noise = max((total - float(variance.sum())) / max(d - q, 1), LEAST_NOISE * total / d)
    return noise, np.sqrt(np.maximum(variance / noise - 1.0, LEAST_SIGNAL))[:, np.newaxis] * direction.T
