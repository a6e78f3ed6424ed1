"""A family or an allocation taken apart into what a file can hold, and put together again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar, runtime_checkable

import numpy as np

from gaussmix.core.types import Array, Floats
from gaussmix.errors import ConfigError

Setting = TypeVar("Setting", str, bool)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a thing is made of.

    Parameters
    ----------
    kind : str
        What it is, as files name it.
    settings : mapping of str to str or bool
        What is chosen and not estimated.
    tensors : mapping of str to array
        Numbers, in internal units.

    Examples
    --------
    >>> import numpy as np
    >>> from gaussmix.core.parts import Parts
    >>> Parts("common", {"free": True}, {"weights": np.array([0.25, 0.75])}).finite("weights", 1)
    array([0.25, 0.75])
    """

    kind: str
    settings: Mapping[str, str | bool]
    tensors: Mapping[str, Array]

    def text(self, name: str) -> str:
        """A setting that is a word; ConfigError if it is missing or something else."""
        return self._setting(name, str, "a text")

    def flag(self, name: str) -> bool:
        """A setting that is true or false; ConfigError if it is missing or something else."""
        return self._setting(name, bool, "true or false")

    def _setting(self, name: str, kind: type[Setting], words: str) -> Setting:
        value = self.settings.get(name)
        if not isinstance(value, kind):
            raise ConfigError(f"{self.kind}: the setting {name!r} must be {words}, not {value!r}")
        return value

    def finite(self, name: str, n_dimensions: int) -> Floats:
        """Numbers that must be finite, and at least one.

        Raises
        ------
        ConfigError
            If they are missing, not float64, of another number of dimensions, none at all, or not finite.
        """
        values = self.tensors.get(name)
        if values is None:
            raise ConfigError(f"{self.kind}: {name} are missing")
        if values.dtype != np.float64 or values.ndim != n_dimensions or not values.size:
            raise ConfigError(
                f"{self.kind}: {name} must be float64 numbers of {n_dimensions} dimensions; "
                f"they are {values.dtype} of shape {values.shape}"
            )
        if not np.isfinite(values).all():
            raise ConfigError(f"{self.kind}: {name} hold NaN or infinity")
        return values


@runtime_checkable
class Storable(Protocol):
    """A family or an allocation that a model file can hold."""

    @property
    def parts(self) -> Parts:
        """What it is made of."""

    @classmethod
    def from_parts(cls, parts: Parts) -> Self:
        """The same from its parts, to the last bit.

        Raises
        ------
        ConfigError
            If they do not make one: shapes that do not belong together, numbers that are impossible.
        """
