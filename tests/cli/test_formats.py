"""gaussmix fit and predict: what is said of CSV, of files of columns, of compressed ones, and what is piped in."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gaussmix.data.csv import CsvPart


def piped(text: bytes, *arguments: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "gaussmix", "fit", "-", *map(str, arguments)]
    return subprocess.run(command, input=text, capture_output=True, check=False, timeout=60)


@pytest.mark.parametrize("name", ["PAR1", "ARROW1"])
def test_a_column_with_the_name_of_a_format_makes_no_file_of_it(name):
    ran = piped(f"{name},b\n1,2\n2,4\n3,5\n".encode(), "-k", 1, "--json")
    assert ran.returncode == 0
    assert json.loads(ran.stdout)["data"]["columns"] == [name, "b"]


def test_what_is_left_of_a_piped_parquet_file_is_no_csv(rows, tmp_path):
    pq.write_table(pa.table({"a": rows[:, 0]}), tmp_path / "rows.parquet")
    ran = piped((tmp_path / "rows.parquet").read_bytes()[:200], "-k", 1)
    assert ran.returncode == 3
    assert ran.stderr.startswith(b"Error: standard input cannot be read as Parquet: it is damaged, cut short or")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--sep", ";"], "leave separator (--sep) away"),
        (["--decimal", ",", "--no-header"], "leave decimal (--decimal) and header (--no-header) away"),
        (["--encoding", "latin-1"], "leave encoding (--encoding) away"),
        (["--on-bad-rows", "skip"], "leave on_bad_rows (--on-bad-rows) away"),
    ],
)
def test_what_is_said_of_csv_says_nothing_of_parquet(run, csv_file, rows, tmp_path, arguments, said):
    path = tmp_path / "birds.parquet"
    pq.write_table(pa.table({"length mm": rows[:, 0], "mass g": rows[:, 1]}), path)
    model = tmp_path / "out" / "model.gmm"
    assert run("fit", path, "-k", 2, "-o", model.parent, "--header", "--on-bad-rows", "error").code == 0
    for command in (["fit", path, "-k", 2], ["predict", model, path]):
        outcome = run(*command, *arguments)
        assert (outcome.code, outcome.out) == (2, "")
        assert f"{path} is not CSV" in outcome.err
        assert said in outcome.err


def test_what_is_said_of_csv_is_said_of_the_csv_among_others(run, csv_file, rows, tmp_path):
    pq.write_table(pa.table({"length mm": rows[:, 0], "mass g": rows[:, 1]}), tmp_path / "birds.parquet")
    assert run("fit", f"{tmp_path}/birds.*", "-k", 2, "--encoding", "latin-1").code == 0


def test_a_piped_parquet_file_takes_no_dialect(rows, tmp_path):
    pq.write_table(pa.table({"a": rows[:, 0]}), tmp_path / "rows.parquet")
    ran = piped((tmp_path / "rows.parquet").read_bytes(), "-k", 1, "--sep", ";")
    assert ran.returncode == 2
    assert ran.stderr.startswith(b"Error: standard input is not CSV")


def test_compressed_csv_by_name_and_piped(run, csv_file, tmp_path):
    packed = tmp_path / "birds.csv.gz"
    packed.write_bytes(gzip.compress(csv_file.read_bytes()))
    expected = run("fit", csv_file, "-k", 2)
    assert run("fit", packed, "-k", 2) == expected
    ran = piped(packed.read_bytes(), "-k", 2)
    assert (ran.returncode, ran.stdout.decode()) == (0, expected.out)
    assert ran.stderr == b"note: the file is compressed (gzip), as its first bytes say\n"
    packed.write_bytes(packed.read_bytes()[:-20])
    outcome = run("fit", packed, "-k", 2)
    assert (outcome.code, outcome.out) == (3, "")
    assert outcome.err.startswith(f"Error: {packed}: the gzip file is damaged, cut short or no such file (")
    assert outcome.err.count("\n") == 1


def test_a_csv_file_is_parsed_once(run, csv_file, tmp_path, monkeypatch):
    """The fit, and what is said of each row afterwards, read what the first pass has kept."""
    passes = []
    usual = CsvPart.batches
    monkeypatch.setattr(CsvPart, "batches", lambda self, *given: passes.append(self) or usual(self, *given))
    assert run("fit", csv_file, "-k", 2, "-o", tmp_path / "out").code == 0
    assert len(passes) == 1
