"""Promise 1: units do not matter.

A fit of a·X + b is the fit of X as far as the floats hold the data: the oracle is the fit of (a·X + b − b)/a.
"""

from __future__ import annotations

import numpy as np
import pytest

from gaussmix import GaussianMixture
from gaussmix.families.structures import SCIKIT_LEARN

EPSILON = np.finfo(np.float64).eps
# Rows in other units carry other rounding errors, some 1e-16 of a spread each. EM takes them to its fixed point
# multiplied by 1 / (1 − rate), some hundreds for these overlapping clusters, and by the covariances' condition.
CLOSE = 1e-10

FACTORS = [1e-150, 1e-75, 1e-8, 1.0 / 3.0, 254.0, 1e12, 1e75, 1e150]
OFFSETS = [-1e3, 1e6, 1e10]


def fitted(x: np.ndarray, structure: str, **arguments: object) -> GaussianMixture:
    return GaussianMixture(3, covariance_type=structure, random_state=1, **arguments).fit(x)


def assert_same_fit(
    scaled: GaussianMixture,
    plain: GaussianMixture,
    x_scaled: np.ndarray,
    x: np.ndarray,
    factor: np.ndarray,
    offset: np.ndarray,
) -> None:
    """The first is the second in units in which values are ``factor`` times as large, plus ``offset``."""
    structure, d = plain.covariance_type, x.shape[1]
    spread = x.std(axis=0)
    assert scaled.n_iter_ == plain.n_iter_
    np.testing.assert_allclose(scaled.weights_, plain.weights_, rtol=CLOSE)
    # A mean far from zero is only known to the spacing of floats there.
    held = CLOSE * spread + 4 * EPSILON * np.abs(offset / factor)
    assert (np.abs((scaled.means_ - offset) / factor - plain.means_) <= held).all()
    if structure == "spherical":
        squared, root = factor[0] * factor[0], factor[0]
        correlation = 1.0
    elif structure == "diag":
        squared, root = factor * factor, factor
        correlation = 1.0
    else:
        squared, root = np.outer(factor, factor), factor[:, np.newaxis]
        correlation = np.outer(spread, spread) / (spread[:, np.newaxis] ** 2).mean()
    np.testing.assert_allclose(
        scaled.covariances_ / squared / correlation,
        plain.covariances_ / correlation,
        rtol=CLOSE,
        atol=CLOSE * plain.covariances_.max(),
    )
    if structure in ("spherical", "diag"):
        np.testing.assert_allclose(scaled.precisions_ * squared, plain.precisions_, rtol=CLOSE)
    np.testing.assert_allclose(
        scaled.precisions_cholesky_ * root,
        plain.precisions_cholesky_,
        rtol=1e2 * CLOSE,
        atol=1e2 * CLOSE * np.abs(plain.precisions_cholesky_).max(),
    )
    shift = len(x) * np.broadcast_to(np.log(factor), d).sum()
    magnitude = len(x) * np.abs(np.log(factor)).max() * d + abs(plain.log_likelihood_)
    # The log-likelihood is stationary at the fit, so that only the rounding of its sum is left.
    assert abs(scaled.log_likelihood_ + shift - plain.log_likelihood_) < 1e-12 * magnitude
    np.testing.assert_allclose(scaled.predict_proba(x_scaled), plain.predict_proba(x), atol=CLOSE)


@pytest.mark.parametrize("factor", FACTORS)
def test_a_factor_for_all_columns(clusters, structure, each_kernel, factor):
    x = clusters(500, 3, 3, seed=3)
    scaled = x * factor
    back = scaled / factor
    assert_same_fit(
        fitted(scaled, structure),
        fitted(back, structure),
        scaled,
        back,
        np.full(3, factor),
        np.zeros(3),
    )


@pytest.mark.parametrize("factor", [1e-150, 1.0, 1e150])
@pytest.mark.parametrize("offset", OFFSETS)
def test_an_offset_of_up_to_1e10_spreads(clusters, structure, each_kernel, offset, factor):
    x = clusters(500, 3, 3, seed=3)
    place = offset * factor * np.array([1.0, -0.7, 0.9]) * x.std()
    scaled = x * factor + place
    back = (scaled - place) / factor
    assert_same_fit(
        fitted(scaled, structure),
        fitted(back, structure),
        scaled,
        back,
        np.full(3, factor),
        place,
    )


@pytest.mark.parametrize("offset", [0.0, 1e6])
@pytest.mark.parametrize("structure", [name for name in SCIKIT_LEARN if name != "spherical"])
def test_a_factor_for_each_column(clusters, structure, each_kernel, offset):
    x = clusters(500, 3, 3, seed=3)
    factor = np.array([1e-120, 3.7, 1e140])
    place = offset * factor
    scaled = x * factor + place
    back = (scaled - place) / factor
    assert_same_fit(fitted(scaled, structure), fitted(back, structure), scaled, back, factor, place)


@pytest.mark.parametrize("reg_covar", ["auto", 0.0])
def test_given_parameters_are_in_the_rows_units(clusters, structure, reg_covar):
    x = clusters(400, 2, 3, seed=8)
    factor, offset = 1e90, 3e92
    scaled = x * factor + offset
    back = (scaled - offset) / factor
    first = fitted(back, structure, max_iter=0)

    def go(rows: np.ndarray, a: float, b: float) -> GaussianMixture:
        return fitted(
            rows,
            structure,
            reg_covar=reg_covar,
            weights_init=first.weights_,
            means_init=a * first.means_ + b,
            precisions_init=first.precisions_ / a**2,
        )

    there, here = go(scaled, factor, offset), go(back, 1.0, 0.0)
    assert_same_fit(there, here, scaled, back, np.full(2, factor), np.full(2, offset))


@pytest.mark.parametrize("factor", [1e-100, 1e100])
def test_a_constant_column_changes_no_probability(clusters, structure, factor):
    """It has no spread to tell its units by, and separates nothing."""
    x = np.insert(clusters(300, 2, 2, seed=5), 1, 4.25, axis=1)
    plain = GaussianMixture(2, covariance_type=structure, random_state=0).fit(x)
    scaled = GaussianMixture(2, covariance_type=structure, random_state=0).fit(x * factor)
    np.testing.assert_allclose(scaled.predict_proba(x * factor), plain.predict_proba(x), atol=CLOSE)
    np.testing.assert_allclose(scaled.means_ / factor, plain.means_, rtol=CLOSE)
    assert np.unique(plain.means_[:, 1]) == 4.25


def test_sampling_is_in_the_rows_units(clusters, structure):
    x = clusters(300, 2, 2, seed=5)
    plain, labels = fitted(x, structure).sample(50)
    # A power of two scales exactly, so that the same draws must come out, scaled.
    scaled, scaled_labels = fitted(x * 2.0**200, structure).sample(50)
    np.testing.assert_array_equal(labels, scaled_labels)
    np.testing.assert_array_equal(scaled, plain * 2.0**200)
