"""Promise 6: float32 in, float64 sums.

A float32 fit agrees with the fit of the same rows as float64, to float32 accuracy times the square root of the
condition number, at any offset.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from gaussmix import GaussianMixture
from gaussmix.core.extension import native
from gaussmix.data.files import open_rows
from gaussmix.data.memory import MemorySource

ROUNDING = 2.0**-24
"""Of one float32 number, relative."""
WIDEST = "x86-64-v4"
ROUNDINGS = 32.0 if native.level() == WIDEST else 48.0
"""That many may meet in a parameter: those of a score's terms, and what 30 iterations add to them. In a narrower vector
a lane adds up more rows of a tile."""


def fit(x: np.ndarray, structure: str, **parameters: object) -> GaussianMixture:
    settings = {"init_params": "kmeans", "random_state": 0, "max_iter": 30, "tol": 0, **parameters}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fixed number of iterations does not converge
        return GaussianMixture(3, covariance_type=structure, **settings).fit(x)


@pytest.fixture(scope="module")
def rows(clusters) -> dict[int, np.ndarray]:
    """Clusters apart from each other, so that what rounding does to a row is not magnified by EM."""
    return {d: clusters(2000, d, 3, seed=d, apart=4.0) for d in (1, 2, 8, 20)}


@pytest.mark.parametrize("offset", [0.0, 1e4, 1e6])
@pytest.mark.parametrize("d", [1, 2, 8, 20])
def test_a_float32_fit_is_the_float64_fit_of_the_same_rows(rows, structure, d, offset):
    spread = rows[d].std()
    x = (rows[d] + offset * spread).astype(np.float32)
    narrow, wide = fit(x, structure), fit(x.astype(np.float64), structure)
    ours, theirs = narrow.mixture_.family, wide.mixture_.family
    form, k = theirs.structure.form, theirs.n_components
    covariance = form.stack(theirs.covariance, k)  # (k, d, d)
    close = ROUNDINGS * ROUNDING * np.sqrt(np.linalg.cond(covariance).max())
    # The frames agree to the bit: the first pass over the rows is in float64.
    np.testing.assert_array_equal(narrow.mixture_.frame.origin, wide.mixture_.frame.origin)
    np.testing.assert_allclose(ours.means, theirs.means, rtol=0.0, atol=close)
    deviation = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    relative = (form.stack(ours.covariance, k) - covariance) / (deviation[:, :, np.newaxis] * deviation[:, np.newaxis])
    assert np.abs(relative).max() < close
    np.testing.assert_allclose(narrow.mixture_.weights, wide.mixture_.weights, rtol=0.0, atol=close)
    assert abs(narrow.log_likelihood_ - wide.log_likelihood_) < close * len(x) * d


def test_results_are_float32_and_agree(rows, structure):
    x = rows[8].astype(np.float32)
    narrow, wide = fit(x, structure), fit(x.astype(np.float64), structure)
    for values in (narrow.means_, narrow.covariances_, narrow.precisions_cholesky_, narrow.weights_):
        assert values.dtype == np.float32
    for name in ("predict_proba", "score_samples", "transform"):
        found, expected = getattr(narrow, name)(x), getattr(wide, name)(x.astype(np.float64))
        assert found.dtype == np.float32
        assert expected.dtype == np.float64
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-4)
    assert isinstance(narrow.score(x), float)
    assert narrow.score(x) == pytest.approx(float(np.mean(narrow.score_samples(x), dtype=np.float64)), rel=1e-6)


def test_parquet_columns_of_float32_are_the_array(rows, structure, tmp_path):
    """The same bits from a file, which says for itself what its columns hold."""
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    x = rows[8].astype(np.float32)
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({f"c{j}": x[:, j] for j in range(x.shape[1])}), path, row_group_size=300)
    source = open_rows(path)
    assert source.dtype == MemorySource(x).dtype == np.float32
    from_file, from_memory = fit(source, structure, max_iter=3), fit(x, structure, max_iter=3)
    assert from_file.log_likelihood_ == from_memory.log_likelihood_
    for name in ("means_", "covariances_"):
        np.testing.assert_array_equal(getattr(from_file, name), getattr(from_memory, name))
    mixed = pa.table({"a": x[:, 0], "b": x[:, 1].astype(np.float64)})
    pq.write_table(mixed, path)
    assert open_rows(path).dtype == np.float64


def test_one_float32_column_that_hardly_varies(structure):
    """A fit with a fixed offset in every row but its last bits neither fails nor falls."""
    rng = np.random.default_rng(0)
    x = np.stack([rng.normal(size=500), 1e4 + 1e-3 * rng.normal(size=500)], axis=1).astype(np.float32)
    model = fit(x, structure)
    assert np.isfinite(model.log_likelihood_)
    assert model.status_.value != "fell"


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize(("n", "seed"), [(3000, 0), (3000, 5), (3000, 6), (9000, 0), (9000, 2), (9000, 3), (9000, 7)])
def test_a_float32_fit_ends_as_soon_as_its_rows_in_float64(covariance_type, n, seed):
    """At a top leaps and the iterations after them undo each other by what float32 rounds: no reason to go on.

    Ten more iterations than float64 may be needed to tell, and rounding may take a fit another way, as long again.
    """
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(3, 3)) * 3.0
    x = (centres[rng.integers(3, size=n)] + rng.normal(size=(n, 3))).astype(np.float32)
    wide = x.astype(np.float64)
    ours, theirs = (GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(rows) for rows in (x, wide))
    assert ours.converged_
    assert ours.n_iter_ <= 2 * theirs.n_iter_ + 10
    assert ours.score(wide) > theirs.score(wide) - 1e-5
