"""gaussmix fit --checkpoint and --resume."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gaussmix import load


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
