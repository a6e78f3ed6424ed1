"""The search: what it finds beside mclust, that nothing ends it, and what it does not depend on."""

from __future__ import annotations

import json
import time
import warnings
from math import log
from pathlib import Path
from queue import SimpleQueue
from threading import Semaphore

import numpy as np
import pytest

import gaussmix
from gaussmix.errors import ConfigError, DataError, DataWarning, DegenerateFitError
from gaussmix.families.structures import structure_named
from gaussmix.selection import search
from gaussmix.selection.cells import contains

ORACLES = Path(__file__).parents[1] / "oracles" / "mclust"
FIGURES = ["k", "structure", "log_likelihood", "df", "bic", "aic", "aicc", "icl", "entropy", "smallest", "status"]


@pytest.mark.parametrize("name", sorted(path.stem for path in ORACLES.glob("*.json")))
def test_the_best_is_at_least_as_good_as_mclusts(name):
    """Over its own grid, 1 to 9 components of all its structures, with its start from hierarchical clustering."""
    data = json.loads((ORACLES / f"{name}.json").read_text())
    x = np.array(data["X"], dtype=float).reshape(data["n"], data["d"])
    found = gaussmix.select(x, random_state=0)
    assert len(found.table) == 9 * (2 if data["d"] == 1 else 14)
    assert -found.best.bic_ >= data["best"]["bic"] - 0.5


def test_the_table_and_the_models_say_the_same(two_groups):
    found = gaussmix.select(two_groups, range(1, 4), ["full", "EEI"], random_state=0)
    table = found.table
    assert list(table.columns) == [*FIGURES, "seconds", "reason"]
    assert sorted(zip(table.k, table.structure, strict=True)) == [(k, s) for k in (1, 2, 3) for s in ("EEI", "VVV")]
    assert table.bic.is_monotonic_increasing
    assert (found.best.n_components, found.best.bic_) == (table.k[0], table.bic[0])
    np.testing.assert_array_equal(found.best.labels_, found.best.predict(two_groups))
    for _, row in table.iterrows():
        model = found.model(row.k, row.structure)
        assert model.bic(two_groups) == row.bic
        assert model.mixture_.n_parameters == row.df
        assert model.status_.value == row.status == "converged"
        assert (np.diff(model.weights_) <= 1e-9).all()
    assert [model.bic_ for model in found.best_few(3)] == table.bic[:3].tolist()
    with pytest.raises(ConfigError, match="were not in the grid"):
        found.model(7, "full")


def test_fits_beside_the_best_say_where_their_labels_are(two_groups):
    found = gaussmix.select(two_groups, [1, 2], ["full", "EII"], random_state=0)
    assert found.best_few(0) == []
    assert len(found.best_few(99)) == 4
    for wrong in (-1, 1.5, True):
        with pytest.raises(ConfigError, match="n must be a whole number of at least 0"):
            found.best_few(wrong)
    for model in (found.best_few(2)[1], found.model(1, "full")):
        with pytest.raises(AttributeError, match=r"labels_ .*predict\(X\)"):
            _ = model.labels_
        assert len(model.predict(two_groups)) == len(two_groups)
    with pytest.raises(AttributeError, match="has no attribute 'labels_'"):
        _ = gaussmix.GaussianMixture().labels_


def test_other_criteria_choose_among_the_same_fits(two_groups):
    found = gaussmix.select(two_groups, range(1, 4), ["full", "EII"], random_state=0)
    for name in ("aic", "aicc", "icl"):
        other = found.by(name)
        assert other.criterion == name
        assert other.table[name].iloc[0] == found.table[name].min()
        again = gaussmix.select(two_groups, range(1, 4), ["full", "EII"], name, random_state=0)
        # The few that matter are fitted to their end, and these are others by another criterion.
        assert again.table[name].iloc[0] == pytest.approx(other.table[name].iloc[0], abs=0.1)


def test_threads_change_nothing(two_groups, monkeypatch):
    """Neither those of several fits at one time nor those within passes."""
    monkeypatch.setattr("gaussmix.estimators.choosing.WORTH_THREADS", 0)
    one, two = (gaussmix.select(two_groups, range(1, 5), random_state=3, n_jobs=n).table for n in (1, 3))
    assert one[FIGURES].equals(two[FIGURES])


