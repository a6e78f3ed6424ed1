"""Passes over rows that are held in memory, each in one compiled call with the update that follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from gaussmix.core.block import Block
from gaussmix.core.contracts import CompiledStage, CompiledUpdate, Update
from gaussmix.core.extension import native as _native
from gaussmix.core.frame import Frame
from gaussmix.core.mixture import Mixture
from gaussmix.core.statistics import Layout, Made, Statistics
from gaussmix.kernels.chunks import chunk_length
from gaussmix.kernels.native import NativeKernel, compiled_stages, pivots

NO_UPDATE = CompiledUpdate("")


class _Prepared(NamedTuple):
    """What passes have in common, and which they are."""

    key: tuple[Any, ...]
    frame: Frame
    layout: Layout
    iterations: Any


class HeldPasses:
    """Passes over the rows of one block, the bits of which are those of `Kernel.expect`.

    What arguments and arrays are alike in all passes of a fit is looked at once: with few rows that was the longer part
    of a pass.

    Parameters
    ----------
    block : Block
        All rows of the source.
    kernel : NativeKernel
        Whose threads go over them.
    update : Update
        What follows each pass.
    otherwise : callable
        Gives the sums where a stage is not compiled.
    """

    def __init__(
        self, block: Block, kernel: NativeKernel, update: Update[Any], otherwise: Callable[[Mixture], Statistics]
    ) -> None:
        self._block, self._kernel, self._update, self._otherwise = block, kernel, update, otherwise
        self._prepared: _Prepared | None = None

    def __call__(self, mixture: Mixture) -> Statistics:
        """Sums of a pass, and what the update makes of them where it is compiled."""
        score, share = mixture.family.compiled, mixture.allocation.compiled
        if score is None or share is None:
            return self._otherwise(mixture)
        form, means, factor, log_normaliser = score
        mode, log_weights = share
        key = (form, mode, means.shape, factor.shape)
        prepared = self._prepared
        if prepared is None or prepared.key != key or prepared.frame is not mixture.frame:
            if compiled_stages(mixture, mixture.family) is None:
                return self._otherwise(mixture)
            prepared = self._prepared = self._prepare(mixture, score, mode, key)
        pivot = pivots(means, self._block.x.dtype)
        sums, *made = prepared.iterations.iterate(means, factor, log_normaliser + log_weights, pivot)
        return Statistics(prepared.layout, sums, prepared.frame, pivot, Made(self._update, *made))

    def _prepare(self, mixture: Mixture, score: CompiledStage, mode: str, key: tuple[Any, ...]) -> _Prepared:
        family, frame = mixture.family, mixture.frame
        iterations = _native.Iterations(
            self._block.x,
            self._block.weight,
            frame.multiplier,
            frame.shift,
            frame.log_volume,
            score.form,
            mode,
            *(self._update.compiled(family) or NO_UPDATE),
            chunk_length(*score.means.shape),
            self._kernel.n_threads,
        )
        return _Prepared(key, frame, self._kernel.layout(score, family, mixture.allocation), iterations)
