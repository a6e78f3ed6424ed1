"""What scikit-learn does round a fit, at the cost that a small fit can bear."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from sklearn import config_context, get_config

from gaussmix.estimators.callbacks import callback_management_context

P = ParamSpec("P")
T = TypeVar("T")
E = TypeVar("E", bound=Any)

NOTHING = nullcontext()


def fit_context(fit: Callable[Concatenate[E, P], T]) -> Callable[Concatenate[E, P], T]:
    """Have parameters checked before a fit, and callbacks sent home after it, as scikit-learn's own decorator does.

    That one also makes a configuration for what is called within, a tenth of a small fit. It is made here only where a
    fit calls scikit-learn's functions or somebody's callbacks.
    """

    @wraps(fit)
    def wrapper(estimator: E, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if not get_config()["skip_parameter_validation"]:
            estimator._validate_params()
        with _context(estimator):
            return fit(estimator, *args, **kwargs)

    return wrapper


def _context(estimator: Any) -> AbstractContextManager[None]:
    calls_scikit_learn = estimator._compatibility.starts or getattr(estimator, "_skl_callbacks", None)
    return _scikit_learns(estimator) if calls_scikit_learn else NOTHING


@contextmanager
def _scikit_learns(estimator: Any) -> Iterator[None]:
    with config_context(skip_parameter_validation=True), callback_management_context(estimator):
        yield
