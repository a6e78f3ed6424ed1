"""gaussmix check: what it prints, in all the ways that rows come in."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from gaussmix import check_data

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"

WRITERS = {
    "csv": pyarrow.csv.write_csv,
    "parquet": pq.write_table,
    "feather": pyarrow.feather.write_feather,
}

TRANSCRIPT = """\
Check of 50 rows, 4 numeric columns
-----------------------------------

2 errors (a fit refuses these rows), 2 warnings (a fit may mislead), 2 notes.

error: not-numeric
    1 column is not numeric: 'who' ('Eve' in line 2).
    -> Choose the columns to fit without them, or code them as numbers if they
    measure something.

error: missing-values
    Column 'mass g' has 1 missing value (the first in line 3). 1 row of 50 is
    not complete.
    -> Drop these rows or fill the values in; where a column has many, leave the
    column out.

warning: duplicated-columns
    Column 'length in' is 'length mm' in other units ('length in' =
    0.03937·'length mm') in the 49 complete rows of the 50 rows: what it
    measures counts twice in distances, and covariances have no inverse without
    a prior.
    -> Keep one of them.

warning: identifier
    Column 'no' rises by one from row to row: it looks like an identifier or the
    order of the rows, which tells nothing of clusters.
    -> Leave it out.

note: few-rows-for-components
    50 rows: from 6 components on, mixtures with diag covariances have more
    parameters (53) than there are rows, and follow their noise.
    -> Fit fewer components or columns, or a covariance with fewer parameters
    (tied, spherical).

note: scale-span
    Standard deviations go from 0.121 ('length in') to 777.7 ('mass g'): a fit
    with diag covariances is the same in any units, but k-means and distances in
    scripts of your own see only the wide columns.
    -> Nothing to do for gaussmix; elsewhere divide each column by its standard
    deviation.

Also: values are taken to be separated by ';' (if they are not: --sep)
"""


@pytest.fixture
def dirty(tmp_path, rows) -> Path:
    path = tmp_path / "birds.csv"
    lines = [f"Eve;{i};{a!r};{'NA' if i == 1 else repr(b)};{a / 25.4!r}" for i, (a, b) in enumerate(rows.tolist())]
    path.write_text("\n".join(["who;no;length mm;mass g;length in", *lines, ""]))
    return path


def test_the_transcript(run, dirty):
    outcome = run("check", dirty, "--covariance", "diag")
    assert outcome == (0, TRANSCRIPT, "")


def test_rows_in_order(run):
    outcome = run("check", PENGUINS, "--columns", "*_mm,*_g", "-k", 3)
    assert outcome.code == 0
    assert outcome.out.endswith("Nothing found.\n")
    assert outcome.err == ""


def test_json_is_what_python_says(run, dirty):
    outcome = run("check", dirty, "--json", "-k", 2, "--columns", "!no")
    assert (outcome.code, outcome.err) == (0, "")
    record = json.loads(outcome.out)
    assert record.pop("settings") == {"n_components": 2, "covariance": "full", "rank": None}
    assert record.pop("data") == {"file": str(dirty), "weight": None}
    assert record == check_data(dirty, n_components=2, columns=["!no"]).to_dict()
    assert record["columns"] == ["length mm", "mass g", "length in"]


def test_json_of_values_that_are_no_numbers_is_strict(run, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n" + "inf,1\n" * 30)
    record = json.loads(run("check", path, "--json").out, parse_constant=pytest.fail)
    assert "infinite-values" in [finding["code"] for finding in record["findings"]]


@pytest.mark.parametrize("suffix", ["csv", "parquet", "feather"])
def test_every_format_and_standard_input(run, tmp_path, rows, suffix, monkeypatch):
    table = pa.table({"a": rows[:, 0], "b": rows[:, 1], "c": np.ones(50)})
    path = tmp_path / f"rows.{suffix}"
    WRITERS[suffix](table, path)
    from_file = run("check", path)
    assert "warning: constant-column\n    Column 'c' is constant (1)" in from_file.out

    class Piped:
        buffer = io.BytesIO(path.read_bytes())

    monkeypatch.setattr(sys, "stdin", Piped)
    assert run("check", "-") == from_file


def test_weights_are_a_column(run, tmp_path, rows):
    path = tmp_path / "weighted.csv"
    path.write_text("a,b,w\n" + "".join(f"{a!r},{b!r},{i - 1}\n" for i, (a, b) in enumerate(rows.tolist())))
    out = run("check", path, "--weight", "w").out
    assert "Check of 50 rows, 2 numeric columns" in out
    assert "error: wrong-weights\n    1 row weight is negative, missing or infinite, the first in line 2." in out
    assert "note: zero-weights" in out


@pytest.mark.parametrize(
    ("text", "arguments", "code", "said"),
    [
        ("", [], 3, "the file is empty"),
        ("a,b\n", [], 3, "there are no rows below the header"),
        ("1,2\n3,4\n", [], 3, "line 1 holds numbers where the columns' names must be"),
        ("a,b\n1,2\n3\n", [], 3, "line 3 has another number of values"),
        ("a,b\n1,2\n", ["--columns", "c"], 3, "there is no column 'c'"),
        ("a,b\n1,x\n", ["--weight", "b"], 3, "column 'b' is not numeric: 'x' in line 2"),
        ("a,b\n1,2\n", ["--columns", "a", "--weight", "a"], 2, "cannot be both looked at and the weight"),
        ("a,b\n1,2\n", ["-k", "0"], 2, "0 is not in the range"),
    ],
)
def test_what_cannot_be_read_is_an_error(run, tmp_path, text, arguments, code, said):
    path = tmp_path / "rows.csv"
    path.write_text(text)
    outcome = run("check", path, *arguments)
    assert (outcome.code, outcome.out) == (code, "")
    assert said in outcome.err


def test_a_missing_file_is_6(run, tmp_path):
    outcome = run("check", tmp_path / "none.csv")
    assert outcome.code == 6
    assert "cannot be read" in outcome.err
