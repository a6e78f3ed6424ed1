"""The start that asks several others: a race by short EM on few rows.

em-EM (Biernacki, Celeux & Govaert 2003): runs of EM are cheap while they are short, and tell which start is worth
a long one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np

from gaussmix.allocations.weights import CommonWeights
from gaussmix.core.block import Block
from gaussmix.core.contracts import Kernel, layout_of
from gaussmix.core.frame import Frame
from gaussmix.core.mixture import Mixture
from gaussmix.core.statistics import Statistics
from gaussmix.core.summary import Summary
from gaussmix.core.types import Floats, Integers
from gaussmix.data.memory import MemorySource
from gaussmix.em.driver import run
from gaussmix.em.evaluation import Evaluation
from gaussmix.em.stopping import AitkenTolerance
from gaussmix.errors import DegenerateFitError
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.structures import STRUCTURES
from gaussmix.fitting.collapse import collapsed
from gaussmix.fitting.doubling import doubled
from gaussmix.fitting.scene import Entrant, Scene, Start
from gaussmix.fitting.truncated import is_truncated
from gaussmix.starts.coordinates import halfway, least_normal, principal_components
from gaussmix.starts.hierarchy import Agglomeration, ellipsoids, quantiles
from gaussmix.starts.k_means import lloyd, metric, nearest
from gaussmix.starts.seeding import draw_rows, greedy_k_means_plus_plus, spread_rows
from gaussmix.starts.shares import mean_of_shares

LEAST_ROWS = 1000
"""Rows of a race: with so many, mean log-likelihoods are known to about 0.03 nats and compared, on the same rows,
to far less."""
ROWS_A_NUMBER = 10, 20
"""Rows of a race for each of the k·d numbers in the means, at least and at most: covariances of fewer rows fit these
alone. With 10 or 20, all else alike, 42 fits of d = 8 to 24 ended as high on the average, to 0.0002 nats a row."""
ROW_PASSES = 20
"""Times that a race goes over its rows, or nearly: between the two numbers it costs no more than one pass over all."""
MOST_ROWS = 20_000
"""A race of more would cost as much as the fit."""

ROUNDS = ((6, 0), (2, 4))
"""How many run, the best so far, and for how many iterations (successive halving: Jamieson & Talwalkar 2016). What one
M-step from a partition is worth tells good ones from bad as well as several iterations do."""
ALWAYS = "k-means, scaled columns"
"""Runs in every round: where clusters overlap so much that some of the rows say little, it is what one start
alone would have been."""
RACE_TOLERANCE = 1e-4
"""Nats a row that an entrant leaves ungained when it stops early, and by which two may differ and count as equal.
The first of equals wins, so that rounding does not choose."""
MERGED_ROWS = 200
"""Rows that are merged: cost grows with their square, and this many show clusters of a twentieth."""
BORROWED = 0.1
"""Pseudo-rows that a cell borrows of the pooled covariance, as a part of the average cell: enough to keep cells of
two or three rows from being singular, a tenth of an average one's own."""


@dataclass(frozen=True)
class Partition:
    """A proposal: labels of the race's rows."""

    name: str
    kind: str
    labels: Integers


class RacedStart(Start):
    """Several partitions, raced; the best is to be polished."""

    name = "auto"

    def first(self, scene: Scene, generator: np.random.Generator) -> Mixture:
        best = self.entrants(scene, generator, 1)[0]
        if best.mixture is None:
            raise DegenerateFitError(best.reason)
        return best.mixture


class AutoStart(RacedStart):
    """Starts of several kinds."""

    def entrants(self, scene: Scene, generator: np.random.Generator, n_init: int) -> list[Entrant]:
        k, d = scene.recipe.n_components, scene.source.n_features
        if k == 1:
            return [whole(scene)]
        rows = scene.draw(rows_of_a_race(k, d, scene.summary), generator)
        small = scene.on(rows)
        inside = scene.frame.to_internal(rows)
        entrants = race(small, inside, proposals(small, inside, generator))
        for place, entrant in enumerate(entrants[:n_init]):
            # Where rows are shared among few components each, passes over all of them are what is to be spared.
            if entrant.mixture is not None and not is_truncated(scene.recipe, entrant.mixture):
                entrants[place] = replace(entrant, mixture=doubled(scene, entrant.mixture, len(rows), generator))
        return entrants


