"""check_data: everything that estimators take, the same findings from all of it, and rows that no fit would take."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gaussmix import Dialect, GaussianMixture, check_data, open_rows
from gaussmix.data.csv import write_csv
from gaussmix.data.table import UnjudgedArray
from gaussmix.errors import ConfigError, DataError, GaussmixError
from gaussmix.insight.data_check.sample import draw_sample
from gaussmix.kernels.census import take_census

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"
MEASURED = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]


@pytest.fixture
def columns():
    """Rows with something of everything."""
    rng = np.random.default_rng(0)
    n = 300
    a, b = rng.normal(20.0, 3.0, (2, n))
    holes = rng.normal(size=n)
    holes[[5, 70]] = np.nan
    coded = rng.normal(5.0, 1.0, n)
    coded[::40] = -999.0
    return {
        "a": a,
        "inches": a / 2.54,
        "b": b,
        "total": a + b,
        "holes": holes,
        "coded": coded,
        "number": np.arange(n, dtype=float),
        "one": np.ones(n),
    }


WRITERS = {
    "csv": write_csv,
    "parquet": lambda path, columns: pq.write_table(pa.table(columns), path, row_group_size=37),
    "feather": lambda path, columns: pyarrow.feather.write_feather(pa.table(columns), path, chunksize=41),
}
FRAMES = {
    "pandas": pd.DataFrame,
    "pandas, nullable": lambda columns: pd.DataFrame(columns).convert_dtypes(),
    "pandas, objects": lambda columns: pd.DataFrame(columns).astype(object),
    "polars": pl.DataFrame,
    "polars, nulls": lambda columns: pl.DataFrame(columns).fill_nan(None),
    "arrow": pa.table,
}


@pytest.fixture
def expected(columns):
    check = check_data(pd.DataFrame(columns))
    assert check.codes == (
        "missing-values",
        "constant-column",
        "duplicated-columns",
        "collinear-columns",
        "identifier",
        "missing-code",
        "few-rows-for-components",
    )
    return check


def said(check):
    """All but the words for places, which differ."""
    return [{**finding, "sentence": None} for finding in check.to_dict()["findings"]]


@pytest.mark.parametrize("library", FRAMES)
def test_frames(columns, expected, library):
    assert check_data(FRAMES[library](columns)).to_dict() == expected.to_dict()


@pytest.mark.parametrize("suffix", WRITERS)
def test_files(columns, expected, tmp_path, suffix):
    path = tmp_path / f"rows.{suffix}"
    WRITERS[suffix](path, columns)
    for rows in (path, str(path), open_rows(path)):
        check = check_data(rows)
        assert said(check) == said(expected)
        assert check.n_rows == 300
    line = "line 7" if suffix == "csv" else "row 5 (from 0)"
    assert f"the first in {line}" in str(check.findings[0])


def test_a_folder_of_parts(columns, expected, tmp_path):
    for i, part in enumerate(np.split(np.arange(300), [7, 150])):
        WRITERS["parquet"](tmp_path / f"{i}.parquet", {name: values[part] for name, values in columns.items()})
    assert said(check_data(tmp_path)) == said(expected)


@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays(columns, expected, order):
    x = np.asarray(np.stack(list(columns.values()), axis=1), order=order)
    check = check_data(x)
    assert check.codes == expected.codes
    assert check.columns == tuple(f"x{j}" for j in range(8))
    assert check_data(x.tolist()).to_dict() == check.to_dict()
    assert [f.figures for f in check.findings] == [f.figures for f in expected.findings]


def test_weights_in_a_column(columns, tmp_path):
    weight = np.ones(300)
    weight[[3, 9]] = -1.0, np.nan
    weight[4] = 0.0
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({**columns, "w": weight}), path)
    from_file = check_data(path, sample_weight="w")
    assert said(from_file) == said(check_data(pd.DataFrame(columns), sample_weight=weight))
    assert "2 row weights are negative, missing or infinite, the first in row 3" in str(from_file)
    assert "w" not in from_file.columns
    assert "1 row of 300 has weight 0" in str(from_file)


# --- penguins -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [None, 3])
def test_penguins_are_in_order(k):
    check = check_data(PENGUINS, columns=MEASURED, n_components=k)
    assert (check.ok, check.n_rows, check.columns) == (True, 342, tuple(MEASURED))
    assert check.findings == ()


def test_text_is_found_and_the_rest_is_looked_at():
    check = check_data(PENGUINS)
    (finding,) = check.findings
    assert finding.code == "not-numeric"
    assert finding.columns == ("species", "island")
    assert "'species' ('Adelie' in line 2)" in finding.sentence
    assert check.columns == tuple(MEASURED)
    for frame in (pd.read_csv(PENGUINS), pl.read_csv(PENGUINS)):
        (finding,) = check_data(frame).findings
        assert "'species' (String, 'Adelie' for one)" in finding.sentence
        assert check_data(frame).columns == check.columns


# --- rows that no fit would take ------------------------------------------------------------------------------------


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame, pa.table])
def test_only_text(frame, tmp_path):
    check = check_data(frame({"name": ["a", "b"], "town": ["c", "d"]}))
    assert check.codes == ("not-numeric",)
    assert (check.n_rows, check.columns) == (None, ())
    path = tmp_path / "names.csv"
    path.write_text("name,town\na,c\nb,d\n")
    assert check_data(path).codes == ("not-numeric",)


def test_dates_categories_and_late_text():
    n = 1000
    mixed = np.arange(n).astype(object)
    mixed[777] = "n/a?"
    frame = pd.DataFrame(
        {
            "when": pd.date_range("2024-01-01", periods=n),
            "class": pd.Categorical(["x"] * n),
            "code": pd.Categorical(np.arange(n) % 50),
            "mixed": mixed,
            "value": np.random.default_rng(0).normal(size=n),
        }
    )
    check = check_data(frame)
    assert check.columns == ("code", "value")
    assert "'mixed' ('n/a?' in row 777 (from 0))" in str(check.findings[0])


GAPS = {
    "pandas, nullable": lambda a, b: pd.DataFrame({"a": pd.array(a, "Int64"), "b": pd.array(b, "boolean")}),
    "pandas, arrow": lambda a, b: pd.DataFrame({"a": pd.array(a, "int64[pyarrow]"), "b": pd.array(b, "bool[pyarrow]")}),
    "polars": lambda a, b: pl.DataFrame({"a": a, "b": b}),
    "arrow": lambda a, b: pa.table({"a": a, "b": b}),
}


@pytest.mark.parametrize("library", GAPS)
def test_nulls_of_whole_numbers_and_truth_values(library):
    a = [None if i == 4 else i * i % 37 for i in range(60)]
    b = [None if i in (5, 6) else i % 2 == 0 for i in range(60)]
    check = check_data(GAPS[library](a, b))
    assert check.columns == ("a", "b")
    assert check.findings[0].figures == {"n_values": 3, "n_incomplete_rows": 3, "first_row": 4}


def test_names_that_are_one_in_words():
    with pytest.raises(DataError, match="more than once: 1, 1"):
        check_data(pd.DataFrame({1: [1.0, 2.0], "1": [2.0, 3.0]}))


def test_numbers_written_as_text_are_text_in_frames_as_for_fits():
    frame = pl.DataFrame({"a": ["1", "2"] * 20, "b": np.arange(40) * 0.1})
    assert check_data(frame).codes[0] == "not-numeric"
    with pytest.raises(DataError, match="not numeric: a"):
        GaussianMixture(1).fit(frame)


@pytest.mark.parametrize("n_bad", [1, 50])
def test_nothing_finite(n_bad):
    x = np.full((50, 2), np.inf)
    x[:n_bad] = np.nan
    assert not check_data(x).ok
    assert check_data(np.full((50, 2), np.nan)).codes[0] == "empty-column"


def test_no_row_counts():
    check = check_data(np.ones((10, 2)), sample_weight=np.zeros(10))
    assert check.codes == ("no-weight",)
    assert check.notes == ("no row counts, so that nothing was looked for in the columns",)


@pytest.mark.parametrize(
    ("rows", "options", "error", "said"),
    [
        (np.ones(5), {}, DataError, "shape \\(5,\\)"),
        (np.ones((5, 0)), {}, DataError, "no columns"),
        (np.ones((0, 2)), {}, DataError, "no rows"),
        ([[1.0], [1.0, 2.0]], {}, DataError, "no table"),
        (np.ones((5, 2), complex), {}, DataError, "Complex data not supported"),
        (np.ones((5, 2)), {"sample_weight": np.ones(4)}, DataError, "shape \\(5,\\)"),
        (np.ones((5, 2)), {"sample_weight": "w"}, ConfigError, "only where the rows are in a file"),
        (np.ones((5, 2)), {"sample_weight": ["a"] * 5}, DataError, "must be numbers"),
        (np.ones((5, 2)), {"n_components": 0}, ConfigError, "n_components"),
        (np.ones((5, 2)), {"n_components": True}, ConfigError, "n_components"),
        (np.ones((5, 2)), {"covariance_type": "round"}, ConfigError, "'round'"),
        (np.ones((5, 2)), {"columns": ["a"]}, ConfigError, "in files"),
        (np.ones((5, 2)), {"dialect": Dialect()}, ConfigError, "in files"),
        (PENGUINS, {"columns": ["weight"]}, DataError, "no column 'weight'"),
        (PENGUINS, {"sample_weight": [1.0]}, ConfigError, "name of its column"),
        (pl.LazyFrame({"a": [1.0]}), {}, TypeError, "collect"),
    ],
)
def test_what_is_no_table_is_an_error(rows, options, error, said):
    with pytest.raises(error, match=said):
        check_data(rows, **options)


SHAPES = st.tuples(st.integers(1, 40), st.integers(1, 5))
SOME = st.sampled_from([0.0, 1.0, -999.0])


@given(
    arrays(np.float32, SHAPES, elements=st.floats(width=32) | SOME)
    | arrays(np.float64, SHAPES, elements=st.floats() | SOME),
    st.sampled_from(["full", "tied", "diag", "spherical"]),
    st.none() | st.integers(1, 9),
    st.booleans(),
)
def test_any_rows_are_looked_at(x, covariance_type, n_components, with_weights):
    """No crash, no warning, strict JSON; and what a fit refuses is an error here."""
    weight = x[:, 0] if with_weights else None
    check = check_data(x, covariance_type=covariance_type, n_components=n_components, sample_weight=weight)
    record = json.loads(check.to_json())
    assert [finding["code"] for finding in record["findings"]] == [finding.code for finding in check.findings]
    refused = any(finding.severity.value == "error" for finding in check.findings)
    if n_components is not None:
        model = GaussianMixture(n_components, covariance_type=covariance_type, max_iter=1, random_state=0)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of fits that did not converge, or of too few rows
                model.fit(x, sample_weight=weight)
        except (GaussmixError, ValueError):
            assert refused
        else:
            assert not refused


# --- more rows than are looked at closely ---------------------------------------------------------------------------


def test_a_sample_is_said_to_be_one(tmp_path, monkeypatch):
    monkeypatch.setattr(draw_sample, "__defaults__", (4000,))
    rng = np.random.default_rng(0)
    a = rng.normal(size=60_000)
    holes = rng.normal(size=60_000)
    holes[50_001] = np.nan
    path = tmp_path / "rows.parquet"
    number = rng.permutation(60_000).astype(float)
    columns = {
        "a": a,
        "b": 2.0 * a,
        "holes": holes,
        "number": number,
        "grade": (np.arange(60_000) > 59_990).astype(float),
    }
    pq.write_table(pa.table(columns), path, row_group_size=1000)
    check = check_data(path)
    assert check.codes == ("missing-values", "duplicated-columns", "binary-column", "identifier", "scale-span")
    assert "800 rows drawn from the 60,000" in str(check.findings[1])
    assert "all different in 800 rows drawn from the 60,000" in str(check.findings[3])
    assert "row 50001" in str(check.findings[0])  # exact, whatever the sample
    assert check_data(pd.DataFrame(columns)).to_dict() == check.to_dict()


def test_the_sample_is_bounded_and_fair():
    x = np.arange(100_000.0)[:, np.newaxis]
    source = UnjudgedArray(x)
    sample = draw_sample(source, take_census(source), 10_000)
    assert len(sample) == 10_000
    assert len(np.unique(sample.x)) == 10_000
    np.testing.assert_array_equal(sample.x[:, 0], sample.numbers)
    assert abs(sample.x.mean() - 50_000.0) < 4.0 * 100_000.0 / math.sqrt(12.0 * 10_000)


# --- the report -----------------------------------------------------------------------------------------------------


def test_the_report_is_text_values_and_json(expected):
    assert repr(expected) == str(expected)
    assert all(len(line) <= 80 for line in str(expected).splitlines())
    assert "1 error (a fit refuses these rows), 5 warnings (a fit may mislead), 1 note." in str(expected)
    record = json.loads(expected.to_json())
    assert record == expected.to_dict()
    assert record["ok"] is False
    assert set(record["findings"][0]) == {"code", "severity", "columns", "sentence", "remedy", "figures"}
    with pytest.raises(AttributeError):
        expected.n_rows = 1


def test_names_cannot_write_on_the_terminal():
    text = str(check_data(pd.DataFrame({"a\x1b[31m\n": np.ones(30), "b": np.random.default_rng(0).normal(size=30)})))
    assert "\x1b" not in text
    assert "'a\\x1b[31m\\n'" in text


@pytest.mark.parametrize("library", [pa.table, pd.DataFrame, pl.DataFrame])
@pytest.mark.parametrize("with_gap", [False, True])
def test_whole_numbers_that_no_float_holds(library, with_gap):
    whole = (2**60 + 3 * np.arange(600)).tolist()
    if with_gap:
        whole[5] = None
    table = pa.table({"a": np.random.default_rng(0).normal(size=600), "id": pa.array(whole)})
    frame = table.to_pandas(types_mapper=pd.ArrowDtype) if library is pd.DataFrame else library(table)
    assert "large-whole-numbers" in check_data(frame).codes


def test_data_sets_and_functions_of_batches(columns, expected, tmp_path):
    table = pa.table({**columns, "name": ["x"] * 300, "weight": np.full(300, 2.0)})
    pq.write_table(table, tmp_path / "rows.parquet")
    for rows in (pyarrow.dataset.dataset(tmp_path), pyarrow.dataset.dataset(table), lambda: table.to_batches(77)):
        check = check_data(rows, columns=["!name", "!weight"])
        assert check.findings == expected.findings
        check = check_data(rows, sample_weight="weight")
        assert check.codes == ("not-numeric", *expected.codes[:-1], "few-rows-for-components", "equal-weights")
        assert "name" in check.findings[0].columns
        with pytest.raises(ConfigError, match="column of weights"):
            check_data(rows, sample_weight=np.ones(300))


def test_masked_values_are_missing():
    for dtype in (float, np.float32, int):
        x = np.ma.masked_array(np.random.default_rng(0).integers(0, 1000, (50, 2)).astype(dtype), mask=False)
        assert "missing-values" not in check_data(x).codes
        x[3, 1] = np.ma.masked
        missing = check_data(x).findings[0]
        assert missing.code == "missing-values"
        assert missing.columns == ("x1",)


def test_objects_that_are_all_none_are_an_empty_column():
    frame = pd.DataFrame({"a": np.random.default_rng(0).normal(size=50), "b": pd.Series([None] * 50, dtype=object)})
    assert check_data(frame).codes[0] == "empty-column"


@pytest.mark.parametrize("first", [2**60, 10**25])
@pytest.mark.parametrize("step", [1, 3])
def test_identifiers_that_rounding_made_one_are_not_constant(tmp_path, first, step):
    a = np.random.default_rng(0).normal(size=300)
    whole = [first + step * i for i in range(300)]
    path = tmp_path / "rows.csv"
    path.write_text("a,id\n" + "".join(f"{x},{i}\n" for x, i in zip(a, whole, strict=True)))
    frame = pd.DataFrame({"a": a, "id": pd.Series(whole, dtype=object)})
    for rows in (path, frame, np.array(frame[["id", "a"]], dtype=object)):
        codes = check_data(rows).codes
        assert "large-whole-numbers" in codes
        assert not {"constant-column", "binary-column", "few-values"} & set(codes)
    assert check_data(pd.DataFrame({"a": a, "c": 1e25})).codes == ("constant-column",)
