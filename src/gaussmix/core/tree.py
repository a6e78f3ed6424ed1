"""A sum whose bits depend on the terms and their numbers only, not on who computed them, when, or in what groups.

Chunks of rows are numbered from the first row of the data. Node ``(level, number)`` is the sum of the chunks
``number * 2**level`` up to ``(number + 1) * 2**level``; it is always ``left + right`` of its two halves. Whoever
adds chunks, in whatever spans, forms the same nodes, so that any number of threads, any cutting of the reading
and any number of workers give the same bits, with O(log n) nodes waiting.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeVar


class Addable(Protocol):
    """Something with an associative (up to rounding) sum."""

    def __add__(self, other: Self, /) -> Self: ...


T = TypeVar("T", bound=Addable)


class Node(NamedTuple, Generic[T]):
    """The sum of ``2**level`` chunks, the first being ``number * 2**level``."""

    level: int
    number: int
    value: T


class TreeSum(Generic[T]):
    """Adds nodes that come in the order of their chunks."""

    def __init__(self) -> None:
        self._waiting: list[Node[T]] = []

    def push(self, nodes: Iterable[Node[T]]) -> None:
        """Take the next nodes; halves that have met are added at once."""
        waiting = self._waiting
        for node in nodes:
            top = node
            while waiting and _are_halves(waiting[-1], top):
                left = waiting.pop()
                top = Node(top.level + 1, left.number // 2, left.value + top.value)
            waiting.append(top)

    def total(self) -> T | None:
        """The sum of all, or None if there was nothing: what waits is added from the last to the first."""
        if not self._waiting:
            return None
        *before, last = self._waiting
        value = last.value
        for node in reversed(before):
            value = node.value + value
        return value


def _are_halves(left: Node[Any], right: Node[Any]) -> bool:
    return left.level == right.level and left.number % 2 == 0 and right.number == left.number + 1
