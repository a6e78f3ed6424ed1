"""What the rooms promise each other about mixtures: family, allocation, update, kernel.

An extension (a new family, another update) implements one of these and has everything else for
nothing. ``docs/extend.md`` walks through each with an example from ``tests/proof``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar, runtime_checkable

import numpy as np

from gaussmix.core.block import Block
from gaussmix.core.frame import Scaling
from gaussmix.core.source import RowTask, Source
from gaussmix.core.statistics import Field, Layout, Statistics
from gaussmix.core.types import Array, Floats, Integers

if TYPE_CHECKING:
    from gaussmix.core.mixture import Mixture


@dataclass(frozen=True, slots=True)
class Scores:
    """Stage 1 for a tile of rows.

    Parameters
    ----------
    log_density : array, shape (k, b)
        Log-density of each row under each component, in internal units.
    scale : array, shape (k, b), optional
        A second tile that the same family's gather wants back (the expected precision of a Student-t).
    """

    log_density: Floats
    scale: Floats | None = None


@dataclass(frozen=True, slots=True)
class Shares:
    """Stage 2 for a tile of rows.

    Parameters
    ----------
    share : array, shape (k, b)
        How much of each row belongs to each component; for rows of weight w they sum to w, or to less where an
        allocation keeps a part to itself (noise).
    log_density : array, shape (b,)
        Log-density of each row under the mixture, in the units of the scores.
    """

    share: Floats
    log_density: Floats


class CompiledStage(NamedTuple):
    """Parameters of a score or gather stage that the compiled pass knows.

    Parameters
    ----------
    form : str
        Name of the stage.
    means : array, shape (k, d)
        Internal.
    factor : array
        As the form wants it.
    log_normaliser : array, shape (k,)
        What is added to minus half the squared distance.
    """

    form: str
    means: Floats
    factor: Floats
    log_normaliser: Floats


class CompiledUpdate(NamedTuple):
    """An update that the compiled pass makes in the call that sums the rows.

    Parameters
    ----------
    name : str
        Which.
    scatter_diagonal, covariance_diagonal : array, shape (d,), optional
        What it adds to scatters, and to covariances, if it does.
    least_part : float
        A component needs more than this part of all weight to be updated there.
    """

    name: str
    scatter_diagonal: Floats | None = None
    covariance_diagonal: Floats | None = None
    least_part: float = 0.0


class Family(ABC):
    """What the k components of a mixture emit: their parameters, and stages 1 and 3 of a pass in NumPy.

    Everything is in internal units; blocks come in internal units too.
    """

    @property
    @abstractmethod
    def n_components(self) -> int:
        """Number of components."""

    @property
    @abstractmethod
    def n_features(self) -> int:
        """Number of features."""

    @property
    @abstractmethod
    def n_parameters(self) -> int:
        """Free parameters, for BIC and AIC."""

    @property
    @abstractmethod
    def scaling(self) -> Scaling:
        """Which changes of units the family follows."""

    @property
    @abstractmethod
    def name(self) -> str:
        """How the family is named to people and in files."""

    @property
    @abstractmethod
    def pivot(self) -> Floats:
        """The points about which moments are gathered, shape (k, d)."""

    @property
    @abstractmethod
    def layout(self) -> tuple[Sequence[Field], Mapping[str, int]]:
        """The sums that `gather` gives, and the sizes of their dimensions."""

    @abstractmethod
    def score(self, block: Block) -> Scores:
        """Stage 1: log-density of each row under each component."""

    @abstractmethod
    def gather(self, block: Block, share: Floats, scores: Scores) -> Mapping[str, Floats]:
        """Stage 3: the sums over the rows of this tile, weighted by ``share`` (k, b).

        The scores are those of the mixture that shared the rows, which need not be of this family (at a start): a
        family that wants its second tile back must then do without.
        """

    @abstractmethod
    def relative_distance(self, x: Floats) -> Floats:
        """Distances that compare the components for rows so far off that no log-density is finite.

        Parameters
        ----------
        x : array, shape (b, d)
            Internal, finite, as far as 1e300.

        Returns
        -------
        distance : array, shape (k, b)
            Finite, and right up to a positive factor for each row.
        """

    @abstractmethod
    def reorder(self, order: Integers) -> Family:
        """The same components in another order (or some of them)."""

    @abstractmethod
    def sample(self, component: int, n_samples: int, generator: np.random.Generator) -> Floats:
        """Draws from one component, shape (n_samples, d)."""

    @property
    @abstractmethod
    def compiled(self) -> CompiledStage | None:
        """The stages under the name by which the compiled pass knows them; None if it does not."""


class Allocation(ABC):
    """How rows choose components: stage 2 of a pass."""

    @property
    @abstractmethod
    def n_components(self) -> int:
        """Number of components."""

    @property
    @abstractmethod
    def n_parameters(self) -> int:
        """Free parameters, for BIC and AIC."""

    @property
    @abstractmethod
    def name(self) -> str:
        """How the allocation is named to people and in files."""

    @property
    @abstractmethod
    def weights(self) -> Floats:
        """Share of all rows in each component, shape (k,)."""

    @property
    @abstractmethod
    def layout(self) -> tuple[Sequence[Field], Mapping[str, int]]:
        """Sums that `gather` gives beside the shares' own, and the sizes of their dimensions."""

    @abstractmethod
    def share(self, scores: Scores, block: Block) -> Shares:
        """Stage 2: each row's shares and its log-density under the mixture.

        A row for which no score is finite gets shares of NaN here; the pass asks the family who is nearest.
        """

    @abstractmethod
    def gather(self, block: Block, shares: Shares) -> Mapping[str, Floats]:
        """The allocation's own sums over the rows of this tile."""

    @abstractmethod
    def reorder(self, order: Integers) -> Allocation:
        """The same for components in another order (or some of them)."""

    @property
    @abstractmethod
    def compiled(self) -> tuple[str, Floats] | None:
        """Name of the compiled share stage and the log-weights (k,) it adds; None if it is not compiled.

        A compiled stage makes no sums of its own, so that the layout must be empty.
        """


