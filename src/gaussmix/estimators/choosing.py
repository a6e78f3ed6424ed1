"""From what a search is asked for to its selection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from gaussmix.data.memory import MemorySource
from gaussmix.errors import DegenerateFitError
from gaussmix.estimators.fitted import gaussian
from gaussmix.estimators.gaussian_mixture import GaussianMixture
from gaussmix.estimators.order import canonical_order
from gaussmix.estimators.rows import Rows
from gaussmix.estimators.selection import Selection
from gaussmix.fitting.usable import checked_summary
from gaussmix.insight.choice import Choice
from gaussmix.kernels.automatic import AutomaticKernel
from gaussmix.kernels.threads import thread_count
from gaussmix.selection.candidate import Candidate
from gaussmix.selection.cells import Cell, numbers_of, ranks_of, structures_of
from gaussmix.selection.search import Search
from gaussmix.selection.second_looks import CLOSEST
from gaussmix.selection.stage import Stage
from gaussmix.selection.verdict import Judge
from gaussmix.selection.work import End, Told, Work

WORTH_THREADS = 200_000
"""Values from which on passes are most of a fit: a pass over 40,000 rows of five features takes milliseconds, what
Python does between two passes half of one."""
NUMBERS = tuple(range(1, 10))
"""Numbers of components that are tried where nothing else is asked for: mclust's."""


@dataclass(frozen=True)
class Order:
    """What a search is asked for.

    Parameters
    ----------
    n_components, structures, rank
        As `gaussmix.select` takes them.
    judge : Judge
        Of the criterion.
    n_init : int
        Starts of each fit that are polished.
    n_threads : int or None
        Most in all.
    time_limit : float
        Seconds.
    seed : int
        Of all draws.
    told : callable, optional
        Is told of every fit.
    model : GaussianMixture
        Unfitted, with what all fits have in common.
    weight_name : str, optional
        The column of weights, where rows are in files.
    """

    n_components: int | Iterable[int] | None
    structures: str | Iterable[str]
    rank: int | Iterable[int] | None
    judge: Judge
    n_init: int
    n_threads: int | None
    time_limit: float
    seed: int
    told: Told | None
    model: GaussianMixture
    weight_name: str | None = None


def chosen(rows: Rows, order: Order) -> Selection:
    """Search, and choose.

    Raises
    ------
    DataError
        If the rows cannot be used.
    ConfigError
        If what is asked for makes no sense.
    DegenerateFitError
        If no fit came to anything that may be chosen; the text has the reasons.
    """
    numbers = NUMBERS if order.n_components is None else numbers_of(order.n_components)
    order.judge.check(numbers)
    structures = structures_of(order.structures, rows.source.n_features, ranks_of(order.rank))
    cells = [Cell(k, structure) for k in numbers for structure in structures]
    n_threads = thread_count(order.n_threads)
    summary = checked_summary(rows.source, 1)
    n_workers = min(n_threads, len(cells)) if _is_worth_threads(rows) else 1
    work = Work(End(order.time_limit), n_workers, order.told)
    recipe = replace(order.model._recipe(), listener=work.end)
    stage = Stage(rows.source, AutomaticKernel(max(1, n_threads // n_workers)), summary, recipe, order.seed)
    search = Search(stage, order.judge.guide, work, order.n_init)
    found = search.over(cells)
    _refuse_if_none_may_be_chosen(found)
    verdict = order.judge.verdict(stage, found, order.n_init, work)
    # The search has spared what its guide would not choose.
    found = search.to_the_end(found, lambda candidates: verdict.in_order(candidates)[:CLOSEST])
    _refuse_if_none_may_be_chosen(found)  # at their ends fits may have become spikes
    choice = Choice.of(found, verdict, rows.source.n_features, recipe.reg_covar is None)
    model = partial(_model, order.model, order.weight_name, rows.dtype, rows.source.feature_names)
    best = model(choice.best)
    best._set_labels(rows, best._kernel())
    return Selection(choice, model, best)


def _refuse_if_none_may_be_chosen(found: Iterable[Candidate]) -> None:
    if not any(candidate.eligible for candidate in found):
        raise DegenerateFitError("no fit may be chosen: " + reasons(found))


def _is_worth_threads(rows: Rows) -> bool:
    """Whether several fits at one time are faster than one after the other, each with all threads in its passes.

    Not for rows in files, which each would read; nor for few rows, where Python, which runs one thread at a time, is
    most of the work.
    """
    return isinstance(rows.source, MemorySource) and rows.source.n_values >= WORTH_THREADS


def _model(
    like: GaussianMixture,
    weight_name: str | None,
    dtype: np.dtype[Any],
    names: Sequence[str] | None,
    candidate: Candidate,
) -> GaussianMixture:
    """The estimator of one cell, as if it had been fitted alone; what is said of each row it does not know."""
    cell, fit = candidate.cell, candidate.fit
    if fit is None:
        raise TypeError("only what was fitted makes an estimator")
    model = GaussianMixture(**like.get_params(deep=False))
    model.set_params(n_components=cell.n_components, covariance_type=cell.structure.name, rank=cell.rank)
    for attribute in ("n_features_in_", "feature_names_in_"):
        if hasattr(like, attribute):
            setattr(model, attribute, getattr(like, attribute))
    mixture = fit.mixture
    by_weight = canonical_order(mixture.weights, gaussian(mixture).public_means(mixture.frame))
    model._set_fitted(fit, mixture.reorder(by_weight), dtype, names)
    model.fitted_rows_ = replace(model.fitted_rows_, weight_name=weight_name)
    return model


REASONS = 3
"""Reasons that an error gives: of more they are the same again."""


def reasons(found: Iterable[Candidate]) -> str:
    """Why cells may not be chosen, each reason once."""
    said = dict.fromkeys(f"{each.status}: {each.reason.rstrip('.')}" for each in found)
    return "; ".join(list(said)[:REASONS])
