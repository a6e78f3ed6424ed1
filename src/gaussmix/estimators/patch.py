"""Putting ours in the place of scikit-learn's, and taking it out again."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Sequence
from pathlib import Path


def patch_sklearn() -> None:
    """Make ``sklearn.mixture.GaussianMixture`` ours, with scikit-learn's own defaults.

    Programs that import it from now on get ours; names that were imported before stay what they are.
    """
    import sklearn.mixture

    from gaussmix.estimators.drop_in import GaussianMixture

    sklearn.mixture.GaussianMixture = GaussianMixture


def unpatch_sklearn() -> None:
    """Undo `patch_sklearn`."""
    import sklearn.mixture
    from sklearn.mixture._gaussian_mixture import GaussianMixture

    sklearn.mixture.GaussianMixture = GaussianMixture


def is_script(arguments: Sequence[str]) -> bool:
    """Whether a command line begins with a Python file that is there."""
    return bool(arguments) and arguments[0].endswith(".py") and Path(arguments[0]).is_file()


def run_patched(arguments: Sequence[str]) -> None:
    """Run a script with its arguments as ``python script.py …`` does, after `patch_sklearn`.

    Parameters
    ----------
    arguments : sequence of str
        The script's path, then what it finds in ``sys.argv[1:]``.
    """
    patch_sklearn()
    sys.argv = list(arguments)
    sys.path[0] = str(Path(arguments[0]).resolve().parent)
    runpy.run_path(arguments[0], run_name="__main__")
