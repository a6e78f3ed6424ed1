"""What whoever holds rows promises, and what may be asked of it: sums over all rows, and something for each.

``docs/extend.md`` walks through a new place where rows live, with an example from ``tests/proof``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from gaussmix.core.block import Block
from gaussmix.core.tree import Node
from gaussmix.core.types import Array, Integers


class ReduceTask(Protocol):
    """Work on rows that ends in a sum."""

    @property
    def chunk_length(self) -> int:
        """Rows of a chunk: the unit of summation, so it must not depend on where rows live."""

    def map(self, block: Block, first_chunk: int) -> Iterable[Node[Any]]:
        """Nodes of the sums of whole chunks.

        Parameters
        ----------
        block : Block
            Whole chunks from number ``first_chunk`` on; only the very last chunk of the data may be short.
        first_chunk : int
            Global number of the first chunk in the block.
        """


@dataclass(frozen=True, slots=True)
class RowField:
    """One result a row: the shape of an entry, ``()`` for a number, and its dtype."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


class RowTask(Protocol):
    """Work on rows that gives something for each row."""

    @property
    def chunk_length(self) -> int:
        """Rows that are worked on together, counted from the first row of the data.

        A product of matrices rounds differently for one row than for many, so that this too must not depend on
        where rows live.
        """

    @property
    def fields(self) -> Mapping[str, RowField]:
        """What is computed, by name."""

    def map(self, block: Block, out: Mapping[str, Array]) -> None:
        """Write the results of the block's rows, which are whole chunks (only the last of the data may be short).

        Every array of ``out`` is C-contiguous with ``len(block)`` entries.
        """


class Source(ABC):
    """A holder of rows that can be gone through again and again, in the same order."""

    @property
    @abstractmethod
    def n_features(self) -> int:
        """Columns of a row."""

    @property
    def feature_names(self) -> Sequence[str] | None:
        """Names of these columns, where they have any: errors then say them."""
        return None

    @property
    def dtype(self) -> np.dtype[Any]:
        """What rows are read as: float32 where all of them are stored so, else float64.

        The compiled pass computes in it (sums are float64 all the same), and what is said of each row is given in it.
        """
        return np.dtype(np.float64)

    @property
    def notes(self) -> Sequence[str]:
        """What whoever asked for the rows should know of how they were read: sentences, to be shown once."""
        return ()

    @property
    def paths(self) -> Sequence[Path]:
        """Files that the rows are read from, which nobody may replace meanwhile."""
        return ()

    @property
    def paths_known(self) -> bool:
        """Whether `paths` are all files that rows come from: what somebody else's stream reads nobody can tell."""
        return True

    def place(self, row: int) -> str:
        """Where to look for a row, counted from 0, in words."""
        return f"row {row} (from 0)"

    @property
    def held(self) -> Block | None:
        """All rows, where they are held in memory as one block; what passes have in common is then done once."""
        return None

    def for_passes(self) -> Source:
        """The same rows for many passes: itself, unless something can be kept that makes the next ones cheaper."""
        return self

    @abstractmethod
    def map_reduce(self, task: ReduceTask) -> Any:
        """The sum over all rows; None if there are none."""

    @abstractmethod
    def map_rows(self, task: RowTask) -> dict[str, Array]:
        """One result a row, in the order of the rows."""

    def row_parts(self, task: RowTask) -> Iterator[dict[str, Array]]:
        """The same, some rows after others, for results that are larger than memory.

        All at once where the holder of the rows knows no better.
        """
        yield self.map_rows(task)

    @abstractmethod
    def take(self, numbers: Integers) -> Block:
        """The rows of these global numbers, in this order."""


class WrappedSource(Source):
    """The rows of another source, with something done to them: what is said of them is said by that source.

    Parameters
    ----------
    source : Source
        The rows.
    """

    def __init__(self, source: Source) -> None:
        self._source = source

    @property
    def n_features(self) -> int:
        """Of the other source, as all below."""
        return self._source.n_features

    @property
    def feature_names(self) -> Sequence[str] | None:
        return self._source.feature_names

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._source.dtype

    @property
    def notes(self) -> Sequence[str]:
        return self._source.notes

    @property
    def paths(self) -> Sequence[Path]:
        return self._source.paths

    @property
    def paths_known(self) -> bool:
        return self._source.paths_known

    def place(self, row: int) -> str:
        return self._source.place(row)
