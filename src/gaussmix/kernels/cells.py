"""The compiled pass over rows by cells: each row is scored under the few components near it, not under all.

The truncated variational E-step of Hirschberger, Forster & Lücke 2022 ("A variational EM acceleration for efficient
clustering at very large scales"): shares among some components only, here the candidates of the row's cell, are
those of a lower bound of the log-likelihood, and EM with them never lowers it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gaussmix.core.block import Block
from gaussmix.core.contracts import CompiledStage, Family, Kernel, layout_of
from gaussmix.core.extension import native as _native
from gaussmix.core.frame import Frame
from gaussmix.core.mixture import Mixture
from gaussmix.core.source import RowTask, Source
from gaussmix.core.statistics import Statistics
from gaussmix.core.tree import Node
from gaussmix.core.types import Floats, Integers
from gaussmix.kernels.automatic import AutomaticKernel
from gaussmix.kernels.native import NativeKernel, pivots
from gaussmix.kernels.threads import thread_count


@dataclass(frozen=True)
class Cells:
    """Which components each row is scored under.

    Parameters
    ----------
    order : array, shape (n,)
        Numbers of the rows, cell after cell.
    begin : array, shape (k + 1,)
        Where the rows of each cell begin in ``order``.
    candidates : array, shape (k, c)
        The components that the rows of each cell are scored under, the cell's own first, none twice.
    mass : array, shape (k, c)
        Sums of shares that these had in the cell when they were chosen.
    """

    order: Integers
    begin: Integers
    candidates: npt.NDArray[np.int32]
    mass: Floats

    @property
    def label(self) -> Integers:
        """Each row's cell, shape (n,)."""
        label = np.empty(len(self.order), dtype=np.int64)
        label[self.order] = np.repeat(np.arange(len(self.candidates)), np.diff(self.begin))
        return label

    @classmethod
    def of(cls, label: npt.NDArray[np.integer], candidates: npt.NDArray[np.int32], mass: Floats) -> Cells:
        """Each row in the cell of its label, shape (n,)."""
        begin = np.concatenate([[0], np.cumsum(np.bincount(label, minlength=len(candidates)))])
        # Of 16 bits NumPy sorts in two sweeps, some ten times as fast.
        short = label.astype(np.uint16) if len(candidates) <= 1 << 16 else label
        return cls(np.argsort(short, kind="stable"), begin, candidates, mass)


@dataclass(frozen=True)
class _Scored:
    """Work on rows by cells, all at once wherever the rows are cut: those of a cell lie anywhere."""

    frame: Frame
    stage: CompiledStage
    log_weights: Floats
    cells: Cells
    n_threads: int

    @property
    def chunk_length(self) -> int:
        return 1 << max(len(self.cells.order) - 1, 0).bit_length()

    def _arguments(self, block: Block) -> dict[str, Any]:
        return {
            "x": block.x,
            "weight": block.weight,
            "multiplier": self.frame.multiplier,
            "shift": self.frame.shift,
            "form": self.stage.form,
            "means": self.stage.means,
            "factor": self.stage.factor,
            "log_constant": self.stage.log_normaliser + self.log_weights,
            "order": self.cells.order,
            "begin": self.cells.begin,
            "candidate": self.cells.candidates,
            "n_threads": self.n_threads,
        }


@dataclass(frozen=True)
class ExpectTask(_Scored):
    """Sums of a pass about ``pivot`` (k, d); each row's log-density goes into ``log_density`` (n,) if that is given."""

    pivot: Floats
    log_density: Floats | None = None

    def map(self, block: Block, first_chunk: int) -> Iterator[Node[Floats]]:
        """The largest nodes of the tree over units of rows."""
        nodes = _native.expect_cells(**self._arguments(block), pivot=self.pivot, log_density=self.log_density)
        return (Node(*node) for node in nodes)


@dataclass(frozen=True)
class SearchTask(_Scored):
    """Better cells, if each tries so many components more, of which those in ``drawn`` (k, few) are chance's."""

    trials: int
    drawn: npt.NDArray[np.int32]

    def map(self, block: Block, first_chunk: int) -> Iterator[Node[Any]]:
        """All cells, as if they were a sum."""
        label = np.empty(len(block), dtype=np.int32)
        candidates, mass = np.empty_like(self.cells.candidates), np.empty_like(self.cells.mass)
        _native.find_neighbours(
            **self._arguments(block),
            mass=self.cells.mass,
            trials=self.trials,
            drawn=self.drawn,
            label=label,
            chosen=candidates,
            chosen_mass=mass,
        )
        yield Node(0, 0, Cells.of(label, candidates, mass))


@dataclass(frozen=True)
class CellsKernel(Kernel):
    """Passes over rows by cells, under a mixture that the compiled pass knows (`NativeKernel.runs`).

    Parameters
    ----------
    cells : Cells
        Of the rows of one source, which hands them out all at once.
    n_threads : int
        Most threads of a pass.
    log_density : array, shape (n,), optional
        Each pass writes here what it found for each row, in internal units; for a row of weight 0 anything.
    """

    cells: Cells
    n_threads: int
    log_density: Floats | None = None

    @classmethod
    def like(cls, kernel: Kernel, cells: Cells, log_density: Floats) -> CellsKernel:
        """With as many threads as another kernel."""
        n_threads = thread_count(kernel.n_threads if isinstance(kernel, AutomaticKernel) else None)
        return cls(cells, n_threads, log_density)

    def expect(self, source: Source, mixture: Mixture, gather: Family | None = None) -> Statistics:
        """One pass; the log-likelihood is the lower bound."""
        if gather is not None and gather is not mixture.family:
            raise TypeError("rows by cells are gathered by the family that scores them")
        frame, stage, *_ = scored = self._scored(mixture)
        layout = layout_of(mixture.family, mixture.allocation)
        pivot = pivots(stage.means, source.dtype)
        total = source.map_reduce(ExpectTask(*scored, pivot=pivot, log_density=self.log_density))
        statistics = Statistics(layout, np.array(total), frame, pivot)
        _native.to_user_units(statistics.buffer, mixture.n_components, frame.log_volume)
        return statistics

    def search(self, source: Source, mixture: Mixture, trials: int, drawn: npt.NDArray[np.int32]) -> Cells:
        """Cells in which rows are with the best of the components tried, and these are the ones of largest mass.

        Parameters
        ----------
        source, mixture : Source, Mixture
            As in a pass.
        trials : int
            Components that each cell tries beside its candidates.
        drawn : array, shape (k, few)
            Of these, those drawn by chance; the others are candidates of candidates.
        """
        found: Cells = source.map_reduce(SearchTask(*self._scored(mixture), trials=trials, drawn=drawn))
        return found

    def row_task(self, dtype: np.dtype[Any], mixture: Mixture, wanted: Sequence[str]) -> RowTask:
        """What is said of a row is exact: of all components."""
        return NativeKernel(self.n_threads).row_task(dtype, mixture, wanted)

    def _scored(self, mixture: Mixture) -> tuple[Frame, CompiledStage, Floats, Cells, int]:
        stage, share = mixture.family.compiled, mixture.allocation.compiled
        if stage is None or share is None:
            raise TypeError("a stage of this pass is not compiled")
        return mixture.frame, stage, share[1], self.cells, self.n_threads
