"""Promise 3: the same bits for any number of threads, any cutting of the reading, and any layout in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import feather

from gaussmix import GaussianMixture
from gaussmix.core.block import Block
from gaussmix.core.source import Source
from gaussmix.data import parts
from gaussmix.data.chunks import map_reduce_blocks, map_rows_blocks, take_from_blocks
from gaussmix.data.csv import write_csv
from gaussmix.data.files import open_rows
from gaussmix.data.memory import MemorySource
from gaussmix.kernels.automatic import AutomaticKernel
from gaussmix.kernels.chunks import chunk_length
from gaussmix.kernels.native import NativeKernel
from gaussmix.kernels.reference import ReferenceKernel
from gaussmix.kernels.summary import summarise

N, D, K = 21_013, 3, 4
"""Five whole chunks of 4096 rows and a short one."""


class CutSource(Source):
    """Rows that come in blocks cut at given places."""

    def __init__(self, x: np.ndarray, weight: np.ndarray, cuts: list[int]) -> None:
        self._x, self._weight = x, weight
        self._edges = [0, *sorted(cuts), len(x)]

    @property
    def n_features(self) -> int:
        return self._x.shape[1]

    def blocks(self) -> Iterator[Block]:
        for start, stop in zip(self._edges, self._edges[1:], strict=False):
            yield Block(self._x[start:stop], self._weight[start:stop])

    def map_reduce(self, task):
        return map_reduce_blocks(self.blocks(), task)

    def map_rows(self, task):
        return map_rows_blocks(self.blocks(), task)

    def take(self, numbers):
        return take_from_blocks(self.blocks(), numbers)


def bits(*arrays: object) -> str:
    """A fingerprint of every bit of these arrays."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def fit_bits(model: GaussianMixture) -> str:
    return bits(
        model.weights_,
        model.means_,
        model.covariances_,
        model.precisions_cholesky_,
        model.history_.log_likelihood,
        model.history_.objective,
    )


def layouts(x: np.ndarray) -> dict[str, np.ndarray]:
    """The same rows, lying in memory in every way that NumPy allows."""
    wide = np.full((2 * len(x), 2 * x.shape[1] + 1), np.nan)
    wide[::2, 1::2] = x
    record = np.zeros(len(x), dtype=[("x", np.float64, x.shape[1]), ("name", "S3")])
    record["x"] = x
    read_only = x.copy()
    read_only.flags.writeable = False
    apart = np.frombuffer(b"\0" * 3 + x.tobytes(), dtype=np.uint8)[3:]
    return {
        "C": np.ascontiguousarray(x),
        "F": np.asfortranarray(x),
        "strided": wide[::2, 1::2],
        "backwards": np.ascontiguousarray(x[::-1, ::-1])[::-1, ::-1],
        "read-only": read_only,
        "packed record": record["x"],
        "unaligned": apart.view(np.float64).reshape(x.shape),
        "big-endian": x.astype(">f8"),
    }


@pytest.fixture(scope="module")
def rows(clusters):
    return clusters(N, D, K, seed=20) * [1.0, 30.0, 1e-4] + [1e4, 0.0, 0.3]


@pytest.fixture(scope="module")
def weight():
    return np.random.default_rng(3).choice([0.0, 0.3, 1.0, 2.5], size=N)


@pytest.fixture(params=["full", "diag"])
def mixture(request, make_mixture, rows):
    frame = summarise(MemorySource(rows[:500])).frame(make_mixture(request.param, 1, 1).family.scaling)
    return make_mixture(request.param, K, D, seed=2, frame=frame)


def sums(kernel, source, mixture) -> str:
    return bits(kernel.expect(source, mixture).buffer)


def results(kernel, source, mixture) -> str:
    found = kernel.rows(source, mixture, ("log_density", "responsibility", "label"))
    return bits(*(found[name] for name in sorted(found)))


def test_the_sums_have_one_value_for_any_number_of_threads(rows, weight, mixture):
    source = MemorySource(rows, weight)
    assert len({sums(NativeKernel(t), source, mixture) for t in (1, 2, 3, 7)}) == 1
    assert len({results(NativeKernel(t), source, mixture) for t in (1, 2, 3, 7)}) == 1


@pytest.mark.parametrize("kernel", [NativeKernel(2), ReferenceKernel()], ids=["native", "reference"])
@given(data=st.data())
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_sums_have_one_value_wherever_the_reading_is_cut(rows, weight, mixture, kernel, data):
    length = chunk_length(K, D)
    place = st.integers(0, N) | st.sampled_from([length - 1, length, length + 1, 3 * length])
    cuts = data.draw(st.lists(place, max_size=9))
    source = CutSource(rows, weight, cuts)
    assert sums(kernel, source, mixture) == sums(kernel, MemorySource(rows, weight), mixture)


