"""Which start a fit has, from what the estimator was given."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from gaussmix.allocations.given import RESPONSIBILITY
from gaussmix.core.block import Column
from gaussmix.core.types import Array, Floats
from gaussmix.data.memory import MemorySource
from gaussmix.errors import ConfigError, DataError
from gaussmix.estimators.rows import Rows
from gaussmix.estimators.scikit_learn_starts import KINDS, ScikitLearnStart
from gaussmix.fitting.scene import Start
from gaussmix.fitting.start import SharesStart, start_named
from gaussmix.starts.shares import one_hot


def start_for(
    init_params: str | npt.ArrayLike,
    rows: Rows,
    n_components: int,
    random_state: np.random.RandomState | None,
) -> tuple[Rows, Start]:
    """The start that ``init_params`` asks for, and the rows with what it needs beside them.

    Parameters
    ----------
    init_params : str or array
        A name, labels (n,), or responsibilities (n, k).
    rows : Rows
        To be fitted.
    n_components : int
        Number of components.
    random_state : RandomState, optional
        Of the draws that scikit-learn makes, where a named start is to be its own.

    Raises
    ------
    ConfigError, DataError
        If labels or responsibilities do not fit the rows, or have impossible values.
    """
    if isinstance(init_params, str):
        if random_state is None or init_params not in KINDS:
            return rows, start_named(init_params)
        if rows.x is None:
            raise ConfigError(f"init_params={init_params!r} needs the rows as an array")
        return rows, ScikitLearnStart(init_params, rows.x, rows.weight, random_state)
    if rows.x is None:
        raise ConfigError("labels or responsibilities as a start need the rows as an array")
    shares = _responsibilities(np.asarray(init_params), len(rows.x), n_components)
    source = MemorySource(rows.x, rows.weight, {RESPONSIBILITY: Column(shares)})
    return replace(rows, source=source), SharesStart()


def _responsibilities(given: Array, n_rows: int, n_components: int) -> Floats:
    shares = one_hot(given, n_components) if given.shape == (n_rows,) else given
    if shares.shape != (n_rows, n_components):
        raise ConfigError(
            f"init_params must be labels of shape ({n_rows},) or responsibilities of shape "
            f"({n_rows}, {n_components}), got an array of shape {shares.shape}"
        )
    if not (np.isfinite(shares).all() and (shares >= 0).all()):
        raise DataError("responsibilities in init_params must be finite and not negative")
    return shares.astype(np.float64)
