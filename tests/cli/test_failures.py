"""Every way to fail: the exit code, one line of text, and nothing left behind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing option '-k'"),
        (["-k", "0"], "'0' is neither 'auto' nor a whole number"),
        (["-k", "2", "--covariance", "round"], "'round' is not one of"),
        (["-k", "2", "--tol", "-1"], "'-1' is neither 'auto' nor a number of at least 0"),
        (["-k", "2", "--reg-covar", "nan"], "'nan' is neither"),
        (["-k", "2", "--time-limit", "nan"], "nan is no number of seconds"),
        (["-k", "2", "--time-limit", "inf"], "inf is no number of seconds"),
        (["-k", "2", "-o", ""], "'-o' / '--output': the name is empty"),
        (["-k", "2", "--events", ""], "'--events': the name is empty"),
        (["-k", "2", "--config", ""], "'--config': the name is empty"),
        (["-k", "2", "--columns", "a,,b"], "has an empty name in it"),
        (["-k", "2", "--columns", "a,a"], "column 'a' is named twice"),
        (["-k", "2", "--columns", "a,w", "--weight", "w"], "cannot be both fitted and the weight"),
    ],
)
def test_wrong_usage_is_2(run, csv_file, arguments, said):
    outcome = run("fit", csv_file, *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert said in outcome.err


@pytest.mark.parametrize("command", [["check", ""], ["fit", "", "-k", 1], ["predict", "", ""], ["show", ""]])
def test_an_empty_name_is_2(run, command):
    outcome = run(*command)
    assert (outcome.code, outcome.out) == (2, "")
    assert "the name is empty." in outcome.err


def test_other_suffix_is_2(run, tmp_path):
    path = tmp_path / "birds.xlsx"
    path.write_text("")
    outcome = run("fit", path, "-k", 1)
    assert outcome.code == 2
    assert "'.xlsx' is not one of .csv, .parquet, .pq" in outcome.err


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        ("", [], "the file is empty"),
        ("a,b\n", [], "there are no rows below the header"),
        ("a,a\n1,2\n", [], "these column names stand more than once: a"),
        ("a,b\n1;2,3\n", [], "column 'a' is not numeric: '1;2' in line 2"),
        ("a,b\n1,2\n", ["--columns", "c"], "there is no column 'c'; the columns are a, b"),
        ("a,b\n1,x\n", [], "column 'b' is not numeric: 'x' in line 2; correct it, or choose the"),
        ("a,b\n1,2\nNA,4\n", [], "column 'a' has 1 missing value, the first in line 3;"),
        ("a\n1\ninf\n", [], "column 'a' has 1 infinite value, the first in line 3;"),
        ("1,2\n3,4\n", [], "line 1 holds numbers where the columns' names must be"),
        ("a\n1\n", [], "1 row of positive weight is too few: a mixture needs at least 2"),
        ("a\n1\n2\n", ["-k", "3"], "2 rows of positive weight are too few."),
        ("a,w\n1,1e307\n2,1e308\n", ["--weight", "w"], "the weights of the rows sum to"),
        ("a,w\n1,1\n2,-1\n", ["--weight", "w"], "must be numbers of at least 0; row 1 (from 0)"),
        ("a,w\n1,1\n2,\n", ["--weight", "w"], "must be numbers of at least 0; row 1 (from 0)"),
        ("a,w\n1,0\n2,0\n", ["--weight", "w"], "0 rows of positive weight are too few"),
    ],
)
def test_bad_data_is_3(run, tmp_path, text, arguments, said):
    path = tmp_path / "data.csv"
    path.write_text(text)
    outcome = run("fit", path, "-k", 1, *arguments, "-o", tmp_path / "out")
    assert (outcome.code, outcome.out) == (3, "")
    assert outcome.err.startswith(f"Error: {path}: ")
    assert said in outcome.err
    assert outcome.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"a": [1.0, None, 3.0, None]}, "column 'a' has 2 missing values, the first in row 1"),
        ({"a": ["x", "y"]}, "not numeric: a (string)"),
        ({"a": [1.0, 2.0], "w": [1.0, -2.0]}, "the weights in column 'w' must be numbers"),
        ({"a": [1.0, 2.0, np.inf]}, "column 'a' has 1 infinite value, the first in row 2 (from 0); drop or correct"),
        ({"a": [1.0, 2.0, None], "w": [1.0, 1.0, 0.0]}, "column 'a' has 1 missing value, the first in row 2"),
        ({"a": pa.array([], pa.float64())}, "there are no rows"),
    ],
)
def test_bad_parquet_data_is_3(run, tmp_path, columns, said):
    path = tmp_path / "data.parquet"
    pq.write_table(pa.table(columns), path)
    outcome = run("fit", path, "-k", 1, *(["--weight", "w"] if "w" in columns else []))
    assert outcome.code == 3
    assert said in outcome.err


def test_collapse_is_4(run, tmp_path):
    path = tmp_path / "constant.csv"
    path.write_text("a,c\n" + "".join(f"{i},5\n" for i in range(20)))
    outcome = run("fit", path, "-k", 2, "--reg-covar", 0, "-o", tmp_path / "out")
    assert (outcome.code, outcome.out) == (4, "")
    assert "take --reg-covar auto (the default)" in outcome.err
    assert outcome.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_missing_file_is_6_and_a_damaged_one_3(run, tmp_path):
    outcome = run("fit", tmp_path / "nowhere.csv", "-k", 1)
    assert (outcome.code, outcome.out) == (6, "")
    assert "nowhere.csv cannot be read: No such file or directory" in outcome.err
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(b"PAR1 and no more")
    outcome = run("fit", damaged, "-k", 1)
    assert outcome.code == 3
    assert "cannot be read as Parquet" in outcome.err
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize("name", ["assignments.csv", "model.gmm", "summary.json"])
def test_existing_results_are_kept(run, csv_file, tmp_path, name, monkeypatch):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / name).write_text("precious")
    with monkeypatch.context() as patched:
        patched.setattr("gaussmix.cli.rows.open_rows", lambda *_: pytest.fail("rows were read"))
        outcome = run("fit", csv_file, "-k", 2, "-o", folder)
    assert (outcome.code, outcome.out) == (6, "")
    assert f"{folder / name} is there already; give --force" in outcome.err
    assert [(p.name, p.read_text()) for p in folder.iterdir()] == [(name, "precious")]
    assert run("fit", csv_file, "-k", 2, "-o", folder, "--force").code == 0
    assert sorted(p.name for p in folder.iterdir()) == ["assignments.csv", "model.gmm", "summary.json"]
    assert (folder / name).read_bytes() != b"precious"


@pytest.mark.parametrize(
    ("occupied", "said"),
    [
        ("out", "is a file, not a folder"),
        ("out/summary.json/inner", "is a folder where a file is to be written"),
    ],
)
def test_place_taken_by_something_else_is_6(run, csv_file, tmp_path, occupied, said):
    (tmp_path / occupied).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / occupied).write_text("")
    outcome = run("fit", csv_file, "-k", 2, "-o", tmp_path / "out", "--force")
    assert outcome.code == 6
    assert said in outcome.err


def test_the_data_are_never_replaced(run, csv_file, tmp_path):
    data = tmp_path / "assignments.csv"
    csv_file.rename(data)
    before = data.read_bytes()
    outcome = run("fit", data, "-k", 2, "-o", tmp_path, "--force")
    assert outcome.code == 6
    assert "is the file that is read" in outcome.err
    assert data.read_bytes() == before


def test_traceback_only_for_debugging(run, tmp_path):
    path = tmp_path / "empty.csv"
    path.write_text("")
    assert "Traceback" not in run("fit", path, "-k", 1).err
    debugged = run("fit", path, "-k", 1, "--debug")
    assert debugged.code == 3
    assert "Traceback (most recent call last)" in debugged.err
    assert debugged.err.rstrip().splitlines()[-1].startswith(f"Error: {path}: the file is empty")


def test_fault_of_our_own_is_1(run, csv_file: Path, monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError("wires crossed")

    monkeypatch.setattr("gaussmix.fitting.usable.summarise", broken)
    outcome = run("fit", csv_file, "-k", 2)
    assert outcome.code == 1
    assert "RuntimeError: wires crossed; this is a fault in gaussmix" in outcome.err
    assert "Traceback" not in outcome.err
