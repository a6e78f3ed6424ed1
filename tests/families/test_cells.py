"""Scatter of rows of which each is in one cell, against its definition."""

from __future__ import annotations

import numpy as np
import pytest

from gaussmix.families.forms import form as forms
from gaussmix.families.forms.low_rank import LowRankForm


@pytest.mark.parametrize(
    ("name", "at_once"),
    [("full", 100), ("tied", 100), *((name, at_once) for name in ("diag", "spherical") for at_once in (1 << 24, 100))],
)
@pytest.mark.parametrize(("n", "d", "k"), [(40, 1, 3), (1, 3, 2), (700, 5, 4)])
def test_each_row_adds_to_its_own_cell(monkeypatch, make_mixture, name, n, d, k, at_once):
    monkeypatch.setattr(forms, "MOST_NUMBERS", at_once)
    rng = np.random.default_rng(n)
    one = make_mixture(name, 1, d, seed=1).family
    z = rng.normal(size=(n, d))
    weight = rng.choice([0.0, 1.0, 2.5], size=n)
    labels = np.sort(rng.integers(k - 1, size=n))  # the last cell has no rows
    found = one.structure.form.gather_cells(z.T, weight, labels, k, one.precision_cholesky)
    scatter = np.einsum("nk,ni,nj->kij", np.eye(k)[labels] * weight[:, np.newaxis], z, z)
    lower = np.tril_indices(d)
    if name == "full":
        expected = scatter[:, lower[0], lower[1]]
    elif name == "tied":
        expected = scatter.sum(axis=0)[lower]
    elif name == "diag":
        expected = np.diagonal(scatter, axis1=1, axis2=2)
    else:
        expected = np.trace(scatter, axis1=1, axis2=2)
    np.testing.assert_allclose(found.reshape(expected.shape), expected, rtol=1e-12, atol=1e-12)


def test_low_rank_cells_have_the_diagonal_and_what_factors_tell():
    """BᵀS beside S's diagonal, with the factors' regression B on a row (Ghahramani & Hinton 1996)."""
    rng = np.random.default_rng(0)
    n, d, k, q = 300, 5, 3, 2
    loadings, noise = rng.normal(size=(q, d)), rng.uniform(0.5, 2.0, d)
    form = LowRankForm(q)
    factor = form.factor(np.concatenate([noise[np.newaxis], loadings])[np.newaxis])
    sigma = loadings.T @ loadings + np.diag(noise)
    z, weight, labels = rng.normal(size=(n, d)), rng.uniform(0.5, 2.0, n), np.sort(rng.integers(k, size=n))
    found = form.gather_cells(z.T, weight, labels, k, factor).reshape(k, 1 + q, d)
    scatter = np.einsum("nk,ni,nj->kij", np.eye(k)[labels] * weight[:, np.newaxis], z, z)
    np.testing.assert_allclose(found[:, 0], np.diagonal(scatter, axis1=1, axis2=2), rtol=1e-12)
    # Which rotation of the loadings is kept does not matter: each cell's BᵀS spans the rows of LᵀΣ⁻¹S.
    told = loadings @ np.linalg.solve(sigma, scatter)
    for ours, theirs in zip(found[:, 1:], told, strict=True):
        mixed = np.linalg.lstsq(theirs.T, ours.T, rcond=None)[0]
        np.testing.assert_allclose(theirs.T @ mixed, ours.T, rtol=1e-9, atol=1e-9)
