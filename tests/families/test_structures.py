"""Laws of the covariance structures: what is best, what belongs, what stays when units and axes change."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import special_ortho_group
from structure_cases import CASES

from gaussmix import _native
from gaussmix.core.frame import Scaling
from gaussmix.errors import ConfigError, DegenerateFitError
from gaussmix.families.structures import ALIASES, NAMES, SCIKIT_LEARN, STRUCTURES, structure_named
from gaussmix.families.structures.principal_axes import principal_axes

EVERY = pytest.mark.parametrize("name", list(STRUCTURES))
SIZES = {"k": st.integers(1, 5), "d": st.integers(1, 5), "seed": st.integers(0, 10_000)}


def random_scatter(k: int, d: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Scatter matrices (k, d, d), condition numbers up to some thousands, and sums of shares (k,)."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(k, d, d + 1)) * np.exp(rng.normal(size=(k, 1, 1)))
    weight = np.exp(rng.normal(size=k)) * 10.0
    stretch = np.exp(rng.normal(size=d))
    scatter = root @ root.swapaxes(1, 2) * stretch[:, np.newaxis] * stretch
    return scatter * weight[:, np.newaxis, np.newaxis], weight


def best(name: str, scatter: np.ndarray, weight: np.ndarray, previous: np.ndarray | None = None) -> np.ndarray:
    """The structure's covariances, whole (k, d, d)."""
    structure, k = STRUCTURES[name], len(scatter)
    form, d = structure.form, scatter.shape[-1]
    held = None if previous is None else form.from_stack(previous)
    diagonal = np.diagonal(scatter, axis1=1, axis2=2)
    given_scatter = {
        "full": scatter,
        "tied": scatter.sum(axis=0),
        "diagonal": diagonal,
        "spherical": np.repeat(diagonal.mean(axis=1, keepdims=True), d, axis=1),
    }[form.name]
    return form.stack(structure.covariance(given_scatter, weight, held), k)


def worth(sigma: np.ndarray, scatter: np.ndarray, weight: np.ndarray) -> float:
    """What an M-step maximises."""
    trace = np.trace(np.linalg.solve(sigma, scatter), axis1=1, axis2=2)
    return float(-0.5 * (weight @ np.linalg.slogdet(sigma)[1] + trace.sum()))


def test_every_structure_has_its_case():
    assert set(CASES) == set(STRUCTURES)


def test_names():
    assert len(STRUCTURES) == 14
    assert tuple(STRUCTURES)[:4] == SCIKIT_LEARN
    letters = {structure.mclust_name for structure in STRUCTURES.values()}
    assert letters == {f"{v}{s}{o}" for v in "EV" for s in "EV" for o in "IEV"} | {"EII", "VII"}
    assert {name: ALIASES[name] for name in ("VVV", "EEE", "VVI", "VII")} == {
        "VVV": "full",
        "EEE": "tied",
        "VVI": "diag",
        "VII": "spherical",
    }
    assert all(structure_named(name, 1) in STRUCTURES.values() for name in NAMES)
    with pytest.raises(ConfigError, match=r"'VVX'; choose one of full, tied, .* EVV, "):
        structure_named("VVX")
    with pytest.raises(ConfigError, match="'E' is for one feature, and there are 2; choose one of EEE, EEI, "):
        structure_named("E", 2)


@EVERY
def test_number_of_parameters(name):
    for k in (1, 2, 5):
        for d in (1, 2, 3, 7):
            assert STRUCTURES[name].n_parameters(k, d) == CASES[name].n_parameters(k, d)


@EVERY
def test_the_frame_follows_the_law(name):
    assert (STRUCTURES[name].scaling is Scaling.PER_FEATURE) == CASES[name].scaled


@EVERY
@given(**SIZES)
@settings(max_examples=20)
def test_covariances_belong_to_the_structure(name, k, d, seed):
    assert CASES[name].belongs(best(name, *random_scatter(k, d, seed))) < 1e-10


@EVERY
@given(**SIZES)
@settings(max_examples=12)
def test_no_other_of_the_structure_is_better(name, k, d, seed):
    """Others come from other scatter; those nearly alike are the sharper test."""
    scatter, weight = random_scatter(k, d, seed)
    found = worth(best(name, scatter, weight), scatter, weight)
    rng = np.random.default_rng(seed)
    slack = 1e-9 * weight.sum() * d
    for size in (1.0, 0.1, 1e-2, 1e-3):
        turn = np.eye(d) + size * rng.normal(size=(k, d, d))
        other = best(name, turn @ scatter @ turn.swapaxes(1, 2), weight * np.exp(size * rng.normal(size=k)))
        assert worth(other, scatter, weight) <= found + slack


@EVERY
@given(**SIZES)
@settings(max_examples=12)
def test_a_step_from_any_member_raises_the_objective(name, k, d, seed):
    scatter, weight = random_scatter(k, d, seed)
    previous = best(name, *random_scatter(k, d, seed + 1))
    newer = worth(best(name, scatter, weight, previous), scatter, weight)
    before = worth(previous, scatter, weight)
    assert newer >= before - 1e-10 * abs(before)


@EVERY
@given(**SIZES)
@settings(max_examples=12)
def test_members_are_their_own_best(name, k, d, seed):
    member = best(name, *random_scatter(k, d, seed))
    weight = random_scatter(k, d, seed)[1]
    again = best(name, member * weight[:, np.newaxis, np.newaxis], weight, member)
    np.testing.assert_allclose(again, member, rtol=1e-7, atol=1e-7 * np.abs(member).max())


