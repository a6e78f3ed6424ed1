"""What a text shows of a fit by the verdict that it was chosen by."""

from __future__ import annotations

from functools import singledispatch

from gaussmix.insight.figures import criterion
from gaussmix.selection.by_bootstrap import ByBootstrap
from gaussmix.selection.by_held_out import ByHeldOut
from gaussmix.selection.candidate import Candidate
from gaussmix.selection.criteria import Criterion
from gaussmix.selection.verdict import ByFormula, Verdict

NOTHING = "–"
"""Where there is nothing to show."""


@singledispatch
def figures_shown(verdict: Verdict, candidate: Candidate, best: Candidate) -> dict[str, str]:
    """Figures of a fit under their headings; every kind of verdict has its own.

    Parameters
    ----------
    verdict : Verdict
        By which fits are ordered.
    candidate, best : Candidate
        The fit, and the first of all.
    """
    raise TypeError(f"nothing says how {type(verdict).__name__} shows {candidate.cell} beside {best.cell}")


@figures_shown.register
def _(verdict: ByFormula, candidate: Candidate, best: Candidate) -> dict[str, str]:
    return _and_behind(verdict.criterion, candidate, best)


@figures_shown.register
def _(verdict: ByHeldOut, candidate: Candidate, best: Candidate) -> dict[str, str]:
    measured, most = verdict.of(candidate), verdict.of(best)
    if measured is None or most is None:
        return {"held-out": NOTHING, "behind": NOTHING, "±": NOTHING}
    behind, error = most.gain_over(measured)
    return {"held-out": f"{measured.mean:.4f}", "behind": f"{behind:.4f}", "±": f"{error:.4f}"}


@figures_shown.register
def _(verdict: ByBootstrap, candidate: Candidate, best: Candidate) -> dict[str, str]:
    rung = verdict.rung(candidate)
    tested = rung is not None and not rung.reason
    return {
        "p-value": f"{rung.p_value:.4f}" if rung and tested else NOTHING,
        **_and_behind(verdict.guide, candidate, best),
    }


def _and_behind(by: Criterion, candidate: Candidate, best: Candidate) -> dict[str, str]:
    value = candidate.value(by)
    return {by.title: criterion(value), "behind": criterion(value - best.value(by))}
