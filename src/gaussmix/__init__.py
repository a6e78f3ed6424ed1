"""gaussmix: mixture modelling that is right, fast, and does not fall over.

>>> import numpy as np
>>> from gaussmix import GaussianMixture
>>> rng = np.random.default_rng(0)
>>> X = np.concatenate([rng.normal(0, 1, (100, 2)), rng.normal(6, 1, (100, 2))])
>>> model = GaussianMixture(2, random_state=0).fit(X)
>>> bool(abs(model.weights_[0] - 0.5) < 0.01)
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gaussmix.data.csv.dialect import Dialect as Dialect
    from gaussmix.data.files import open_rows as open_rows
    from gaussmix.estimators.auto_gaussian_mixture import AutoGaussianMixture as AutoGaussianMixture
    from gaussmix.estimators.bootstrap_test import bootstrap_test as bootstrap_test
    from gaussmix.estimators.data_check import check_data as check_data
    from gaussmix.estimators.gaussian_mixture import GaussianMixture as GaussianMixture
    from gaussmix.estimators.held_out import held_out as held_out
    from gaussmix.estimators.loading import load as load
    from gaussmix.estimators.merging import merge_components as merge_components
    from gaussmix.estimators.patch import patch_sklearn as patch_sklearn
    from gaussmix.estimators.patch import unpatch_sklearn as unpatch_sklearn
    from gaussmix.estimators.select import select as select

__version__ = "0.1.0"

_PUBLIC = {
    "AutoGaussianMixture": "gaussmix.estimators.auto_gaussian_mixture",
    "Dialect": "gaussmix.data.csv.dialect",
    "GaussianMixture": "gaussmix.estimators.gaussian_mixture",
    "bootstrap_test": "gaussmix.estimators.bootstrap_test",
    "check_data": "gaussmix.estimators.data_check",
    "held_out": "gaussmix.estimators.held_out",
    "load": "gaussmix.estimators.loading",
    "merge_components": "gaussmix.estimators.merging",
    "open_rows": "gaussmix.data.files",
    "patch_sklearn": "gaussmix.estimators.patch",
    "select": "gaussmix.estimators.select",
    "unpatch_sklearn": "gaussmix.estimators.patch",
}

__all__ = [
    "AutoGaussianMixture",
    "Dialect",
    "GaussianMixture",
    "__version__",
    "bootstrap_test",
    "check_data",
    "held_out",
    "load",
    "merge_components",
    "open_rows",
    "patch_sklearn",
    "select",
    "unpatch_sklearn",
]


def __getattr__(name: str) -> object:
    # Public names are loaded when they are first asked for, so that `import gaussmix` costs nothing.
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'gaussmix' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
