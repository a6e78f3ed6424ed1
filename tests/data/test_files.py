"""Rows by the names of files, folders and patterns."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather

from gaussmix import GaussianMixture
from gaussmix.data import spool
from gaussmix.data.arrow import chosen_columns
from gaussmix.data.files import open_rows
from gaussmix.data.read_ahead import read_ahead
from gaussmix.errors import ConfigError, DataError, DataWarning, FileError

N = 3000


@pytest.fixture
def columns():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(0.0, 1.0, (N // 2, 2)), rng.normal(7.0, 1.0, (N // 2, 2))])
    return {"a": x[:, 0], "b": x[:, 1], "w": rng.choice([0.5, 1.0, 2.0], N)}


@pytest.fixture
def parquet(columns, tmp_path) -> Path:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table(columns), path, row_group_size=700)
    return path


def rows_of(source) -> np.ndarray:
    return np.concatenate([block.x for block in source.blocks()])


def test_an_estimator_reads_the_file_that_it_is_named(columns, parquet):
    x, w = np.stack([columns["a"], columns["b"]], axis=1), columns["w"]
    model = GaussianMixture(2, random_state=0)
    from_file = model.fit(str(parquet), sample_weight="w")
    assert list(from_file.feature_names_in_) == ["a", "b"]
    means = from_file.means_
    labels, score = from_file.predict(parquet), from_file.score(parquet, sample_weight="w")
    in_memory = GaussianMixture(2, random_state=0).fit(x, sample_weight=w)
    np.testing.assert_array_equal(means, in_memory.means_)
    np.testing.assert_array_equal(labels, in_memory.predict(x))
    assert score == in_memory.score(x, sample_weight=w)
    with pytest.raises(ConfigError, match="name of its column of weights"):
        model.fit(parquet, sample_weight=w)


def test_predictions_take_the_columns_of_the_fit_in_any_order(columns, parquet, tmp_path):
    model = GaussianMixture(2, random_state=0).fit(parquet)  # a, b and w
    other = tmp_path / "other.feather"
    feather.write_feather(pa.table({"z": columns["w"], **dict(reversed(columns.items()))}), other)
    np.testing.assert_array_equal(model.predict(other), model.predict(parquet))
    pq.write_table(pa.table({"a": columns["a"]}), tmp_path / "less.parquet")
    with pytest.raises(DataError, match="there is no column 'b', 'w'; the columns are a"):
        model.predict(tmp_path / "less.parquet")


def test_folders_and_patterns(columns, tmp_path):
    table = pa.table(columns)
    folder = tmp_path / "many"
    (folder / "deep").mkdir(parents=True)
    pq.write_table(table.slice(0, 1000), folder / "1.parquet")
    feather.write_feather(table.slice(1000, 500), folder / "deep" / "2.feather")
    pq.write_table(table.slice(1500), folder / "deep" / "3.pq")
    (folder / "_metadata").write_text("no rows")
    (folder / ".hidden.parquet").write_text("no rows")
    expected = np.stack(list(columns.values()), axis=1)
    np.testing.assert_array_equal(rows_of(open_rows(folder)), expected)
    np.testing.assert_array_equal(rows_of(open_rows(f"{folder}/**/[0-9].*")), expected)
    np.testing.assert_array_equal(rows_of(open_rows(f"{folder}/*.parquet")), expected[:1000])
    np.testing.assert_array_equal(open_rows(folder).take(np.array([2999, 0, 1200, 0])).x, expected[[2999, 0, 1200, 0]])


def test_what_names_no_rows_is_said(columns, tmp_path):
    with pytest.raises(FileError, match="no file has a name like"):
        open_rows(tmp_path / "*.parquet")
    with pytest.raises(FileError, match="no file of rows in the folder"):
        open_rows(tmp_path)
    with pytest.raises(FileError, match="No such file"):
        open_rows(tmp_path / "nowhere.feather")
    (tmp_path / "rows.xlsx").touch()
    with pytest.raises(ConfigError, match=r"'\.xlsx' is not one of \.csv, \.parquet"):
        open_rows(tmp_path / "rows.xlsx")
    (tmp_path / "rows.xlsx").unlink()
    pq.write_table(pa.table(columns).slice(0, 0), tmp_path / "empty.parquet")
    with pytest.raises(DataError, match="there are no rows"):
        rows_of(open_rows(tmp_path / "empty.parquet"))


def test_parts_that_do_not_fit_together_are_named(columns, tmp_path):
    pq.write_table(pa.table(columns), tmp_path / "1.parquet")
    pq.write_table(pa.table({"a": columns["a"], "w": columns["w"]}), tmp_path / "2.parquet")
    with pytest.raises(DataError, match=r"2.parquet has no column 'b', which .*1.parquet has"):
        open_rows(tmp_path)
    pq.write_table(pa.table({**columns, "b": ["text"] * N}), tmp_path / "2.parquet")
    with pytest.raises(DataError, match=r"2.parquet: not numeric: b \(string\)"):
        open_rows(tmp_path)
    pq.write_table(pa.table({**columns, "b": np.arange(N)}), tmp_path / "2.parquet")
    with pytest.raises(DataError, match=r"column 'b' is int64 in .*2.parquet and double in .*1.parquet"):
        open_rows(tmp_path)
    pq.write_table(pa.table({**columns, "more": columns["a"]}), tmp_path / "2.parquet")
    with pytest.raises(DataError, match=r"2.parquet has columns that .*1.parquet has not: more; choose"):
        open_rows(tmp_path)
    assert open_rows(tmp_path, ["a"]).n_features == 1
    pq.write_table(pa.table({**columns, "w": -columns["w"]}), tmp_path / "2.parquet")
    with pytest.raises(DataError, match=r"2.parquet: the weights in column 'w' must be .* row 0 "):
        rows_of(open_rows(tmp_path, weight="w"))


@pytest.mark.parametrize("name", ["rows.parquet", "rows.feather"])
def test_damaged_files_are_said_to_be(columns, tmp_path, name):
    path = tmp_path / name
    table = pa.table(columns)
    if name.endswith("parquet"):
        pq.write_table(table, path)
    else:
        feather.write_feather(table, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=f"{name} cannot be read as .*damaged, cut short"):
        rows_of(open_rows(path))
    path.write_bytes(b"PK\x03\x04" + bytes(5000))
    with pytest.raises(DataError, match=f"{name} cannot be read as "):
        rows_of(open_rows(path))


def test_flipped_bytes_give_an_error_or_rows_but_nothing_else(parquet):
    """Parquet's pages carry no checksum by default: a wrong number may look like one."""
    whole = bytearray(parquet.read_bytes())
    rng = np.random.default_rng(1)
    refused = 0
    for place in rng.integers(0, len(whole), 60):
        damaged = whole.copy()
        damaged[place] ^= 0xFF
        parquet.write_bytes(damaged)
        try:
            assert rows_of(open_rows(parquet)).shape[1] == 3
        except DataError:
            refused += 1
    assert refused


