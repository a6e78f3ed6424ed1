"""An estimator taken back from disk."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np

from gaussmix.errors import ConfigError, ModelFileError
from gaussmix.estimators import drop_in
from gaussmix.estimators.gaussian_mixture import GaussianMixture
from gaussmix.storage.model import SavedModel, read_model
from gaussmix.storage.section import shown, wrong

KINDS: Mapping[str, type[GaussianMixture]] = {
    kind._file_name: kind for kind in (GaussianMixture, drop_in.GaussianMixture)
}
"""Every estimator that a file may hold."""


def load(path: str | Path) -> GaussianMixture:
    """Read a model that `GaussianMixture.save` or ``gaussmix fit`` has written.

    Nothing in a file is ever run, so that one may come from anywhere: it is checked from the first byte to the last,
    and numbers that make no mixture are refused.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    model : GaussianMixture
        Fitted, with the parameters of its constructor, ready to predict, to be fitted again or to go on with
        ``warm_start=True``.

    Raises
    ------
    ModelFileError
        If it is no model file, is damaged, needs a newer gaussmix, or makes no sense.
    FileError
        If it cannot be read.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import gaussmix
    >>> with TemporaryDirectory() as folder:
    ...     gaussmix.GaussianMixture().fit([[1.0], [2.0]]).save(Path(folder) / "one.gmm")
    ...     gaussmix.load(Path(folder) / "one.gmm").means_.tolist()
    [[1.5]]
    """
    saved = read_model(path)
    try:
        return _restored(saved)
    except ConfigError as error:
        raise ModelFileError(f"{path} {wrong(str(error))}") from None


def _restored(saved: SavedModel) -> GaussianMixture:
    """The estimator of what a file held.

    Raises
    ------
    ConfigError
        If there is no such estimator, or its parameters make no sense.
    """
    kind = KINDS.get(saved.estimator.kind)
    if kind is None:
        raise ConfigError(f"there is no estimator '{shown(saved.estimator.kind)}'")
    # A parameter that this version does not know was not needed to predict, or the file would have required it.
    known = signature(kind).parameters
    parameters: dict[str, Any] = {name: v for name, v in saved.estimator.parameters.items() if name in known}
    model = kind(**parameters)
    model._validate_params()
    with np.errstate(over="ignore", invalid="ignore"):  # the mixture is finite; in other units it may not be
        model._set_loaded(saved)
    return model
