"""Some rows, with their weights and any further columns that travel with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from gaussmix.core.types import Array


class FrameRule(Enum):
    """How the values of an extra column change when the rows enter a frame."""

    INVARIANT = "invariant"
    """Not at all: a group, a label, a responsibility."""
    POSITION = "position"
    """As a row does: shifted and scaled, one value a feature."""
    LENGTH = "length"
    """Scaled only: a standard error for each feature."""


@dataclass(frozen=True, slots=True)
class Column:
    """An extra column of a block.

    Parameters
    ----------
    values : array, shape (b,) or (b, m)
        One entry, or one line of entries, a row.
    rule : FrameRule
        How the values change under a frame.
    """

    values: Array
    rule: FrameRule = FrameRule.INVARIANT


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows.

    Parameters
    ----------
    x : array, shape (b, d)
        The rows, float32 or float64.
    weight : array, shape (b,)
        How often each row counts; not negative, always there (a border that is given no weights puts ones).
    columns : mapping of str to Column
        What else the rows carry, by name: ``group``, ``label``, ``responsibility``, ``error`` …
    """

    x: Array
    weight: Array
    columns: Mapping[str, Column] = field(default_factory=dict)

    def __len__(self) -> int:
        return int(self.x.shape[0])

    def rows(self, start: int, stop: int) -> Block:
        """Rows ``start`` to ``stop`` as views, nothing copied."""
        if start == 0 and stop >= len(self.x):
            return self
        return self._select(slice(start, stop))

    def take(self, numbers: Array) -> Block:
        """The rows of these numbers, copied, in the given order."""
        return self._select(numbers)

    def _select(self, index: slice | Array) -> Block:
        columns = {name: Column(c.values[index], c.rule) for name, c in self.columns.items()}
        return Block(self.x[index], self.weight[index], columns)


def concatenate(blocks: Sequence[Block]) -> Block:
    """One block of the rows of several, in order; they must carry the same columns."""
    if len(blocks) == 1:
        return blocks[0]
    columns = {
        name: Column(np.concatenate([b.columns[name].values for b in blocks]), column.rule)
        for name, column in blocks[0].columns.items()
    }
    return Block(np.concatenate([b.x for b in blocks]), np.concatenate([b.weight for b in blocks]), columns)
