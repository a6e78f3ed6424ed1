"""How likely rows are that a fit has not seen: k-fold held-out log-likelihood (Smyth 2000).

Nothing is assumed of the mixture's parameters or of how many rows are many, as BIC does; the price is a fit for each
fold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from gaussmix.core.block import Block
from gaussmix.core.contracts import Kernel
from gaussmix.core.mixture import Mixture
from gaussmix.core.source import ReduceTask, RowTask, Source, WrappedSource
from gaussmix.core.statistics import Statistics
from gaussmix.core.tree import Node
from gaussmix.core.types import Array, Floats, Integers
from gaussmix.errors import ConfigError, DataError, DegenerateFitError
from gaussmix.fitting.fit import fit_mixture
from gaussmix.fitting.recipe import Recipe
from gaussmix.fitting.scene import Start
from gaussmix.kernels.row_weights import RowWeights

N_FOLDS = 5
"""Each fit then sees four fifths of the rows; ten folds cost twice as much and move the estimate by little
(Hastie, Tibshirani & Friedman 2009, section 7.10)."""

SPAN_ROWS = 1 << 18
"""Rows whose weights are made anew at a time: 2 MB, and chunks enough for many threads."""

SAME_SUM = 1e-9
"""Shares of the same rows may add up to the rows' weights with other rounding for another number of components."""


@dataclass(frozen=True)
class Folds:
    """Which fold a row is in, by its global number alone: the same wherever rows live and however they are read.

    Of each ``n_folds`` rows that follow each other every fold has one, and which has the first is drawn for them. So
    folds have as many rows, where rows are sorted as many of each kind, and no period of theirs is that of the folds.

    Parameters
    ----------
    n_folds : int
        How many.
    seed : int
        Of the draws.
    """

    n_folds: int
    seed: int

    def of(self, numbers: Integers) -> Integers:
        """The fold of each of these rows."""
        group, place = np.divmod(numbers, self.n_folds)
        drawn = _mixed(group.astype(np.uint64) ^ _mixed(np.array(self.seed, dtype=np.uint64)))
        return (place + (drawn % np.uint64(self.n_folds)).astype(np.int64)) % self.n_folds


def _mixed(numbers: Any) -> Any:
    """Each number as 64 bits that look random: the last step of SplitMix64 (Steele, Lea & Flood 2014)."""
    with np.errstate(over="ignore"):
        mixed = numbers + np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return mixed ^ (mixed >> np.uint64(31))


class FoldRows(WrappedSource):
    """The rows of another source, of which only those in one fold count, or only those outside it.

    The others have weight 0 and are as good as not there. Nothing is copied but weights of what is being computed with,
    and row numbers stay what they are.

    Parameters
    ----------
    source : Source
        All rows.
    folds : Folds
        Who is where.
    fold : int
        Which fold.
    held_out : bool
        Whether the rows of the fold count, or those of all others.
    """

    def __init__(self, source: Source, folds: Folds, fold: int, held_out: bool) -> None:
        super().__init__(source)
        self._folds = folds
        self._fold = fold
        self._held_out = held_out

    def map_reduce(self, task: ReduceTask) -> Any:
        return self._source.map_reduce(_OfFold(task, self))

    def map_rows(self, task: RowTask) -> dict[str, Array]:
        return self._weighted(self._source.map_rows(task), 0)

    def row_parts(self, task: RowTask) -> Iterator[dict[str, Array]]:
        first = 0
        for part in self._source.row_parts(task):
            yield self._weighted(part, first)
            first += len(next(iter(part.values())))

    def take(self, numbers: Integers) -> Block:
        return self.weighted(self._source.take(numbers), numbers)

    def weighted(self, block: Block, numbers: Integers) -> Block:
        """The rows of these numbers with weight 0 where they do not count."""
        return Block(block.x, np.where(self._counts(numbers), block.weight, 0.0), block.columns)

    def _counts(self, numbers: Integers) -> Array:
        return (self._folds.of(numbers) == self._fold) == self._held_out

    def _weighted(self, results: dict[str, Array], first: int) -> dict[str, Array]:
        """What a task says of each row, where it says their weights: no other that a fit has depends on these."""
        if RowWeights.name in results:
            weight = results[RowWeights.name]
            weight[~self._counts(np.arange(first, first + len(weight)))] = 0.0
        return results