def test_a_file_that_changes_between_passes_is_noticed(parquet, columns):
    source = open_rows(parquet)
    rows_of(source)
    pq.write_table(pa.table(columns).slice(1), parquet)
    with pytest.raises(DataError, match=r"rows\.parquet changed while its rows were being read"):
        rows_of(source)
    kept = open_rows(parquet).for_passes()
    rows_of(kept)
    os.utime(parquet, ns=(1, 1))
    with pytest.raises(DataError, match="changed"):
        rows_of(kept)
    gone = open_rows(parquet)
    parquet.unlink()
    with pytest.raises(FileError, match="No such file"):
        rows_of(gone)


@pytest.mark.parametrize("weight", [None, "w"])
def test_a_second_pass_reads_the_spool(parquet, columns, weight, monkeypatch):
    source = open_rows(parquet, ["a", "b"], weight).for_passes()
    assert source.for_passes() is source
    first = list(source.blocks())
    monkeypatch.setattr("gaussmix.data.parquet.ParquetPart.batches", lambda *_: pytest.fail("the file was read again"))
    second = list(source.blocks())
    numbers = np.array([7, 2999, 7, 0])
    taken = source.take(numbers)
    for name in ("x", "weight"):
        whole = np.concatenate([getattr(block, name) for block in first])
        np.testing.assert_array_equal(np.concatenate([getattr(block, name) for block in second]), whole)
        np.testing.assert_array_equal(getattr(taken, name), whole[numbers])
    with pytest.raises(IndexError, match="3000 is out of bounds"):
        source.take(np.array([3000]))


def test_without_room_for_a_spool_the_file_is_read_again(parquet, monkeypatch):
    expected = rows_of(open_rows(parquet))
    no_room = open_rows(parquet).for_passes()
    with monkeypatch.context() as patched:
        patched.setattr(spool, "_has_room", lambda block: False)
        for _ in range(2):
            np.testing.assert_array_equal(rows_of(no_room), expected)
    filled_up = open_rows(parquet).for_passes()
    monkeypatch.setattr(spool, "_write", lambda file, values: False)
    for _ in range(2):
        np.testing.assert_array_equal(rows_of(filled_up), expected)


def test_a_pass_that_ends_early_leaves_no_half_filled_spool(parquet, monkeypatch):
    monkeypatch.setattr("gaussmix.data.parts.BATCH_VALUES", 300)
    source = open_rows(parquet).for_passes()
    expected = rows_of(open_rows(parquet))
    blocks = source.blocks()
    next(blocks)
    blocks.close()
    np.testing.assert_array_equal(rows_of(source), expected)
    np.testing.assert_array_equal(rows_of(source), expected)


