"""What several test files need: structures, kernels, rows in clusters, mixtures with given properties."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import settings

from gaussmix.allocations.weights import CommonWeights
from gaussmix.core.frame import Frame
from gaussmix.core.mixture import Mixture
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.structures import SCIKIT_LEARN, STRUCTURES

# The same examples in every run: a suite that fails by chance is not believed when it is right.
settings.register_profile("gaussmix", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("gaussmix")


@pytest.fixture(params=SCIKIT_LEARN)
def structure(request: pytest.FixtureRequest) -> str:
    """Name of each covariance structure that scikit-learn has, one a form, in turn."""
    return str(request.param)


@pytest.fixture(params=[name for name in STRUCTURES if name not in SCIKIT_LEARN])
def parsimonious(request: pytest.FixtureRequest) -> str:
    """Name of each other covariance structure in turn."""
    return str(request.param)


@pytest.fixture(params=["native", "reference"])
def each_kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Estimators use the compiled pass, then NumPy."""
    if request.param == "reference":
        for module in ("automatic", "held", "native"):
            monkeypatch.setattr(f"gaussmix.kernels.{module}.compiled_stages", lambda mixture, gather: None)
    return str(request.param)


@pytest.fixture(scope="session")
def clusters() -> Callable[..., np.ndarray]:
    """Maker of rows from k overlapping Gaussian clusters with covariances of their own."""

    def make(n: int, d: int, k: int, seed: int = 0, apart: float = 2.5) -> np.ndarray:
        rng = np.random.default_rng(seed)
        means = rng.normal(0.0, apart, (k, d))
        mixing = np.eye(d) + 0.4 * rng.normal(size=(k, d, d)) / np.sqrt(d)
        of = rng.integers(k, size=n)
        noise = rng.normal(size=(n, d))
        return means[of] + np.einsum("nij,nj->ni", mixing[of], noise)

    return make


@pytest.fixture(scope="session")
def make_mixture() -> Callable[..., Mixture]:
    """Maker of mixtures with random parameters, covariances of condition number ``condition`` where they have one."""

    def make(
        structure: str,
        k: int,
        d: int,
        seed: int = 0,
        condition: float = 10.0,
        frame: Frame | None = None,
    ) -> Mixture:
        rng = np.random.default_rng(seed)
        shape = STRUCTURES[structure]
        variances = np.geomspace(1.0, 1.0 / condition, d)
        stacked = np.empty((k, d, d))
        for j in range(k):
            turn, _ = np.linalg.qr(rng.normal(size=(d, d)))
            if structure in ("diag", "spherical"):
                turn = np.eye(d)[rng.permutation(d)]
            stacked[j] = (turn * variances) @ turn.T * rng.uniform(0.5, 2.0)
        if structure == "tied":
            stacked[:] = stacked[0]
        if structure == "spherical":
            stacked = np.einsum("k,ij->kij", rng.uniform(0.5, 2.0, k), np.eye(d))
        means = rng.normal(0.0, 1.5, (k, d))
        covariance = shape.form.from_stack(stacked)
        if structure not in SCIKIT_LEARN:
            covariance = shape.covariance(covariance, np.ones(k))
        family = Gaussian.from_covariance(shape, means, covariance)
        weights = rng.dirichlet(np.full(k, 5.0))
        return Mixture(family, CommonWeights(weights), frame or Frame.identity(d))

    return make