@dataclass(frozen=True)
class _OfFold:
    """A sum over the rows that count."""

    task: ReduceTask
    rows: FoldRows

    @property
    def chunk_length(self) -> int:
        return self.task.chunk_length

    def map(self, block: Block, first_chunk: int) -> Iterator[Node[Any]]:
        """Span by span: memory for the weights of one."""
        n_chunks = max(1, SPAN_ROWS // self.chunk_length)
        for chunk in range(0, -(-len(block) // self.chunk_length), n_chunks):
            part = block.rows(chunk * self.chunk_length, (chunk + n_chunks) * self.chunk_length)
            first = (first_chunk + chunk) * self.chunk_length
            numbers = np.arange(first, first + len(part))
            yield from self.task.map(self.rows.weighted(part, numbers), first_chunk + chunk)


class OfFold(NamedTuple):
    """How likely the rows of one fold are under a fit that has not seen them.

    Parameters
    ----------
    mean : float
        Nats a row, by their weights.
    weight : float
        Sum of these.
    """

    mean: float
    weight: float


@dataclass(frozen=True)
class HeldOut:
    """Mean log-likelihood of rows under fits that have not seen them.

    Parameters
    ----------
    folds : Folds
        Who was held out with whom.
    fold_means : array, shape (n_folds,)
        Of the rows of each fold, by their weights.
    fold_weight : array, shape (n_folds,)
        Sums of these weights.
    """

    folds: Folds
    fold_means: Floats
    fold_weight: Floats

    @classmethod
    def of(cls, folds: Folds, each: Sequence[OfFold]) -> HeldOut:
        """From what every fold came to, in their order."""
        # Arrays of their own: a product of vectors has other bits where one has steps.
        return cls(folds, np.array([one.mean for one in each]), np.array([one.weight for one in each]))

    @property
    def mean(self) -> float:
        """Of all rows, nats a row: higher is better."""
        return float(self.fold_weight @ self.fold_means / self.fold_weight.sum())

    @property
    def standard_error(self) -> float:
        """Of `mean`, from how far folds differ; it takes folds as independent, which their fits are not quite."""
        return _standard_error(self.fold_means, self.fold_weight)

    def gain_over(self, other: HeldOut) -> tuple[float, float]:
        """By how much a row is likelier here than there, and the standard error of this.

        With the same folds, differences vary much less than either mean.

        Raises
        ------
        ConfigError
            If the folds are not the same.
        """
        same_rows = np.allclose(self.fold_weight, other.fold_weight, rtol=SAME_SUM, atol=0.0)
        if self.folds != other.folds or not same_rows:
            raise ConfigError("these held-out log-likelihoods are of different folds and cannot be compared")
        gains = self.fold_means - other.fold_means
        return float(self.fold_weight @ gains / self.fold_weight.sum()), _standard_error(gains, self.fold_weight)


def _standard_error(values: Floats, weight: Floats) -> float:
    """Of the weighted mean of values of one variance a unit of weight; s/√m where the m weights are the same."""
    part = weight / weight.sum()
    distance = values - part @ values
    return float(np.sqrt(part @ distance**2 / (len(values) - 1)))


def held_out_log_likelihood(
    source: Source,
    kernel: Kernel,
    recipe: Recipe,
    start: Start,
    seed: int,
    n_folds: int = N_FOLDS,
    n_init: int = 1,
) -> HeldOut:
    """Fit a recipe to all folds but one, see how likely that one is, and so for each.

    Parameters
    ----------
    source : Source
        The rows, which are gone through by every fit; nothing is held for each of them but what a fit holds.
    kernel : Kernel
        Who goes over them.
    recipe : Recipe
        What is fitted.
    start : Start
        Where each fit begins.
    seed : int
        Of folds and starts; recipes are compared on the same folds.
    n_folds : int
        How many folds, at least 2.
    n_init : int
        Starts of each fit that go to their end.

    Raises
    ------
    ConfigError
        If there are fewer than two folds.
    DataError, DegenerateFitError
        If a fit fails, or no row of a fold counts: the text says which fold.
    """
    if n_folds < 2:
        raise ConfigError(f"rows are held out by at least 2 folds, not {n_folds}")
    folds = Folds(n_folds, seed)

    def fitted(fold: int) -> Mixture:
        rest = FoldRows(source, folds, fold, held_out=False)
        return fit_mixture(rest, kernel, recipe, start, np.random.default_rng([seed, fold]), n_init).mixture

    return HeldOut.of(folds, [of_fold(source, kernel, folds, fold, fitted) for fold in range(n_folds)])


def of_fold(
    source: Source,
    kernel: Kernel,
    folds: Folds,
    fold: int,
    fitted: Callable[[int], Mixture],
    log_likelihood: Callable[[Mixture, Statistics], float] = lambda _mixture, sums: sums.log_likelihood,
) -> OfFold:
    """How likely a fold is under a mixture that has not seen it.

    Parameters
    ----------
    source : Source
        All rows.
    kernel : Kernel
        Who goes over them.
    folds : Folds
        Who is held out with whom.
    fold : int
        Which fold.
    fitted : callable
        The mixture that was fitted to all folds but this.
    log_likelihood : callable, optional
        What is taken for the log-likelihood of the rows with these sums under this mixture.

    Raises
    ------
    DataError, DegenerateFitError
        If the fit fails, or no row of the fold counts: the text says which fold.
    """
    where = f"fold {fold} (from 0) of {folds.n_folds}"
    try:
        mixture = fitted(fold)
    except (DataError, DegenerateFitError) as error:
        raise type(error)(f"the fit without {where} failed: {error}") from error
    sums = kernel.expect(FoldRows(source, folds, fold, held_out=True), mixture)
    weight = float(sums.sum_weight.sum())
    if not weight > 0.0:
        raise DataError(f"no row of {where} has a positive weight; take fewer folds")
    return OfFold(log_likelihood(mixture, sums) / weight, weight)
