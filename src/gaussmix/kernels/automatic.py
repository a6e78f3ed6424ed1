"""The compiled pass where there is one, NumPy elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np

from gaussmix.core.contracts import Family, Kernel, Update
from gaussmix.core.mixture import Mixture
from gaussmix.core.source import RowTask, Source
from gaussmix.core.statistics import Statistics
from gaussmix.kernels.held import HeldPasses
from gaussmix.kernels.native import NativeKernel, compiled_stages
from gaussmix.kernels.reference import ReferenceKernel
from gaussmix.kernels.threads import thread_count


@dataclass(frozen=True)
class AutomaticKernel(Kernel):
    """Takes for every pass the fastest kernel that knows its stages.

    Parameters
    ----------
    n_threads : int, optional
        Most threads of a compiled pass; see `thread_count`.
    """

    n_threads: int | None = None
    _reference: ReferenceKernel = field(default_factory=ReferenceKernel)

    def expect(self, source: Source, mixture: Mixture, gather: Family | None = None) -> Statistics:
        gatherer = mixture.family if gather is None else gather
        stages = compiled_stages(mixture, gatherer)
        if stages is None:
            return self._reference.expect(source, mixture, gather)
        return self._native.summed(source, mixture, gatherer, stages)

    def passes(self, source: Source, update: Update[Any]) -> Callable[[Mixture], Statistics]:
        block = source.held
        if block is None:
            return super().passes(source, update)
        return HeldPasses(block, self._native, update, partial(self.expect, source))

    def row_task(self, dtype: np.dtype[Any], mixture: Mixture, wanted: Sequence[str]) -> RowTask:
        stages = compiled_stages(mixture, mixture.family)
        if stages is None:
            return self._reference.row_task(dtype, mixture, wanted)
        return self._native.described(dtype, mixture, stages, wanted)

    @cached_property
    def _native(self) -> NativeKernel:
        return NativeKernel(thread_count(self.n_threads))
