"""gaussmix select, and gaussmix fit -k auto: what they print and write."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import gaussmix
from gaussmix.cli import select as command
from gaussmix.cli.values import numbers
from gaussmix.estimators.choosing import NUMBERS
from gaussmix.selection.judges import JUDGES


def test_the_command_knows_what_the_library_knows():
    assert tuple(JUDGES) == command.CRITERIA
    option = next(option for option in command.select.params if option.name == "n_components")
    assert numbers(None, option, option.default) == NUMBERS


def test_it_prints_the_best_few_and_what_to_make_of_them(run, csv_file):
    ran = run("select", csv_file, "-k", "1-3")
    assert ran.code == 0
    head, *lines = ran.out.splitlines()
    assert head.split() == ["structure", "k", "BIC", "behind", "log-likelihood", "df", "smallest"]
    assert [line.split()[0] for line in lines[:5]] == list("12345")
    assert "BIC prefers 2 components" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


def test_json_has_every_fit(run, csv_file, rows):
    ran = run("select", csv_file, "-k", "1,2", "--structures", "full,EEI", "--criterion", "icl", "--json")
    record = json.loads(ran.out)
    found = gaussmix.select(rows, [1, 2], ["full", "EEI"], "icl", random_state=0)
    assert record["criterion"] == "icl"
    assert [(row["k"], row["structure"]) for row in record["table"]] == list(
        zip(found.table.k, found.table.structure, strict=True)
    )
    assert record["best"]["icl"] == found.table.icl[0]
    assert record["settings"]["n_components"] == [1, 2]


def test_criteria_that_fit_more(run, csv_file, rows):
    asked = ("select", csv_file, "-k", "1-3", "--structures", "full")
    record = json.loads(run(*asked, "--criterion", "held_out", "--folds", "3", "--json").out)
    found = gaussmix.select(rows, [1, 2, 3], "full", "held_out", n_folds=3, random_state=0)
    assert (record["criterion"], record["held_out"]) == ("held_out", {"n_folds": 3})
    assert [row["held_out"] for row in record["table"]] == found.table.held_out.tolist()
    record = json.loads(run(*asked, "--criterion", "bootstrap", "--draws", "9", "--level", "0.1", "--json").out)
    found = gaussmix.select(rows, [1, 2, 3], "full", "bootstrap", n_draws=9, level=0.1, random_state=0)
    assert record["bootstrap"]["level"] == 0.1
    assert [test["p_value"] for test in record["bootstrap"]["tests"]] == [r.p_value for r in found.bootstrap.rungs]
    text = run(*asked, "--criterion", "bootstrap", "--draws", "19").out
    assert "The bootstrap test prefers 2 components" in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_criterion_that_measured_nothing_is_told_plainly(run, csv_file):
    ran = run("select", csv_file, "-k", "1,2", "--structures", "full", "--criterion", "held_out", "--time-limit", "0")
    assert ran.code == 0
    assert "warning: held-out log-likelihood was measured of no fit" in ran.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--folds", "3"), "error: --folds is for criterion 'held_out', not 'bic'"),
        (("--draws", "99", "--criterion", "held_out"), "error: --draws is for criterion 'bootstrap', not 'held_out'"),
        (("--level", "0.1"), "error: --level is for criterion 'bootstrap', not 'bic'"),
        (("--draws", "9", "--criterion", "bootstrap"), "error: --draws must be a whole number of at least 1 / level"),
    ],
)
def test_an_error_of_a_criterions_parameter_names_the_option(run, csv_file, options, said):
    ran = run("select", csv_file, *options)
    assert ran.code == 2
    assert ran.err.lower().startswith(said)


def test_the_best_goes_into_a_file(run, csv_file, rows, tmp_path):
    path = tmp_path / "best.gmm"
    ran = run("select", csv_file, "-k", "1-3", "-o", path)
    assert ran.err.endswith(f"wrote {path}\n")
    model = gaussmix.load(path)
    np.testing.assert_array_equal(np.bincount(model.predict(rows)), [30, 20])
    again = run("select", csv_file, "-k", "1", "-o", path)
    assert (again.code, "give --force" in again.err) == (6, True)
    assert run("show", path).code == 0


def test_weights_that_count_no_rows_are_told_plainly(run, tmp_path):
    x = np.random.default_rng(0).normal(size=(60, 2))
    path = tmp_path / "light.csv"
    np.savetxt(path, np.column_stack([x, np.full(60, 1 / 60)]), delimiter=",", header="a,b,w", comments="")
    ran = run("select", path, "--weight", "w", "-k", "1", "--structures", "EII")
    assert ran.code == 0
    assert "warning: The weights of 60 rows sum to 1" in ran.err
    assert "DataWarning" not in ran.err


def test_a_rank_is_not_ignored(run, tmp_path):
    x = np.random.default_rng(0).normal(size=(80, 3))
    path = tmp_path / "three.csv"
    np.savetxt(path, x, delimiter=",", header="a,b,c", comments="")
    assert "low rank 1" in run("select", path, "-k", "1,2", "--structures", "full,low_rank", "--rank", "1").out
    assert "low rank 1" in run("fit", path, "-k", "auto", "--covariance", "low_rank", "--rank", "1").out
    record = json.loads(run("select", path, "-k", "1", "--structures", "low_rank", "--rank", "1", "--json").out)
    assert [row["rank"] for row in record["table"]] == [1]
    for command_line in (("select", path, "-k", "1"), ("fit", path, "-k", "auto")):
        ran = run(*command_line, "--rank", "1")
        assert ran.code != 0
        assert "rank is for covariance structure low_rank" in ran.err


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("-k", "0-3", "from 1 on"),
        ("-k", "3-2", "from 1 on"),
        ("-k", "two", "no list of numbers"),
        ("--structures", "full,round", "'round' is none of all"),
        ("--criterion", "wic", "'wic' is not one of"),
        ("--rank", "0,1", "from 1 on"),
    ],
)
def test_wrong_usage(run, csv_file, option, value, said):
    ran = run("select", csv_file, option, value)
    assert ran.code == 2
    assert said in ran.err


def test_options_come_from_a_file_too(run, csv_file, tmp_path):
    config = tmp_path / "options.toml"
    config.write_text('[select]\ncomponents = "1-2"\nstructures = "EII"\n')
    ran = run("select", csv_file, "--config", config, "--json")
    assert len(json.loads(ran.out)["table"]) == 2


def test_a_time_limit_says_what_was_not_tried(run, csv_file):
    ran = run("select", csv_file, "--time-limit", "0")
    assert ran.code == 0
    assert "125 were not tried" in ran.out


def test_fit_chooses(run, csv_file, rows, tmp_path):
    folder = tmp_path / "out"
    ran = run("fit", csv_file, "-k", "auto", "-o", folder)
    assert ran.code == 0
    assert "BIC prefers 2 components" in ran.out
    assert "model with 2\ncomponents" in ran.out or "model with 2 components" in ran.out
    best = gaussmix.select(rows, random_state=0).best
    model = gaussmix.load(folder / "model.gmm")
    assert (model.n_components, model.covariance_type, model.bic_) == (2, best.covariance_type, best.bic_)
    record = json.loads(Path(folder / "summary.json").read_text())
    assert record["selection"]["best"]["k"] == 2
    assert record["settings"]["n_components"] == "auto"
    assert [component["rows"] for component in record["components"]] == [30, 20]


@pytest.mark.parametrize("asked", [["select", "-k", "1,2", "--structures", "full"], ["fit", "-k", "auto"]])
def test_the_model_knows_the_name_of_its_weights(run, asked, rows, tmp_path):
    path, place = tmp_path / "birds.csv", tmp_path / "out"
    table = np.column_stack([rows, np.ones(len(rows))])
    np.savetxt(path, table, delimiter=",", header="length,mass,count", comments="")
    ran = run(asked[0], path, *asked[1:], "--weight", "count", "-o", place)
    assert ran.code == 0
    model = gaussmix.load(place / "model.gmm" if place.is_dir() else place)
    assert model.fitted_rows_.weight_name == "count"


def test_fit_chooses_the_number_of_a_given_structure(run, csv_file):
    ran = run("fit", csv_file, "-k", "auto", "--covariance", "full", "--json")
    record = json.loads(ran.out)
    assert {row["structure"] for row in record["selection"]["table"]} == {"VVV"}


def test_many_fits_have_no_checkpoint(run, csv_file, tmp_path):
    ran = run("fit", csv_file, "-k", "auto", "--checkpoint", tmp_path / "a.gmm")
    assert ran.code == 2
    assert "-k auto makes many fits" in ran.err
    assert run("fit", csv_file, "-k", "many").code == 2
