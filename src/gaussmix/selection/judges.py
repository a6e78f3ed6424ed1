"""Every criterion by which a choice can be made, by its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import partial

from gaussmix.errors import ConfigError
from gaussmix.selection.by_bootstrap import BootstrapJudge, ByBootstrap
from gaussmix.selection.by_held_out import ByHeldOut, HeldOutJudge
from gaussmix.selection.criteria import CRITERIA
from gaussmix.selection.verdict import FormulaJudge, Judge

MEASURING: dict[str, type[Judge]] = {ByHeldOut.name: HeldOutJudge, ByBootstrap.name: BootstrapJudge}
"""Those that fit more than the search did."""

JUDGES: dict[str, Callable[..., Judge]] = {
    **{name: partial(FormulaJudge, criterion) for name, criterion in CRITERIA.items()},
    **MEASURING,
}
"""Makes a judge, of what it may be asked for beside its name: a further one is an entry."""


def judge_named(name: str, **asked: float | None) -> Judge:
    """The judge of this name.

    Parameters
    ----------
    name : str
        One of `JUDGES`.
    **asked
        Its own parameters; None where nothing is asked for.

    Raises
    ------
    ConfigError
        If there is none, or it has no such parameter.
    """
    if name not in JUDGES:
        raise ConfigError(f"there is no criterion {name!r}; choose one of {', '.join(JUDGES)}")
    given = {parameter: value for parameter, value in asked.items() if value is not None}
    for parameter in given:
        owner = next(other for other, kind in MEASURING.items() if parameter in _own(kind))
        if owner != name:
            raise ConfigError(f"{parameter} is for criterion {owner!r}, not {name!r}")
    return JUDGES[name](**given)


def _own(kind: type[Judge]) -> set[str]:
    return {each.name for each in fields(kind) if each.init}  # type: ignore[arg-type]
