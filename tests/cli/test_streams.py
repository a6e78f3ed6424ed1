"""Standard streams that are closed or full, and tables as lines of JSON."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gaussmix.cli.json_lines import write_json_lines
from gaussmix.cli.rows import in_words

FULL = Path("/dev/full")


@pytest.fixture
def model(run, csv_file, tmp_path):
    assert run("fit", csv_file, "-k", 2, "-o", tmp_path / "out").code == 0
    return tmp_path / "out" / "model.gmm"


@pytest.fixture
def shell(csv_file, model):
    """Run the command in a shell, with some of its streams elsewhere; CSV and MODEL are files."""

    def run_there(words: str) -> subprocess.CompletedProcess[str]:
        command = f'exec "{sys.executable}" -m gaussmix {words}'
        environment = os.environ | {"CSV": str(csv_file), "MODEL": str(model)}
        return subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True, check=False)

    return run_there


@pytest.mark.parametrize(
    "words", ['fit "$CSV" -k 2', 'predict "$MODEL" "$CSV"', 'sample "$MODEL" -n 2', 'check "$CSV"', "completion bash"]
)
def test_standard_output_that_is_closed_is_6(shell, words):
    ended = shell(f"{words} >&-")
    assert ended.returncode == 6
    assert ended.stderr == "Error: standard output is closed: there is nowhere to print to; /dev/null would do\n"


def test_standard_input_that_is_closed_is_6(shell):
    ended = shell("fit - -k 2 <&-")
    assert (ended.returncode, ended.stdout) == (6, "")
    assert ended.stderr == "Error: standard input is closed: there are no rows to read\n"


def test_standard_error_that_is_closed_changes_nothing_else(shell):
    assert shell('fit "$CSV" -k 2 2>&-').stdout == shell('fit "$CSV" -k 2').stdout != ""
    assert shell('fit "$MODEL" -k 2 2>&-').returncode == 2


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
@pytest.mark.parametrize(
    "words",
    ['fit "$CSV" -k 2', 'predict "$MODEL" "$CSV"', 'show "$MODEL"', 'check "$CSV"', "completion bash", "fit --help"],
)
def test_standard_output_that_is_full_is_6(shell, words):
    ended = shell(f"{words} >/dev/full")
    assert ended.returncode == 6
    assert ended.stderr == "Error: standard output cannot be written: No space left on device\n"


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
def test_standard_error_that_is_full_is_no_traceback(shell):
    ended = shell("fit nowhere.csv -k 2 2>/dev/full")
    assert ended.returncode == 6


@pytest.mark.parametrize("words", [["predict"], ["sample", "-n", 40, "--labels"]])
def test_tables_as_lines_of_json(run, csv_file, model, words):
    command = [words[0], model, *([csv_file] if words[0] == "predict" else []), *words[1:]]
    outcome = run(*command, "--json")
    assert (outcome.code, outcome.err) == (0, "")
    found = [json.loads(line) for line in outcome.out.splitlines()]
    wanted = list(csv.DictReader(run(*command).out.splitlines()))
    assert len(found) >= 40
    assert list(found[0]) == list(wanted[0])
    assert [list(map(float, row.values())) for row in found] == [list(map(float, row.values())) for row in wanted]
    refused = run(*command, "--json", "-o", model.parent / "table.csv")
    assert (refused.code, refused.out) == (2, "")
    assert "--json is for rows on standard output; the suffix of -o FILE says" in refused.err
    assert not (model.parent / "table.csv").exists()


def test_what_is_no_number_is_null(tmp_path):
    table = {"n": np.arange(3), "x": np.array([1.5, np.nan, -np.inf])}
    with (tmp_path / "lines").open("wb") as file:
        write_json_lines(file, [table])
    assert (tmp_path / "lines").read_text() == '{"n": 0, "x": 1.5}\n{"n": 1, "x": null}\n{"n": 2, "x": null}\n'


@pytest.mark.parametrize("folder", ["/tmp/gaussmix-input-a_1/", "C:\\Temp\\gaussmix-input-a_1\\"])
def test_what_was_piped_in_is_not_named_by_the_file_it_is_kept_in(folder):
    assert in_words(f"{folder}input.csv: line 3 is empty") == "standard input: line 3 is empty"
    assert in_words(f"file {folder + 'input.parquet'!r} is damaged") == "file 'standard input' is damaged"
