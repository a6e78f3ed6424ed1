"""Each kind of finding: rows that have it, and rows that nearly have it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gaussmix import check_data
from gaussmix.insight.data_check.registry import LOOKS

N = 400
Rows = tuple[np.ndarray, dict]


def plain(n: int = N, d: int = 3, seed: int = 0) -> np.ndarray:
    """Rows about which there is nothing to say."""
    return np.random.default_rng(seed).normal(10.0, 2.0, (n, d))


def beside(*columns: np.ndarray, n: int = N) -> np.ndarray:
    return np.column_stack([plain(n), *columns])


def changed(row: int | slice, column: int, value: float, n: int = N) -> np.ndarray:
    x = plain(n)
    x[row, column] = value
    return x


RNG = np.random.default_rng(1)
CLASS = RNG.integers(3, size=N)
ONE_HOT = np.eye(3)[CLASS]
SHUFFLED = RNG.permutation(N) + 1000.0
COUNTS = RNG.poisson(30.0, N).astype(float)
CENTS = RNG.choice(10**6, N, replace=False).astype(float)
MOSTLY_ZERO = np.where(RNG.random(N) < 0.3, 0.0, RNG.gamma(2.0, 3.0, N))
FAR = np.concatenate([RNG.normal(0.0, 1.0, 300), RNG.normal(1e6, 1.0, 100)])
GRADES = RNG.integers(1, 8, N).astype(float)
SCALE = RNG.integers(1, 1000, N).astype(float)
SCALE[:2] = 1, 999
PARTS = plain(N, 3, seed=3)
WEIGHT = RNG.uniform(0.5, 1.5, N)


def coded(value: float, column: np.ndarray) -> np.ndarray:
    return np.where(np.arange(N) % 40 == 0, value, column)


def weighted(row: int, value: float) -> dict:
    weight = WEIGHT.copy()
    weight[row] = value
    return {"sample_weight": weight}


# code: rows that have it, rows that nearly have it
CASES: dict[str, tuple[Rows, Rows]] = {
    "not-numeric": (
        (np.array([[1.0, "a"], [2.0, "b"]] * 50, dtype=object), {}),
        (np.array([["1.5", 2], [3, "-4e5"]] * 50, dtype=object), {}),
    ),
    "missing-values": ((changed(7, 1, np.nan), {}), (plain(), {})),
    "infinite-values": ((changed(7, 1, -np.inf), {}), (changed(7, 1, np.nan), {})),
    "empty-column": ((changed(slice(None), 1, np.nan), {}), (changed(slice(1, None), 1, np.nan), {})),
    "wrong-weights": ((plain(), weighted(5, -1.0)), (plain(), weighted(5, 0.0))),
    "no-weight": ((plain(), {"sample_weight": np.zeros(N)}), (plain(), weighted(5, 0.0))),
    "weights-out-of-range": (
        (plain(), {"sample_weight": WEIGHT * 1e305}),
        (plain(), {"sample_weight": WEIGHT * 1e200}),
    ),
    "too-few-rows": ((plain(3), {"n_components": 4}), (plain(4), {"n_components": 4})),
    "fewer-rows-than-columns": ((plain(8, 8), {}), (plain(9, 8), {})),
    # 3 components of full covariances of 4 columns: 2 + 12 + 30 = 44
    "more-parameters-than-rows": ((plain(43, 4), {"n_components": 3}), (plain(44, 4), {"n_components": 3})),
    "few-rows-a-parameter": ((plain(219, 4), {"n_components": 3}), (plain(220, 4), {"n_components": 3})),
    # 10 components of full covariances of 3 columns: 9 + 30 + 60 = 99
    "few-rows-for-components": ((plain(98), {}), (plain(99), {})),
    "duplicated-rows": ((np.concatenate([plain(380), plain(380)[:20]]), {}), (np.r_[plain(390), plain(390)[:10]], {})),
    "constant-column": ((beside(np.full(N, 3.0)), {}), (beside(np.r_[3.0 + 1e-9, np.full(N - 1, 3.0)]), {})),
    "duplicated-columns": ((beside(plain()[:, 1]), {}), (beside(plain()[:, 1] + 0.1 * RNG.normal(size=N)), {})),
    "collinear-columns": (
        (np.column_stack([PARTS, PARTS.sum(axis=1)]), {}),
        (np.column_stack([PARTS, PARTS.sum(axis=1) + RNG.normal(size=N)]), {}),
    ),
    "one-hot-columns": ((beside(ONE_HOT), {}), (beside(ONE_HOT[:, :2]), {})),
    "binary-column": ((beside(RNG.integers(2, size=N)), {}), (beside(GRADES), {})),
    "few-values": ((beside(GRADES), {}), (beside(RNG.integers(11, size=N)), {})),
    "identifier": ((beside(SHUFFLED), {}), (beside(CENTS), {})),
    "large-whole-numbers": ((beside(CENTS * 1e10), {}), (beside(CENTS * 1e6), {})),
    "frequent-value": ((beside(MOSTLY_ZERO), {}), (beside(COUNTS), {})),
    "missing-code": ((beside(coded(-999.0, COUNTS)), {}), (beside(SCALE), {})),
    "outliers": ((beside(coded(1e7 + 1.0, COUNTS) * (np.arange(N) < 100)), {}), (FAR[:, np.newaxis], {})),
    "digits-lost": ((beside(1e15 + 10.0 * RNG.normal(size=N)), {}), (beside(1e12 + 10.0 * RNG.normal(size=N)), {})),
    "scale-decides": (
        (plain() * [1.0, 1.0, 2e3], {"covariance_type": "spherical"}),
        (plain() * [1.0, 1.0, 2e3], {"covariance_type": "full"}),
    ),
    "scale-span": ((plain() * [1.0, 1.0, 2e3], {}), (plain() * [1.0, 1.0, 500.0], {})),
    "large-offset": ((plain() + np.array([0.0, 1e7, 0.0]), {}), (plain() + np.array([0.0, 1e6, 0.0]), {})),
    "few-effective-rows": ((plain(), weighted(5, 2e3)), (plain(), weighted(5, 30.0))),
    "weights-are-shares": ((plain(), {"sample_weight": WEIGHT / WEIGHT.sum()}), (plain(), {"sample_weight": WEIGHT})),
    "equal-weights": ((plain(), {"sample_weight": np.full(N, 2.0)}), (plain(), {"sample_weight": np.ones(N)})),
    "zero-weights": ((plain(), weighted(5, 0.0)), (plain(), {"sample_weight": WEIGHT})),
}


@pytest.mark.parametrize("code", [look.code for look in LOOKS])
def test_rows_that_have_it_and_rows_that_nearly_do(code):
    (x, options), (near, near_options) = CASES[code]
    found = [finding for finding in check_data(x, **options).findings if finding.code == code]
    assert found
    for finding in found:
        assert finding.sentence.endswith(".")
        assert finding.remedy.endswith(".")
        assert any(letter.isdigit() for letter in finding.sentence) or code in ("one-hot-columns", "no-weight")
    assert code not in check_data(near, **near_options).codes


def test_nothing_is_said_of_plain_rows():
    check = check_data(plain())
    assert check.ok
    assert check.findings == check.notes == ()
    assert str(check).endswith("Nothing found.")


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "make",
    [
        lambda rng: rng.normal(0.0, 1.0, (500, 6)) @ rng.normal(size=(6, 6)),
        lambda rng: np.r_[rng.normal(0.0, 1.0, (200, 2)), rng.normal(50.0, 1.0, (300, 2))],
        lambda rng: rng.gamma(2.0, 1.0, (500, 3)).round(1),
        lambda rng: rng.lognormal(0.0, 1.0, (2000, 2)),
        lambda rng: rng.standard_t(3, (100_000, 1)),
        lambda rng: rng.uniform(0.0, 1e6, (300, 3)).round(),
    ],
    ids=["correlated", "two clusters", "rounded", "skewed", "heavy tails", "whole"],
)
def test_no_false_alarm(make: Callable[[np.random.Generator], np.ndarray], seed):
    assert check_data(make(np.random.default_rng(seed))).ok


# --- what sentences say ---------------------------------------------------------------------------------------------


def only(check, code):
    (finding,) = [finding for finding in check.findings if finding.code == code]
    return finding


def test_gaps_are_counted_and_found():
    x = plain()
    x[[3, 9], 0] = np.nan
    x[9, 2] = np.nan
    finding = only(check_data(x), "missing-values")
    assert finding.columns == ("x0", "x2")
    assert (
        "Column 'x0' has 2 missing values (the first in row 3 (from 0)); 'x2' has 1 missing value (the"
        in finding.sentence
    )
    assert f"2 rows of {N} are not complete" in finding.sentence
    assert finding.figures == {"n_values": 3, "n_incomplete_rows": 2, "first_row": 3}


def test_gaps_in_many_columns_are_all_counted():
    x = plain(50, 30)
    x[4] = np.nan
    finding = only(check_data(x, n_components=1), "missing-values")
    assert len(finding.columns) == 30
    assert "'x15' and 14 more have 22 missing values" in finding.sentence
    assert "1 row of 50 is not complete" in finding.sentence


@pytest.mark.parametrize(("factor", "offset"), [(2.54, 0.0), (-1.0, 100.0), (1e-150, 0.0), (1e200, 0.0), (1.8, 32.0)])
def test_other_units_are_the_same_column(factor, offset):
    x = plain()
    finding = only(check_data(np.column_stack([x, factor * x[:, 1] + offset])), "duplicated-columns")
    assert finding.columns == ("x1", "x3")
    assert "'x3' is 'x1' in other units" in finding.sentence
    if abs(np.log10(abs(factor))) < 10:
        assert f"'x3' = {'' if factor > 0 else '- '}{abs(factor):.4g}·'x1'".replace("1·", "") in finding.sentence
        assert (f"+ {offset:g})" in finding.sentence) == (offset != 0.0)


def test_equal_columns_are_equal():
    x = plain()
    finding = only(check_data(x[:, [0, 1, 2, 1, 1]]), "duplicated-columns")
    assert finding.columns == ("x1", "x3", "x4")
    assert "'x3' and 'x4' are equal to 'x1'" in finding.sentence


def test_collinear_sets_come_apart_and_with_their_ranks():
    """The number of combinations is what the rank lacks, by NumPy."""
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=(N, 3)), rng.normal(size=(N, 4)) * 100.0
    x = np.column_stack([a, a @ [1.0, 2.0, -1.0], b, b @ rng.normal(size=(4, 2)), rng.normal(size=N)])
    sets = {f.columns: f for f in check_data(x).findings if f.code == "collinear-columns"}
    assert list(sets) == [("x0", "x1", "x2", "x3"), ("x4", "x5", "x6", "x7", "x8", "x9")]
    for columns, finding in sets.items():
        part = x[:, [int(name[1:]) for name in columns]]
        assert finding.figures["n_combinations"] == len(columns) - np.linalg.matrix_rank(part - part.mean(axis=0))


def test_a_total_is_told_as_such():
    total = np.column_stack([PARTS, PARTS @ [4.0, 3.0, -2.0] + 7.0])
    assert "('x3' = 4·'x0' + 3·'x1' - 2·'x2' + 7)" in only(check_data(total), "collinear-columns").sentence


@pytest.mark.parametrize("d", [2, 10, 50, 300])
def test_noise_of_few_rows_is_not_collinear(d):
    for spare in (1, 2, 4, d // 5 + 4):
        check = check_data(plain(d + spare, d, seed=spare))
        assert "collinear-columns" not in check.codes
        assert bool(check.notes) == (d + spare < 1.2 * d + 3)


def test_percentages_are_collinear():
    parts = np.random.default_rng(2).dirichlet([3.0, 2.0, 1.0], N) * 100.0
    finding = only(check_data(parts), "collinear-columns")
    assert "+ 100" in finding.sentence


def test_a_code_in_two_columns_does_not_make_them_alike():
    x = plain()
    x[::50] = -99999.0
    assert "duplicated-columns" not in check_data(x).codes
    assert check_data(x).codes.count("missing-code") == 1


def test_a_code_that_repeats_need_not_lie_so_far():
    x = plain() * 1000.0  # from 4000 to 16000 or so
    x[::100, 1] = -999.0
    x[::100, 2] = -1000.0
    x[5, 0] = -999.0
    assert only(check_data(x), "missing-code").columns == ("x1",)


def test_both_ends_may_be_codes():
    x = plain()
    x[::50, 0], x[1::50, 0] = -999.0, 9999.0
    values = [f.figures["value"] for f in check_data(x).findings if f.code == "missing-code"]
    assert values == [-999.0, 9999.0]


def test_an_outlier_is_found_in_its_row():
    finding = only(check_data(changed(123, 1, 1e300)), "outliers")
    assert finding.columns == ("x1",)
    assert "in row 123 (from 0)" in finding.sentence
    assert finding.figures["farthest"] == 1e300


@pytest.mark.parametrize(("n_far", "is_said"), [(1, True), (2, True), (3, False)])
def test_an_outlier_in_few_rows(n_far, is_said):
    check = check_data(changed(slice(n_far), 1, 1e200, 30))
    assert ("outliers" in check.codes) == is_said


def test_far_rows_that_are_no_outliers_overflow_nowhere():
    x = np.ones((20, 3))
    x[0] = 0.0
    x[1:5, :2] = 1.4e154, 1e300
    x[5:9, :2] = -1.4e154, -1.7e308
    assert not check_data(x).ok


def test_float32_rows_have_fewer_digits():
    x = plain() + 1e6
    assert "digits-lost" in check_data(x.astype(np.float32)).codes
    assert "digits-lost" not in check_data(x).codes


def test_a_yes_and_its_no_are_one_hot():
    yes = RNG.integers(2, size=N).astype(float)
    check = check_data(beside(yes, 1.0 - yes))
    assert only(check, "one-hot-columns").columns == ("x3", "x4")
    assert "binary-column" not in check.codes


@pytest.mark.parametrize("name", ["id", "customer_id", "customerId", "ID", "row number", "idx"])
def test_names_of_identifiers(name):
    import pandas as pd

    frame = pd.DataFrame(beside(CENTS), columns=["a", "b", "c", name])
    assert only(check_data(frame), "identifier").columns == (name,)
    assert "identifier" not in check_data(frame.rename(columns={name: "paid"})).codes
    assert "identifier" not in check_data(frame.assign(**{name: CENTS + 0.5})).codes


def test_a_thing_that_rises_by_one():
    assert "rises by one" in only(check_data(beside(np.arange(N) + 1900.0)), "identifier").sentence


def test_weights_of_zero_remove_rows():
    """What is found in the other rows, and no more."""
    x, weight = plain(), np.ones(N)
    x[50:, 0] = 1.0
    x[:50, 0] = 2.0
    weight[:50] = 0.0
    assert only(check_data(x, sample_weight=weight), "constant-column").columns == ("x0",)
    assert "constant-column" not in check_data(x).codes


def test_without_components_it_says_for_how_many_rows_are_too_few():
    x = plain(100, 4)  # 7 · 15 - 1 = 104
    assert "from 7 components on" in only(check_data(x), "few-rows-for-components").sentence
    assert check_data(x).ok
    assert check_data(x, covariance_type="diag").codes == ()


@pytest.mark.parametrize("exponents", [[-300, 5, 40, 0, 7, -2], [300, 300, -300, 9, 0, 1]])
def test_units_do_not_matter(exponents):
    """Columns times powers of two: the same is found, but for codes and whole numbers, which are what they are."""
    rng = np.random.default_rng(8)
    a, b = rng.normal(5.0, 1.0, (2, N))
    x = np.column_stack([a, b, a + b, -3.0 * a, MOSTLY_ZERO, np.where(np.arange(N) == 7, 1e9, b)])
    found = check_data(x)
    other = check_data(x * np.exp2(exponents))
    assert found.codes == ("duplicated-columns", "collinear-columns", "frequent-value", "outliers", "scale-span")
    assert other.codes == found.codes
    assert [f.columns for f in other.findings][:-1] == [f.columns for f in found.findings][:-1]
