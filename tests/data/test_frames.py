"""Data frames of several libraries: the rows of the array, or an error that names the column."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from gaussmix import GaussianMixture
from gaussmix.errors import DataError


@pytest.fixture
def columns():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(0.0, 1.0, (100, 2)), rng.normal(7.0, 1.0, (100, 2))])
    return {"a": x[:, 0], "b": x[:, 1]}


FRAMES = {
    "pandas": pd.DataFrame,
    "pandas, nullable": lambda columns: pd.DataFrame(columns).convert_dtypes(),
    "pandas, objects": lambda columns: pd.DataFrame(columns).astype(object),
    "polars": pl.DataFrame,
    "arrow": pa.table,
}


@pytest.mark.parametrize("library", FRAMES)
def test_a_frame_is_its_array(columns, library):
    frame = FRAMES[library](columns)
    x = np.stack(list(columns.values()), axis=1)
    from_array = GaussianMixture(2, random_state=0).fit(x)
    model = GaussianMixture(2, random_state=0).fit(frame)
    np.testing.assert_array_equal(model.means_, from_array.means_)
    np.testing.assert_array_equal(model.predict_proba(frame), from_array.predict_proba(x))
    assert list(model.feature_names_in_) == ["a", "b"]


@pytest.mark.parametrize("library", ["pandas", "polars", "arrow"])
def test_columns_that_are_not_numeric_are_named(columns, library):
    frame = FRAMES[library]({"name": ["x"] * 200, **columns, "day": np.array(["2020-01-01"] * 200, "datetime64[ms]")})
    with pytest.raises(
        DataError,
        match=r"not numeric: name \(String, 'x' for one\), day \(Date.*, '2020-01-01.*Choose .* X\[\['a', 'b'\]\]",
    ):
        GaussianMixture(2).fit(frame)


def test_columns_of_one_name_are_refused(columns):
    frame = pd.concat([pd.DataFrame(columns), pd.DataFrame(columns)], axis=1)
    with pytest.raises(DataError, match=r"more than once: .*'a'"):
        GaussianMixture(2).fit(frame)


def test_rows_that_are_not_there_are_refused_with_advice(columns):
    with pytest.raises(TypeError, match=r"give rows\.collect\(\)"):
        GaussianMixture(2).fit(pl.DataFrame(columns).lazy())
    table = pa.table(columns)
    with pytest.raises(TypeError, match="only once"):
        GaussianMixture(2).fit(pa.RecordBatchReader.from_batches(table.schema, table.to_batches()))


@pytest.mark.parametrize(
    ("values", "example"),
    [
        (pd.Categorical(["x", "y"] * 100), "'x' in row 0"),
        (pd.Series([1.5] * 199 + ["late"], dtype=object), "'late' in row 199"),
        (pd.period_range("2000", periods=200, freq="D"), "'2000-01-01' in row 0"),
        (pd.interval_range(0, 200), r"'\(0, 1\]' in row 0"),
    ],
)
def test_objects_and_categories_that_are_no_numbers_are_named_too(columns, values, example):
    frame = pd.DataFrame({"c": values, **columns, "s": "text", "n": pd.Categorical([1, 2] * 100)})
    said = rf"not numeric: c \({example} \(from 0\)\), s \(String, 'text' for one\)\. Choose .* X\[\['a', 'b', 'n'\]\]"
    with pytest.raises(DataError, match=said):
        GaussianMixture(2).fit(frame)


def test_numbers_in_objects_and_categories_are_numbers(columns):
    frame = pd.DataFrame({"c": pd.Categorical([1, 2] * 100), "o": pd.Series([1, 2.5] * 100, dtype=object), **columns})
    x = np.column_stack([[1, 2] * 100, [1, 2.5] * 100, *columns.values()])
    found = GaussianMixture(1).fit(frame)
    np.testing.assert_array_equal(found.means_, GaussianMixture(1).fit(x).means_)


def test_masked_values_are_missing_ones():
    x = np.ma.masked_array(np.random.default_rng(0).normal(size=(50, 2)), mask=False)
    model = GaussianMixture(1).fit(x)
    np.testing.assert_array_equal(model.means_, GaussianMixture(1).fit(x.data).means_)
    x[[3, 7], 1] = np.ma.masked
    for ask in (GaussianMixture(1).fit, model.predict):
        with pytest.raises(DataError, match=r"2 masked values, .* the first in row 3, column 1 \(from 0\)"):
            ask(x)