def test_reading_ahead_keeps_order_and_errors():
    def numbers():
        yield from range(50)
        raise ValueError("at the end")

    seen = []
    with read_ahead(numbers()) as items, pytest.raises(ValueError, match="at the end"):
        seen.extend(iter(items))
    assert seen == list(range(50))


def test_reading_ahead_stops_with_its_context():
    closed = []

    def endless():
        try:
            while True:
                yield 1
        finally:
            closed.append(True)

    with read_ahead(endless()) as items:
        next(items)
    assert closed == [True]


@pytest.mark.parametrize("n_blocks", [1, 3])
def test_a_program_may_end_in_the_middle_of_its_rows(tmp_path, n_blocks):
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n" + "1.5,text\n" * 2_000_000)
    program = f"""
from gaussmix import open_rows
blocks = open_rows({str(path)!r}, ["a"]).blocks()
for _ in range({n_blocks}):
    next(blocks)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["b", "a1"], ["b", "a1"]),
        (["a*"], ["a1", "a2"]),
        (["b", "a?"], ["b", "a1", "a2"]),
        (["!b"], ["a1", "a2", "[x]", "!y"]),
        (["!a*", "![x]"], ["b", "!y"]),
        (["a*", "!a1"], ["a2"]),
        (["[x]"], ["[x]"]),
        (["!y", "b"], ["!y", "b"]),
        (["*", "!!y"], ["a1", "a2", "b", "[x]"]),
        (None, ["a1", "a2", "b", "[x]", "!y"]),
    ],
)
def test_columns_by_name_pattern_and_exclusion(wanted, found):
    schema = pa.schema([(name, pa.float64()) for name in ("a1", "a2", "b", "[x]", "!y", "w")])
    assert chosen_columns(schema, wanted, "w") == found


@pytest.mark.parametrize(
    ("wanted", "said"),
    [(["c*"], "no column 'c\\*'"), (["!c"], "no column 'c'"), (["a1", "!a*"], "no columns are left")],
)
def test_columns_that_are_not_there(wanted, said):
    schema = pa.schema([(name, pa.float64()) for name in ("a1", "a2")])
    with pytest.raises(DataError, match=said):
        chosen_columns(schema, wanted)


def test_what_was_taken_for_what_is_a_warning(columns, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a;b\n" + "".join(f"{a};{b}\n" for a, b in zip(columns["a"], columns["b"], strict=True)))
    with pytest.warns(DataWarning, match="taken to be separated by ';'"):
        model = GaussianMixture(2, random_state=0).fit(path)
    with pytest.warns(DataWarning):
        labels = model.predict(path)
    with pytest.warns(DataWarning):
        np.testing.assert_array_equal(model.fit_predict(path), labels)
    x = np.stack([columns["a"], columns["b"]], axis=1)
    np.testing.assert_array_equal(model.fit_predict(x), labels)


def test_notes_of_whole_numbers_reach_whoever_opened_the_rows(tmp_path):
    path = tmp_path / "ids.csv"
    path.write_text("id,b\n" + "".join(f"{9007199254740993 + 2 * i},{i % 7}\n" for i in range(50)))
    rows = open_rows(path)
    model = GaussianMixture(1).fit(rows)
    assert len(rows.notes) == 1
    assert rows.notes[0].startswith("column 'id' holds whole numbers beyond 2^53")
    with pytest.warns(DataWarning, match="'id' holds whole numbers"):
        model.fit(path)


def test_names_of_a_model_are_no_patterns(tmp_path):
    rng = np.random.default_rng(0)
    pq.write_table(pa.table({"x[1]": rng.normal(size=50), "!y": rng.normal(size=50)}), tmp_path / "fit.parquet")
    model = GaussianMixture(1).fit(tmp_path / "fit.parquet")
    np.testing.assert_array_equal(model.predict(tmp_path / "fit.parquet"), 0)
    pq.write_table(pa.table({"x1": rng.normal(size=50), "!y": rng.normal(size=50)}), tmp_path / "other.parquet")
    with pytest.raises(DataError, match=r"no column 'x\[1\]'"):
        model.predict(tmp_path / "other.parquet")


def test_nothing_that_a_name_means_is_passed_over(columns, parquet, tmp_path):
    (tmp_path / "gone.parquet").symlink_to(tmp_path / "nowhere")
    for where in (tmp_path, tmp_path / "*.parquet"):
        with pytest.raises(FileError, match=r"gone.parquet cannot be read: No such file"):
            open_rows(where)
    (tmp_path / "gone.parquet").unlink()
    (tmp_path / "more").mkdir()
    parquet.rename(tmp_path / "more" / "rows.parquet")
    pq.write_table(pa.table(columns), tmp_path / "mo.parquet")
    assert len(open_rows(tmp_path / "mo*").paths) == 2
    assert len(open_rows(tmp_path / "**" / "*.parquet").paths) == 2
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(FileError, match="not an ordinary file"):
        open_rows(tmp_path / "pipe.csv")
    with pytest.raises(ConfigError, match="is empty"):
        open_rows("")
    for columns_given in ("ab", []):
        with pytest.raises(ConfigError, match="list of names"):
            open_rows(tmp_path / "mo.parquet", columns_given)


@pytest.mark.parametrize("name", ["rows.parquet", "rows.feather"])
def test_a_file_cut_short_under_way_is_an_error(columns, tmp_path, name, monkeypatch):
    monkeypatch.setattr("gaussmix.data.parts.BATCH_VALUES", 300)
    path = tmp_path / name
    table = pa.table(columns)
    if name.endswith("parquet"):
        pq.write_table(table, path, row_group_size=100)
    else:
        feather.write_feather(table, path, chunksize=100)
    blocks = open_rows(path).blocks()
    next(blocks)
    os.truncate(path, 100)
    with pytest.raises(DataError, match=f"{name} (cannot be read|changed)"):
        list(blocks)


@pytest.mark.parametrize(
    "kind", [pa.ArrowCapacityError, pa.ArrowKeyError, pa.ArrowIndexError, pa.ArrowNotImplementedError, pa.ArrowInvalid]
)
def test_whatever_arrow_finds_wrong_in_a_file_is_an_error_in_the_data(parquet, monkeypatch, kind):
    """These have nothing in common but `ArrowException`: some are a KeyError, an IndexError, a RuntimeError, too."""
    source = open_rows(parquet)
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", failing(kind("more than an array\n can hold")))
    with pytest.raises(DataError, match=r"rows\.parquet cannot be read as Parquet: .*\(more than an array can hold\)"):
        rows_of(source)


@pytest.mark.parametrize("kind", [pa.ArrowMemoryError, pa.ArrowCancelled])
def test_what_is_about_the_process_is_no_error_in_the_data(parquet, monkeypatch, kind):
    source = open_rows(parquet)
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", failing(kind("malloc of size 64 failed")))
    with pytest.raises(kind, match="malloc of size 64 failed"):
        rows_of(source)
    assert issubclass(pa.ArrowMemoryError, MemoryError)  # of which the command has words of its own


def failing(error):
    def fail(*arguments, **named):
        raise error

    return fail


def test_no_place_for_temporary_files(parquet, monkeypatch):
    def fail(**options):
        raise FileNotFoundError("no usable temporary directory")

    monkeypatch.setattr(spool.tempfile, "TemporaryFile", fail)
    source = open_rows(parquet).for_passes()
    for _ in range(2):
        assert len(rows_of(source)) == N


def test_the_column_of_weights_is_remembered(parquet):
    assert GaussianMixture(1).fit(parquet, sample_weight="w").fitted_rows_.weight_name == "w"


@pytest.mark.parametrize("suffix", [".tsv", ".TAB", ".txt", ".tsv.gz", ".txt.gz"])
@pytest.mark.parametrize("separator", ["\t", ";"])
def test_text_by_other_suffixes_is_csv(tmp_path, suffix, separator):
    text = "a\tb\n1\t2\n3\t4\n".replace("\t", separator).encode()
    path = tmp_path / f"rows{suffix}"
    path.write_bytes(gzip.compress(text) if suffix.endswith(".gz") else text)
    rows = open_rows(path)
    assert rows.take(np.arange(2)).x.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    said = separator == "\t" and "txt" not in suffix
    assert rows.notes == (
        () if said else (f"values are taken to be separated by {separator!r} (if they are not: --sep)",)
    )


def test_a_text_file_in_a_folder_may_be_anything(tmp_path):
    (tmp_path / "1.csv").write_text("a,b\n1,2\n")
    (tmp_path / "2.tsv").write_text("a\tb\n3\t4\n")
    assert open_rows(tmp_path).take(np.arange(2)).x.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    (tmp_path / "readme.txt").write_text("a,b\n5,6\n")
    with pytest.raises(ConfigError, match=r"readme\.txt may be a table, or a note .* a pattern such as .*/\*\.txt"):
        open_rows(tmp_path)
    assert open_rows(f"{tmp_path}/*.txt").take(np.arange(1)).x.tolist() == [[5.0, 6.0]]
    (tmp_path / "readme.txt").rename(tmp_path / "_readme.txt")
    assert len(open_rows(tmp_path).paths) == 2