def test_the_order_in_which_fits_end_changes_nothing(monkeypatch):
    """Rows of one Gaussian, of which eight structures are equally good: the first of the grid is the best of these."""
    x = np.random.default_rng(1).normal(size=(400, 3)) @ np.array([[1.0, 0.8, 0.3], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])
    found = gaussmix.select(x, range(1, 4), random_state=0, n_jobs=1)

    def last_first(work, jobs, handle):
        for result in [job() for job in jobs][::-1]:
            handle(result)

    monkeypatch.setattr("gaussmix.selection.work.Work.each", last_first)
    again = gaussmix.select(x, range(1, 4), random_state=0, n_jobs=1)
    assert again.table[FIGURES].equals(found.table[FIGURES])


def test_many_rows_are_fitted_as_well_as_alone():
    """Races are on a few of them, and a first look ends early, which must not cost anything."""
    rng = np.random.default_rng(5)
    x = np.concatenate([rng.normal(0, 1, (15_000, 2)), rng.normal([2, 1], [0.3, 2], (15_000, 2))])
    found = gaussmix.select(x, [2, 3], ["full", "VEI"], random_state=0)
    for model in found.best_few(4):
        alone = gaussmix.GaussianMixture(
            model.n_components, covariance_type=model.covariance_type, random_state=0, n_init=3
        ).fit(x)
        assert model.log_likelihood_ >= alone.log_likelihood_ - 5.0
    assert found.best.n_components == 2


def test_a_row_of_weight_2_is_that_row_twice(two_groups):
    weight = np.arange(len(two_groups)) % 3
    cells = {"n_components": [1, 2], "structures": ["full", "VEI", "EII"], "random_state": 0}
    weighted = gaussmix.select(two_groups, sample_weight=weight, **cells).table
    repeated = gaussmix.select(np.repeat(two_groups, weight, axis=0), **cells).table
    assert weighted.structure.tolist() == repeated.structure.tolist()
    np.testing.assert_allclose(weighted.bic, repeated.bic, rtol=1e-6)
    np.testing.assert_allclose(weighted.icl, repeated.icl, rtol=1e-6)


def test_units_do_not_matter(two_groups):
    """A change of all units by one factor shifts every criterion by one number, whatever the structure."""
    plain, other = (
        gaussmix.select(rows, [1, 2], random_state=0).table.sort_values(["k", "structure"])
        for rows in (two_groups, two_groups * 1e-7 + 3.0)
    )
    shift = 2.0 * two_groups.size * log(1e-7)
    np.testing.assert_allclose(plain.bic + shift, other.bic, rtol=1e-6)


def test_a_structure_is_as_likely_as_those_it_contains(two_groups):
    table = gaussmix.select(two_groups, [2, 3], random_state=0).table
    likely = {(row.k, row.structure): row.log_likelihood for row in table.itertuples()}
    for (k, larger), value in likely.items():
        for (other_k, smaller), least in likely.items():
            if k == other_k and contains(structure_named(larger), structure_named(smaller)):
                assert value >= least - 0.2, (k, larger, smaller)


def test_a_cell_that_fails_is_a_row_of_the_table():
    x = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0], [8.0, 9.0], [9.0, 8.0]])
    table = gaussmix.select(x, [1, 2, 9], ["EII", "full"], reg_covar=0.0, random_state=0).table
    failed = table[table.status == "failed"]
    assert (9, "VVV") in set(zip(failed.k, failed.structure, strict=True))
    assert all(len(reason) > 10 for reason in failed.reason)
    assert failed.bic.isna().all()
    assert table.status[0] == "converged"
    with pytest.raises(ConfigError, match="there is no fit of 9 components"):
        gaussmix.select(x, [1, 9], "EII", random_state=0).model(9, "EII")


