"""What a verdict prefers, in words."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch

from gaussmix.insight.choice import Choice
from gaussmix.insight.figures import count
from gaussmix.selection.bootstrap_test import BootstrapRung
from gaussmix.selection.by_bootstrap import ByBootstrap
from gaussmix.selection.by_held_out import ByHeldOut
from gaussmix.selection.verdict import ByFormula, Verdict

HARDLY = 2.0
"""A difference of BIC that says nothing."""
GRADES = ((HARDLY, "hardly tells them apart"), (6.0, "is some evidence"), (10.0, "is strong evidence"))
"""What a difference of BIC says (Kass & Raftery 1995, section 3.2)."""
BEYOND = "is very strong evidence"
ALONE = "There is nothing to compare it with."


@singledispatch
def preference(verdict: Verdict, choice: Choice) -> Iterator[str]:
    """What the verdict that was asked for prefers, and how surely: sentences. Every kind of verdict has its own.

    Parameters
    ----------
    verdict : Verdict
        By which the choice was made.
    choice : Choice
        The fits.
    """
    raise TypeError(f"there are no words for {type(verdict).__name__} of {len(choice.candidates)} fits")


@preference.register
def _(verdict: ByFormula, choice: Choice) -> Iterator[str]:
    best = choice.best
    text = f"{verdict.criterion.title} prefers {choice.described(best)}"
    if not choice.others:
        yield f"{text}. {ALONE}"
        return
    second = choice.others[0]
    ahead = second.value(verdict.criterion) - best.value(verdict.criterion)
    text += f". It is {ahead:.1f} ahead of {choice.named(second)}"
    if verdict.name == "bic" and not choice.few_by_weight:
        text += ", which " + next((words for most, words in GRADES if ahead < most), BEYOND)
    yield f"{text}."


@preference.register
def _(verdict: ByHeldOut, choice: Choice) -> Iterator[str]:
    best = choice.best
    measured = verdict.of(best)
    if measured is None:
        yield f"{_sentence(choice.doubt)} It prefers {choice.described(best)}."
        return
    text = f"Held-out log-likelihood prefers {choice.described(best)}. "
    text += f"A row that it has not seen has {measured.mean:.4f} ± {measured.standard_error:.4f} nats"
    second = next((each for each in choice.others if each.cell in verdict.found), None)
    if second is None:
        yield f"{text}. {ALONE}"
    else:
        ahead, error = measured.gain_over(verdict.found[second.cell])
        yield f"{text}, {ahead:.4f} ± {error:.4f} more than of {choice.named(second)}."
    simplest = verdict.simplest(choice.candidates)
    if simplest is not None:
        yield (
            f"The simplest fit within one standard error of it is {choice.named(simplest)}: prefer that where "
            "nothing else speaks for more."
        )
    if best.cell.n_components > 1:
        yield "It finds a density that predicts, not clusters: one that is not Gaussian takes several components."
    missed = [each for each in choice.eligible if each.cell not in verdict.found]
    if missed:
        yield f"{count(len(missed))} of {len(choice.eligible)} fits were not measured: see the table's reasons."


@preference.register
def _(verdict: ByBootstrap, choice: Choice) -> Iterator[str]:
    if choice.doubt or verdict.test is None:
        yield f"{_sentence(choice.doubt)} It prefers {choice.described(choice.best)}."
    else:
        yield f"The bootstrap test prefers {choice.described(choice.best)}."
    if verdict.test is None:
        return
    made = [rung for rung in verdict.test.rungs if not rung.reason]
    if made:
        yield _tested(made, verdict.test.level)
    if made and len({each.cell.structure for each in choice.candidates}) > 1:
        yield f"The structure is that of the best {verdict.guide.title}, and the same in all tests."


def _tested(rungs: list[BootstrapRung], level: float) -> str:
    """What came out of tests that were made."""
    said = [
        f"{rung.n_components} is {'rejected' if rung.p_value <= level else 'not'} (p = {rung.p_value:.3g})"
        for rung in rungs
    ]
    return f"Each number of components against one more, at level {level:g}: {', '.join(said)}."


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
