"""A mixture taken apart and put together: family, allocation and frame each say what they are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from gaussmix.allocations.weights import CommonWeights
from gaussmix.core.contracts import Allocation, Family
from gaussmix.core.frame import LARGEST_EXPONENT, Frame, Scaling
from gaussmix.core.mixture import Mixture
from gaussmix.core.parts import Parts, Storable
from gaussmix.core.types import Array
from gaussmix.errors import ConfigError
from gaussmix.families.gaussian import Gaussian
from gaussmix.fitting.one_blas_thread import one_blas_thread
from gaussmix.storage.section import Section, shown, wrong

Made = TypeVar("Made", Family, Allocation)

FAMILIES: Mapping[str, Callable[[Parts], Family]] = {"gaussian": Gaussian.from_parts}
"""Who puts together a family of each kind."""
ALLOCATIONS: Mapping[str, Callable[[Parts], Allocation]] = {"common": CommonWeights.from_parts}
"""Who puts together an allocation of each kind."""


@one_blas_thread()
def taken_apart(mixture: Mixture) -> tuple[dict[str, Any], dict[str, Array]]:
    """The JSON record of a mixture, and its tensors.

    Raises
    ------
    ConfigError
        If its family or allocation cannot be stored, or what would be stored could not be read again.
    """
    parts = {"family": _parts(mixture.family, FAMILIES), "allocation": _parts(mixture.allocation, ALLOCATIONS)}
    _check_frame(mixture.family, mixture.frame)
    record = {name: {"kind": part.kind, **part.settings} for name, part in parts.items()}
    tensors = {f"{name}.{key}": np.asarray(t) for name, part in parts.items() for key, t in part.tensors.items()}
    frame = {"frame.origin": mixture.frame.origin, "frame.exponent": mixture.frame.exponent}
    return record, {**tensors, **frame}


@one_blas_thread()
def put_together(section: Section) -> Mixture:
    """The mixture of a record, checked.

    Parameters
    ----------
    section : Section
        The whole record: ``family`` and ``allocation`` are objects of it, ``frame`` has tensors only.

    Raises
    ------
    ModelFileError
        If it makes no mixture.
    """
    try:
        family = _made(section.section("family"), FAMILIES)
        allocation = _made(section.section("allocation"), ALLOCATIONS)
        frame = _frame(section, family.n_features)
        _check_frame(family, frame)
    except ConfigError as error:
        raise wrong(str(error)) from None
    if allocation.n_components != family.n_components:
        raise wrong(f"it has {allocation.n_components} weights and {family.n_components} components")
    return Mixture(family, allocation, frame)


def _parts(thing: Family | Allocation, makers: Mapping[str, Callable[[Parts], object]]) -> Parts:
    if not isinstance(thing, Storable) or thing.parts.kind not in makers:
        raise ConfigError(f"a mixture with {thing.name} ({type(thing).__name__}) cannot be stored in a file yet")
    parts = thing.parts
    makers[parts.kind](parts)  # what could not be put together again is not taken apart
    return parts


def _made(section: Section, makers: Mapping[str, Callable[[Parts], Made]]) -> Made:
    kind = section.text("kind")
    if kind not in makers:
        raise wrong(f"its {section.name} is of the unknown kind '{shown(kind)}'")
    settings = {key: value for key, value in section.values.items() if isinstance(value, str | bool)}
    return makers[kind](Parts(kind, settings, section.tensors()))


def _frame(section: Section, n_features: int) -> Frame:
    frame = Section({}, "frame", section.all_tensors)
    return Frame(frame.floats("origin", n_features), frame.vector("exponent", np.int64, n_features))


def _check_frame(family: Family, frame: Frame) -> None:
    if not np.isfinite(frame.origin).all():
        raise ConfigError("the frame's origin holds NaN or infinity")
    exponent = frame.exponent
    if (exponent < -LARGEST_EXPONENT).any() or (exponent > LARGEST_EXPONENT).any():
        raise ConfigError(f"the frame's exponents must be from {-LARGEST_EXPONENT} to {LARGEST_EXPONENT}")
    if family.scaling is Scaling.COMMON and (exponent != exponent[0]).any():
        raise ConfigError("components of this structure have one unit for all features, and the exponents differ")
