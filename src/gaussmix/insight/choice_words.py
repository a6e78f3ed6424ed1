"""What a search came to, in words: what each criterion prefers, and why they disagree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import isfinite, log

from gaussmix.insight.choice import Choice
from gaussmix.insight.figures import count
from gaussmix.insight.verdict_words import HARDLY, preference
from gaussmix.selection.by_held_out import ByHeldOut
from gaussmix.selection.candidate import Candidate, Outcome
from gaussmix.selection.criteria import CRITERIA, Criterion
from gaussmix.selection.verdict import ByFormula

OVERLAP = 0.05
"""Part of the largest possible entropy from which on components count as overlapping: two of one size whose means are
less than three standard deviations apart."""
FEW_ROWS = 10.0
"""Rows a parameter below which criteria, which are right for many rows, are rough."""
MERGE = "merge_components says which belong together"
"""Where components overlap."""
OUTCOMES = {
    Outcome.SPIKE: "had a component without extent (their likelihood means nothing)",
    Outcome.DROPPED: "lost a component on the way",
    Outcome.FAILED: "failed",
    Outcome.NOT_TRIED: "were not tried",
}


def explanation(choice: Choice) -> str:
    """Sentences, one a line."""
    return "\n".join(_sentences(choice))


def _sentences(choice: Choice) -> Iterator[str]:
    yield from preference(choice.verdict, choice)
    if choice.few_by_weight:
        yield choice.few_by_weight
    else:
        for criterion in CRITERIA.values():
            if criterion.name != choice.verdict.name:
                yield from _other(choice, criterion)
        yield from _warnings(choice)
    yield from _left_out(choice)
    yield from _ended_early(choice)
    if choice.of_fewer_directions:
        yield (
            "The rows do not vary in every direction (a constant column, one that follows from others, or few rows): "
            "log-likelihood, df and criteria here leave these directions out; those of the fitted model (bic_, its "
            "summary) are of all columns, and differ."
        )
    estimate = "modes under a weak prior (reg_covar='auto')" if choice.is_map else "of maximum likelihood"
    better = "Lower is better (mclust shows the negative of BIC and ICL)"
    if isinstance(choice.verdict, ByHeldOut):
        better = "Held-out log-likelihood is in nats a row, and higher is better; of the other criteria lower"
    yield f"{better}; estimates are {estimate}."


def _other(choice: Choice, criterion: Criterion) -> Iterator[str]:
    """What another criterion prefers, if it is something else, and why."""
    theirs, ours = _best_by(choice, criterion), choice.best
    if theirs.cell == ours.cell:
        # What was fitted beside the grid to find out is asked mostly to see whether it bears BIC out.
        if criterion.name == "bic" and not isinstance(choice.verdict, ByFormula) and not choice.doubt:
            yield "BIC prefers it, too."
        return
    if not isfinite(theirs.value(criterion)):
        yield f"{criterion.title} cannot say: every fit has nearly as many parameters as there are rows."
        return
    yield f"{criterion.title} prefers {choice.named(theirs)}: it {criterion.prefers}.{_why(criterion, ours, theirs)}"


def _why(criterion: Criterion, ours: Candidate, theirs: Candidate) -> str:
    """What of the two fits makes the difference."""
    one, other = ours.figures, theirs.figures
    if one is None or other is None:
        return ""
    if criterion.name == "icl" and theirs.cell.n_components < ours.cell.n_components:
        return (
            f" The {ours.cell.n_components} components overlap ({_percent(ours)} of the uncertainty there could be): "
            f"several may describe one cluster that is not Gaussian; {MERGE}."
        )
    if other.n_parameters > one.n_parameters:
        gained = other.log_likelihood - one.log_likelihood
        more = other.n_parameters - one.n_parameters
        return (
            f" {more} more parameters gain {gained:.1f} in log-likelihood; BIC charges {0.5 * log(one.sum_weight):.1f} "
            "for each, AIC 1."
        )
    return ""


def _warnings(choice: Choice) -> Iterator[str]:
    best, figures = choice.best, choice.best.figures
    if figures is None:
        return
    rows = figures.sum_weight / figures.n_parameters
    if rows < FEW_ROWS:
        yield (
            f"There are {rows:.1f} rows a parameter: BIC, AIC and ICL are for many rows, and rough here; fewer columns "
            "or simpler structures are safer."
        )
    if _overlap(best) >= OVERLAP and _best_by(choice, CRITERIA["icl"]).cell.n_components >= best.cell.n_components:
        yield (
            f"Its components overlap ({_percent(best)} of the uncertainty there could be): what looks like several may "
            f"be one cluster that is not Gaussian; {MERGE}."
        )
    yield from _held_by_prior(choice)
    numbers = {candidate.cell.n_components for candidate in choice.candidates}
    largest = max(numbers)
    if best.cell.n_components == largest and len(numbers) > 1:
        yield f"The preferred number, {largest}, is the largest that was tried: try more."


def _held_by_prior(choice: Choice) -> Iterator[str]:
    """Whether fits that are, or might be, the best of BIC have components so thin that the prior costs them some."""
    bic = CRITERIA["bic"]
    best = _best_by(choice, bic)
    held = [each for each in choice.eligible if each.cost_of_prior >= HARDLY]
    ahead = [each for each in held if each is best or each.value(bic) - each.cost_of_prior < best.value(bic)]
    if ahead:
        most = max(ahead, key=lambda each: each.cost_of_prior)
        yield (
            f"The weak prior takes at least {most.cost_of_prior:.0f} of BIC from {choice.named(most)}, of which a "
            "component is hundreds of times thinner than the data: look at it with reg_covar=0, too."
        )


def _left_out(choice: Choice) -> Iterator[str]:
    numbers = Counter(candidate.outcome for candidate in choice.candidates if not candidate.eligible)
    if numbers:
        parts = [f"{count(number)} {OUTCOMES[outcome]}" for outcome, number in sorted(numbers.items(), key=str)]
        yield f"Of {len(choice.candidates)} fits {', '.join(parts)}: see the table's reasons."


def _ended_early(choice: Choice) -> Iterator[str]:
    number = sum(candidate.ended_early for candidate in choice.eligible)
    if number:
        yield (
            f"Of {len(choice.candidates)} fits {count(number)} ended early, as they could not have become the best by "
            "what they had still to gain: their status is behind, and their criteria are a little too high."
        )


def _best_by(choice: Choice, criterion: Criterion) -> Candidate:
    return choice.by(ByFormula(criterion)).best


def _percent(candidate: Candidate) -> str:
    return f"{100.0 * _overlap(candidate):.0f} %"


def _overlap(candidate: Candidate) -> float:
    """Entropy of the rows' responsibilities as a part of the largest that there could be."""
    figures, k = candidate.figures, candidate.cell.n_components
    return 0.0 if figures is None or k == 1 else figures.entropy / (figures.sum_weight * log(k))