def rows_of_a_race(n_components: int, n_features: int, summary: Summary) -> int:
    """How many rows a race goes over at most.

    Parameters
    ----------
    n_components, n_features : int
        Of what is to be fitted.
    summary : Summary
        Of all rows. One of weight 2 is as two.
    """
    fewest, most = (each * n_components * n_features for each in ROWS_A_NUMBER)
    affordable = max(summary.n_weighted, summary.sum_weight) / ROW_PASSES
    return int(np.clip(np.clip(affordable, fewest, most), LEAST_ROWS, MOST_ROWS))


def race(scene: Scene, inside: Block, partitions: Iterable[Partition]) -> list[Entrant]:
    """The first mixtures that partitions lead to, the best first.

    Parameters
    ----------
    scene : Scene
        Of the rows of the race.
    inside : Block
        The same rows in internal units.
    partitions : iterable of Partition
        Of these rows; they are asked for one by one, so that a fit that is to end asks for no more.
    """
    runners: list[_Runner] = []
    seen: dict[bytes, str] = {}
    copies: list[tuple[Partition, str]] = []
    for partition in partitions:
        if runners and scene.recipe.wants_end():
            break
        canonical = _canonical(partition.labels)
        same = seen.setdefault(canonical, partition.name)
        if same != partition.name:
            copies.append((partition, same))
        else:
            runners.append(_Runner(partition, *from_labels(scene, inside, partition.labels)))
    ranked = [runner for runner in _race(scene, runners) if runner.mixture is None or runner.raced]
    raced = {r.partition.name: r.objective for r in ranked}
    return [
        *(Entrant(r.partition.name, r.partition.kind, r.mixture, r.objective, r.reason) for r in ranked),
        *(
            Entrant(p.name, p.kind, None, raced[same], f"the same partition as {same}", skipped=True)
            for p, same in copies
            if same in raced
        ),
    ]


@dataclass(frozen=True)
class _Runner:
    """A partition's mixture and how far it has come: its mean objective a row; −inf before and without one.

    ``evaluation`` is that of the mixture, as soon as it has run.
    """

    partition: Partition
    mixture: Mixture | None
    objective: float
    reason: str = ""
    sound: bool = True
    evaluation: Evaluation[Statistics] | None = None

    @property
    def raced(self) -> bool:
        """Whether it has run, be it one round."""
        return self.objective > -np.inf


def proposals(scene: Scene, rows: Block, generator: np.random.Generator) -> Iterator[Partition]:
    """Partitions of the race's rows, the ones to be preferred among equals first.

    Parameters
    ----------
    scene : Scene
        Of these rows.
    rows : Block
        The same rows in internal units.
    generator : Generator
        Of the draws.
    """
    k, weight = scene.recipe.n_components, rows.weight
    scaled = rows.x * metric(scene.summary, scene.frame, scene.recipe.structure.scaling)
    white, variance = principal_components(scaled, weight)
    if not white.shape[1]:  # all rows are equal
        white, variance = np.zeros((len(rows), 1)), np.ones(1)
    spaces = {"scaled columns": scaled, "whitened": white}
    if scaled.shape[1] > 1:
        spaces["projected"] = least_normal(white, weight, k)
    for space, points in spaces.items():
        centres = points[greedy_k_means_plus_plus(points, weight, k, generator)]
        yield Partition(f"k-means, {space}", "k-means", lloyd(points, weight, centres))
    if scaled.shape[1] == 1:
        yield Partition("quantiles", "quantiles", quantiles(scaled, weight, k))
    between = halfway(white, variance)
    merged = between[spread_rows(weight, min(MERGED_ROWS, len(rows)), generator)]
    groups = Agglomeration.of(merged, np.ones(len(merged))).labels(k)
    yield Partition("merged ellipsoids", "hierarchical", likeliest(scene.kernel, between, merged, groups))
    for number in (1, 2):
        centres = white[draw_rows(weight, k, generator)]
        yield Partition(f"random rows {number}", "random", nearest(white, centres))


def likeliest(kernel: Kernel, points: Floats, merged: Floats, groups: Integers) -> Integers:
    """Group of each point (m, d): that of the ellipsoid, made of merged points, under which it is likeliest."""
    if not groups.any():
        return np.zeros(len(points), dtype=np.int64)  # also where merged points are all one, which has no ellipsoid
    size, means, covariances = ellipsoids(merged, groups)
    family = Gaussian.from_covariance(STRUCTURES["full"], means, covariances)
    mixture = Mixture(family, CommonWeights.of_sums(size), Frame.identity(points.shape[1]))
    labels: Integers = kernel.rows(MemorySource(points), mixture, ["label"])["label"]
    return labels


