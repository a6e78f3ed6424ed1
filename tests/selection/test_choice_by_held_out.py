"""The choice by held-out rows: against scikit-learn's cross-validation, and what it says where it cannot measure."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn import mixture
from sklearn.model_selection import PredefinedSplit, cross_val_score

import gaussmix
from gaussmix.errors import ConfigError, DataWarning
from gaussmix.families.structures import STRUCTURES
from gaussmix.selection.by_held_out import ByHeldOut, HeldOutJudge
from gaussmix.selection.candidate import Candidate, Outcome
from gaussmix.selection.cells import Cell
from gaussmix.selection.criteria import CRITERIA
from gaussmix.selection.figures import Figures
from gaussmix.selection.held_out import Folds, HeldOut


@pytest.fixture(scope="module")
def found(two_groups):
    return gaussmix.select(two_groups, [1, 2, 3], ["full", "EEI"], "held_out", random_state=0)


def by_grid(table):
    return table.sort_values(["k", "structure"]).reset_index(drop=True)


@pytest.mark.parametrize("structure", ["full", "tied", "diag", "spherical"])
def test_it_is_scikit_learns_cross_validation(two_groups, structure):
    """Of one component, or two that stand apart, there is one top; fits stop within a tenth of a nat of it in all."""
    found = gaussmix.select(two_groups, [1, 2], structure, "held_out", n_folds=4, random_state=0, reg_covar=0.0)
    for k in (1, 2):
        measured = found.held_out(k, structure)
        folds = PredefinedSplit(measured.folds.of(np.arange(len(two_groups))))
        theirs = mixture.GaussianMixture(
            k, covariance_type=structure, tol=1e-10, reg_covar=0.0, max_iter=1000, n_init=3, random_state=0
        )
        np.testing.assert_allclose(measured.fold_means, cross_val_score(theirs, two_groups, cv=folds), atol=2e-3)
        row = found.table.set_index("k").loc[k]
        assert (row.held_out, row.held_out_error) == (measured.mean, measured.standard_error)


def test_the_best_has_the_highest_mean_and_the_grid_is_that_of_bic(two_groups, found):
    table = found.table
    assert table.held_out.is_monotonic_decreasing
    assert (found.best.n_components, found.best.covariance_type) == (2, "full")
    assert (table.k[0], table.structure[0]) == (2, "VVV")
    assert found.criterion == "held_out"
    plain = gaussmix.select(two_groups, [1, 2, 3], ["full", "EEI"], random_state=0)
    columns = ["k", "structure", "log_likelihood", "df", "bic", "icl", "status"]
    assert by_grid(table)[columns].equals(by_grid(plain.table)[columns])
    assert "held_out" not in plain.table
    for wrong in (lambda: plain.by("held_out"), lambda: plain.held_out(2, "full")):
        with pytest.raises(ConfigError, match="was not measured"):
            wrong()


def test_what_was_measured_stays_where_others_choose(found):
    by_bic = found.by("bic")
    assert by_bic.table.bic.is_monotonic_increasing
    assert by_grid(by_bic.table).held_out.equals(by_grid(found.table).held_out)
    assert by_bic.by("held_out").table.equals(found.table)
    again = pickle.loads(pickle.dumps(found))
    assert again.table.equals(found.table)
    with pytest.raises(ConfigError, match="were not in the grid"):
        found.held_out(7, "full")


def test_it_reads_well(found):
    text = repr(found)
    assert text.splitlines()[0].split()[:5] == ["structure", "k", "held-out", "behind", "±"]
    said = found.explain()
    assert "Held-out log-likelihood prefers 2 components VVV" in said
    assert "BIC prefers it, too." in said
    assert "higher is better" in said
    record = found.to_dict()
    assert record["held_out"] == {"n_folds": 5}
    assert record["best"]["held_out"] == found.table.held_out[0]


def test_one_cluster_is_one():
    x = np.random.default_rng(1).normal(size=(200, 2)) @ [[1.0, 0.4], [0.0, 0.5]]
    found = gaussmix.select(x, [1, 2, 3], ["full", "EEE"], "held_out", random_state=0)
    assert found.best.n_components == 1
    assert found.table.held_out.notna().all()


def test_threads_and_files_change_nothing(two_groups, found, monkeypatch, tmp_path):
    asked = {"n_components": [1, 2, 3], "structures": ["full", "EEI"], "criterion": "held_out", "random_state": 0}
    path = tmp_path / "rows.csv"
    np.savetxt(path, two_groups, delimiter=",", header="a,b", comments="", fmt="%.17g")
    from_file = gaussmix.select(path, **asked).table
    monkeypatch.setattr("gaussmix.estimators.choosing.WORTH_THREADS", 0)
    by_threads = gaussmix.select(two_groups, n_jobs=3, **asked).table
    for other in (from_file, by_threads):
        assert other.drop(columns="seconds").equals(found.table.drop(columns="seconds"))


def test_weights_count_in_fits_and_means(two_groups):
    """By fits of our own to the rows of all folds but one, of their weights."""
    weight = np.random.default_rng(3).integers(0, 4, len(two_groups)).astype(float)
    found = gaussmix.select(two_groups, [2], "EEI", "held_out", sample_weight=weight, random_state=0)
    measured = found.held_out(2, "EEI")
    fold = measured.folds.of(np.arange(len(two_groups)))
    for number in range(5):
        rest, ours = (fold != number) * weight, (fold == number) * weight
        model = gaussmix.GaussianMixture(2, covariance_type="EEI", random_state=0).fit(two_groups, sample_weight=rest)
        assert measured.fold_means[number] == pytest.approx(model.score(two_groups, sample_weight=ours), abs=2e-3)
        assert measured.fold_weight[number] == pytest.approx(ours.sum())


@pytest.mark.parametrize(
    ("more", "structures"),
    [
        (lambda x: np.full(len(x), 3.0), ["EEI", "VVI"]),  # a constant column
        (lambda x: x[:, 0], ["EEE", "VVV"]),  # one that stands twice
    ],
)
def test_directions_in_which_no_rows_vary_change_no_differences(two_groups, more, structures):
    plain, wider = (
        by_grid(gaussmix.select(x, [1, 2], structures, "held_out", random_state=0).table)
        for x in (two_groups, np.column_stack([two_groups, more(two_groups)]))
    )
    np.testing.assert_allclose(np.diff(wider.held_out), np.diff(plain.held_out), atol=2e-3)


def test_equal_values_are_measured_by_no_component_of_no_extent(two_groups):
    """A value that two rows in five share would make held-out rows as likely as one likes, too."""
    rng = np.random.default_rng(2)
    x = np.column_stack([two_groups, np.where(rng.random(150) < 0.4, 0.0, rng.normal(size=150))])
    found = gaussmix.select(x, [1, 2, 3], ["VVI", "VVV"], "held_out", random_state=0)
    assert (found.table.status == "spike").any()
    assert found.table.held_out[found.table.status == "spike"].isna().all()
    assert np.diagonal(found.best.covariances_, axis1=-2, axis2=-1).min() > 1e-3


def test_a_cell_that_cannot_be_measured_says_why():
    x = np.concatenate([np.arange(6.0), 40.0 + np.arange(6.0)])[:, np.newaxis]
    found = gaussmix.select(x, [1, 2, 8], "E", "held_out", n_folds=2, random_state=0)
    row = found.table.set_index("k").loc[8]
    assert row.status == "converged"
    assert "6 rows of positive weight are too few" in row.reason
    assert "1 of 3 fits were not measured" in found.explain()
    assert np.isnan(row.held_out)
    with pytest.raises(ConfigError, match="8 components E were not measured: "):
        found.held_out(8, "E")


def test_a_callback_ends_it_and_what_was_measured_comes_first(two_groups):
    seen = []

    def told(progress):
        seen.append((progress.done, progress.total, progress.doing))
        return [doing for *_, doing in seen].count(progress.doing) == 5 and bool(progress.doing)

    found = gaussmix.select(two_groups, [1, 2], ["full", "EEI"], "held_out", callback=told, random_state=0, n_jobs=1)
    done = [each for each, *_ in seen]
    assert done == sorted(done)
    assert seen[-1][:2] == (seen[-1][1], seen[-1][1])
    assert {doing for *_, doing in seen} == {"", "fits without each of 5 folds"}
    table = found.table
    assert table.held_out.notna().tolist() == [True, False, False, False]
    assert table.bic[0] == table.bic.min()  # cells are measured in BIC's order
    assert table.bic[1:].is_monotonic_increasing
    assert (table.reason[1:] == "a callback ended the search").all()
    assert "3 of 4 fits were not measured" in found.explain()
    assert "–" in found.text()


def test_where_nothing_is_measured_it_is_bics_choice_and_told(two_groups):
    with pytest.warns(DataWarning, match="measured of no fit, and the choice is that of BIC: the time limit of 0 s"):
        found = gaussmix.select(two_groups, [1, 2], ["full", "EEI"], "held_out", time_limit=0, random_state=0, n_jobs=1)
    assert found.best.n_components == found.by("bic").best.n_components == 1
    assert "measured of no fit" in found.explain().splitlines()[0]
    assert "held_out" not in found.to_dict()
    with pytest.warns(DataWarning, match="no row of fold|too few"):
        gaussmix.select(two_groups[:4], [1], "EII", "held_out", n_folds=60, random_state=0)


def test_what_was_measured_may_come_to_nothing_at_its_end(two_groups, spike_at_the_end):
    """Half of six rows are too few for four components; one is measured, and in the end none to choose."""
    rows = two_groups[:6]
    text = "measured of no fit that may be chosen, and the choice is that of BIC: .*too few"
    with pytest.warns(DataWarning, match=text):
        found = gaussmix.select(rows, [1, 4], "EII", "held_out", n_folds=2, random_state=0)
    assert found.table.k.tolist() == [4, 1]
    assert found.table.status.tolist() == ["converged", "spike"]
    assert found.explain().startswith("Held-out log-likelihood was measured of no fit that may be chosen")


def test_what_a_callback_raises_ends_it(two_groups):
    def told(progress):
        if progress.doing:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gaussmix.select(two_groups, [1, 2], "EII", "held_out", callback=told, random_state=0)


def candidate(k: int, n_parameters: int) -> Candidate:
    figures = Figures(-100.0, n_parameters, 30.0, 0.0, 0.0, 3.0)
    return Candidate(Cell(k, STRUCTURES["full"]), Outcome.FITTED, figures=figures)


def test_the_simplest_within_one_standard_error():
    """The difference to k = 2 is 0.1 ± 0.1/√3·…: 0.1, 0.2, 0.0, by hand 0.1 ± 0.058; to k = 1 it is 0.05 ± 0.076."""
    weight = np.full(3, 10.0)
    means = {1: [1.1, 2.0, 2.8], 2: [0.9, 1.9, 2.9], 3: [1.0, 2.1, 2.9]}
    found = {Cell(k, STRUCTURES["full"]): HeldOut(Folds(3, 0), np.array(each), weight) for k, each in means.items()}
    verdict = ByHeldOut(found, {}, CRITERIA["bic"])
    candidates = [candidate(k, 5 * k) for k in (1, 2, 3, 4)]
    assert [each.cell.n_components for each in verdict.in_order(candidates)] == [3, 1, 2, 4]
    simplest = verdict.simplest(candidates)
    assert simplest is not None
    assert simplest.cell.n_components == 1
    surer = found | {candidates[0].cell: HeldOut(Folds(3, 0), np.array([0.5, 1.6, 2.4]), weight)}
    assert ByHeldOut(surer, {}, CRITERIA["bic"]).simplest(candidates) is None


def test_what_is_refused(two_groups):
    for criterion, parameters, text in [
        ("bic", {"n_folds": 3}, "n_folds is for criterion 'held_out', not 'bic'"),
        ("held_out", {"n_draws": 99}, "n_draws is for criterion 'bootstrap', not 'held_out'"),
        ("held_out", {"n_folds": 1}, "n_folds"),
    ]:
        with pytest.raises(ConfigError, match=text):
            gaussmix.select(two_groups, [1, 2], "EII", criterion, **parameters)
    with pytest.raises(ConfigError, match="n_folds must be at least 2"):
        HeldOutJudge(1)
