"""A model file: a mixture, how it came about, and the estimator that it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gaussmix.core.mixture import Mixture
from gaussmix.core.types import Array
from gaussmix.errors import ConfigError, ModelFileError
from gaussmix.storage.container import Container, newer, read, write
from gaussmix.storage.fit_record import FitRecord, fit_record
from gaussmix.storage.mixture_parts import put_together, taken_apart
from gaussmix.storage.section import Section, shown, wrong

NEEDS = "0.1.0"
"""The first gaussmix that reads what is written here."""

KNOWN: frozenset[str] = frozenset()
"""What a file may ask of its reader in ``requires``, beyond version 1 of the format."""

Parameter = bool | int | float | str | Array | None
"""A parameter of an estimator's constructor."""


@dataclass(frozen=True)
class EstimatorRecord:
    """An estimator without what it fitted.

    Parameters
    ----------
    kind : str
        Which class.
    dtype : dtype
        Of its fitted parameters: float32 after a fit of float32 rows.
    parameters : mapping of str to Parameter
        Of its constructor.
    left_out : tuple of str
        Parameters that no file can hold, such as a generator of random numbers.
    """

    kind: str
    dtype: np.dtype[Any]
    parameters: Mapping[str, Parameter]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class SavedModel:
    """All that a model file holds.

    Parameters
    ----------
    written_by : str
        Version of gaussmix.
    mixture : Mixture
        The value that predicts.
    estimator : EstimatorRecord
        What it was fitted with.
    feature_names : tuple of str, optional
        Names of the columns.
    names_checked : bool
        Whether the estimator compares them with those of rows that it is given.
    fit : FitRecord, optional
        How the mixture came about; None where parameters were given.
    """

    written_by: str
    mixture: Mixture
    estimator: EstimatorRecord
    feature_names: tuple[str, ...] | None = None
    names_checked: bool = False
    fit: FitRecord | None = None


def write_model(path: str | Path, model: SavedModel) -> None:
    """Write a model, or leave the file that is there as it was.

    Raises
    ------
    ConfigError
        If the model holds what no file can.
    FileError
        If the file cannot be written.
    """
    mixture, tensors = taken_apart(model.mixture)
    estimator, estimator_tensors = _apart(model.estimator)
    record: dict[str, Any] = {
        "written_by": model.written_by,
        "needs": NEEDS,
        "requires": [],
        **mixture,
        "estimator": estimator,
        "features": {
            "names": None if model.feature_names is None else list(model.feature_names),
            "checked": model.names_checked,
        },
    }
    tensors |= {f"estimator.{name}": values for name, values in estimator_tensors.items()}
    if model.fit is not None:
        record["fit"] = model.fit.record
        tensors |= {f"fit.{name}": values for name, values in model.fit.tensors.items()}
    write(path, Container(record, tensors))


def read_model(path: str | Path) -> SavedModel:
    """Read a model.

    Raises
    ------
    FileError
        If the file cannot be read.
    ModelFileError
        If it is no model file, is damaged, needs a newer gaussmix, or makes no sense.
    """
    container = read(path)
    try:
        return _model(container)
    except ModelFileError as error:
        raise ModelFileError(f"{path} {error}") from None


def _model(container: Container) -> SavedModel:
    whole = Section(container.record, "", container.tensors)
    unknown = sorted(set(whole.texts("requires")) - KNOWN)
    if unknown:
        raise newer(container.record, f"it requires {', '.join(map(shown, unknown))}")
    mixture = put_together(whole)
    features = whole.section("features")
    names = features.texts("names") if "names" in features else None
    if names is not None and len(names) != mixture.n_features:
        raise wrong(f"it names {len(names)} features and has {mixture.n_features}")
    return SavedModel(
        whole.text("written_by"),
        mixture,
        _estimator(whole.section("estimator")),
        names,
        features.flag("checked") and names is not None,
        fit_record(whole.section("fit"), names, mixture.n_components) if "fit" in whole else None,
    )


def _apart(estimator: EstimatorRecord) -> tuple[dict[str, Any], dict[str, Array]]:
    """JSON and tensors; a parameter that is an array stands in JSON as ``{"tensor": its name}``."""
    tensors = {name: _storable(name, v) for name, v in estimator.parameters.items() if isinstance(v, np.ndarray)}
    parameters = {name: {"tensor": name} if name in tensors else value for name, value in estimator.parameters.items()}
    record = {
        "class": estimator.kind,
        "dtype": estimator.dtype.name,
        "parameters": parameters,
        "left_out": list(estimator.left_out),
    }
    return record, tensors


def _storable(name: str, values: Array) -> Array:
    """The array in one of the two dtypes that files have."""
    if values.dtype.kind == "f":
        return values.astype(np.float64)
    if values.dtype.kind in "iub":
        return values.astype(np.int64)
    raise ConfigError(f"the parameter {name!r} is an array of {values.dtype}, which no model file holds")


def _estimator(section: Section) -> EstimatorRecord:
    dtype = section.text("dtype")
    if dtype not in ("float32", "float64"):
        raise wrong(f"fitted parameters cannot be '{shown(dtype)}'")
    parameters = section.section("parameters").values
    return EstimatorRecord(
        section.text("class"),
        np.dtype(dtype),
        {name: _parameter(section, value) for name, value in parameters.items()},
        section.texts("left_out"),
    )


def _parameter(section: Section, value: object) -> Parameter:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case {"tensor": str(name)}:
            return section.tensor(name)
    raise wrong("a parameter of its estimator is no number, text or array")
