"""The constructor's parameters: what is allowed, and the error when something is not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache, lru_cache
from inspect import signature
from numbers import Integral, Real
from os import PathLike
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval, InvalidParameterError, StrOptions, make_constraint

from gaussmix.errors import ConfigError
from gaussmix.families.structures import NAMES
from gaussmix.fitting.start import STARTS

CONSTRAINTS: dict[str, list[Any]] = {
    "n_components": [Interval(Integral, 1, None, closed="left")],
    "covariance_type": [StrOptions(set(NAMES))],
    "rank": [Interval(Integral, 1, None, closed="left"), None],
    "tol": [Interval(Real, 0.0, None, closed="left"), StrOptions({"auto"})],
    "reg_covar": [Interval(Real, 0.0, np.inf, closed="left"), StrOptions({"auto"})],
    "max_iter": [Interval(Integral, 0, None, closed="left")],
    "n_init": [Interval(Integral, 1, None, closed="left")],
    "init_params": [StrOptions(set(STARTS)), "array-like"],
    "weights_init": ["array-like", None],
    "means_init": ["array-like", None],
    "precisions_init": ["array-like", None],
    "random_state": ["random_state", np.random.Generator],
    "warm_start": ["boolean"],
    "verbose": ["verbose"],
    "verbose_interval": [Interval(Integral, 1, None, closed="left")],
    "weights": [StrOptions({"free", "equal"})],
    "n_candidates": [Interval(Integral, 2, None, closed="left"), None],
    "n_threads": [Interval(Integral, 1, None, closed="left"), None],
    "time_limit": [Interval(Real, 0.0, None, closed="left"), None],
    "callback": [callable, None],
    "checkpoint": [str, PathLike, None],
}
"""What every parameter may be, in the words of scikit-learn's own validation."""

COUNTS = ("n_components", "rank", "max_iter", "n_init", "verbose_interval", "n_candidates", "n_threads")
"""Parameters that are numbers of something; a truth value is none, although Python counts it as an integer."""


def all_allowed(estimator: BaseEstimator) -> bool:
    """Whether scikit-learn's validation would find nothing to complain of."""
    kind: Any = type(estimator)
    given = vars(estimator)
    for name, default, allowed in _checks(kind):
        value = given[name] if name in given else getattr(estimator, name)
        if value is default:
            continue
        good = _is_plain_allowed(value, allowed) if type(value) in PLAIN else _is_allowed(value, allowed)
        if not good:
            return False
    return True


PLAIN = (int, float, str)
"""Kinds of values that are looked at once, however many fits have them."""


@lru_cache(maxsize=1024, typed=True)  # of equal values one may be a whole number and the other not
def _is_plain_allowed(value: float | str, allowed: tuple[Any, ...]) -> bool:
    return _is_allowed(value, allowed)


def _is_allowed(value: Any, allowed: Iterable[Any]) -> bool:
    return any(check.is_satisfied_by(value) for check in allowed)


@cache  # scikit-learn makes these objects and reads the constructor's signature at every fit: a tenth of a small one
def _checks(kind: Any) -> tuple[tuple[str, Any, tuple[Any, ...]], ...]:
    """Name of each parameter, a value that is known to be allowed, and who says which others are."""
    constraints, defaults = kind._parameter_constraints, signature(kind.__init__).parameters
    checks = []
    for name in kind._get_param_names():
        if constraints.get(name, "no_validation") != "no_validation":
            allowed, default = tuple(map(make_constraint, constraints[name])), defaults[name].default
            checks.append((name, default if _is_allowed(default, allowed) else object(), allowed))
    return tuple(checks)


class ParameterError(ConfigError, InvalidParameterError):
    """A constructor's parameter outside what is allowed: ours and scikit-learn's error at once."""


def refuse_truth_values(owner: str, parameters: Mapping[str, Any]) -> None:
    """Raise where a number of something is True or False.

    Raises
    ------
    ParameterError
        In the words that scikit-learn has for other wrong kinds.
    """
    for name in COUNTS:
        value = parameters.get(name)
        if isinstance(value, (bool, np.bool_)):
            wanted = " or ".join(str(constraint) for constraint in CONSTRAINTS[name] if constraint is not None)
            raise ParameterError(f"The {name!r} parameter of {owner} must be {wanted}. Got {value!r} instead.")


def is_whole(value: Any) -> bool:
    """Whether it is a whole number; a truth value is none."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def n_threads_of(n_jobs: Any) -> int | None:
    """What ``n_threads`` is for this ``n_jobs``: joblib's -1 means as many as there are processors.

    Raises
    ------
    ParameterError
        If it is neither a whole number of at least 1, nor -1, nor None.
    """
    if n_jobs is None or (is_whole(n_jobs) and n_jobs >= 1):
        return None if n_jobs is None else int(n_jobs)
    if is_whole(n_jobs) and n_jobs == -1:
        return None
    raise ParameterError(f"n_jobs must be a whole number of at least 1, or −1, or None; got {n_jobs!r}")


def nearest_structure(covariance_type: Any) -> str:
    """A hint at what may have been meant, where it is no covariance structure; empty where there is none."""
    if not isinstance(covariance_type, str) or covariance_type in NAMES:
        return ""
    names = {name.lower(): name for name in NAMES if len(name) > 1}  # of single letters any word is full
    near = get_close_matches(covariance_type.lower(), names, n=1, cutoff=0.4)
    return f" Did you mean {names[near[0]]!r}?" if near else ""