@pytest.mark.parametrize("kernel", [NativeKernel(2), ReferenceKernel()], ids=["native", "reference"])
@pytest.mark.parametrize("weighted", [True, False], ids=["weights", "no weights"])
def test_the_sums_have_one_value_for_any_layout(rows, weight, mixture, kernel, weighted):
    w = weight if weighted else None
    found = {
        name: (sums(kernel, MemorySource(x, w), mixture), results(kernel, MemorySource(x), mixture))
        for name, x in layouts(rows).items()
    }
    assert {name: pair for name, pair in found.items() if pair != found["C"]} == {}


def test_the_summary_has_one_value_for_any_layout_and_cutting(rows, weight):
    def seen(source: Source) -> str:
        summary = summarise(source)
        return bits(summary.mean, summary.scatter, summary.exponent, summary.sum_weight)

    one = np.ones(N)
    for w, given_weight in ((weight, weight), (one, None)):
        expected = seen(MemorySource(rows, given_weight))
        for x in layouts(rows).values():
            assert seen(MemorySource(x, w)) == expected
        assert seen(CutSource(rows, w, [1, 2, 777, 4096, 9000, 20_000])) == expected


@pytest.mark.parametrize("structure", ["full", "tied", "diag", "spherical"])
def test_the_whole_fit_for_any_number_of_threads_and_layout(rows, structure, each_kernel):
    x = rows[:9001]
    model = {"n_components": 3, "covariance_type": structure, "tol": 1e-2}
    found = {
        (name, threads): fit_bits(GaussianMixture(**model, random_state=0, n_threads=threads).fit(laid))
        for name, laid in layouts(x).items()
        for threads in ((1, 2, 3) if name == "C" else (2,))
    }
    assert len(set(found.values())) == 1, found


@pytest.mark.parametrize("structure", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize("weighted", [True, False], ids=["weights", "no weights"])
def test_the_whole_fit_from_files_and_pieces(rows, weight, structure, each_kernel, weighted, tmp_path, monkeypatch):
    model = {"n_components": 3, "covariance_type": structure, "tol": 1e-3, "random_state": 0}
    in_memory = GaussianMixture(**model).fit(rows, sample_weight=weight if weighted else None)

    w = weight if weighted else np.ones(N)
    pieces = GaussianMixture(**model).fit(CutSource(rows, w, [1, 5000, 5001, 12_345]))
    assert fit_bits(pieces) == fit_bits(in_memory)

    columns = {name: rows[:, j] for j, name in enumerate("abc")}
    if weighted:
        columns["w"] = weight
    monkeypatch.setattr(parts, "BATCH_VALUES", 10_007)
    for threads, (name, path) in enumerate(written(columns, tmp_path).items()):
        source = open_rows(path, ["a", "b", "c"], "w" if weighted else None)
        assert fit_bits(GaussianMixture(**model, n_threads=1 + threads % 2).fit(source)) == fit_bits(in_memory), name


def written(columns: dict[str, np.ndarray], folder: Path) -> dict[str, Path | str]:
    """The same rows in files of every format, and in parts."""
    table = pa.table(columns)
    pq.write_table(table, folder / "rows.parquet", row_group_size=997)
    feather.write_feather(table, folder / "rows.feather", chunksize=1009)
    feather.write_feather(table, folder / "plain.arrow", compression="uncompressed")
    write_csv(folder / "rows.csv", columns)
    many = folder / "many" / "deep"
    many.mkdir(parents=True)
    (folder / "many" / "_SUCCESS").touch()
    for i, start in enumerate(range(0, N, 5003)):
        part = table.slice(start, 5003)
        if i % 2:
            feather.write_feather(part, many / f"part-{i}.feather")
        else:
            pq.write_table(part, many / f"part-{i}.parquet", row_group_size=1500)
    names = ("rows.parquet", "rows.feather", "plain.arrow", "rows.csv", "many")
    return {**{name: folder / name for name in names}, "a pattern": f"{folder}/many/**/part-*"}


def test_the_fit_of_a_large_sample_draws_the_same_rows(clusters):
    """Seeding takes a part of many rows: by their numbers, wherever they live."""
    x = clusters(25_000, 2, 3, seed=21)
    model = {"n_components": 3, "covariance_type": "diag", "tol": 1e-3, "random_state": 5}
    one = GaussianMixture(**model).fit(x)
    cut = GaussianMixture(**model).fit(CutSource(x, np.ones(len(x)), [3, 20_001]))
    assert fit_bits(one) == fit_bits(cut)


def test_predictions_from_pieces_are_those_from_memory(rows, mixture):
    kernel = AutomaticKernel(2)
    whole = results(kernel, MemorySource(rows), mixture)
    assert results(kernel, CutSource(rows, np.ones(N), [1, 130, 4097, 20_000]), mixture) == whole


def test_a_row_alone_gets_what_it_gets_among_others(rows, mixture):
    found = AutomaticKernel(2).rows(MemorySource(rows[:300]), mixture, ("log_density",))
    alone = [AutomaticKernel(1).rows(MemorySource(rows[i : i + 1]), mixture, ("log_density",)) for i in range(300)]
    np.testing.assert_array_equal(found["log_density"], np.concatenate([a["log_density"] for a in alone]))
