"""Covariance structures: which covariances are allowed. One file each, and this list of them."""

from __future__ import annotations

from gaussmix.errors import ConfigError
from gaussmix.families.structures.diagonal import Diagonal
from gaussmix.families.structures.full import Full
from gaussmix.families.structures.spherical import Spherical
from gaussmix.families.structures.structure import Structure
from gaussmix.families.structures.tied import Tied

STRUCTURES: dict[str, Structure] = {s.name: s for s in (Full(), Tied(), Diagonal(), Spherical())}
"""Every structure by its name."""


def structure_named(name: str) -> Structure:
    """The structure of this name.

    Raises
    ------
    ConfigError
        If there is none; the text lists the choices.
    """
    if name not in STRUCTURES:
        raise ConfigError(f"there is no covariance structure {name!r}; choose one of {', '.join(STRUCTURES)}")
    return STRUCTURES[name]


__all__ = ["STRUCTURES", "Structure", "structure_named"]
