"""R's mclust 6.0.0 on its own data sets, from the same soft start.

The files hold 15 significant digits; ``em`` was run to a relative tolerance of 1e-10.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from gaussmix import GaussianMixture
from gaussmix.errors import DegenerateFitError
from gaussmix.families.structures import STRUCTURES, structure_named

DATA_SETS = {path.stem: json.loads(path.read_text()) for path in (Path(__file__).parent / "mclust").glob("*.json")}
STRUCTURE = {structure.mclust_name: structure.name for structure in STRUCTURES.values()}
BY_ITERATION = {"VEI", "VEE", "VEV", "EVE", "VVE"}
"""Where mclust stops early, or at a local optimum that need not be ours: as high an objective is right."""
HIGHER = {"VVE"}
"""Where theirs is a worse local optimum, by up to 336 in log-likelihood."""
ONE_DIMENSION = {"V": ["full", "diag", "spherical", "V"], "E": ["tied", "EII", "E"]}


def cases(kind: str) -> list[object]:
    """Each regular entry of ``mstep`` or ``em`` with each structure that it stands for."""
    found = []
    for name, data in sorted(DATA_SETS.items()):
        for entry in data[kind]:
            model = entry["model"]
            structures = ONE_DIMENSION.get(model) or [STRUCTURE.get(model)]
            found += [
                pytest.param(data, entry, structure, id=f"{name}-{model}-{structure}")
                for structure in structures
                if structure is not None and not degenerate(entry)
            ]
    return found


def degenerate(entry: dict) -> bool:
    """The soft start of eruptions gives one component equal rows only: mclust reports a variance of 0."""
    return entry["model"] == "V" and 0 in np.ravel(entry["sigma"])


def fit(data: dict, structure: str, **arguments: object) -> GaussianMixture:
    x = np.array(data["X"], dtype=float).reshape(data["n"], data["d"])
    model = GaussianMixture(
        data["G"],
        covariance_type=structure,
        reg_covar=0.0,
        init_params=np.array(data["soft_start"]),
        **arguments,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(x)


def whole_covariances(model: GaussianMixture, d: int) -> np.ndarray:
    k, found = model.n_components, model.covariances_
    return {
        "full": lambda: found,
        "tied": lambda: np.broadcast_to(found, (k, d, d)),
        "diagonal": lambda: found[..., np.newaxis] * np.eye(d),
        "spherical": lambda: np.multiply.outer(found, np.eye(d)),
    }[structure_named(model.covariance_type).form.name]()


def worth(data: dict, sigma: np.ndarray) -> float:
    """What an M-step from the soft start maximises."""
    x, shares = np.array(data["X"]), np.array(data["soft_start"])
    weight = shares.sum(axis=0)
    z = x[np.newaxis] - (shares.T @ x / weight[:, np.newaxis])[:, np.newaxis]  # (k, n, d)
    scatter = np.einsum("nk,kni,knj->kij", shares, z, z)
    trace = np.trace(np.linalg.solve(sigma, scatter), axis1=1, axis2=2)
    return float(-0.5 * (weight @ np.linalg.slogdet(sigma)[1] + trace.sum()))


def test_the_figures_are_there():
    assert sorted(DATA_SETS) == ["diabetes", "eruptions", "faithful", "iris", "thyroid"]
    assert len(cases("em")) == 4 * 14 + 3
    assert len(cases("mstep")) == 4 * 14 + 3


@pytest.mark.parametrize("structure", ONE_DIMENSION["V"])
def test_where_they_find_a_variance_of_zero_we_say_so(structure, each_kernel):
    data = DATA_SETS["eruptions"]
    assert any(degenerate(entry) for entry in data["mstep"])
    with pytest.raises(DegenerateFitError, match="the covariance of component 1 is singular"):
        fit(data, structure, max_iter=0)


@pytest.mark.parametrize(("data", "entry", "structure"), cases("mstep"))
def test_one_m_step(data, entry, structure, each_kernel):
    d, k = data["d"], data["G"]
    model = fit(data, structure, max_iter=0)
    means = np.reshape(entry["mean"], (k, d))
    sigma = np.reshape(np.broadcast_to(entry["sigma"], np.shape(entry["sigma"]) or (k,)), (k, d, d))
    spread = np.std(data["X"], axis=0)
    # Both start from the same 15 digits; sums of some hundred rows of like size keep 13 of them, and the figures
    # of mclust carry their own rounding.
    np.testing.assert_allclose(model.weights_, entry["pro"], rtol=1e-10)
    assert (np.abs(model.means_ - means) <= 1e-10 * (np.abs(means) + spread)).all()
    found = whole_covariances(model, d)
    largest = np.sqrt(np.einsum("kii,kjj->kij", sigma, sigma))
    if entry["model"] in BY_ITERATION:
        assert worth(data, found) >= worth(data, sigma) - 1e-10 * abs(worth(data, sigma))
    else:
        assert (np.abs(found - sigma) <= 1e-10 * largest).all()
    assert model.mixture_.n_parameters == entry["df"]


@pytest.mark.parametrize(("data", "entry", "structure"), cases("em"))
def test_em_reaches_their_log_likelihood(data, entry, structure, each_kernel):
    model = fit(data, structure, tol=1e-13, max_iter=20_000)
    assert model.mixture_.n_parameters == entry["df"]
    assert model.log_likelihood_ >= entry["loglik"] - 1e-6 * abs(entry["loglik"])
    if entry["model"] not in HIGHER:
        assert model.log_likelihood_ == pytest.approx(entry["loglik"], rel=1e-6)
        bic = 2.0 * entry["loglik"] - entry["df"] * np.log(data["n"])
        assert -model.bic_ == pytest.approx(bic, rel=1e-6)


@pytest.mark.parametrize("name", sorted(DATA_SETS))
def test_the_whole_table_for_one_component(name):
    """G = 1 needs no start: every row of the table's first line is a closed form, with mclust's sign."""
    data = DATA_SETS[name]
    x = np.array(data["X"], dtype=float).reshape(data["n"], data["d"])
    table = dict(zip(data["bic"]["models"], data["bic"]["values"][0], strict=True))
    for model_name, structure in (STRUCTURE | {"V": "V", "E": "E"}).items():
        if model_name not in table:
            continue
        model = GaussianMixture(1, covariance_type=structure, reg_covar=0.0, random_state=0).fit(x)
        assert -model.bic_ == pytest.approx(table[model_name], rel=1e-12)
