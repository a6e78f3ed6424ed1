"""Values of a record, which may come from anywhere: each is asked for with the kind it must be of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gaussmix.core.types import Array, Floats
from gaussmix.errors import ModelFileError

NOT_FINITE = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}
"""How JSON, which has no word for them, holds these numbers."""

MOST_FLOAT = float(np.finfo(np.float64).max)
MOST_COUNTED = 2**63 - 1
"""Whole numbers beyond this are counts of nothing."""


def json_number(value: float) -> float | str:
    """A float as JSON can hold it: a number that is read back exactly, or one of `NOT_FINITE`.

    Examples
    --------
    >>> import math
    >>> from gaussmix.storage.section import json_number
    >>> json_number(0.1), json_number(-math.inf)
    (0.1, '-inf')
    """
    value = float(value)
    return value if math.isfinite(value) else str(value)


class Section:
    """One object of a record and the tensors that belong to it.

    Parameters
    ----------
    values : object
        What JSON had.
    name : str
        Where it stood, for errors; tensors have it before their names.
    tensors : mapping of str to array
        All tensors of the file.

    Raises
    ------
    ModelFileError
        Here and in every method: if a value is missing or not what it must be.
    """

    def __init__(self, values: object, name: str, tensors: Mapping[str, Array] | None = None) -> None:
        if not isinstance(values, dict):
            raise wrong(f"{name or 'the record'} must be an object")
        self.values: Mapping[str, Any] = values
        self.name = name
        self.all_tensors: Mapping[str, Array] = tensors or {}

    def __contains__(self, name: str) -> bool:
        return self.values.get(name) is not None

    def text(self, name: str) -> str:
        """A text."""
        return self._of(name, str)

    def flag(self, name: str) -> bool:
        """True or false."""
        return self._of(name, bool)

    def whole(self, name: str) -> int:
        """A whole number from 0 on."""
        value = self._of(name, int)
        if isinstance(value, bool) or not 0 <= value <= MOST_COUNTED:
            raise wrong(f"{self._path(name)} must be a whole number of at least 0")
        return value

    def number(self, name: str) -> float:
        """A float, which need not be finite."""
        value = self.values.get(name)
        if isinstance(value, str) and value in NOT_FINITE:
            return NOT_FINITE[value]
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > MOST_FLOAT:
            raise wrong(f"{self._path(name)} must be a number")
        return float(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        values = self._of(name, list)
        if not all(isinstance(value, str) for value in values):
            raise wrong(f"{self._path(name)} must be a list of texts")
        return tuple(values)

    def counts(self, name: str) -> tuple[int, ...]:
        """A list of whole numbers from 0 on."""
        return tuple(Section({"entry": v}, self._path(name)).whole("entry") for v in self._of(name, list))

    def section(self, name: str) -> Section:
        """A part that is an object itself."""
        return Section(self.values.get(name), self._path(name), self.all_tensors)

    def sections(self, name: str) -> list[Section]:
        """A list of objects."""
        return [Section(value, self._path(name)) for value in self._of(name, list)]

    def tensor(self, name: str) -> Array:
        """A tensor of the section's own name."""
        path = self._path(name)
        if path not in self.all_tensors:
            raise wrong(f"the tensor {path!r} is missing")
        return self.all_tensors[path]

    def tensors(self) -> dict[str, Array]:
        """Every tensor whose name begins with the section's."""
        return {
            n.removeprefix(f"{self.name}."): t for n, t in self.all_tensors.items() if n.startswith(f"{self.name}.")
        }

    def vector(self, name: str, dtype: type[np.generic], length: int | None = None) -> Array:
        """A tensor of one dimension, of this dtype and length."""
        values = self.tensor(name)
        if values.ndim != 1 or values.dtype != dtype or (length is not None and len(values) != length):
            wanted = "" if length is None else f"{length} "
            raise wrong(f"the tensor {self._path(name)!r} must be a list of {wanted}{np.dtype(dtype)} numbers")
        return values

    def floats(self, name: str, length: int | None = None) -> Floats:
        """A tensor of float64 numbers in a line."""
        return self.vector(name, np.float64, length)

    def wholes(self, name: str, length: int | None = None) -> Sequence[int]:
        """A tensor of whole numbers in a line, from 0 on."""
        values = self.vector(name, np.int64, length)
        if (values < 0).any():
            raise wrong(f"the tensor {self._path(name)!r} must hold no number below 0")
        return [int(value) for value in values]

    def _of(self, name: str, kind: type[Any]) -> Any:
        value = self.values.get(name)
        if not isinstance(value, kind):
            raise wrong(f"{self._path(name)} is missing, or not of the kind {kind.__name__}")
        return value

    def _path(self, name: str) -> str:
        return f"{self.name}.{name}" if self.name else name


LONGEST_REASON, LONGEST_WORD = 400, 32
"""Characters of a file that an error repeats."""


def wrong(what: str) -> ModelFileError:
    """The error for a file that is whole but makes no sense; it goes on behind the file's name."""
    return ModelFileError(f"is a gaussmix model file that makes no sense: {_at_most(what, LONGEST_REASON)}")


def shown(word: object) -> str:
    """A word from a file that may be printed: no file writes to a terminal what it likes."""
    return _at_most("".join(c if c.isprintable() else "?" for c in str(word)), LONGEST_WORD)


def _at_most(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}…"
