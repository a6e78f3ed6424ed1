"""How every proof fits: the one EM loop on public parts, a fixed number of updates, never a fall."""

from __future__ import annotations

import numpy as np

from gaussmix.core.contracts import Kernel, Update
from gaussmix.core.mixture import Mixture
from gaussmix.core.source import Source
from gaussmix.core.statistics import Statistics
from gaussmix.em.driver import FitResult, run
from gaussmix.em.status import Status
from gaussmix.em.stopping import PlainTolerance
from gaussmix.fitting.step import EMStep
from gaussmix.kernels.reference import ReferenceKernel
from gaussmix.kernels.summary import summarise

NEVER = PlainTolerance(0.0)
"""A rule under which no change is small enough."""

NUMPY_KERNEL = ReferenceKernel()


def climb(
    source: Source,
    start: Mixture,
    family_update: Update,
    allocation_update: Update,
    n_iter: int,
    kernel: Kernel = NUMPY_KERNEL,
) -> FitResult[Mixture, Statistics]:
    """The result of exactly ``n_iter`` updates, none of which lost more than rounding."""
    summary = summarise(source)
    assert summary is not None
    step = EMStep(source, kernel, family_update, allocation_update, summary.sum_weight)
    result = run(step, start, NEVER, n_iter)
    assert result.status is Status.MAX_ITER
    assert result.n_iter == n_iter
    objective = result.history.objective
    assert (np.diff(objective) >= -1e-12 * np.abs(objective[1:])).all()
    assert objective[-1] > objective[0]
    return result
