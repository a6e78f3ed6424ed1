"""Rows that come as batches: from data sets, tables, lazy frames and functions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from gaussmix import Dialect, GaussianMixture, open_rows
from gaussmix.data import parts, spool
from gaussmix.errors import ConfigError, DataError, DataWarning

N = 6000


@pytest.fixture(scope="module")
def x(clusters) -> np.ndarray:
    return clusters(N, 2, 3, seed=9)


@pytest.fixture(scope="module")
def table(x) -> pa.Table:
    whole = pa.table({"name": ["x"] * N, "a": x[:, 0], "b": x[:, 1], "w": np.resize([1.0, 2.0], N)})
    return pa.concat_tables([whole.slice(0, 1), whole.slice(1, 2500), whole.slice(2501)])


@pytest.fixture
def folder(table, tmp_path):
    for i in range(3):
        pq.write_table(table.slice(2000 * i, 2000), tmp_path / f"{i}.parquet", row_group_size=300)
    return tmp_path


WAYS = {
    "a table": lambda table, folder: table,
    "a batch": lambda table, folder: table.combine_chunks().to_batches()[0],
    "polars": lambda table, folder: pl.from_arrow(table),
    "polars, lazy": lambda table, folder: pl.scan_parquet(folder / "*.parquet"),
    "pandas": lambda table, folder: table.to_pandas().set_index(pd.Index(np.arange(N) * 1.5, name="id")),
    "a data set": lambda table, folder: ds.dataset(folder),
    "a data set in memory": lambda table, folder: ds.dataset(table),
    "a filtered data set": lambda table, folder: ds.dataset(folder).filter(ds.field("w") > 0),
    "a function of batches": lambda table, folder: lambda: table.to_batches(max_chunksize=77),
    "a function of frames": lambda table, folder: (
        lambda: (pl.from_arrow(table.slice(i, 999)) for i in range(0, N, 999))
    ),
    "a function of a reader": lambda table, folder: table.to_reader,
    "a function of a table": lambda table, folder: lambda: table,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("spooled", [True, False], ids=["spooled", "asked again"])
def test_the_bits_are_those_of_the_array(x, table, folder, monkeypatch, way, spooled):
    monkeypatch.setattr(parts, "BATCH_VALUES", 1001)
    if not spooled:
        monkeypatch.setattr(spool, "_has_room", lambda block: False)
    settings = {"n_components": 3, "random_state": 0, "tol": 1e-3}
    in_memory = GaussianMixture(**settings).fit(x, sample_weight=table["w"])
    rows = open_rows(WAYS[way](table, folder), ["a", "b"], "w")
    model = GaussianMixture(**settings).fit(rows)
    assert model.means_.tobytes() == in_memory.means_.tobytes()
    assert model.covariances_.tobytes() == in_memory.covariances_.tobytes()
    assert (
        model.predict_proba(open_rows(WAYS[way](table, folder), ["a", "b"])).tobytes()
        == in_memory.predict_proba(x).tobytes()
    )
    assert model.lower_bound_ == in_memory.lower_bound_


def test_an_estimator_takes_a_data_set(x, folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    numbers = ds.dataset(folder).filter(ds.field("w") > 0)
    with pytest.raises(DataError, match=r"the data set: not numeric: name \(string\).* columns=\['a', 'b', 'w'\]"):
        GaussianMixture(2).fit(numbers)
    pq.write_table(pa.table({"b": x[:, 1], "a": x[:, 0]}), other / "rows.parquet")
    rows = ds.dataset(other / "rows.parquet")
    model = GaussianMixture(3, random_state=0).fit(rows)
    assert list(model.feature_names_in_) == ["b", "a"]
    expected = GaussianMixture(3, random_state=0).fit(x[:, ::-1])
    assert model.means_.tobytes() == expected.means_.tobytes()
    assert (model.predict(ds.dataset(folder)) == expected.predict(x[:, ::-1])).all()  # by name, in any order
    assert model.predict_to(ds.dataset(folder), other / "labels.parquet") == N


def test_an_index_of_pandas_is_no_column(table, folder):
    frame = WAYS["pandas"](table, folder)
    assert open_rows(frame[["a", "b"]]).feature_names == ("a", "b")


def test_what_can_be_gone_through_only_once_is_refused_with_advice(table):
    for once in (table.to_reader(), iter(table.to_batches()), (batch for batch in table.to_batches())):
        with pytest.raises(TypeError, match=r"only once.*give a function that makes them anew"):
            open_rows(once)
    with pytest.raises(TypeError, match=r"rows are the name of a file, or something that gives batches"):
        open_rows(3)
    with pytest.raises(TypeError, match=r"made of batches of Arrow columns, and here is <class 'int'>"):
        open_rows(lambda: [1, 2])
    with pytest.raises(DataError, match="the stream: there are no rows"):
        open_rows(list)
    with pytest.raises(ConfigError, match="a dialect says how a CSV file is written"):
        open_rows(table, dialect=Dialect())


def test_a_stream_that_does_not_begin_anew_is_noticed(table):
    once = iter(table.to_batches(max_chunksize=500))
    rows = open_rows(lambda: once, ["a", "b"])  # looks at the first batch, which is then gone
    with pytest.raises(DataError, match="does not begin with the rows that it began with at first"):
        GaussianMixture(2).fit(rows)


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (lambda table: table.slice(0, N - 1), "had 6000 rows at first and now 5999"),
        (lambda table: table.slice(0, 1), "had 6000 rows at first and now 1:"),
        (lambda table: table.slice(1), "does not begin with the rows"),
        (lambda table: table.drop_columns(["name"]), "does not begin with the rows"),
        (lambda table: table.rename_columns(["name", "a", "b", "v"]), "other names or types"),
    ],
)
def test_another_stream_in_a_later_pass_is_noticed(table, monkeypatch, second, said):
    monkeypatch.setattr(spool, "_has_room", lambda block: False)
    asked = []

    def ask():
        asked.append(1)
        return table if len(asked) < 3 else second(table)  # once for the columns, once for the first pass

    with pytest.raises(DataError, match=said):
        GaussianMixture(2).fit(open_rows(ask, ["a", "b"]))


def test_a_data_set_whose_file_changes_is_noticed(table, folder, monkeypatch):
    monkeypatch.setattr(spool, "_has_room", lambda block: False)
    rows = open_rows(ds.dataset(folder), ["a", "b"])

    def change(_):
        pq.write_table(table.slice(0, 1000), folder / "1.parquet")

    with pytest.raises(DataError, match=r"1\.parquet changed while its rows were being read"):
        GaussianMixture(2, callback=change, tol=0).fit(rows)


def test_an_error_of_the_function_comes_up(table):
    def broken():
        yield table
        raise RuntimeError("the line is dead")

    with pytest.raises(RuntimeError, match="the line is dead"):
        GaussianMixture(2).fit(open_rows(broken, ["a", "b"]))


def test_large_numbers_are_told():
    numbers = pa.table({"id": np.arange(20) + 2**60, "b": np.arange(20.0) ** 2})
    rows = open_rows(numbers)
    GaussianMixture().fit(rows)
    assert any("looks like an identifier" in note for note in rows.notes)
    with pytest.warns(DataWarning, match="looks like an identifier"):
        GaussianMixture().fit(ds.dataset(numbers))