@runtime_checkable
class Conditionable(Protocol):
    """A family that knows the distribution of some features, given others or not."""

    def marginal(self, features: Integers) -> Family:
        """The family of some of the features, in this order."""

    def conditional(self, known: Integers, rest: Integers, point: Floats) -> Family:
        """The family of the features ``rest`` where the features ``known`` take the internal values ``point``."""


@runtime_checkable
class Conditioned(Protocol):
    """A family that knows how much its parameters magnify rounding."""

    @property
    def amplification(self) -> float:
        """How many times a relative error of a row may come back in its log-density; at least 1."""


@runtime_checkable
class Extrapolable(Protocol):
    """A family whose sums of several passes can be combined: as vectors in one space."""

    @property
    def combinable(self) -> bool:
        """Whether that is so of these parameters."""

    def about(self, statistics: Statistics, pivot: Floats) -> Statistics:
        """The same sums, with moments about other points."""

    def typical_sums(self, sum_weight: Floats) -> Mapping[str, Floats]:
        """Standard errors, or their order, of the sums that `gather` gives under these parameters.

        Parameters
        ----------
        sum_weight : array, shape (k,)
            Sums of shares.
        """


@runtime_checkable
class Reweightable(Protocol):
    """An allocation that says what it becomes when rows choose by other weights."""

    def with_weights(self, weights: Floats) -> Allocation:
        """Allocation by these weights, shape (k,)."""


Parameters = TypeVar("Parameters")


class Update(ABC, Generic[Parameters]):
    """Statistics to parameters: by maximum likelihood, with a prior, or variationally.

    A fit has two, one for the family and one for the allocation.
    """

    @abstractmethod
    def update(self, statistics: Statistics, current: Parameters) -> Parameters:
        """The parameters that maximise the expected objective, given sums made under ``current``."""

    @abstractmethod
    def objective_term(self, parameters: Parameters) -> float:
        """What these parameters add to the log-likelihood in the objective.

        Nothing for maximum likelihood, a log-prior for a mode, minus a divergence for a variational update.
        """

    def compiled(self, current: Parameters) -> CompiledUpdate | None:
        """The update of such parameters under the name by which the compiled pass knows it; None if it does not.

        What it made stands in the statistics (`Statistics.made`), where `update` finds it.
        """
        return None


class Kernel(ABC):
    """Passes over a source: score, share, gather."""

    @abstractmethod
    def expect(self, source: Source, mixture: Mixture, gather: Family | None = None) -> Statistics:
        """One pass with the mixture's shares.

        Parameters
        ----------
        source : Source
            The rows.
        mixture : Mixture
            Scores and shares.
        gather : Family, optional
            Whose sums are gathered; the mixture's own family where not given.
        """

    def passes(self, source: Source, update: Update[Any]) -> Callable[[Mixture], Statistics]:
        """Passes over one source, one after another, each of which the update follows.

        Parameters
        ----------
        source : Source
            The rows.
        update : Update
            Of the family. Where it is compiled it may be made in the same call.

        Returns
        -------
        expect : callable
            Gives what `expect` gives of the source under a mixture.
        """
        return partial(self.expect, source)

    @abstractmethod
    def row_task(self, dtype: np.dtype[Any], mixture: Mixture, wanted: Sequence[str]) -> RowTask:
        """The work on rows of this dtype that `rows` describes."""

    def rows(self, source: Source, mixture: Mixture, wanted: Sequence[str]) -> dict[str, Array]:
        """For each row what is wanted of ``log_density`` (n,), ``responsibility`` (n, k), ``label`` (n,).

        Log-densities are in the user's units. Weights of rows play no part.
        """
        return source.map_rows(self.row_task(source.dtype, mixture, wanted))

    def row_parts(self, source: Source, mixture: Mixture, wanted: Sequence[str]) -> Iterator[dict[str, Array]]:
        """The same, some rows after others."""
        return source.row_parts(self.row_task(source.dtype, mixture, wanted))


def layout_of(family: Family, allocation: Allocation) -> Layout:
    """All the sums of a pass that shares by ``allocation`` and gathers for ``family``."""
    family_fields, family_sizes = family.layout
    fields, sizes = allocation.layout
    return Layout.of((*family_fields, *fields), {"k": allocation.n_components, **family_sizes, **sizes})
