"""The grid: which numbers of components and which structures are tried."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral
from operator import index

from gaussmix.errors import ConfigError
from gaussmix.families.structures import RANKED, SCIKIT_LEARN, STRUCTURES, UNIVARIATE, Structure, structure_named
from gaussmix.families.structures.low_rank import LowRank

ALL = "all"
"""Every structure that mclust knows; with one feature, where volume is all there is, two."""


@dataclass(frozen=True)
class Cell:
    """One model of the grid.

    Parameters
    ----------
    n_components : int
        Number of components.
    structure : Structure
        Which covariances are allowed.
    """

    n_components: int
    structure: Structure

    @property
    def rank(self) -> int | None:
        """That of its structure, where there is one for every rank."""
        return self.structure.rank if isinstance(self.structure, LowRank) else None

    def name(self, n_features: int) -> str:
        """Mclust's name of its structure: "E" or "V" with one feature."""
        name = self.structure.mclust_name
        return name[0] if n_features == 1 else name


def numbers_of(n_components: int | Iterable[int]) -> tuple[int, ...]:
    """Numbers of components, each once, in ascending order.

    Raises
    ------
    ConfigError
        If there is none, or one that is no whole number of at least 1.
    """
    return _whole_numbers("n_components", n_components, "range(1, 10)")


def ranks_of(rank: int | Iterable[int] | None) -> tuple[int, ...] | None:
    """Ranks, each once, in ascending order; None where none is given.

    Raises
    ------
    ConfigError
        If one is no whole number of at least 1, or there is none among those given.
    """
    return None if rank is None else _whole_numbers("rank", rank, "[1, 2, 4]")


def _whole_numbers(name: str, asked: int | Iterable[int], example: str) -> tuple[int, ...]:
    given = [asked] if isinstance(asked, int | Integral) else asked
    try:
        numbers = sorted({0 if isinstance(number, bool) else index(number) for number in given})
    except TypeError:
        numbers = []
    if not numbers or numbers[0] < 1:
        raise ConfigError(f"{name} must be whole numbers from 1 on, such as {example}; got {asked!r}")
    return tuple(numbers)


def structures_of(
    structures: str | Iterable[str], n_features: int, ranks: Sequence[int] | None = None
) -> tuple[Structure, ...]:
    """Structures, each once, those of fewer parameters first.

    Parameters
    ----------
    structures : str or iterable of str
        ``"all"``, a name, or names.
    n_features : int
        Columns.
    ranks : sequence of int, optional
        Of those structures that have one: a structure for each.

    Raises
    ------
    ConfigError
        If a name is unknown, or ranks are given and none of them has one.
    """
    if isinstance(structures, str) and structures == ALL:
        names: Iterable[str] = UNIVARIATE if n_features == 1 else (s.name for s in STRUCTURES.values() if _classic(s))
    else:
        names = [structures] if isinstance(structures, str) else list(structures)
    names = tuple(names)
    if ranks is not None and not any(name in RANKED for name in names):
        raise ConfigError(f"rank is for covariance structure {', '.join(RANKED)}, which is not among those to be tried")
    named = (
        structure_named(name, n_features, rank)
        for name in names
        for rank in ((ranks or (None,)) if name in RANKED else (None,))
    )
    found = {structure.mclust_name: structure for structure in named}
    if not found:
        raise ConfigError("structures must name at least one covariance structure, or be 'all'")
    return tuple(sorted(found.values(), key=lambda s: (s.n_parameters(2, max(2, n_features)), s.mclust_name)))


def _classic(structure: Structure) -> bool:
    """Whether it is one of the fourteen of three letters."""
    name = structure.mclust_name
    return structure.name in SCIKIT_LEARN or (len(name) == len("VVV") and set(name) <= set("EVI"))


def contains(larger: Structure, smaller: Structure) -> bool:
    """Whether every set of covariances of the second is one of the first, by their letters: I is E, and E is V."""
    if not (_classic(larger) and _classic(smaller)):
        return larger == smaller
    letters = zip(larger.mclust_name, smaller.mclust_name, strict=True)
    return all("IEV".index(one) >= "IEV".index(other) for one, other in letters)
