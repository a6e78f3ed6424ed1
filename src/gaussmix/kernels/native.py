"""The compiled pass."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from gaussmix.core.block import Block
from gaussmix.core.contracts import Allocation, CompiledStage, Family, Kernel, layout_of
from gaussmix.core.extension import native as _native
from gaussmix.core.frame import Frame
from gaussmix.core.mixture import Mixture
from gaussmix.core.source import RowField, RowTask, Source
from gaussmix.core.statistics import Layout, Statistics
from gaussmix.core.tree import Node
from gaussmix.core.types import Array, Floats
from gaussmix.errors import ConfigError
from gaussmix.kernels.chunks import chunk_length
from gaussmix.kernels.row_fields import row_fields

FLOAT64 = np.dtype(np.float64)

LEVEL_VARIABLE = "GAUSSMIX_ISA"
"""Environment variable that forces an instruction level, one of `levels`."""


def levels() -> list[str]:
    """Instruction levels that this build has and this processor runs, the best last."""
    return list(_native.levels())


def _use_level(name: str) -> None:
    if name not in levels():
        raise ConfigError(
            f"environment variable {LEVEL_VARIABLE}: {name!r} is not one of {', '.join(levels())}, "
            "the instruction levels that this build has and this processor runs"
        )
    _native.use_level(name)


if LEVEL_VARIABLE in os.environ:
    _use_level(os.environ[LEVEL_VARIABLE])


class Stages(NamedTuple):
    """The stages of a pass, all compiled: score; the name of share and the log-weights (k,); gather."""

    score: CompiledStage
    share: tuple[str, Floats]
    gather: CompiledStage


def compiled_stages(mixture: Mixture, gather: Family) -> Stages | None:
    """The stages of a pass that shares by a mixture and gathers for a family; None if one is not compiled."""
    score, share = mixture.family.compiled, mixture.allocation.compiled
    if score is None or share is None:
        return None
    stage = score if gather is mixture.family else gather.compiled
    return None if stage is None else Stages(score, share, stage)


class ExpectTask(NamedTuple):
    """Sums of a pass, by compiled stages that compute in the rows' dtype."""

    dtype: np.dtype[Any]
    frame: Frame
    score: CompiledStage
    share: tuple[str, Floats]
    gather: CompiledStage
    n_threads: int

    @property
    def chunk_length(self) -> int:
        return chunk_length(*self.score.means.shape)

    def map(self, block: Block, first_chunk: int) -> Iterator[Node[Floats]]:
        """The largest nodes that these chunks fill."""
        mode, log_weights = self.share
        nodes = _native.expect(
            block.x.astype(self.dtype, copy=False),
            block.weight,
            self.frame.multiplier,
            self.frame.shift,
            self.score.form,
            self.score.means,
            self.score.factor,
            self.score.log_normaliser + log_weights,
            mode,
            self.gather.form,
            self.gather.means,
            self.gather.factor,
            self.chunk_length,
            first_chunk,
            self.n_threads,
        )
        return map(Node._make, nodes)


@dataclass(frozen=True)
class RowsTask:
    """Log-density, responsibilities and label of each row, by compiled stages that compute in the rows' dtype."""

    dtype: np.dtype[Any]
    frame: Frame
    score: CompiledStage
    log_weights: Floats
    fields: Mapping[str, RowField]
    n_threads: int

    @property
    def chunk_length(self) -> int:
        return chunk_length(*self.score.means.shape)

    def map(self, block: Block, out: Mapping[str, Array]) -> None:
        """All rows at once."""
        _native.rows(
            block.x.astype(self.dtype, copy=False),
            self.frame.multiplier,
            self.frame.shift,
            self.score.form,
            self.score.means,
            self.score.factor,
            self.score.log_normaliser + self.log_weights,
            self.n_threads,
            out.get("log_density"),
            out.get("responsibility"),
            out.get("label"),
        )
        if "log_density" in out:
            np.subtract(out["log_density"], self.frame.log_volume, out=out["log_density"])


def pivots(means: Floats, dtype: np.dtype[Any]) -> Floats:
    """The points about which a pass over rows of this dtype takes moments, to the last bit.

    float32 rounds means by more than a step of EM.
    """
    return means if dtype == FLOAT64 else means.astype(dtype).astype(np.float64)


@dataclass(frozen=True)
class NativeKernel(Kernel):
    """Passes by compiled stages; only for what has them (`runs`).

    Rows of float32 are scored, shared and gathered in float32; their sums, and all parameters, are float64.

    Parameters
    ----------
    n_threads : int
        Most threads of a pass.
    """

    n_threads: int
    _layouts: dict[tuple[type[Allocation], str, tuple[int, ...], tuple[int, ...]], Layout] = field(
        default_factory=dict, compare=False, repr=False
    )

    @staticmethod
    def runs(mixture: Mixture, gather: Family) -> bool:
        """Whether every stage is compiled."""
        return compiled_stages(mixture, gather) is not None

    def expect(self, source: Source, mixture: Mixture, gather: Family | None = None) -> Statistics:
        gatherer = mixture.family if gather is None else gather
        stages = compiled_stages(mixture, gatherer)
        if stages is None:
            raise TypeError("a stage of this pass is not compiled")
        return self.summed(source, mixture, gatherer, stages)

    def summed(self, source: Source, mixture: Mixture, gatherer: Family, stages: Stages) -> Statistics:
        """What `expect` gives, where somebody has the stages already."""
        score, share, gather = stages
        dtype = source.dtype
        gather = gather._replace(means=pivots(gather.means, dtype))
        layout = self.layout(gather, gatherer, mixture.allocation)
        total = source.map_reduce(ExpectTask(dtype, mixture.frame, score, share, gather, self.n_threads))
        statistics = Statistics(
            layout, np.zeros(layout.size) if total is None else np.array(total), mixture.frame, gather.means
        )
        _native.to_user_units(statistics.buffer, mixture.n_components, mixture.frame.log_volume)
        return statistics

    def layout(self, gather: CompiledStage, gatherer: Family, allocation: Allocation) -> Layout:
        """What a pass sums, all stages of which are compiled."""
        # The same in every pass of a fit: to make it anew takes as long as going over some dozens of rows.
        key = (type(allocation), gather.form, gather.means.shape, gather.factor.shape)
        layout = self._layouts.get(key)
        if layout is None:
            layout = self._layouts[key] = layout_of(gatherer, allocation)
        return layout

    def row_task(self, dtype: np.dtype[Any], mixture: Mixture, wanted: Sequence[str]) -> RowTask:
        stages = compiled_stages(mixture, mixture.family)
        if stages is None:
            raise TypeError("a stage of this pass is not compiled")
        return self.described(dtype, mixture, stages, wanted)

    def described(self, dtype: np.dtype[Any], mixture: Mixture, stages: Stages, wanted: Sequence[str]) -> RowTask:
        """What `row_task` gives, where somebody has the stages already."""
        fields = row_fields(wanted, mixture.n_components, dtype)
        return RowsTask(dtype, mixture.frame, stages.score, stages.share[1], fields, self.n_threads)
