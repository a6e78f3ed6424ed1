"""The choice by bootstrap tests: it is their sequence, and says so where that comes to nothing."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import gaussmix
from gaussmix.data.memory import MemorySource
from gaussmix.em.stopping import AutomaticTolerance
from gaussmix.errors import ConfigError, DataWarning
from gaussmix.estimators.predicting import generator_of
from gaussmix.families.structures import STRUCTURES
from gaussmix.fitting.recipe import Recipe
from gaussmix.fitting.start import start_named
from gaussmix.kernels.automatic import AutomaticKernel
from gaussmix.selection.bootstrap_test import bootstrap_sequence
from gaussmix.selection.by_bootstrap import BootstrapJudge

ASKED = {"criterion": "bootstrap", "n_draws": 19, "random_state": 0}


@pytest.fixture(scope="module")
def found(two_groups):
    return gaussmix.select(two_groups, range(1, 5), ["full", "EEI"], **ASKED)


def test_it_is_the_sequence_of_tests_of_bics_structure(two_groups, found):
    structure = found.by("bic").best.covariance_type
    assert structure == "full"
    recipe = Recipe(1, STRUCTURES[structure], False, None, AutomaticTolerance(), 1000, accelerated=True)
    seed = np.random.SeedSequence(int(generator_of(0).integers(2**31)))
    theirs = bootstrap_sequence(
        MemorySource(two_groups), AutomaticKernel(1), recipe, start_named("auto"), seed, [1, 2, 3], n_draws=19
    )
    ours = found.bootstrap
    assert ours is not None
    assert len(ours.rungs) == len(theirs.rungs) == 2
    for one, other in zip(ours.rungs, theirs.rungs, strict=True):
        assert (one.n_components, one.statistic, one.p_value) == (other.n_components, other.statistic, other.p_value)
        assert one.draws.tobytes() == other.draws.tobytes()
    assert found.best.n_components == ours.n_components == 2
    # With other draws, by the public function: clusters that stand apart.
    alone = gaussmix.bootstrap_test(two_groups, n_draws=19, random_state=1)
    assert alone.n_components == 2
    assert [rung.statistic for rung in alone.rungs] == pytest.approx([rung.statistic for rung in ours.rungs], abs=0.5)


def test_the_table_has_the_p_values_and_then_bics_order(found):
    table = found.table
    p_value = {(row.k, row.structure): row.p_value for row in table.itertuples() if not np.isnan(row.p_value)}
    assert p_value == {(rung.n_components, "VVV"): rung.p_value for rung in found.bootstrap.rungs}
    assert (table.k[0], table.structure[0]) == (2, "VVV")
    assert table.bic[1:].is_monotonic_increasing
    assert [model.n_components for model in found.best_few(2)] == table.k[:2].tolist()
    assert found.by("aic").by("bootstrap").table.equals(table)
    assert pickle.loads(pickle.dumps(found)).table.equals(table)


def test_it_reads_well(found):
    assert found.text().splitlines()[0].split()[:4] == ["structure", "k", "p-value", "BIC"]
    said = found.explain()
    assert "The bootstrap test prefers 2 components VVV" in said
    assert "1 is rejected (p = 0.05), 2 is not (p = " in said
    assert "The structure is that of the best BIC" in said
    record = found.to_dict()["bootstrap"]
    assert record["decided"]
    assert [test["k"] for test in record["tests"]] == [1, 2]
    assert record["tests"][0]["p_value"] == found.bootstrap.rungs[0].p_value


def test_one_cluster_is_one():
    x = np.random.default_rng(1).normal(size=(150, 2)) @ [[1.0, 0.4], [0.0, 0.5]]
    found = gaussmix.select(x, [1, 2, 3], "full", **ASKED)
    assert found.best.n_components == 1
    assert "1 is not (p = " in found.explain()
    assert "The structure is that" not in found.explain()  # there was but one


def test_the_largest_that_is_left_may_be_too_few():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(m, 1, 60) for m in (0.0, 12.0, 24.0)])[:, np.newaxis]
    found = gaussmix.select(x, [1, 2], "E", **ASKED)
    assert not found.bootstrap.decided
    assert found.best.n_components == 2
    assert "is the largest that was tried: try more" in found.explain()


def test_threads_and_files_change_nothing(two_groups, found, monkeypatch, tmp_path):
    path = tmp_path / "rows.csv"
    np.savetxt(path, two_groups, delimiter=",", header="a,b", comments="", fmt="%.17g")
    from_file = gaussmix.select(path, range(1, 5), ["full", "EEI"], **ASKED).table
    monkeypatch.setattr("gaussmix.estimators.choosing.WORTH_THREADS", 0)
    by_threads = gaussmix.select(two_groups, range(1, 5), ["full", "EEI"], n_jobs=3, **ASKED).table
    for other in (from_file, by_threads):
        assert other.drop(columns="seconds").equals(found.table.drop(columns="seconds"))


def test_a_weight_of_two_is_the_row_twice(two_groups):
    weight = 1 + np.arange(150) % 2
    once = gaussmix.select(two_groups, [1, 2], "full", sample_weight=weight, **ASKED).bootstrap.rungs[0]
    often = gaussmix.select(np.repeat(two_groups, weight, axis=0), [1, 2], "full", **ASKED).bootstrap.rungs[0]
    assert once.statistic == pytest.approx(often.statistic, abs=1e-3)
    assert once.p_value == often.p_value


def test_a_callback_ends_it_and_the_choice_is_bics(two_groups):
    seen = []

    def told(progress):
        seen.append((progress.done, progress.total, progress.doing))
        return progress.doing == "draws for 2 against 3 components"

    with pytest.warns(DataWarning, match="of 2 against 3 came to nothing: a callback .*; the choice is that of BIC"):
        found = gaussmix.select(two_groups, range(1, 5), ["full", "EEI"], callback=told, **ASKED)
    done = [each for each, *_ in seen]
    assert done == sorted(done)
    totals = [each for _, each, _ in seen]
    assert totals == sorted(totals)
    assert done[-1] == totals[-1] - 19 + 1  # of the second test, one draw; all of the first
    assert not found.bootstrap.decided
    assert found.table.p_value.notna().sum() == 1
    assert found.best.bic_ == found.by("bic").best.bic_
    assert "1 is rejected (p = 0.05)." in found.explain()


def test_without_time_it_does_not_begin(two_groups):
    with pytest.warns(DataWarning, match="bootstrap test came to nothing: the time limit of 0 s was reached"):
        found = gaussmix.select(two_groups, [1, 2], ["full", "EEI"], time_limit=0, n_jobs=1, **ASKED)
    assert found.bootstrap is None
    assert found.best.n_components == 1
    assert found.table.p_value.isna().all()
    assert found.explain().startswith("The bootstrap test came to nothing")


def test_a_mixture_that_cannot_be_fitted_leaves_bics_choice(two_groups):
    """A draw has as many rows as the weights sum to: here too few for four components."""
    weight = np.full(150, 3.0 / 150)
    with pytest.warns(DataWarning, match="the weights sum to 3, and a draw has as many rows|sum to 3: criteria"):
        found = gaussmix.select(two_groups, [3, 4], "EII", sample_weight=weight, **ASKED)
    assert found.bootstrap is None
    assert "the bootstrap test came to nothing: the weights sum to 3" in found.notes[-1]


def test_what_a_callback_raises_ends_it(two_groups, monkeypatch):
    monkeypatch.setattr("gaussmix.estimators.choosing.WORTH_THREADS", 0)

    def told(progress):
        if progress.doing:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gaussmix.select(two_groups, [1, 2], "EII", callback=told, n_jobs=2, **ASKED)


def test_rounded_values_reject_nothing():
    x = np.round(np.random.default_rng(0).normal(0, 1, (200, 1)))
    with pytest.warns(DataWarning, match=r"came to nothing: component .* no extent .* check_data; the choice is that"):
        found = gaussmix.select(x, [1, 2, 3], "V", **ASKED)
    assert not found.bootstrap.decided
    assert found.best.n_components == 1


def test_what_it_prefers_may_come_to_nothing_at_its_end(two_groups, spike_at_the_end):
    text = "came to 2 components, of which there is no fit that may be chosen; the choice is that of BIC"
    with pytest.warns(DataWarning, match=text):
        found = gaussmix.select(two_groups, [1, 2, 3], "full", **ASKED)
    assert found.bootstrap.n_components == 2
    assert found.table.status[found.table.k == 2].tolist() == ["spike"]
    assert found.table.k.tolist()[-1] == 2  # what may not be chosen stands at the end
    assert found.best.n_components == found.by("bic").best.n_components
    assert text in found.explain()
    assert "The bootstrap test prefers" not in found.explain()
    assert "BIC prefers it, too" not in found.explain()


def test_what_is_refused(two_groups):
    for numbers, parameters, text in [
        ([1, 2, 4], {}, "numbers without gaps, such as .*, not 1, 2, 4"),
        ([2], {}, "numbers without gaps"),
        ([1, 2], {"n_draws": 18}, "at least 1 / level"),
        ([1, 2], {"level": 1.0}, "level"),
        ([1, 2], {"n_folds": 3}, "n_folds is for criterion 'held_out', not 'bootstrap'"),
    ]:
        with pytest.raises(ConfigError, match=text):
            gaussmix.select(two_groups, numbers, "EII", "bootstrap", **parameters)
    with pytest.raises(ConfigError, match="level must be a number above 0"):
        BootstrapJudge(level=0.0)


def test_weights_of_which_no_draw_can_be_made_leave_the_choice_to_bic():
    x = np.random.default_rng(0).normal(size=(200, 2))
    with pytest.warns(DataWarning, match="memory does not suffice.*BIC") as caught:
        found = gaussmix.select(x, [1, 2], "EII", criterion="bootstrap", sample_weight=np.full(200, 1e12))
    assert len(caught) == 1
    assert found.best.n_components in (1, 2)