@pytest.mark.parametrize("error", [np.linalg.LinAlgError, FloatingPointError, ZeroDivisionError, ValueError])
def test_whatever_numbers_raise_ends_one_cell_only(two_groups, monkeypatch, error):
    fit_scene = search.fit_scene

    def failing(scene, *others):
        if scene.recipe.n_components == 2 and scene.recipe.structure.mclust_name == "EII":
            raise error("made to fail")
        return fit_scene(scene, *others)

    monkeypatch.setattr("gaussmix.selection.search.fit_scene", failing)
    found = gaussmix.select(two_groups, [1, 2], ["EII", "full"], random_state=0)
    failed = found.table[found.table.status == "failed"]
    assert list(zip(failed.k, failed.structure, failed.reason, strict=True)) == [
        (2, "EII", f"{error.__name__}: made to fail")
    ]
    assert (found.best.n_components, found.best.covariance_type) == (2, "full")


@pytest.mark.parametrize("proposes", ["_split", "_merged"])
def test_a_fit_that_cannot_be_taken_apart_only_proposes_nothing(two_groups, monkeypatch, proposes):
    """So flat a component that linear algebra gives up: other fits still propose, and the search goes on."""
    asked = []

    def failing(*others):
        asked.append(others)
        raise np.linalg.LinAlgError("Singular matrix")

    monkeypatch.setattr(f"gaussmix.selection.second_looks.{proposes}", failing)
    found = gaussmix.select(two_groups, [1, 2, 3], ["full", "EII"], random_state=0)
    assert asked
    assert (found.table.status == "converged").all()


def test_what_is_about_the_process_ends_the_search(two_groups, monkeypatch):
    def failing(*others):
        raise MemoryError

    monkeypatch.setattr("gaussmix.selection.search.fit_scene", failing)
    with pytest.raises(MemoryError):
        gaussmix.select(two_groups, [1, 2], "EII", random_state=0)


def test_nothing_to_choose_is_said():
    with pytest.raises(DegenerateFitError, match=r"no fit may be chosen: failed: .*3 rows"):
        gaussmix.select(np.array([[0.0], [1.0], [3.0]]), [4, 5], random_state=0)
    equal = np.repeat([[0.0, 0.0], [1.0, 2.0]], 10, axis=0)
    with pytest.raises(DegenerateFitError, match=r"starts failed: .*zero; failed: ") as caught:
        gaussmix.select(equal, 2, ["full", "tied"], reg_covar=0.0, random_state=0)
    assert ".;" not in str(caught.value)
    with pytest.raises(DataError, match="missing"):
        gaussmix.select(gaussmix.data.memory.MemorySource(np.array([[0.0], [np.nan], [3.0]])))


def test_a_time_limit_leaves_what_was_tried(two_groups):
    found = gaussmix.select(two_groups, range(1, 4), time_limit=0, random_state=0, n_jobs=1)
    assert found.best.n_components == 1
    assert (found.table.status == "not tried").sum() == 3 * 14 - 1
    assert "0 s was reached" in found.table.reason.iloc[-1]
    assert "41 were not tried" in found.explain()


def test_a_callback_is_told_and_ends_it(two_groups):
    seen = []

    def told(progress):
        seen.append((progress.done, progress.total, progress.best.cell.n_components))
        return len(seen) == 3

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = gaussmix.select(two_groups, range(1, 4), callback=told, random_state=0, n_jobs=1)
    assert seen[:3] == [(1, 42, 1), (2, 42, 1), (3, 42, 1)]
    assert (found.table.status == "not tried").any()
    assert found.best.n_components == 1


def test_progress_counts_the_whole_search(two_groups):
    seen = []
    gaussmix.select(two_groups, [1, 2], callback=lambda p: seen.append((p.done, p.total)), random_state=0)
    assert len(seen) > 2 * 14  # cells were looked at again
    assert [done for done, _ in seen] == list(range(1, len(seen) + 1))
    totals = [total for _, total in seen]
    assert totals == sorted(totals)
    assert seen[-1] == (len(seen), len(seen))


def test_more_is_advised_only_where_several_numbers_were_tried(two_groups):
    assert "try more" in gaussmix.select(two_groups, [1, 2], "full", random_state=0).explain()
    assert "try more" not in gaussmix.select(two_groups, 2, "full", random_state=0).explain()