def _race(scene: Scene, runners: list[_Runner]) -> list[_Runner]:
    """The runners, best first, after every round of the race; where the fit is to end, one run is the least."""
    for n_running, iterations in ROUNDS:
        runs = [place < n_running or r.partition.name == ALWAYS for place, r in enumerate(runners)]
        running: list[_Runner] = []
        for runner in compress(runners, runs):
            enough = any(r.raced for r in (*runners, *running)) and scene.recipe.wants_end()
            running.append(runner if enough else _run(scene, runner, iterations))
        runners = _ranked(running) + [runner for runner, does in zip(runners, runs, strict=True) if not does]
    return runners


def _ranked(runners: list[_Runner]) -> list[_Runner]:
    """Sound ones first, by objective; those within the tolerance of the best stay in the order in which they came."""
    best = max((r.objective for r in runners if r.sound), default=-np.inf)

    def place(runner: _Runner) -> tuple[bool, bool, float]:
        equal = runner.objective >= best - RACE_TOLERANCE
        return runner.mixture is None, not runner.sound, -np.inf if equal else -runner.objective

    return sorted(runners, key=place)


def _run(scene: Scene, runner: _Runner, iterations: int) -> _Runner:
    if runner.mixture is None:
        return runner
    try:
        rule = AitkenTolerance(RACE_TOLERANCE)
        result = run(scene.step, runner.mixture, rule, iterations, known=runner.evaluation)
    except DegenerateFitError as error:
        return replace(runner, mixture=None, objective=-np.inf, reason=str(error), evaluation=None)
    objective = result.evaluation.entry.objective / scene.summary.sum_weight
    sound = not collapsed(scene, result).any()
    return replace(runner, mixture=result.parameters, objective=objective, sound=sound, evaluation=result.evaluation)


def from_labels(scene: Scene, rows: Block, labels: Integers) -> tuple[Mixture | None, float, str]:
    """One M-step from the labels of rows in internal units: mixture, −inf, and why there is no mixture."""
    k = scene.recipe.n_components
    share = np.zeros((k, len(rows)))
    share[labels, np.arange(len(rows))] = rows.weight
    size = share.sum(axis=1)
    means = (share @ rows.x) / np.where(size > 0.0, size, 1.0)[:, np.newaxis]
    if not size.all():
        # An empty cell stands where a row is that no cell describes well: the farthest from the middle.
        means[size == 0.0] = rows.x[np.einsum("md,md->m", rows.x, rows.x).argmax()]
    target = scene.target(means)
    layout = layout_of(target, CommonWeights.equal(k))
    order = labels.astype(np.min_scalar_type(k)).argsort(kind="stable")  # up to 65,535 sorted in linear time
    ascending = labels.take(order)
    # Each row is in one cell, so that one difference a row is enough, not one from every cell's mean.
    z = rows.x.take(order, axis=0) - means.take(ascending, axis=0)
    factor = target.reorder(np.zeros(1, dtype=np.int64)).precision_cholesky
    scatter = target.structure.form.gather_cells(z.T, rows.weight.take(order), ascending, k, factor)
    packed = layout.pack(
        {
            "log_likelihood": 0.0,
            "sum_weight": size,
            "sum_x": np.zeros_like(means),  # about the cells' own means, or a place that has no rows
            "scatter": scatter.reshape(layout.shapes["scatter"]),
        }
    )
    sums = Statistics(layout, packed, scene.frame, means)
    try:
        family = scene.update.first(sums, target, BORROWED)
    except DegenerateFitError as error:
        return None, -np.inf, str(error)
    return scene.mixture(family, size + BORROWED * size.mean()), -np.inf, ""


def whole(scene: Scene) -> Entrant:
    """All rows as one component: nothing to race."""
    name, kind = "all rows", "whole"
    origin = Gaussian.unit(scene.recipe.structure, np.zeros((1, scene.source.n_features)))
    mixture = Mixture(origin, CommonWeights.equal(1), scene.frame)
    # Moments about the mean to the last digit, which the origin, a float in the user's units, is not.
    target = scene.target(mean_of_shares(scene.source, scene.kernel, mixture))
    sums = scene.kernel.expect(scene.source, mixture, target)
    try:
        return Entrant(name, kind, scene.mixture(scene.update.update(sums, target), np.ones(1)))
    except DegenerateFitError as error:
        return Entrant(name, kind, None, reason=str(error))


def _canonical(labels: Integers) -> bytes:
    """The partition, whatever the names of its cells."""
    first = np.full(labels.max() + 1, len(labels))
    first[labels[::-1]] = np.arange(len(labels))[::-1]  # of several rows the last assigned counts: the first
    return np.argsort(np.argsort(first))[labels].tobytes()
