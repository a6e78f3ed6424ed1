"""Predictions that go to a file: the values in memory, however many rows there are, and a file that is whole."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pyarrow.fs
import pyarrow.parquet as pq
import pytest
from peak_memory import PEAK
from pyarrow import csv as arrow_csv
from pyarrow import feather

from gaussmix import GaussianMixture, open_rows
from gaussmix.data import chunks, parts, tables
from gaussmix.errors import ConfigError, DataError, FileError

N, K = 10_000, 3

READERS = {
    ".parquet": pq.read_table,
    ".feather": feather.read_table,
    ".csv": arrow_csv.read_csv,
}


@pytest.fixture(scope="module")
def x(clusters) -> np.ndarray:
    return clusters(N, 2, K, seed=5)


@pytest.fixture(scope="module")
def model(x) -> GaussianMixture:
    return GaussianMixture(K, random_state=0).fit(pa.table({"a": x[:, 0], "b": x[:, 1]}))


@pytest.fixture
def folder(x, tmp_path) -> Path:
    """The rows in three files, with a column that the model does not know."""
    folder = tmp_path / "rows"
    folder.mkdir()
    table = pa.table({"id": np.arange(N), "b": x[:, 1], "a": x[:, 0]})
    for i, start in enumerate(range(0, N, 4001)):
        pq.write_table(table.slice(start, 4001), folder / f"{i}.parquet", row_group_size=999)
    return folder


@pytest.mark.parametrize("suffix", READERS)
@pytest.mark.parametrize("small", [False, True], ids=["whole", "in small parts"])
def test_the_values_are_those_in_memory(model, x, folder, tmp_path, monkeypatch, suffix, small):
    if small:
        monkeypatch.setattr(parts, "BATCH_VALUES", 2002)
        monkeypatch.setattr(chunks, "PART_VALUES", 300)
        monkeypatch.setattr(tables, "GROUP_VALUES", 5000)
    rows = {"files": folder, "pattern": f"{folder}/*.parquet", "source": open_rows(folder, ["a", "b"])}
    rows["frame"] = pa.table({"a": x[:, 0], "b": x[:, 1]})
    for name, given in rows.items():
        path = tmp_path / f"{name}{suffix}"
        assert model.predict_to(given, path) == N
        found = READERS[suffix](path)
        assert found.column_names == ["row", "label", *(f"probability_{j}" for j in range(K)), "log_density"]
        frame = rows["frame"]
        np.testing.assert_array_equal(found["row"], np.arange(N))
        np.testing.assert_array_equal(found["label"], model.predict(frame))
        probability = np.stack([found[f"probability_{j}"] for j in range(K)], axis=1)
        np.testing.assert_array_equal(probability, model.predict_proba(frame))
        np.testing.assert_array_equal(found["log_density"], model.score_samples(frame))


def test_only_what_is_asked_for(model, folder, tmp_path):
    path = tmp_path / "labels.parquet"
    model.predict_to(folder, path, columns=["log_density", "label"])
    assert pq.read_table(path).column_names == ["log_density", "label"]
    model.predict_to(folder, path, columns=["row"], force=True)
    assert pq.read_table(path)["row"].to_pylist() == list(range(N))
    for wrong in ("label", [], ["label", "label"], ["responsibility"]):
        with pytest.raises(ConfigError, match="columns must be some of 'row', 'label', 'probability', 'log_density'"):
            model.predict_to(folder, path, columns=wrong, force=True)


def test_float32_rows_give_float32(x, tmp_path):
    narrow = x.astype(np.float32)
    model = GaussianMixture(K, random_state=0).fit(narrow)
    model.predict_to(narrow, tmp_path / "p.feather", columns=["probability"])
    found = feather.read_table(tmp_path / "p.feather")
    assert {field.type for field in found.schema} == {pa.float32()}
    np.testing.assert_array_equal(found["probability_1"], model.predict_proba(narrow)[:, 1])


def test_nothing_is_replaced_without_a_word(model, folder, tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("precious")
    with pytest.raises(FileError, match=r"labels\.csv is there already; give force=True"):
        model.predict_to(folder, path)
    assert path.read_text() == "precious"
    model.predict_to(folder, path, force=True)
    assert path.read_text().startswith("row,label,")
    read = folder / "1.parquet"
    with pytest.raises(FileError, match="is the file that is read"):
        model.predict_to(folder, read, force=True)
    assert pq.read_metadata(read).num_rows == 4001
    for name in ("labels.txt", "labels", "labels.csv.gz"):
        with pytest.raises(ConfigError, match=r"known by its suffix, and '.*' is not one of \.csv, \.parquet"):
            model.predict_to(folder, tmp_path / name)


def test_nothing_is_replaced_where_nobody_knows_what_is_read(model, x, tmp_path):
    table = pa.table({"a": x[:, 0], "b": x[:, 1]})
    path = tmp_path / "rows.parquet"
    pq.write_table(table, path)
    before = path.read_bytes()
    local = pa.fs.SubTreeFileSystem(str(tmp_path), pa.fs.LocalFileSystem())
    union = pyarrow.dataset.dataset([pyarrow.dataset.dataset(path), pyarrow.dataset.dataset(table)])
    for rows, said in (
        (open_rows(pl.scan_parquet(path)), "may be what the rows are read from"),
        (open_rows(lambda: pq.read_table(path)), "may be what the rows are read from"),
        (pyarrow.dataset.dataset("rows.parquet", filesystem=local), "may be what the rows are read from"),
        (union, "is the file that is read"),
    ):
        with pytest.raises(FileError, match=said):
            model.predict_to(rows, path, force=True)
        assert path.read_bytes() == before
    other = tmp_path / "labels.csv"
    model.predict_to(open_rows(pl.scan_parquet(path)), other, columns=["label"])
    for rows in (table, table.to_pandas(), pl.from_arrow(table), pyarrow.dataset.dataset(table)):
        model.predict_to(open_rows(rows), other, columns=(name for name in ["label"]), force=True)
        assert other.read_text().startswith("label\n")


def test_a_bad_row_at_the_end_leaves_nothing(model, folder, tmp_path):
    pq.write_table(pa.table({"a": [1.0, None], "b": [1.0, 2.0]}), folder / "9.parquet")
    with pytest.raises(DataError, match=r"column 'a' has 1 missing value, the first in row 1 .*9\.parquet"):
        model.predict_to(folder, tmp_path / "labels.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["rows"]


CHILD = """
import os, resource, signal, sys, time
import numpy as np
from gaussmix import GaussianMixture
x = np.random.default_rng(0).normal(size=(400, 2))
model = GaussianMixture(16, random_state=0, max_iter=1, tol=1.0).fit(x)
"""

FULL_DISK = """
# No file may grow beyond 50,000 bytes: writing more fails half-way, as on a full disk.
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    model.predict_to(np.zeros((10_000, 2)) + np.arange(10_000)[:, np.newaxis], sys.argv[1], force=True)
except OSError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize("suffix", READERS)
def test_a_disk_that_is_full_half_way(tmp_path, suffix):
    path = tmp_path / f"labels{suffix}"
    path.write_text("precious")
    command = [sys.executable, "-W", "ignore", "-c", CHILD + FULL_DISK, str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stdout == f"FileError {path} cannot be written: File too large\n"
    assert ended.stderr == ""
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [(path.name, "precious")]


KILLED = """
def stall(descriptor):
    print("written", flush=True)  # all bytes are in the other file; the disk takes its time
    time.sleep(60)
os.fsync = stall
model.predict_to(x, sys.argv[1], force=True)
"""


def test_a_process_that_is_killed(tmp_path):
    path = tmp_path / "labels.parquet"
    path.write_text("precious")
    command = [sys.executable, "-W", "ignore", "-c", CHILD + KILLED, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert path.read_text() == "precious"


LARGE = """
from gaussmix import open_rows
from gaussmix.data import chunks, parts, tables
parts.BATCH_VALUES = chunks.PART_VALUES = tables.GROUP_VALUES = 1 << 16  # so that few rows are many batches
peaks = []
for path in sys.argv[1:]:
    print(model.predict_to(open_rows(path), path.replace(".parquet", "-out.parquet")))
    peaks.append(peak())
print(peaks[1] - peaks[0])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux keeps the peak by process")
def test_memory_does_not_grow_with_the_rows(tmp_path):
    # The first is larger than all that is in memory at once, so that what it took is what any file takes.
    rng = np.random.default_rng(0)
    sizes = {"smaller": 200_000, "larger": 1_200_000}
    for name, n in sizes.items():
        pq.write_table(pa.table({column: rng.normal(size=n) for column in "ab"}), tmp_path / f"{name}.parquet")
    command = [sys.executable, "-W", "ignore", "-c", PEAK + CHILD + LARGE]
    command += [str(tmp_path / f"{name}.parquet") for name in sizes]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    *written, kilobytes = map(int, said)
    assert written == [pq.read_metadata(tmp_path / f"{name}-out.parquet").num_rows for name in sizes]
    assert written == list(sizes.values())
    # 150 MB of results more. 8 to 13 MB were measured.
    assert kilobytes < 50_000


def test_how_far_it_is_can_be_heard(model, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "BATCH_VALUES", 2002)
    heard: list[int] = []
    assert model.predict_to(folder, tmp_path / "out.csv", columns=["label"], callback=heard.append) == N
    assert heard == sorted(set(heard))
    assert len(heard) > 1
    assert heard[-1] == N

    def give_up(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.predict_to(folder, tmp_path / "none.csv", callback=give_up)
    assert not (tmp_path / "none.csv").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "rows"]
