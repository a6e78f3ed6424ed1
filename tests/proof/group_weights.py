"""Weights that differ between known groups of rows, over components that all groups share.

A row of group g (a hospital, a site, a day) has the density

    f(x | g) = Σⱼ w[g, j] fⱼ(x),        Σⱼ w[g, j] = 1 for every g

so that groups hold the same clusters in different proportions. With shares r, EM maximises by

    w[g, j] = Σ over rows i of group g of r[i, j] / number of rows of group g

Source: Grün & Leisch (2008), FlexMix version 2: finite mixtures with concomitant variables and varying and constant
parameters, Journal of Statistical Software 28(4): a concomitant variable model with one factor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gaussmix.allocations.soft import soft_shares
from gaussmix.core.block import Block
from gaussmix.core.contracts import Allocation, Scores, Shares, Update
from gaussmix.core.statistics import Field, Statistics
from gaussmix.core.types import Floats, Integers

GROUP = "group"
"""Name of the column of a block that holds the rows' groups, whole numbers from 0: shape (b,)."""


@dataclass(frozen=True)
class GroupWeights(Allocation):
    """Every row chooses by the weights of its group.

    Parameters
    ----------
    table : array, shape (g, k)
        Weights of the components in each group; every line sums to 1.
    group_share : array, shape (g,)
        Part of all rows in each group: by it the weights of a row of unknown group are averaged.
    """

    table: Floats
    group_share: Floats

    @property
    def n_components(self) -> int:
        return int(self.table.shape[1])

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return int(self.table.shape[0])

    @property
    def n_parameters(self) -> int:
        return self.n_groups * (self.n_components - 1)

    @property
    def name(self) -> str:
        return "by group"

    @property
    def weights(self) -> Floats:
        return self.group_share @ self.table

    @property
    def layout(self) -> tuple[Sequence[Field], Mapping[str, int]]:
        return (Field("sum_weight_by_group", ("g", "k")),), {"g": self.n_groups}

    def share(self, scores: Scores, block: Block) -> Shares:
        with np.errstate(divide="ignore"):
            log_table, log_weights = np.log(self.table), np.log(self.weights)
        known = GROUP in block.columns  # otherwise the groups' average speaks
        log_weight = log_table[block.columns[GROUP].values].T if known else log_weights[:, np.newaxis]  # (k, b)
        return soft_shares(scores.log_density + log_weight, block.weight)

    def gather(self, block: Block, shares: Shares) -> Mapping[str, Floats]:
        group = block.columns[GROUP].values  # to learn groups' weights, rows must have groups
        by_group = [np.bincount(group, weights=share, minlength=self.n_groups) for share in shares.share]
        return {"sum_weight_by_group": np.stack(by_group, axis=1)}

    def reorder(self, order: Integers) -> GroupWeights:
        return GroupWeights(self.table[:, order], self.group_share)

    @property
    def compiled(self) -> tuple[str, Floats] | None:
        return None


class GroupWeightsUpdate(Update[GroupWeights]):
    """Maximum likelihood; a group without rows keeps its weights."""

    def update(self, statistics: Statistics, current: GroupWeights) -> GroupWeights:
        by_group = statistics["sum_weight_by_group"]  # (g, k)
        size = by_group.sum(axis=1, keepdims=True)  # (g, 1)
        table = np.where(size > 0.0, by_group / np.where(size > 0.0, size, 1.0), current.table)
        return GroupWeights(table, size[:, 0] / size.sum())

    def objective_term(self, parameters: GroupWeights) -> float:
        """No prior."""
        return 0.0
