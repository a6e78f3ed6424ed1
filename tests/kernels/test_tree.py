"""The tree of sums: its bits depend on the terms and their numbers only."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaussmix import _native
from gaussmix.core.tree import Node, TreeSum


class Expression(str):
    """A sum that writes down how it was made."""

    __slots__ = ()

    def __add__(self, other: str) -> Expression:
        return Expression(f"({self!s}+{other!s})")


def by_single_chunks(count: int) -> str:
    tree: TreeSum[Expression] = TreeSum()
    tree.push(Node(0, i, Expression(i)) for i in range(count))
    return str(tree.total())


def test_the_shape_of_the_sum():
    assert TreeSum().total() is None
    assert by_single_chunks(1) == "0"
    assert by_single_chunks(4) == "((0+1)+(2+3))"
    assert by_single_chunks(7) == "(((0+1)+(2+3))+((4+5)+6))"


def spans(first: int, stop: int) -> list[Node[Expression]]:
    """The largest nodes that fill the chunks from ``first`` to before ``stop``."""
    nodes = []
    while first < stop:
        level = 0
        while first % 2 ** (level + 1) == 0 and first + 2 ** (level + 1) <= stop:
            level += 1
        tree: TreeSum[Expression] = TreeSum()
        tree.push(Node(0, i, Expression(i)) for i in range(first, first + 2**level))
        nodes.append(Node(level, first >> level, tree.total()))
        first += 2**level
    return nodes


@given(count=st.integers(1, 80), cuts=st.lists(st.integers(0, 80), max_size=10))
def test_any_grouping_makes_the_same_sum(count, cuts):
    edges = sorted({0, count, *(c for c in cuts if c < count)})
    tree: TreeSum[Expression] = TreeSum()
    for start, stop in itertools.pairwise(edges):
        tree.push(spans(start, stop))
    assert str(tree.total()) == by_single_chunks(count)


def test_few_sums_wait():
    tree: TreeSum[float] = TreeSum()
    most = 0
    for i in range(5000):
        tree.push([Node(0, i, 1.0)])
        most = max(most, len(tree._waiting))
    assert most <= 13  # log2 of 5000, rounded up
    assert tree.total() == 5000.0


@pytest.mark.parametrize("n_threads", [1, 2, 3])
@given(n_chunks=st.integers(1, 40), first_chunk=st.integers(0, 40), ragged=st.booleans())
def test_the_compiled_pass_gives_the_largest_nodes(n_threads, n_chunks, first_chunk, ragged):
    length = 16
    n = n_chunks * length - (5 if ragged else 0)
    x = np.random.default_rng(0).normal(size=(n, 2))
    nodes = _native.expect(
        x,
        np.ones(n),
        np.ones(2),
        np.zeros(2),
        "diagonal",
        np.zeros((1, 2)),
        np.ones((1, 2)),
        np.zeros(1),
        "soft",
        "diagonal",
        np.zeros((1, 2)),
        np.ones((1, 2)),
        length,
        first_chunk,
        n_threads,
    )
    assert [(level, number) for level, number, _ in nodes] == [
        (node.level, node.number) for node in spans(first_chunk, first_chunk + n_chunks)
    ]
    counted = {level: sums[1] for level, _, sums in nodes if level}
    assert all(count in (2**level * length, 2**level * length - 5) for level, count in counted.items())
    assert sum(sums[1] for _, _, sums in nodes) == n
