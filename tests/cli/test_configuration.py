"""Options from the environment and from a file: who goes first, and what is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from gaussmix.cli.main import main
from gaussmix.core.extension import native


@pytest.fixture
def settings_of(run, csv_file):
    """The settings of a fit that the arguments, the environment and files make."""

    def settings(*arguments: object) -> dict:
        outcome = run("fit", csv_file, "--json", *arguments)
        assert (outcome.code, outcome.err) == (0, "")
        return json.loads(outcome.out)["settings"]

    return settings


@pytest.fixture
def config(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "settings.toml"
        path.write_text(text)
        return path

    return write


def test_the_command_line_goes_before_the_environment_and_that_before_the_file(settings_of, config, monkeypatch):
    path = config("[fit]\ncomponents = 2\nseed = 3\nmax-iter = 50\n[predict]\nthreads = 1\n")
    monkeypatch.setenv("GAUSSMIX_FIT_SEED", "4")
    monkeypatch.setenv("GAUSSMIX_FIT_MAX_ITER", "60")
    found = settings_of("--config", path, "--max-iter", 70)
    assert (found["n_components"], found["seed"], found["max_iter"], found["n_init"]) == (2, 4, 70, 1)


def test_the_environment_alone_and_naming_the_file(settings_of, config, monkeypatch):
    monkeypatch.setenv("GAUSSMIX_FIT_COMPONENTS", "2")
    assert settings_of()["n_components"] == 2
    monkeypatch.setenv("GAUSSMIX_CONFIG", str(config("[fit]\ncovariance = 'diag'\n")))
    monkeypatch.setenv("GAUSSMIX_FIT_SEED", "")  # as if it were not there
    assert settings_of()["covariance"] == "diag"


def test_every_kind_of_value(run, tmp_path, config):
    (tmp_path / "rows.csv").write_text("1;2,5;x\n4;3,5;y\n2;1,5;z\n")
    path = config(
        """
        [fit]
        components = 1
        columns = ["column_1", "column_2"]
        tol = 1e-3
        reg-covar = "auto"
        time-limit = 600
        header = false
        sep = ";"
        json = true
        """
        f"output = '{tmp_path / 'out'}'"
    )
    outcome = run("fit", tmp_path / "rows.csv", "--config", path)
    assert outcome.code == 0
    record = json.loads(outcome.out)
    assert record["data"]["columns"] == ["column_1", "column_2"]
    assert (record["settings"]["tol"], record["settings"]["time_limit"]) == (1e-3, 600.0)
    assert (tmp_path / "out" / "model.gmm").exists()


def test_names_with_commas_and_quotation_marks(run, tmp_path, config):
    (tmp_path / "rows.csv").write_text('"a,b","c ""d""",e\n1,2,3\n2,4,5\n')
    path = config("""[fit]\ncomponents = 1\ncolumns = ["a,b", 'c "d"']\n""")
    outcome = run("fit", tmp_path / "rows.csv", "--json", "--config", path)
    assert json.loads(outcome.out)["data"]["columns"] == ["a,b", 'c "d"']


