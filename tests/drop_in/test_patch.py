"""The patch: in, out, and from the command line; and that its fits are scikit-learn's."""

from __future__ import annotations

import inspect
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest
import sklearn.mixture
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture._gaussian_mixture import GaussianMixture as Theirs

import gaussmix
from gaussmix.estimators.drop_in import GaussianMixture as Patched


@pytest.fixture
def patched():
    gaussmix.patch_sklearn()
    yield sklearn.mixture.GaussianMixture
    gaussmix.unpatch_sklearn()
    assert sklearn.mixture.GaussianMixture is Theirs


def test_in_and_out(patched):
    assert patched is Patched
    gaussmix.patch_sklearn()
    assert sklearn.mixture.GaussianMixture is Patched


def test_the_constructor_is_scikit_learns(patched):
    ours, theirs = (inspect.signature(kind).parameters for kind in (patched, Theirs))
    assert list(ours) == list(theirs)
    for name, parameter in ours.items():
        assert (parameter.default, parameter.kind) == (theirs[name].default, theirs[name].kind), name
    assert patched().get_params() == Theirs().get_params()
    assert repr(patched(3, tol=1e-4)) == repr(Theirs(3, tol=1e-4))


@pytest.mark.parametrize("init_params", ["auto", "hierarchical"])
def test_starts_that_scikit_learn_does_not_have_are_ours(clusters, init_params):
    model = Patched(3, init_params=init_params, random_state=0).fit(clusters(300, 2, 3, seed=1))
    assert (len(model.starts_) > 1) == (init_params == "auto")
    assert np.isfinite(model.lower_bound_)


SPREADS = ("covariances_", "precisions_", "precisions_cholesky_")


@pytest.mark.parametrize("init_params", ["kmeans", "k-means++", "random", "random_from_data"])
@pytest.mark.parametrize("n_init", [1, 3])
def test_its_fits_are_scikit_learns(clusters, structure, init_params, n_init):
    x = clusters(400, 3, 3, seed=12)
    settings = {
        "n_components": 3,
        "covariance_type": structure,
        "init_params": init_params,
        "n_init": n_init,
        "random_state": 5,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        ours, theirs = Patched(**settings).fit(x), Theirs(**settings).fit(x)
    assert ours.n_iter_ == theirs.n_iter_
    assert ours.converged_ == theirs.converged_
    np.testing.assert_allclose(ours.lower_bounds_, theirs.lower_bounds_, rtol=1e-9)
    assert ours.lower_bound_ == pytest.approx(theirs.lower_bound_, rel=1e-9)
    assert ours.score(x) == pytest.approx(theirs.score(x), rel=1e-9)
    # Where several starts reach one optimum the last bit of a sum says which of them is kept, and so the order.
    order = np.abs(ours.means_ - theirs.means_[:, np.newaxis]).max(axis=2).argmin(axis=1)  # ours for each of theirs
    by_component = ("weights_", "means_") if structure == "tied" else ("weights_", "means_", *SPREADS)
    for name in ("weights_", "means_", *SPREADS):
        found = getattr(ours, name)[order] if name in by_component else getattr(ours, name)
        np.testing.assert_allclose(found, getattr(theirs, name), rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(ours.predict(x), order[theirs.predict(x)])
    if n_init > 1 and (order != np.arange(3)).any():
        return
    np.testing.assert_array_equal(order, np.arange(3))
    for mine, its in zip(ours.sample(20), theirs.sample(20), strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-5, atol=1e-6)


def test_max_iter_zero_and_slips_in_messages(clusters):
    x = clusters(50, 2, 2, seed=1)
    model = Patched(2, max_iter=0, random_state=0).fit(x)
    assert (model.n_iter_, model.lower_bounds_, model.lower_bound_) == (0, [], -np.inf)
    with pytest.raises(ValueError, match="Invalid value for 'n_samples': 2 "):
        model.sample(0)
    with pytest.raises(ValueError, match=r"max value -0\.50000, min value 1\.50000"):
        Patched(2, weights_init=[-0.5, 1.5]).fit(x)
    with pytest.warns(ConvergenceWarning, match=r"check for degenerate data\.$"):
        Patched(2, max_iter=1, random_state=0).fit(x)
    flat = np.repeat(np.float32([[0.0, 0.0], [1.0, 1.0]]), 5, axis=0)
    with pytest.raises(ValueError, match=r"passing float64 data instead of float32\.$"):
        Patched(2, reg_covar=0.0, random_state=0).fit(flat)


def test_pickles_need_no_patch(clusters):
    x = clusters(50, 2, 2, seed=1)
    model = Patched(2, random_state=0).fit(x)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(x), model.predict(x))


SCRIPT = """
import sys

import beside
from sklearn.mixture import GaussianMixture

print(__name__, sys.argv[1:], beside.VALUE, GaussianMixture.__module__)
sys.exit(3)
"""


def test_a_script_from_the_command_line(tmp_path):
    folder = tmp_path / "scripts"
    folder.mkdir()
    (folder / "beside.py").write_text("VALUE = 42\n")
    (folder / "program.py").write_text(SCRIPT)
    command = [sys.executable, "-m", "gaussmix", "scripts/program.py", "--flag", "fit"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.stdout == "__main__ ['--flag', 'fit'] 42 gaussmix.estimators.drop_in\n"
    assert ran.returncode == 3


def test_anything_else_is_the_command_line(tmp_path):
    for arguments in (["--version"], ["missing.py"]):
        ran = subprocess.run(
            [sys.executable, "-m", "gaussmix", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert ("gaussmix" in ran.stdout) if arguments == ["--version"] else ("No such command" in ran.stderr)
