"""Covariance structures: which covariances are allowed. A class in a file of this folder is one."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from inspect import isabstract, isclass
from pkgutil import iter_modules

from gaussmix.errors import ConfigError
from gaussmix.families.structures.low_rank import LowRank
from gaussmix.families.structures.structure import Structure

SCIKIT_LEARN = ("full", "tied", "diag", "spherical")
"""Structures that scikit-learn has, by its names; mclust's names for them are taken as well."""
ORDER = (*SCIKIT_LEARN, "EII", "EEI", "VEI", "EVI", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV")
"""In which names are listed: after scikit-learn's in mclust's order, and then what is not known here by its name."""
UNIVARIATE = {"E": "EII", "V": "spherical"}
"""mclust's names for one feature, where volume is all there is; others are refused for it."""


def _found() -> Iterator[type[Structure]]:
    """Each structure whose class is defined in a file of this folder."""
    for module in iter_modules(__path__):
        name = f"{__name__}.{module.name}"
        for thing in vars(import_module(name)).values():
            defined = isclass(thing) and thing.__module__ == name  # not one that the file imports
            if defined and issubclass(thing, Structure) and not isabstract(thing):
                yield thing


def _place(structure: Structure) -> tuple[int, str]:
    return (ORDER.index(structure.name) if structure.name in ORDER else len(ORDER)), structure.name


RANKED: dict[str, type[LowRank]] = {LowRank.__dict__["name"]: LowRank}
"""Structures of which there is one for every rank, by their names."""

STRUCTURES: dict[str, Structure] = {
    s.name: s for s in sorted((kind() for kind in _found() if kind not in RANKED.values()), key=_place)
}
"""Every other structure by its name: scikit-learn's where it has one, else mclust's."""

ALIASES: dict[str, str] = {s.mclust_name: s.name for s in STRUCTURES.values() if s.mclust_name != s.name} | UNIVARIATE
"""Other names for the same."""

NAMES = (*STRUCTURES, *ALIASES, *RANKED)
"""Everything that `structure_named` knows."""


def structure_named(name: str, n_features: int | None = None, rank: int | None = None) -> Structure:
    """The structure of this name.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    n_features : int, optional
        For which it is meant, where that is known.
    rank : int, optional
        Number of loadings, of a structure that has them: 1 if not given.

    Raises
    ------
    ConfigError
        If there is none, and the text lists the choices; if it is a name for one feature and there are more; if it has
        no rank and one is given, or one that is too large for so many features.
    """
    if name not in NAMES:
        raise ConfigError(f"there is no covariance structure {name!r}; choose one of {', '.join(NAMES)}")
    if name in RANKED:
        return RANKED[name].of_rank(1 if rank is None else rank, n_features)
    if rank is not None:
        raise ConfigError(f"covariance structure {name!r} has no rank; leave rank away, or choose {', '.join(RANKED)}")
    if name in UNIVARIATE and n_features not in (None, 1):
        like = [s.mclust_name for s in STRUCTURES.values() if s.mclust_name.startswith(name)]
        raise ConfigError(
            f"covariance structure {name!r} is for one feature, and there are {n_features}; choose one of "
            f"{', '.join(sorted(like))}"
        )
    return STRUCTURES[ALIASES.get(name, name)]


__all__ = ["ALIASES", "NAMES", "RANKED", "SCIKIT_LEARN", "STRUCTURES", "Structure", "structure_named"]