def test_flags_of_the_environment(run, csv_file, monkeypatch):
    monkeypatch.setenv("GAUSSMIX_FIT_JSON", "yes")
    assert json.loads(run("fit", csv_file, "-k", 1).out)
    monkeypatch.setenv("GAUSSMIX_FIT_JSON", "0")
    assert not run("fit", csv_file, "-k", 1).out.startswith("{")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[fit]\ncomponent = 3", "[fit]: there is no option 'component'; the nearest is components"),
        ("[fit]\ncovariance-type = 'full'", "no option 'covariance-type'; the nearest is covariance\n"),
        ("[fit]\nmax_iter = 3", "no option 'max_iter'; the nearest is max-iter"),
        ("[fit]\nconfig = 'x'", "no option 'config'"),
        ("[fit]\nk = 3", "[fit]: there is no option 'k'; write components = …"),
        ("[fit]\no = 'x'", "[fit]: there is no option 'o'; write output = …"),
        ("[fit]\nno-header = true", "[fit]: there is no option 'no-header'; write header = false"),
        ("[fit]\nzebra = 1", "there is no option 'zebra'; \"gaussmix fit --help\" lists the options"),
        ("[zebra]\nk = 1", "there is no command [zebra]; there are check, select, fit, show, predict, sample"),
        ("[[check]]\nk = 1", "[[check]] begins a list of sections; write [check], once"),
        ("check = [1]", "'check' stands outside of a section"),
        ("[fit]\ntime-limit = inf", "[fit] time-limit: inf is no number of seconds"),
        ("[fit]\noutput = ''", "[fit] output: the name is empty"),
        ("[fits]\ncomponents = 3", "there is no command [fits]; the nearest is fit"),
        ("components = 3", "'components' stands outside of a section; write it below [fit]"),
        ("[fit]\ncomponents = '3'", "[fit] components must be a whole number or 'auto', got '3'"),
        ("[fit]\ncomponents = 3.5", "[fit] components must be a whole number or 'auto', got 3.5"),
        ("[fit]\ncomponents = true", "[fit] components must be a whole number or 'auto', got True"),
        ("[fit]\ncomponents = 0", "[fit] components: '0' is neither 'auto' nor a whole number of at least 1"),
        ("[fit]\ntime-limit = 'long'", "[fit] time-limit must be a number, got 'long'"),
        ("[fit]\ncovariance = 'round'", "[fit] covariance: 'round' is not one of"),
        ("[fit]\ncovariance = ['full']", "[fit] covariance must be a text, got ['full']"),
        ("[fit]\nforce = 1", "[fit] force must be true or false, got 1"),
        ("[fit]\ntol = -1", "[fit] tol: '-1' is neither 'auto' nor a number"),
        ("[fit]\ncolumns = ['a', 3]", "[fit] columns must be a list of names"),
        ("[fit]\ncolumns = ['a', 'a']", "[fit] columns: column 'a' is named twice"),
        ("[fit\n", "is not TOML: Expected ']'"),
    ],
)
def test_what_is_wrong_in_a_file_is_2(run, csv_file, config, text, said):
    path = config(text)
    outcome = run("fit", csv_file, "-k", 2, "--config", path)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(f"Error: {path}")
    assert said in outcome.err
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "GAUSSMIX_FIT_COMPONENT",
            "3",
            "has GAUSSMIX_FIT_COMPONENT, which is no option of gaussmix fit; the nearest is GAUSSMIX_FIT_COMPONENTS",
        ),
        ("GAUSSMIX_FIT_K", "3", "which is no option of gaussmix fit; write GAUSSMIX_FIT_COMPONENTS\n"),
        ("GAUSSMIX_FIT_NO_HEADER", "1", "which is no option of gaussmix fit; write GAUSSMIX_FIT_HEADER=0\n"),
        ("GAUSSMIX_FIT_ZEBRA", "1", 'which is no option of gaussmix fit; "gaussmix fit --help" lists the options'),
        (
            "GAUSSMIX_FOO",
            "1",
            "GAUSSMIX_FOO, of which gaussmix knows nothing; what it knows begins with GAUSSMIX_CHECK_,",
        ),
        ("GAUSSMIX_FITT_COMPONENTS", "3", "knows nothing; the nearest is GAUSSMIX_FIT_COMPONENTS\n"),
        ("GAUSSMIX_CONIFG", "x", "knows nothing; the nearest is GAUSSMIX_CONFIG\n"),
        ("GAUSSMIX_ISA", "foo", "environment variable GAUSSMIX_ISA: 'foo' is not one of "),
        (
            "GAUSSMIX_FIT_COMPONENTS",
            "three",
            "environment variable GAUSSMIX_FIT_COMPONENTS: 'three' is neither 'auto' nor a whole number",
        ),
        ("GAUSSMIX_FIT_FORCE", "perhaps", "environment variable GAUSSMIX_FIT_FORCE: 'perhaps' is not a valid boolean"),
    ],
)
def test_what_is_wrong_in_the_environment_is_2(run, csv_file, monkeypatch, name, value, said):
    monkeypatch.setenv(name, value)
    outcome = run("fit", csv_file, "-k", 2)
    assert (outcome.code, outcome.out) == (2, "")
    assert said in outcome.err
    assert outcome.err.count("\n") == 1


def test_variables_of_other_commands_and_a_level_are_no_fault(run, csv_file, monkeypatch):
    monkeypatch.setenv("GAUSSMIX_PREDICT_THREADS", "1")
    monkeypatch.setenv("GAUSSMIX_ISA", native.levels()[0])
    monkeypatch.setenv("GAUSSMIXTURE", "1")
    assert run("fit", csv_file, "-k", 2).code == 0


def test_a_level_that_is_none_is_2_before_anything_is_imported(csv_file):
    command = [sys.executable, "-m", "gaussmix", "fit", str(csv_file), "-k", "2"]
    environment = os.environ | {"GAUSSMIX_ISA": "foo"}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)


def test_a_byte_order_mark_is_passed_over(run, csv_file, tmp_path):
    path = tmp_path / "settings.toml"
    path.write_bytes(b"\xef\xbb\xbf[fit]\ncomponents = 2\n")
    assert run("fit", csv_file, "--config", path).code == 0


def test_bytes_that_are_no_text_are_2(run, csv_file, tmp_path):
    path = tmp_path / "settings.toml"
    path.write_bytes(b"[fit]\nweight = '\xe9'\n")
    outcome = run("fit", csv_file, "--config", path)
    assert outcome.code == 2
    assert "is not TOML" in outcome.err


def test_a_file_that_is_not_there_is_6(run, csv_file, tmp_path, monkeypatch):
    monkeypatch.setenv("GAUSSMIX_CONFIG", str(tmp_path / "nowhere.toml"))
    outcome = run("fit", csv_file)
    assert outcome.code == 6
    assert "nowhere.toml cannot be read: No such file or directory" in outcome.err


def test_help_comes_whatever_the_file_says(run, config):
    outcome = run("fit", "--help", "--config", config("[fit\n"))
    assert (outcome.code, outcome.err) == (0, "")
    assert "GAUSSMIX_FIT_…" in outcome.out


def test_no_variable_has_two_meanings():
    """``GAUSSMIX_ISA``, which the compiled pass looks at, is none of the commands'."""
    variables = [
        option.envvar
        for command in main.commands.values()
        for option in command.params
        if isinstance(option, click.Option)
    ]
    of_options = [variable for variable in variables if variable not in (None, "GAUSSMIX_CONFIG")]
    assert len(set(of_options)) == len(of_options) > 30
    assert not any("GAUSSMIX_ISA".startswith(f"GAUSSMIX_{name.upper()}_") for name in main.commands)
