"""scikit-learn's callbacks, where the installed version has them (1.9)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from gaussmix.core.mixture import Mixture
from gaussmix.em.history import History
from gaussmix.em.listener import Listener
from gaussmix.em.status import Status

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Nothing to support: this scikit-learn has no callbacks."""


try:  # its own decorator of `fit` has this, too; it is no public name
    from sklearn.callback._callback_support import callback_management_context
except ImportError:
    callback_management_context = nullcontext


__all__ = ["CallbackSupportMixin", "Callbacks", "callback_management_context"]


class Callbacks(Listener[Mixture]):
    """Tells an estimator's callbacks of its fit, of each start that is polished, and of each iteration.

    A callback that returns True ends the fit.

    Parameters
    ----------
    estimator : CallbackSupportMixin
        Whose callbacks are told.
    data : dict
        What callbacks may ask for: X, y, metadata.
    max_iter : int
        Most iterations of a start.
    fitted_as : callable
        The attributes of the estimator as if the fit had ended with a mixture.
    """

    def __init__(
        self, estimator: Any, data: dict[str, Any], max_iter: int, fitted_as: Callable[[Mixture], dict[str, Any]]
    ) -> None:
        self._estimator = estimator
        self._data = data
        self._max_iter = max_iter
        self._fitted_as = fitted_as
        self._newest: Mixture | None = None
        self._start: Any = None
        self._stop = False
        # How many starts there are is not known: a component that collapses begins another one.
        self._fit = estimator._init_callback_context(max_subtasks=None)
        self._begin(self._fit)

    def evaluated(self, parameters: Mixture, history: History, sum_weight: float) -> bool:
        """Tell of an iteration; with the first evaluation a start begins."""
        self._newest = parameters
        if len(history) == 1:
            self._start = self._begin(self._fit.subcontext("start", max_subtasks=self._max_iter))
            return self._stop
        return self._end(self._begin(self._start.subcontext("iteration")))

    def ended(self, status: Status | None) -> None:
        """Tell that a start has ended; what is answered holds for those that would follow."""
        if self._start is not None:
            self._stop = self._end(self._start) or self._stop
            self._start = None

    def finish(self) -> None:
        """Tell that the fit has ended; the estimator is fitted."""
        self._end(self._fit)

    def _begin(self, context: Any) -> Any:
        return context.call_on_fit_task_begin(estimator=self._estimator, **self._data)

    def _end(self, context: Any) -> bool:
        newest = self._newest
        state = None if newest is None else lambda: self._fitted_as(newest)
        return bool(
            context.call_on_fit_task_end(estimator=self._estimator, **self._data, reconstruction_attributes=state)
        )