def test_what_a_callback_raises_ends_it(two_groups):
    def told(progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gaussmix.select(two_groups, callback=told, random_state=0)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_interrupt_ends_the_races(two_groups, monkeypatch, n_jobs):
    """Ctrl-C comes to the thread that called while it waits; races under way hear of it, and no other begins."""
    monkeypatch.setattr("gaussmix.estimators.choosing.WORTH_THREADS", 0)
    begun, heard = Semaphore(0), []

    def race(self, cell, names):
        begun.release()
        patience = time.monotonic() + 60.0
        while not self.work.end.wants_end() and time.monotonic() < patience:
            time.sleep(0.001)
        heard.append(self.work.end.wants_end())
        raise ValueError("no race came to an end")

    class Interrupted(SimpleQueue):
        def get(self):
            for _ in range(n_jobs):
                assert begun.acquire(timeout=60.0)  # every worker has a race
            raise KeyboardInterrupt

    monkeypatch.setattr("gaussmix.selection.search.Search._race", race)
    monkeypatch.setattr("gaussmix.selection.work.SimpleQueue", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        gaussmix.select(two_groups, range(2, 6), random_state=0, n_jobs=n_jobs)
    assert heard == ["the search was interrupted"] * n_jobs
    assert not begun.acquire(blocking=False)


def test_files_as_rows(two_groups, tmp_path):
    path = tmp_path / "rows.csv"
    np.savetxt(path, two_groups, delimiter=",", header="a,b", comments="")
    asked = {"n_components": [1, 2], "structures": ["full", "EEI"], "random_state": 0}
    from_file, in_memory = gaussmix.select(str(path), **asked), gaussmix.select(two_groups, **asked)
    assert from_file.table[FIGURES].equals(in_memory.table[FIGURES])
    assert from_file.best.fitted_rows_.feature_names == ("a", "b")
    assert list(from_file.best.feature_names_in_) == ["a", "b"]


def test_it_reads_well(two_groups):
    found = gaussmix.select(two_groups, range(1, 4), random_state=0)
    text = repr(found)
    assert "structure" in text.splitlines()[0]
    assert "BIC prefers 2 components" in text
    html = found._repr_html_()
    assert html.count("<tr>") == 6
    assert "BIC prefers 2 components" in html
    record = found.to_dict()
    assert record["best"]["k"] == 2
    assert len(record["table"]) == 42


@pytest.mark.parametrize("criterion", ["bic", "held_out"])
def test_one_component_is_not_compared_with_itself(criterion):
    """Eight structures are the same then: how sure it is that there is one is told beside two."""
    x = np.random.default_rng(1).normal(size=(200, 2)) @ np.array([[1.0, 0.8], [0.0, 1.0]])
    found = gaussmix.select(x, [1, 2], ["full", "tied", "VEE"], criterion, random_state=0)
    assert found.table.k.tolist()[:3] == [1, 1, 1]
    assert found.best.n_components == 1
    first = found.explain().splitlines()[0]
    rival = found.table.iloc[3]
    assert first.endswith("very strong evidence." if criterion == "bic" else f"2 components {rival.structure}.")
    assert f"2 components {rival.structure}" in first
    alone = gaussmix.select(x, 1, ["full", "tied"], criterion, random_state=0)
    assert alone.explain().splitlines()[0].endswith("There is nothing to compare it with.")


def test_weights_that_count_no_rows_are_told(two_groups):
    """By a sum of 1 BIC would charge nothing for parameters."""
    n = len(two_groups)
    with pytest.warns(DataWarning, match=rf"weights of {n} rows sum to 1: .* give weights that count rows"):
        found = gaussmix.select(two_groups, [1, 2], "EEE", sample_weight=np.full(n, 1.0 / n), random_state=0)
    said = found.explain()
    assert "sum to 1:" in said
    assert "evidence" not in said
    assert "charges" not in said


def test_figures_without_a_constant_column_are_explained(two_groups):
    plain = gaussmix.select(two_groups, [2], "EEI", random_state=0)
    found = gaussmix.select(np.column_stack([two_groups, np.full(len(two_groups), 3.0)]), [2], "EEI", random_state=0)
    assert found.table.bic[0] == pytest.approx(plain.table.bic[0], abs=1e-3)
    assert found.best.bic_ != pytest.approx(found.table.bic[0], abs=1.0)
    assert "leave these directions out" in found.explain()
    assert "leave these directions out" not in plain.explain()
