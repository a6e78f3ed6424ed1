"""A fitted or given mixture: the value that is saved, drawn and compared, and that predicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from gaussmix.core.block import Block, Column
from gaussmix.core.contracts import Allocation, Conditionable, Family, Reweightable, Scores, Shares
from gaussmix.core.frame import Frame
from gaussmix.core.types import Array, Floats, Integers
from gaussmix.errors import ConfigError

FARTHEST = 1e300
"""Internal coordinates beyond this are brought back to it, where a row is decided by distance alone."""

TILE_ENTRIES = 1 << 16
"""Entries of a (k, b) tile in NumPy: half a megabyte, so that it stays in a second-level cache."""


@dataclass(frozen=True)
class Mixture:
    """A mixture: what components emit, how rows choose them, and in which units.

    Immutable and always in float64. Densities and points go in and out in the user's units.

    Parameters
    ----------
    family : Family
        Parameters of the components, in internal units.
    allocation : Allocation
        How rows choose components.
    frame : Frame
        The internal units.
    """

    family: Family
    allocation: Allocation
    frame: Frame

    @property
    def n_components(self) -> int:
        """Number of components."""
        return self.family.n_components

    @property
    def n_features(self) -> int:
        """Number of features."""
        return self.family.n_features

    @property
    def n_parameters(self) -> int:
        """Free parameters, for BIC and AIC."""
        return self.family.n_parameters + self.allocation.n_parameters

    @property
    def weights(self) -> Floats:
        """Share of all rows in each component, shape (k,)."""
        return self.allocation.weights

    def share(self, block: Block) -> tuple[Scores, Shares]:
        """Stages 1 and 2 for a tile of rows in internal units, with rows out of reach decided by distance.

        The scores are in internal units, the log-density of the shares is in the user's.
        """
        scores = self.family.score(block)
        shares = self.allocation.share(scores, block)
        lost = ~np.isfinite(shares.log_density)
        if lost.any():
            shares = self._decide_by_distance(block, shares, lost)
        return scores, replace(shares, log_density=shares.log_density - self.frame.log_volumes(block.x))

    def log_density(self, x: Array, columns: Mapping[str, Column] | None = None) -> Floats:
        """Log-density of each row, shape (n,); −inf where it is under the smallest float.

        Parameters
        ----------
        x : array, shape (n, d)
            The rows.
        columns : mapping of str to Column, optional
            What else the rows carry, where the family or the allocation asks for it.
        """
        return np.concatenate([shares.log_density for shares in self._share_tiles(x, columns)])

    def responsibilities(self, x: Array, columns: Mapping[str, Column] | None = None) -> Floats:
        """Probability that each row comes from each component, shape (n, k); parameters as in `log_density`."""
        return np.concatenate([shares.share.T for shares in self._share_tiles(x, columns)])

    def sample(self, n_samples: int, generator: np.random.Generator) -> tuple[Floats, Integers]:
        """Draws and the components they came from, grouped by component: shapes (n_samples, d) and (n_samples,)."""
        counts = generator.multinomial(n_samples, self.weights / self.weights.sum())
        draws = [self.family.sample(j, int(c), generator) for j, c in enumerate(counts)]
        return self.frame.positions_to_user(np.concatenate(draws)), np.repeat(np.arange(self.n_components), counts)

    def marginal(self, features: Array) -> Mixture:
        """The mixture of some of the features, in the given order.

        Raises
        ------
        ConfigError
            If they are not numbers of features, each once.
        """
        numbers = self._feature_numbers(features)
        return replace(self, family=self._conditionable().marginal(numbers), frame=self.frame.select(numbers))

    def conditional(self, features: Array, values: Array) -> Mixture:
        """The mixture of the other features, given that these take these values.

        Parameters
        ----------
        features : array of int, shape (m,)
            The features that are known.
        values : array, shape (m,)
            Their values, in the user's units.

        Raises
        ------
        ConfigError
            If they are not numbers of features, each once; if none is left; if values are not one finite number each.
        """
        if not isinstance(self.allocation, Reweightable):
            raise ConfigError(f"a mixture with {self.allocation.name} weights has no conditional distribution here")
        known = self._feature_numbers(features)
        rest = np.setdiff1d(np.arange(self.n_features), known)
        if not len(rest):
            raise ConfigError(f"all {self.n_features} features are known: none is left to have a distribution")
        given = np.asarray(values, dtype=np.float64)
        if given.shape != known.shape or not np.isfinite(given).all():
            raise ConfigError(f"values must be {len(known)} finite numbers, one for each known feature; got {values!r}")
        point = self.frame.select(known).positions_to_internal(given[np.newaxis])
        _, shares = self.marginal(known).share(Block(point, np.ones(1)))
        family = self._conditionable().conditional(known, rest, point[0])
        return Mixture(family, self.allocation.with_weights(shares.share[:, 0]), self.frame.select(rest))

    def reorder(self, order: Array) -> Mixture:
        """The same mixture with its components in another order."""
        numbers = np.asarray(order, dtype=np.int64)
        if sorted(numbers.tolist()) != list(range(self.n_components)):
            raise ConfigError(f"order must name each of the {self.n_components} components once, got {order!r}")
        return Mixture(self.family.reorder(numbers), self.allocation.reorder(numbers), self.frame)

    def _share_tiles(self, x: Array, columns: Mapping[str, Column] | None) -> Iterator[Shares]:
        rows = Block(np.asarray(x), np.ones(len(x)), dict(columns or {}))
        length = max(1, TILE_ENTRIES // self.n_components)
        for start in range(0, max(len(rows), 1), length):
            yield self.share(self.frame.to_internal(rows.rows(start, start + length)))[1]

    def _feature_numbers(self, features: Array) -> Integers:
        numbers = np.asarray(features)
        d, are_whole = self.n_features, numbers.dtype.kind in "iu"
        if numbers.ndim != 1 or not len(numbers) or not are_whole or not np.isin(numbers, np.arange(d)).all():
            raise ConfigError(f"features must be whole numbers from 0 to {d - 1}, at least one; got {features!r}")
        if len(np.unique(numbers)) < len(numbers):
            raise ConfigError(f"each feature may be named once, got {features!r}")
        return numbers.astype(np.int64)

    def _conditionable(self) -> Conditionable:
        if not isinstance(self.family, Conditionable):
            raise ConfigError(
                f"components of family {self.family.name} have no marginal or conditional distribution here"
            )
        return self.family

    def _decide_by_distance(self, block: Block, shares: Shares, lost: Array) -> Shares:
        far = np.nan_to_num(block.x[lost], nan=0.0, posinf=FARTHEST, neginf=-FARTHEST).clip(-FARTHEST, FARTHEST)
        numbers = np.flatnonzero(lost)
        share, log_density = shares.share.copy(), shares.log_density.copy()
        distance = np.where(self.weights[:, np.newaxis] > 0.0, self.family.relative_distance(far), np.inf)
        share[:, numbers] = 0.0
        share[distance.argmin(axis=0), numbers] = block.weight[numbers]
        log_density[numbers] = -np.inf
        return Shares(share, log_density)
