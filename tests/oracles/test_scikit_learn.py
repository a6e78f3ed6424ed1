"""scikit-learn's results, step by step, where its defaults are taken out: reg_covar=0, a given start."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn import mixture as sklearn_mixture
from sklearn.exceptions import ConvergenceWarning

from gaussmix import GaussianMixture

CLOSE = 1e-10
PARAMETERS = ("weights_", "means_", "covariances_", "precisions_cholesky_")
SIZES = [(1, 1), (1, 3), (2, 2), (3, 5), (5, 3), (10, 4)]


def quietly(model, x):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the number of steps is fixed
        return model.fit(x)


def start_for(x: np.ndarray, k: int, structure: str, seed: int) -> dict[str, object]:
    """Weights, means and precisions to begin with, none of them special."""
    rng = np.random.default_rng(seed)
    d = x.shape[1]
    mixing = np.eye(d) + 0.2 * rng.normal(size=(k, d, d))
    precision = np.linalg.inv(np.einsum("kij,klj->kil", mixing, mixing) * x.var())
    return {
        "weights_init": rng.dirichlet(np.full(k, 10.0)),
        "means_init": x[rng.choice(len(x), k, replace=False)],
        "precisions_init": {
            "full": precision,
            "tied": precision[0],
            "diag": np.diagonal(precision, axis1=1, axis2=2).copy(),
            "spherical": precision[:, 0, 0].copy(),
        }[structure],
    }


def both(x: np.ndarray, k: int, structure: str, steps: int, **start: object):
    common = {
        "n_components": k,
        "covariance_type": structure,
        "reg_covar": 0.0,
        "tol": 0.0,
        "max_iter": steps,
        **start,
    }
    ours = quietly(GaussianMixture(**common), x)
    theirs = quietly(sklearn_mixture.GaussianMixture(**common, init_params="random", random_state=0), x)
    return ours, theirs


def assert_close(ours: np.ndarray, theirs: np.ndarray, name: str) -> None:
    # Relative to the largest entry: an entry that is a difference of large ones has their rounding.
    np.testing.assert_allclose(ours, theirs, rtol=CLOSE, atol=CLOSE * np.abs(theirs).max(), err_msg=name)


@pytest.mark.parametrize("steps", [1, 50])
@pytest.mark.parametrize(("d", "k"), SIZES)
def test_steps_from_the_same_start(clusters, structure, each_kernel, d, k, steps):
    x = clusters(900, d, k, seed=40 + d)
    ours, theirs = both(x, k, structure, steps, **start_for(x, k, structure, seed=d + k))
    assert ours.n_iter_ == theirs.n_iter_ == steps
    for name in PARAMETERS:
        mine, other = getattr(ours, name), getattr(theirs, name)
        assert mine.shape == other.shape
        assert mine.dtype == other.dtype
        assert_close(mine, other, name)
    assert_close(ours.precisions_, theirs.precisions_, "precisions_")


def test_everything_that_is_said_of_rows(clusters, structure, each_kernel):
    x = clusters(800, 4, 3, seed=47)
    ours, theirs = both(x, 3, structure, 20, **start_for(x, 3, structure, seed=1))
    queries = np.concatenate([x, 3.0 * x, clusters(100, 4, 3, seed=48)])
    np.testing.assert_array_equal(ours.predict(queries), theirs.predict(queries))
    np.testing.assert_allclose(ours.predict_proba(queries), theirs.predict_proba(queries), atol=CLOSE)
    np.testing.assert_allclose(ours.score_samples(queries), theirs.score_samples(queries), rtol=CLOSE)
    for name in ("score", "bic", "aic"):
        assert getattr(ours, name)(x) == pytest.approx(getattr(theirs, name)(x), rel=CLOSE)
    assert ours.mixture_.n_parameters == theirs._n_parameters()


@pytest.mark.parametrize("reg_covar", [1e-6, 0.1])
def test_a_number_for_reg_covar_is_their_rule(clusters, structure, each_kernel, reg_covar):
    x = clusters(500, 3, 3, seed=49)
    start = start_for(x, 3, structure, seed=2)
    common = {"n_components": 3, "covariance_type": structure, "reg_covar": reg_covar}
    common |= {"tol": 0.0, "max_iter": 30, **start}
    ours = quietly(GaussianMixture(**common), x)
    theirs = quietly(sklearn_mixture.GaussianMixture(**common, init_params="random"), x)
    for name in PARAMETERS:
        assert_close(getattr(ours, name), getattr(theirs, name), name)


def test_a_number_for_tol_stops_where_they_stop(clusters, structure):
    """They look at the bound before the update and we at that after it, so that we stop one step earlier."""
    x = clusters(500, 3, 3, seed=50)
    start = start_for(x, 3, structure, seed=3)
    common = {"n_components": 3, "covariance_type": structure, "reg_covar": 0.0, "tol": 1e-3}
    ours = GaussianMixture(**common, **start).fit(x)
    theirs = sklearn_mixture.GaussianMixture(**common, **start, init_params="random", max_iter=1000).fit(x)
    assert ours.converged_
    assert theirs.converged_
    assert ours.n_iter_ == theirs.n_iter_ - 1
