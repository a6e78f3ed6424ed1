"""gaussmix fit: what it prints and writes."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from gaussmix import GaussianMixture, __version__
from gaussmix.kernels.summary import summarise
from gaussmix.kernels.threads import thread_count

TRANSCRIPT = """\
---------------------------------------------
Gaussian mixture model fitted by EM algorithm
---------------------------------------------

gaussmix EEE (ellipsoidal, equal volume, shape, and orientation) model with 2
components:

 log-likelihood   n  df      BIC      AIC
       -453.489  50   8  938.274  922.978

Converged after 2 iterations (the best of 6 starts).
BIC = -2 log L + df log n, lower is better (mclust shows the negative of it).

Components (mean ± standard deviation):

 component             0             1
 weight           0.6000        0.4000
 rows                 30            20
 length mm  20.04 ± 1.00  25.97 ± 1.00
 mass g       4002 ± 259    5489 ± 259
"""


def strict(text: str) -> dict:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


def columns_of(path: Path) -> dict[str, list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        header, *records = csv.reader(file)
    return dict(zip(header, map(list, zip(*records, strict=True)), strict=True))


@pytest.mark.parametrize("covariance", ["full", "tied", "diag", "spherical", "VEV", "EVI"])
def test_files_hold_what_the_estimator_computes(run, csv_file, rows, tmp_path, covariance):
    folder = tmp_path / "new" / "folder"
    outcome = run("fit", csv_file, "-k", 2, "--covariance", covariance, "--seed", 3, "-o", folder)
    assert outcome.code == 0
    assert outcome.err == "".join(
        f"wrote {folder}/{name}\n" for name in ("assignments.csv", "model.gmm", "summary.json")
    )

    model = GaussianMixture(2, covariance_type=covariance, random_state=3).fit(rows)
    found = columns_of(folder / "assignments.csv")
    assert list(found) == ["row", "label", "probability_0", "probability_1", "log_density"]
    assert found["row"] == [str(i) for i in range(50)]
    assert [int(label) for label in found["label"]] == model.predict(rows).tolist()
    for j in range(2):  # exactly: every digit was written
        assert [float(p) for p in found[f"probability_{j}"]] == model.predict_proba(rows)[:, j].tolist()
    assert [float(p) for p in found["log_density"]] == model.score_samples(rows).tolist()

    summary = strict((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["parameters"]["columns"] == ["length mm", "mass g"]
    assert summary["parameters"]["weights"] == model.weights_.tolist()
    assert summary["parameters"]["means"] == model.means_.tolist()
    assert summary["parameters"]["covariances"] == model.covariances_.tolist()
    assert summary["fit"]["log_likelihood"] == model.log_likelihood_
    assert summary["fit"]["bic"] == pytest.approx(model.bic_, rel=1e-14)
    assert summary["fit"]["aic"] == pytest.approx(model.aic_, rel=1e-14)
    assert summary["fit"]["df"] == model.mixture_.n_parameters
    assert (summary["fit"]["status"], summary["fit"]["n_iter"]) == ("converged", model.n_iter_)
    assert summary["history"]["log_likelihood"] == model.history_.log_likelihood.tolist()
    assert summary["settings"]["covariance"] == covariance
    assert summary["settings"]["seed"] == 3
    assert summary["versions"]["gaussmix"] == __version__
    assert summary["data"]["n_rows"] == 50
    sizes = np.bincount(model.predict(rows), minlength=2).tolist()
    assert [component["rows"] for component in summary["components"]] == sizes
    assert summary["components"][1]["mean"]["mass g"] == model.means_[1, 1]


def test_summary_has_mclust_layout(run, csv_file):
    assert run("fit", csv_file, "-k", 2, "--covariance", "tied") == (0, TRANSCRIPT, "")


def test_csv_and_parquet_give_the_same_bits(run, csv_file, rows, tmp_path):
    parquet_file = tmp_path / "birds.parquet"
    table = pa.table({"length mm": rows[:, 0], "mass g": rows[:, 1]})
    pq.write_table(table, parquet_file, row_group_size=7)
    for path in (csv_file, parquet_file):
        assert run("fit", path, "-k", 3, "-o", tmp_path / path.suffix[1:]).code == 0
    written = [(tmp_path / name / "assignments.csv").read_bytes() for name in ("csv", "parquet")]
    assert written[0] == written[1]


def test_json_is_the_summary_file(run, csv_file, tmp_path):
    outcome = run("fit", csv_file, "-k", 2, "--json", "-o", tmp_path / "out")
    assert outcome.out == (tmp_path / "out" / "summary.json").read_text(encoding="utf-8")
    assert strict(outcome.out)["model"]["mclust_name"] == "VVV"


def test_no_files_without_a_folder(run, csv_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("fit", csv_file, "-k", 2).code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["birds.csv"]


def test_settings_reach_the_fit(run, csv_file):
    arguments = ["--weights", "equal", "--tol", "1e-3", "--reg-covar", "0.5", "--n-init", 2]
    outcome = run("fit", csv_file, "-k", 2, "--json", "--threads", 1, "--columns", "mass g", *arguments)
    record = strict(outcome.out)
    assert record["settings"] == {
        "n_components": 2,
        "covariance": "full",
        "rank": None,
        "weights": "equal",
        "tol": 1e-3,
        "reg_covar": 0.5,
        "max_iter": 1000,
        "n_init": 2,
        "seed": 0,
        "threads": 1,
        "time_limit": None,
    }
    assert record["data"]["columns"] == ["mass g"]
    assert record["parameters"]["weights"] == [0.5, 0.5]
    assert record["model"]["mclust_name"] == "V"
    assert record["fit"]["n_starts"] == 6  # all that raced, of which two were polished


def test_weights_count_rows(run, rows, tmp_path):
    weighted, repeated = tmp_path / "weighted.csv", tmp_path / "repeated.csv"
    counts = np.tile([2, 1], 25)
    for path, data, extra in (
        (weighted, rows, counts.tolist()),
        (repeated, np.repeat(rows, counts, axis=0), None),
    ):
        lines = [",".join(map(repr, row)) for row in data.tolist()]
        if extra:
            lines = [f"{line},{count}" for line, count in zip(lines, extra, strict=True)]
        path.write_text("\n".join([f"a,b{',times' if extra else ''}", *lines]))
    ours = strict(run("fit", weighted, "-k", 1, "--weight", "times", "--json").out)
    theirs = strict(run("fit", repeated, "-k", 1, "--json").out)
    assert ours["fit"]["n"] == theirs["fit"]["n"] == 75.0
    assert ours["fit"]["bic"] == pytest.approx(theirs["fit"]["bic"], rel=1e-10)
    assert "n is the sum of the weights in column 'times' (50 rows)." in (
        run("fit", weighted, "-k", 1, "--weight", "times").out
    )


def test_no_convergence_is_a_warning(run, csv_file):
    """The advice stands once, in the summary, with what is left to gain as soon as that can be said."""
    outcome = run("fit", csv_file, "-k", 3, "--max-iter", 1)
    assert outcome.code == 0
    assert "Not converged after 1 iteration (the best of 6 starts). Stopped at max_iter" in outcome.out
    assert outcome.err == "warning: not converged; the summary says what to do\n"
    arguments = ["-k", 3, "--max-iter", 4, "--tol", 0]
    left = strict(run("fit", csv_file, *arguments, "--json").out)["fit"]["gain_left"]
    assert f"after 4 iterations (the best of 6 starts); about {left:.1e} a row is still to gain. Stopped" in (
        run("fit", csv_file, *arguments).out.replace("\n", " ")
    )


def test_rows_are_gone_over_once_before_the_fit(run, csv_file, monkeypatch):
    calls = []

    def counted(source):
        calls.append(source)
        return summarise(source)

    for place in ("gaussmix.fitting.usable.summarise", "gaussmix.estimators.finite_rows.summarise"):
        monkeypatch.setattr(place, counted)
    assert run("fit", csv_file, "-k", 2).code == 0
    assert len(calls) == 1


def test_threads_reach_the_pass(run, csv_file, monkeypatch):
    """The kernels of the fit and of the results ask for so many."""
    asked = []

    def counted(wanted):
        asked.append(wanted)
        return thread_count(wanted)

    monkeypatch.setattr("gaussmix.kernels.automatic.thread_count", counted)
    assert run("fit", csv_file, "-k", 2, "--threads", 3).code == 0
    assert set(asked) == {3}


def test_python_m(csv_file):
    command = [sys.executable, "-m", "gaussmix", "--version"]
    assert __version__ in subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_csv_file_of_another_dialect(run, csv_file, tmp_path):
    """German spreadsheets: semicolons, decimal commas, Latin letters, a line too short."""
    expected = run("fit", csv_file, "-k", 2, "--json")
    lines = csv_file.read_text().replace(",", ";").replace(".", ",").replace("length mm", "Länge").splitlines()
    lines.insert(7, "1,5")
    other = tmp_path / "german.csv"
    other.write_bytes("\r\n".join([*lines, ""]).encode("latin-1"))
    outcome = run("fit", other, "-k", 2, "--json", "--encoding", "latin-1", "--on-bad-rows", "skip")
    assert outcome.code == 0
    found, wanted = json.loads(outcome.out), json.loads(expected.out)
    assert found["data"]["columns"] == ["Länge", "mass g"]
    assert json.dumps(found["components"]) == json.dumps(wanted["components"]).replace("length mm", "L\\u00e4nge")
    assert outcome.err.splitlines() == [
        "note: values are taken to be separated by ';' (if they are not: --sep)",
        "note: numbers are taken to have a decimal comma (if they have not: --decimal)",
        "note: 1 row with too few or too many values skipped: line 8",
    ]
    assert run("fit", other, "-k", 2, "--encoding", "latin-1").code == 3
    assert "give the file's encoding (--encoding" in run("fit", other, "-k", 2).err
    plain = tmp_path / "plain.csv"
    plain.write_text("\n".join(csv_file.read_text().splitlines()[1:]) + "\n")
    outcome = run("fit", plain, "-k", 2, "--json", "--no-header", "--sep", ",", "--decimal", ".")
    assert json.loads(outcome.out)["data"]["columns"] == ["column_1", "column_2"]
    assert run("fit", plain, "-k", 2, "--encoding", "klingon").code == 2


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".feather"])
def test_standard_input(csv_file, rows, tmp_path, suffix):
    path = tmp_path / f"piped{suffix}"
    table = pa.table({"length mm": rows[:, 0], "mass g": rows[:, 1]})
    if suffix == ".parquet":
        pq.write_table(table, path)
    elif suffix == ".feather":
        pa.feather.write_feather(table, path)
    else:
        path.write_bytes(csv_file.read_bytes())
    command = [sys.executable, "-m", "gaussmix", "fit", "-", "-k", "2", "--json"]
    piped = subprocess.run(command, input=path.read_bytes(), capture_output=True, check=True, timeout=60)
    command[4] = str(csv_file)
    named = subprocess.run(command, capture_output=True, check=True, timeout=60)
    first, second = json.loads(piped.stdout), json.loads(named.stdout)
    assert first["data"].pop("file") == "-"
    second["data"].pop("file")
    assert first == second
    command[4] = "-"
    nothing = subprocess.run(command, input=b"", capture_output=True, check=False, timeout=60)
    assert nothing.returncode == 3
    assert nothing.stderr.startswith(b"Error: standard input: the file is empty")
