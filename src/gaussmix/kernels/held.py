"""Passes over rows that are held in memory, each in one compiled call with the update that follows."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gaussmix.core.block import Block
from gaussmix.core.contracts import CompiledUpdate, Kernel, Update, layout_of
from gaussmix.core.extension import native as _native
from gaussmix.core.frame import Frame
from gaussmix.core.mixture import Mixture
from gaussmix.core.source import Source
from gaussmix.core.statistics import Layout, Made, Statistics
from gaussmix.kernels.chunks import chunk_length
from gaussmix.kernels.native import compiled_stages
from gaussmix.kernels.threads import thread_count

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
    source, kernel : Source, Kernel
        Who does it where a stage is not compiled.
    update : Update
        What follows each pass.
    n_threads : int, optional
        Most threads of a pass.
    """

    def __init__(
        self, block: Block, source: Source, kernel: Kernel, update: Update[Any], n_threads: int | None
    ) -> None:
        self._block, self._source, self._kernel, self._update = block, source, kernel, update
        self._n_threads = n_threads
        self._rounded_to = None if block.x.dtype == np.float64 else block.x.dtype
        self._prepared: _Prepared | None = None

    def __call__(self, mixture: Mixture) -> Statistics:
        """Sums of a pass, and what the update makes of them where it is compiled."""
        score, share = mixture.family.compiled, mixture.allocation.compiled
        if score is None or share is None:
            return self._kernel.expect(self._source, mixture)
        form, means, factor, log_normaliser = score
        mode, log_weights = share
        key = (form, mode, means.shape, factor.shape)
        prepared = self._prepared
        if prepared is None or prepared.key != key or prepared.frame is not mixture.frame:
            if compiled_stages(mixture, mixture.family) is None:
                return self._kernel.expect(self._source, mixture)
            prepared = self._prepared = self._prepare(mixture, key)
        # The points about which moments are taken, to the last bit: float32 rounds them by more than a step of EM.
        pivot = means if self._rounded_to is None else means.astype(self._rounded_to).astype(np.float64)
        sums, *made = prepared.iterations.iterate(means, factor, log_normaliser + log_weights, pivot)
        return Statistics(prepared.layout, sums, prepared.frame, pivot, Made(self._update, *made))

    def _prepare(self, mixture: Mixture, key: tuple[Any, ...]) -> _Prepared:
        form, mode, shape, _ = key
        update = self._update.compiled(mixture.family) or NO_UPDATE
        iterations = _native.Iterations(
            self._block.x,
            self._block.weight,
            mixture.frame.multiplier,
            mixture.frame.shift,
            mixture.frame.log_volume,
            form,
            mode,
            *update,
            chunk_length(*shape),
            thread_count(self._n_threads),
        )
        return _Prepared(key, mixture.frame, layout_of(mixture.family, mixture.allocation), iterations)
