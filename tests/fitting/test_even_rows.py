"""Rows drawn while weights go by are those drawn from all weights at once, to the last bit."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaussmix import open_rows
from gaussmix.core.block import Block
from gaussmix.core.source import Source
from gaussmix.data import chunks, parts
from gaussmix.data.memory import MemorySource
from gaussmix.fitting.even_rows import even_rows
from gaussmix.kernels.summary import summarise
from gaussmix.starts import seeding


class Pieces(Source):
    """Rows in blocks, each made when it is asked for."""

    n_features = 1

    def __init__(self, weights: list[np.ndarray]) -> None:
        self.weights = weights
        self.passes = 0

    def blocks(self) -> Iterator[Block]:
        self.passes += 1
        for weight in self.weights:
            yield Block(np.broadcast_to(np.zeros((1, 1)), (len(weight), 1)), weight)

    def map_reduce(self, task):
        return chunks.map_reduce_blocks(self.blocks(), task)

    def map_rows(self, task):
        return chunks.map_rows_blocks(self.blocks(), task)

    def row_parts(self, task):
        return chunks.row_parts_of_blocks(self.blocks(), task)

    def take(self, numbers):
        return chunks.take_from_blocks(self.blocks(), numbers)


WEIGHTS = st.lists(st.sampled_from([0.0, 1.0, 2.0]) | st.floats(0.0, 10.0), min_size=1, max_size=60)


@given(
    weights=WEIGHTS,
    cuts=st.lists(st.integers(0, 60), max_size=5),
    size=st.integers(1, 80),
    begin=st.floats(0.0, 1.0, exclude_max=True),
    off=st.sampled_from([1.0, 1.0 + 1e-15, 1.0 - 1e-15]),
)
def test_the_rows_are_those_of_all_weights_at_once(weights, cuts, size, begin, off):
    weight = np.array(weights)
    if not weight.sum() > 0.0:
        return
    expected = seeding.even_rows(weight, size, begin)
    source = Pieces(np.split(weight, sorted(cuts)))
    # Whatever a pass makes of the sum's last bits.
    np.testing.assert_array_equal(even_rows(source, float(weight.sum()) * off, size, begin), expected)
    np.testing.assert_array_equal(
        even_rows(MemorySource(np.zeros((len(weight), 1)), weight), 0.0, size, begin), expected
    )


def test_a_second_pass_only_where_sums_differ_in_their_last_bits():
    for weight, passes in ((np.ones(1000), 1), (np.tile([0.0, 1.0, 2.0], 300), 1), (np.full(1000, 0.1), 2)):
        source = Pieces(np.split(weight, [1, 500]))
        even_rows(source, float(weight.sum()), 10)
        assert source.passes == passes


@pytest.mark.parametrize("weighted", [True, False], ids=["weights", "no weights"])
@pytest.mark.parametrize("batch_values", [1000, 1 << 20])
def test_from_a_file_and_its_spool(tmp_path, monkeypatch, weighted, batch_values):
    rng = np.random.default_rng(0)
    n = 10_007
    columns = {"a": rng.normal(size=n), "b": rng.normal(size=n)}
    weight = rng.choice([0.0, 0.3, 1.0, 2.5], size=n) if weighted else np.ones(n)
    pq.write_table(pa.table({**columns, **({"w": weight} if weighted else {})}), tmp_path / "rows.parquet")
    monkeypatch.setattr(parts, "BATCH_VALUES", batch_values)
    source = open_rows(tmp_path / "rows.parquet", ["a", "b"], "w" if weighted else None)
    expected = seeding.even_rows(weight, 321, 0.7)
    for rows in (source, spooled := source.for_passes(), spooled):
        found = even_rows(rows, summarise(rows).sum_weight, 321, 0.7)
        np.testing.assert_array_equal(found, expected)


def test_memory_does_not_grow_with_the_rows():
    some = np.full(1 << 18, 0.1)
    source = Pieces([some] * 40)
    tracemalloc.start()
    try:
        even_rows(source, 1.0, 1000)
        taken = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert taken < 5 * some.nbytes  # and not 40
