"""gaussmix show, predict and sample: what a saved model says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather

from gaussmix import GaussianMixture, load
from gaussmix.cli.watching import rows_counted


@pytest.fixture
def folder(run, csv_file, tmp_path) -> Path:
    """What a fit of two components has written."""
    assert run("fit", csv_file, "-k", 2, "--covariance", "tied", "-o", tmp_path / "out").code == 0
    return tmp_path / "out"


@pytest.fixture
def model(folder) -> Path:
    return folder / "model.gmm"


def numbers(text: str) -> np.ndarray:
    return np.array([[float(value) for value in line.split(",")] for line in text.splitlines()[1:]])


# --- fit ------------------------------------------------------------------------------------------------------------


def test_the_model_of_a_fit(model, rows):
    loaded = load(model)
    fitted = GaussianMixture(2, covariance_type="tied", random_state=0).fit(rows)
    assert (loaded.predict_proba(rows) == fitted.predict_proba(rows)).all()
    assert loaded.fitted_rows_.feature_names == ("length mm", "mass g")
    assert loaded.fitted_rows_.n_assigned == (30, 20)
    assert loaded.fitted_rows_.fingerprint == fitted.fitted_rows_.fingerprint


# --- show -----------------------------------------------------------------------------------------------------------


def test_show_prints_what_fit_printed(run, csv_file, model):
    printed = run("fit", csv_file, "-k", 2, "--covariance", "tied").out
    assert run("show", model) == (0, printed, "")


def test_show_tells_of_weights(run, rows, tmp_path):
    path = tmp_path / "weighted.csv"
    path.write_text("a,b,times\n" + "".join(f"{a!r},{b!r},2\n" for a, b in rows.tolist()))
    printed = run("fit", path, "-k", 2, "--weight", "times", "-o", tmp_path / "out").out
    assert "n is the sum of the weights in column 'times' (50 rows)." in printed
    assert run("show", tmp_path / "out" / "model.gmm").out == printed


def test_show_as_json(run, model, folder):
    shown = json.loads(run("show", model, "--json").out)
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    for section in ("model", "fit", "components", "parameters", "history"):
        assert shown[section] == summary[section]
    assert {**shown["data"], "file": summary["data"]["file"]} == summary["data"]
    assert shown["estimator"]["covariance_type"] == "tied"
    assert shown["estimator"]["random_state"] == 0


def test_show_a_model_made_in_python(run, rows, tmp_path):
    model = GaussianMixture(2, covariance_type="diag", random_state=0).fit(rows)
    model.save(tmp_path / "model.gmm")
    outcome = run("show", tmp_path / "model.gmm")
    assert outcome.code == 0
    assert "gaussmix VVI (diagonal, varying volume and shape) model with 2 components" in outcome.out
    assert " x1 " in outcome.out


def test_show_given_parameters(run, tmp_path):
    model = GaussianMixture()
    model.weights_, model.means_, model.covariances_ = [1.0], [[0.0]], [[[1.0]]]
    model.save(tmp_path / "model.gmm")
    outcome = run("show", tmp_path / "model.gmm")
    assert outcome.code == 2
    assert "there is no fit to show" in outcome.err


# --- predict --------------------------------------------------------------------------------------------------------


def test_predict_writes_the_assignments_of_the_fit(run, csv_file, model, folder, tmp_path):
    expected = (folder / "assignments.csv").read_text()
    assert run("predict", model, csv_file) == (0, expected, "")
    target = tmp_path / "again.csv"
    assert run("predict", model, csv_file, "-o", target) == (0, "", f"wrote {target}\n")
    assert target.read_text() == expected
    assert run("predict", model, csv_file, "--threads", 1).out == expected


def test_predict_finds_columns_by_name(run, model, folder, rows, tmp_path):
    """In another order, among others, in another format."""
    path = tmp_path / "other.parquet"
    text = pa.array(["x"] * 50)
    pq.write_table(pa.table({"mass g": rows[:, 1], "sex": text, "length mm": rows[:, 0]}), path)
    assert run("predict", model, path).out == (folder / "assignments.csv").read_text()


def test_predict_names_missing_columns(run, model, tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("width,height\n1,2\n")
    outcome = run("predict", model, path)
    assert (outcome.code, outcome.out) == (3, "")
    assert "there is no column 'length mm', 'mass g'; the columns are width, height" in outcome.err


def test_predict_by_other_names(run, model, folder, rows, tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("masse,länge\n" + "".join(f"{b!r},{a!r}\n" for a, b in rows.tolist()), encoding="utf-8")
    assert run("predict", model, path, "--columns", "länge,masse").out == (folder / "assignments.csv").read_text()
    outcome = run("predict", model, path, "--columns", "länge")
    assert outcome.code == 3
    assert "1 columns are here and the model has 2" in outcome.err


def test_predict_by_a_model_without_names(run, rows, csv_file, folder, tmp_path):
    GaussianMixture(2, covariance_type="tied", random_state=0).fit(rows).save(tmp_path / "model.gmm")
    assert run("predict", tmp_path / "model.gmm", csv_file).out == (folder / "assignments.csv").read_text()
    csv_file.write_text("a,b,c\n1,2,3\n")
    outcome = run("predict", tmp_path / "model.gmm", csv_file)
    assert outcome.code == 3
    assert "3 columns are here and the model has 2, without names; say with --columns" in outcome.err


def test_predict_writes_what_the_suffix_says(run, model, csv_file, rows, tmp_path):
    loaded = load(model)
    for suffix, read in ((".parquet", pq.read_table), (".feather", feather.read_table)):
        path = tmp_path / f"labels{suffix}"
        outcome = run("predict", model, csv_file, "-o", path, "--results", "label,probability")
        assert (outcome.code, outcome.out, outcome.err) == (0, "", f"wrote {path}\n")
        found = read(path)
        assert found.column_names == ["label", "probability_0", "probability_1"]
        np.testing.assert_array_equal(found["probability_1"], loaded.predict_proba(rows)[:, 1])
    for command in (("predict", model, csv_file), ("sample", model, "-n", 2)):
        outcome = run(*command, "-o", tmp_path / "labels.xlsx")
        assert (outcome.code, outcome.out) == (2, "")
        assert "'.xlsx' is not one of .csv, .parquet" in outcome.err
    assert run("predict", model, csv_file, "--results", "labels").code == 2


def test_where_nobody_looks_the_rows_are_counted_now_and_then(capsys, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("gaussmix.cli.watching.monotonic", lambda: now[0])
    for _ in rows_counted("Predicting …", ({"row": np.arange(1500)} for _ in range(25))):
        now[0] += 1.0
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["Predicting … 15,000 rows (10 s)", "Predicting … 30,000 rows (20 s)"]


def test_predict_refuses_rows_that_lack_a_value(run, model, tmp_path):
    path = tmp_path / "gaps.csv"
    path.write_text("length mm,mass g\n1,2\n,3\n")
    outcome = run("predict", model, path, "-o", tmp_path / "out.csv")
    assert outcome.code == 3
    assert "column 'length mm' has 1 missing value, the first in line 3" in outcome.err
    assert not (tmp_path / "out.csv").exists()


# --- sample ---------------------------------------------------------------------------------------------------------


def test_sample(run, model, tmp_path):
    outcome = run("sample", model, "-n", 5, "--seed", 3)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.splitlines()[0] == "length mm,mass g"
    expected, _ = load(model).set_params(random_state=3).sample(5)
    assert numbers(outcome.out).tolist() == expected.tolist()
    target = tmp_path / "draws.csv"
    assert run("sample", model, "-n", 5, "--seed", 3, "-o", target) == (0, "", f"wrote {target}\n")
    assert target.read_text() == outcome.out


def test_sample_with_labels(run, model):
    outcome = run("sample", model, "-n", 40, "--labels")
    assert outcome.out.splitlines()[0] == "length mm,mass g,label"
    assert numbers(outcome.out)[:, 2].tolist() == load(model).sample(40)[1].tolist()


def test_samples_can_be_predicted(run, model, tmp_path):
    assert run("sample", model, "-n", 20, "-o", tmp_path / "draws.csv").code == 0
    outcome = run("predict", model, tmp_path / "draws.csv")
    assert outcome.code == 0
    assert len(outcome.out.splitlines()) == 21


def test_sample_of_a_model_with_a_column_of_labels(run, rows, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("label,b\n" + "".join(f"{a!r},{b!r}\n" for a, b in rows.tolist()))
    assert run("fit", path, "-k", 1, "-o", tmp_path / "out").code == 0
    assert run("sample", tmp_path / "out" / "model.gmm", "-n", 2).code == 0
    outcome = run("sample", tmp_path / "out" / "model.gmm", "-n", 2, "--labels")
    assert outcome.code == 2
    assert "has a column 'label' of its own; leave --labels away" in outcome.err


def test_a_reader_that_stops_early(model):
    """Neither an error nor a traceback, as with any other command in a pipe."""
    command = [sys.executable, "-m", "gaussmix", "sample", str(model), "-n", "200000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"length mm,mass g\n"
        process.stdout.close()
        assert process.stderr.read() == b""


# --- failures -------------------------------------------------------------------------------------------------------

COMMANDS = [("show",), ("predict", "birds.csv"), ("sample", "-n", 2)]


def arguments(command: tuple[object, ...], model: Path, folder: Path) -> list[object]:
    name, *rest = command
    return [name, model, *(folder / value if str(value).endswith(".csv") else value for value in rest)]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_bad_model_is_5(run, csv_file, model, tmp_path, command):
    model.write_bytes(model.read_bytes()[:-3])
    outcome = run(*arguments(command, model, tmp_path))
    assert (outcome.code, outcome.out) == (5, "")
    assert outcome.err.startswith(f"Error: {model} is a damaged gaussmix model file: ")
    assert outcome.err.count("\n") == 1
    outcome = run(*arguments(command, csv_file, tmp_path))
    assert (outcome.code, outcome.err) == (5, f"Error: {csv_file} is not a gaussmix model file\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_missing_model_is_6(run, csv_file, tmp_path, command):
    outcome = run(*arguments(command, tmp_path / "nowhere.gmm", tmp_path))
    assert (outcome.code, outcome.out) == (6, "")
    assert "nowhere.gmm cannot be read: No such file or directory" in outcome.err


@pytest.mark.parametrize("command", COMMANDS[1:])
def test_existing_files_are_kept(run, csv_file, model, tmp_path, command):
    target = tmp_path / "table.csv"
    target.write_text("precious")
    given = arguments(command, model, tmp_path)
    outcome = run(*given, "-o", target)
    assert (outcome.code, outcome.out) == (6, "")
    assert f"{target} is there already; give --force to replace it, or another -o" in outcome.err
    assert target.read_text() == "precious"
    assert run(*given, "-o", target, "--force").code == 0
    assert target.read_text() != "precious"


@pytest.mark.parametrize(("command", "read"), [(COMMANDS[1], 0), (COMMANDS[1], 1), (COMMANDS[2], 0)])
def test_what_is_read_is_never_replaced(run, csv_file, model, tmp_path, command, read):
    path = (model, csv_file)[read]
    before = path.read_bytes()
    outcome = run(*arguments(command, model, tmp_path), "-o", path, "--force")
    assert outcome.code == 6
    assert f"{path} is the file that is read" in outcome.err
    assert path.read_bytes() == before


@pytest.mark.parametrize("command", COMMANDS[1:])
def test_places_that_cannot_be_written_are_6(run, csv_file, model, tmp_path, command):
    given = arguments(command, model, tmp_path)
    for place, said in ((tmp_path, "is a folder where a file is"), (csv_file / "x.csv", "is a file, not a folder")):
        outcome = run(*given, "-o", place)
        assert (outcome.code, outcome.out) == (6, "")
        assert said in outcome.err
    outcome = run(*given, "-o", tmp_path / "nowhere" / "x.csv")
    assert outcome.code == 6
    assert "cannot be written: there is no folder" in outcome.err


def test_a_full_disk_leaves_the_old_table(run, csv_file, model, tmp_path, monkeypatch):
    target = tmp_path / "table.csv"
    target.write_text("precious")
    monkeypatch.setattr("gaussmix.storage.atomic.os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "disk full")))
    outcome = run("sample", model, "-n", 2, "-o", target, "--force")
    assert outcome.code == 6
    assert "cannot be written: disk full" in outcome.err
    assert target.read_text() == "precious"
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["show"], "Missing argument 'MODEL'"),
        (["predict", "a.gmm"], "Missing argument 'DATA'"),
        (["sample", "a.gmm"], "Missing option '-n'"),
        (["sample", "a.gmm", "-n", "0"], "0 is not in the range"),
        (["sample", "a.gmm", "-n", "1", "--seed", "-1"], "-1 is not in the range"),
    ],
)
def test_wrong_usage_is_2(run, given, said):
    outcome = run(*given)
    assert (outcome.code, outcome.out) == (2, "")
    assert said in outcome.err


def test_a_file_that_is_read_is_never_replaced(run, csv_file, folder, tmp_path):
    many = tmp_path / "many"
    many.mkdir()
    for name in ("1.csv", "2.csv"):
        (many / name).write_bytes(csv_file.read_bytes())
    before = (many / "1.csv").read_bytes()
    for data in (many, f"{many}/*.csv"):
        outcome = run("predict", folder / "model.gmm", data, "-o", many / "1.csv", "--force")
        assert (outcome.code, outcome.out) == (6, "")
        assert "is the file that is read" in outcome.err
        outcome = run("fit", data, "-k", 2, "--events", many / "2.csv", "--force")
        assert outcome.code == 6
    (many / "1.csv").rename(many / "assignments.csv")
    assert run("fit", many, "-k", 2, "-o", many, "--force").code == 6
    assert (many / "assignments.csv").read_bytes() == before
