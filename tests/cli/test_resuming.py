"""gaussmix fit --checkpoint and --resume."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gaussmix import load
from gaussmix.cli.watching import Watch


@pytest.fixture
def kept(tmp_path):
    return tmp_path / "kept.gmm"


def test_a_finished_fit_is_in_the_checkpoint(run, csv_file, kept, tmp_path):
    outcome = run("fit", csv_file, "-k", 2, "--checkpoint", kept, "-o", tmp_path / "out")
    assert outcome.code == 0
    whole = load(tmp_path / "out" / "model.gmm")
    np.testing.assert_array_equal(load(kept).means_, whole.means_)
    assert (whole.warm_start, whole.checkpoint) == (False, None)
    plain = run("fit", csv_file, "-k", 2)
    assert outcome.out == plain.out


def test_the_same_command_begins_and_goes_on(run, csv_file, kept):
    command = ("fit", csv_file, "-k", 2, "--checkpoint", kept, "--resume", "--json")
    first = run(*command)
    assert first.code == 0
    assert f"note: there is no {kept} yet; the fit begins anew" in first.err
    second = run(*command)
    assert second.code == 0
    assert f"note: the fit goes on from {kept}" in second.err
    one, two = (json.loads(outcome.out) for outcome in (first, second))
    assert two["fit"]["status"] == "converged"
    assert two["fit"]["log_likelihood"] == pytest.approx(one["fit"]["log_likelihood"], rel=1e-9)
    assert [c["rows"] for c in two["components"]] == [c["rows"] for c in one["components"]] == [30, 20]


def test_what_does_not_belong_together_is_refused(run, csv_file, kept, tmp_path):
    assert run("fit", csv_file, "-k", 2, "--checkpoint", kept).code == 0
    asked = ("fit", csv_file, "--checkpoint", kept, "--resume")
    outcome = run(*asked, "-k", 3)
    assert (outcome.code, outcome.out) == (2, "")
    assert "goes on from a full mixture of 2 components and 2 features; now full, 3" in outcome.err
    outcome = run(*asked, "-k", 2, "--columns", "mass g")
    assert (outcome.code, outcome.out) == (3, "")
    assert "is a fit of the columns length mm, mass g, and here are mass g" in outcome.err
    assert load(kept).n_components == 2
    outcome = run("fit", csv_file, "-k", 2, "--resume")
    assert outcome.code == 2
    assert "say from which with --checkpoint FILE" in outcome.err
    kept.write_text("not a model")
    assert run(*asked, "-k", 2).code == 5
    outcome = run("fit", csv_file, "-k", 2, "--checkpoint", kept)
    assert outcome.code == 6
    assert "is there already; give --resume to go on from it, --force to begin anew" in outcome.err
    assert kept.read_text() == "not a model"
    assert run("fit", csv_file, "-k", 2, "--checkpoint", kept, "--force").code == 0
    assert load(kept).n_components == 2
    outcome = run("fit", csv_file, "-k", 2, "--checkpoint", csv_file, "--force")
    assert outcome.code == 6
    assert "is the file that is read" in outcome.err


def test_an_old_checkpoint_stays_until_there_is_another(run, csv_file, kept, tmp_path):
    assert run("fit", csv_file, "-k", 2, "--checkpoint", kept).code == 0
    before = kept.read_bytes()
    bad = tmp_path / "nan.csv"
    bad.write_text("length mm,mass g\n1,2\n3,\n")
    assert run("fit", bad, "-k", 2, "--checkpoint", kept, "--force").code == 3
    assert kept.read_bytes() == before


@pytest.fixture
def broken_off(run, csv_file, kept, monkeypatch):
    """A fit that was interrupted in its sixth iteration, with a checkpoint of every one before."""
    told = Watch.__call__

    def interrupted(self, record):
        if record.iteration == 6:
            raise KeyboardInterrupt
        return told(self, record)

    with monkeypatch.context() as patched:
        patched.setattr("gaussmix.estimators.checkpoint.SECONDS", 0.0)
        patched.setattr(Watch, "__call__", interrupted)
        outcome = run("fit", csv_file, *ASKED, "--checkpoint", kept)
    assert (outcome.code, outcome.out, outcome.err) == (130, "", "interrupted\n")
    assert not hasattr(load(kept), "status_")


ASKED = ("-k", 3, "--tol", 1e-12, "--max-iter", 5000)


@pytest.mark.usefixtures("broken_off")
def test_an_interrupted_fit_goes_on_to_the_same_bits(run, csv_file, kept, tmp_path):
    outcome = run("fit", csv_file, *ASKED, "--checkpoint", kept, "--resume", "-o", tmp_path / "resumed", "--json")
    assert outcome.code == 0
    assert outcome.err.startswith(f"note: the fit goes on from {kept}\n")
    whole = run("fit", csv_file, *ASKED, "-o", tmp_path / "whole", "--json")
    one, two = (json.loads(text.out) for text in (whole, outcome))
    assert one["fit"]["n_iter"] > two["fit"]["n_iter"] > 0
    assert one["parameters"] == two["parameters"]
    tables = [(tmp_path / name / "assignments.csv").read_bytes() for name in ("whole", "resumed")]
    assert tables[0] == tables[1]


@pytest.mark.usefixtures("broken_off")
def test_an_interrupted_fit_does_not_go_on_with_other_rows(run, csv_file, kept, tmp_path):
    refuse_other_rows(run, csv_file, kept, tmp_path, "is a checkpoint of a fit of other rows")


def test_a_finished_fit_does_not_go_on_with_other_rows(run, csv_file, kept, tmp_path):
    assert run("fit", csv_file, *ASKED, "--checkpoint", kept).code == 0
    refuse_other_rows(run, csv_file, kept, tmp_path, "is the end of a fit of other rows")
    outcome = run("fit", csv_file, *ASKED, "--checkpoint", kept, "--resume")
    assert outcome.code == 0
    assert outcome.err == f"note: the fit goes on from {kept}, where a fit has ended (converged)\n"


def refuse_other_rows(run, csv_file, kept, tmp_path, said):
    before = kept.read_bytes()
    other = tmp_path / "other.csv"
    other.write_text("".join(csv_file.read_text().splitlines(keepends=True)[:-1]))
    outcome = run("fit", other, *ASKED, "--checkpoint", kept, "--resume")
    assert (outcome.code, outcome.out) == (2, "")
    assert said in outcome.err
    assert kept.read_bytes() == before