@EVERY
@given(**SIZES)
@settings(max_examples=12)
def test_units(name, k, d, seed):
    """One factor for all features scales every fit; one for each, those that say so, and others not."""
    scatter, weight = random_scatter(k, d, seed)
    plain = best(name, scatter, weight)
    # Turns end where one gains less than 1e-12: rounding may decide which is the last.
    np.testing.assert_allclose(best(name, 4.0 * scatter, weight), 4.0 * plain, rtol=1e-4, atol=1e-5 * plain.max())
    assert worth(best(name, 4.0 * scatter, weight), 4.0 * scatter, weight) == pytest.approx(
        worth(4.0 * plain, 4.0 * scatter, weight), rel=1e-10
    )
    factor = np.exp(np.random.default_rng(seed).normal(size=d))
    unit = factor[:, np.newaxis] * factor
    if CASES[name].scaled:
        assert_as_good(name, plain * unit, scatter * unit, weight)
    elif k > 2 and d > 1:
        assert CASES[name].belongs(plain * unit) > 1e-6


@EVERY
@given(**SIZES)
@settings(max_examples=12)
def test_rotations(name, k, d, seed):
    scatter, weight = random_scatter(k, d, seed)
    plain = best(name, scatter, weight)
    if CASES[name].turned and d > 1:
        turn = special_ortho_group.rvs(d, random_state=seed)
        assert_as_good(name, turn @ plain @ turn.T, turn @ scatter @ turn.T, weight)


def assert_as_good(name: str, expected: np.ndarray, scatter: np.ndarray, weight: np.ndarray) -> None:
    """Where the optimum is unique the matrices agree; common axes have local ones, and are found again from there."""
    previous = expected if name in ("EVE", "VVE") else None
    found = best(name, scatter, weight, previous)
    size = np.sqrt(np.einsum("kii,kjj->kij", expected, expected))
    assert (np.abs(found - expected) <= 1e-4 * size).all()  # where few rows decide, the objective is flat
    assert worth(found, scatter, weight) == pytest.approx(worth(expected, scatter, weight), rel=1e-10)


@EVERY
@given(d=SIZES["d"], seed=SIZES["seed"])
@settings(max_examples=12)
def test_one_component_has_its_own_covariance(name, d, seed):
    """Of three kinds: a ball, along the axes, any."""
    scatter, weight = random_scatter(1, d, seed)
    own = scatter / weight[0]
    if STRUCTURES[name].mclust_name.endswith("II"):
        own = np.trace(own[0]) / d * np.eye(d)[np.newaxis]
    elif STRUCTURES[name].mclust_name.endswith("I"):
        own = own * np.eye(d)
    np.testing.assert_allclose(best(name, scatter, weight), own, rtol=1e-7, atol=1e-7 * own.max())


@pytest.mark.parametrize("name", [name for name in STRUCTURES if name not in SCIKIT_LEARN])
def test_a_component_without_scatter_is_refused_or_borrows(name):
    """Where volume, or shape in equal volume, is its own there is no best; else the others' is its own."""
    scatter, weight = random_scatter(3, 2, 0)
    scatter[1] = 0.0
    if name in ("EII", "EEI", "EEV"):
        assert (np.linalg.eigvalsh(best(name, scatter, weight)) > 0.0).all()
        return
    with pytest.raises(DegenerateFitError, match=r"component 1 is singular|the shared covariance"):
        best(name, scatter, weight)


@pytest.mark.parametrize("d", range(2, 9))
def test_every_plane_turns(d):
    """Two axes are interchanged in any one plane: the sweep that turns it comes to the axes of the features."""
    scatter = np.stack([np.diag(np.arange(1.0, d + 1)), np.diag(np.arange(d, 0.0, -1))])
    for one, other in combinations(range(d), 2):
        angle = 0.3
        axes = np.eye(d)
        axes[np.ix_([one, other], [one, other])] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        turned, _, bad = _native.common_axes(axes, scatter, np.ones(2), False, 200, 0.0)
        assert bad == -1
        np.testing.assert_allclose(np.abs(turned).max(axis=0), 1.0, atol=1e-6)


@given(**SIZES)
@settings(max_examples=20)
def test_axes_of_features_in_very_different_units(k, d, seed):
    """Every entry comes back to its own digits, though 1e16 lies between the variances."""
    scatter, _ = random_scatter(k, d, seed)
    unit = 10.0 ** np.random.default_rng(seed).integers(-8, 9, size=d)
    graded = scatter * unit[:, np.newaxis] * unit
    variances, axes = principal_axes(graded)
    assert (np.diff(variances, axis=1) >= 0.0).all()
    size = np.sqrt(np.einsum("kii,kjj->kij", graded, graded))
    assert (np.abs((axes * variances[:, np.newaxis]) @ axes.swapaxes(1, 2) - graded) <= 1e-13 * size).all()
    np.testing.assert_allclose(axes.swapaxes(1, 2) @ axes, np.broadcast_to(np.eye(d), (k, d, d)), atol=1e-13)


def test_axes_of_a_singular_matrix():
    variances, axes = principal_axes(np.array([[[1.0, 1.0], [1.0, 1.0]], [[4.0, 0.0], [0.0, 0.0]]]))
    np.testing.assert_allclose(variances, [[0.0, 2.0], [0.0, 4.0]], atol=1e-15)
    np.testing.assert_allclose(np.abs(axes[1]), [[0.0, 1.0], [1.0, 0.0]])
