"""What a fit does about rows and components that go wrong."""

from __future__ import annotations

import numpy as np
import pytest

from gaussmix.data.memory import MemorySource
from gaussmix.em.stopping import AitkenTolerance
from gaussmix.errors import DegenerateFitError
from gaussmix.families.structures import STRUCTURES
from gaussmix.fitting.fit import Fit, fit_mixture
from gaussmix.fitting.recipe import Recipe
from gaussmix.fitting.start import ParametersStart, start_named
from gaussmix.kernels.automatic import AutomaticKernel


def fit(x: np.ndarray, k: int, reg_covar: float | None = None, start=None, n_init: int = 1) -> Fit:
    recipe = Recipe(k, STRUCTURES["full"], False, reg_covar, AitkenTolerance(1e-7), 500)
    start = start or start_named("auto")
    return fit_mixture(MemorySource(x), AutomaticKernel(1), recipe, start, np.random.default_rng(0), n_init)


def kinds(found: Fit) -> set[str]:
    return {event.kind for event in found.events}


def given(means: list, scale: list) -> ParametersStart:
    k = len(means)
    factor = np.stack([np.eye(2) / s for s in scale])
    return ParametersStart(np.full(k, 1.0 / k), np.array(means, dtype=float), factor, start_named("kmeans"))


@pytest.fixture
def rows() -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(size=(300, 2)), rng.normal((8.0, 0.0), 1.0, (300, 2))])


def test_16_a_constant_column_is_told(rows):
    found = fit(np.insert(rows, 1, 3.0, axis=1), 2)
    assert next(e.text for e in found.events if e.kind == "constant").startswith("column 1 is constant")


def test_17_collinear_columns_keep_a_positive_definite_covariance(rows):
    found = fit(np.c_[rows, rows @ [1.0, 2.0]], 2)
    assert (np.linalg.eigvalsh(found.mixture.family.covariance) > 0).all()
    assert found.mixture.n_components == 2  # flat as the data are, which is no collapse


def test_18_fewer_distinct_rows_than_components():
    found = fit(np.repeat([[0.0, 0.0], [1.0, 2.0]], 10, axis=0), 5)
    assert np.isfinite(found.log_likelihood)
    with pytest.raises(DegenerateFitError):
        fit(np.repeat([[0.0, 0.0], [1.0, 2.0]], 10, axis=0), 5, reg_covar=0.0)


def test_19_all_rows_equal():
    x = np.ones((20, 2))
    assert "equal" in kinds(fit(x, 2))
    with pytest.raises(DegenerateFitError, match="All rows are equal"):
        fit(x, 2, reg_covar=0.0)


def test_29_an_emptied_component_is_put_elsewhere(rows):
    found = fit(rows, 2, start=given([[0.0, 0.0], [1e6, 1e6]], [3.0, 1.0]))
    assert "reseeded" in kinds(found)
    assert np.sort(found.mixture.weights) == pytest.approx([0.5, 0.5], abs=0.01)
    assert found.result.history.repairs == tuple(e.iteration + 1 for e in found.events if e.kind == "reseeded")


def test_30_a_spike_is_put_elsewhere(rows):
    x = rows.copy()
    x[:3] = [0.5, 0.5]
    start = given([[4.0, 0.0], [0.5, 0.5]], [4.0, 1e-3])
    found = fit(x, 2, start=start)
    spikes = [e for e in found.events if e.kind == "reseeded"]
    assert "spike on few rows" in spikes[0].text
    assert np.sort(found.mixture.weights) == pytest.approx([0.5, 0.5], abs=0.02)
    objective = found.result.history.objective
    falls = np.flatnonzero(np.diff(objective) < -1e-9 * np.abs(objective[1:])) + 1
    assert set(falls) <= set(found.result.history.repairs)


def test_32_when_every_start_fails_each_is_listed():
    x = np.repeat([[0.0, 0.0], [1.0, 2.0]], 10, axis=0)
    with pytest.raises(DegenerateFitError, match=r"ill-defined empirical covariance .* starts failed: .*: ") as caught:
        fit(x, 2, reg_covar=0.0, start=start_named("kmeans"), n_init=2)
    *_, listed = str(caught.value).partition("All 2 starts failed: ")
    assert listed.endswith(".")
    assert listed.count(".") == 1  # one list is one sentence
    assert listed.count("kmeans: ") == 2
