"""What a search came to, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import isclose, nan

from gaussmix.insight.figures import count, criterion
from gaussmix.insight.text import aligned
from gaussmix.insight.verdict_figures import figures_shown
from gaussmix.selection.candidate import Candidate
from gaussmix.selection.criteria import CRITERIA
from gaussmix.selection.verdict import ByFormula, Verdict

SHOWN = 5
"""Fits that a text shows: what matters is how far the next few are behind."""
SAME = 1e-9
"""Part by which log-likelihoods of the same mixture may differ by rounding."""


@dataclass(frozen=True)
class Choice:
    """A search in numbers.

    Parameters
    ----------
    candidates : tuple of Candidate
        Every cell of the grid, the best first.
    verdict : Verdict
        By which.
    verdicts : tuple of Verdict
        All that are known of these fits: those of what is a number of each fit, and what was found out beside.
    n_features : int
        Columns.
    is_map : bool
        Whether parameters are the mode under the weak prior, not of the likelihood alone.
    """

    candidates: tuple[Candidate, ...]
    verdict: Verdict
    verdicts: tuple[Verdict, ...]
    n_features: int
    is_map: bool

    @classmethod
    def of(cls, candidates: Sequence[Candidate], verdict: Verdict, n_features: int, is_map: bool) -> Choice:
        """The search by a verdict."""
        formulas: tuple[Verdict, ...] = tuple(ByFormula(each) for each in CRITERIA.values())
        verdicts = formulas if verdict in formulas else (*formulas, verdict)
        return cls(tuple(verdict.in_order(candidates)), verdict, verdicts, n_features, is_map)

    def by(self, verdict: Verdict) -> Choice:
        """The same fits by another verdict."""
        return replace(self, candidates=tuple(verdict.in_order(self.candidates)), verdict=verdict)

    @property
    def eligible(self) -> tuple[Candidate, ...]:
        """What may be chosen, the best first."""
        return tuple(candidate for candidate in self.candidates if candidate.eligible)

    @property
    def best(self) -> Candidate:
        """The first of them."""
        return self.eligible[0]

    @property
    def others(self) -> tuple[Candidate, ...]:
        """What may be chosen beside the best and is not the same: of one component several structures are."""
        return tuple(each for each in self.eligible[1:] if not _is_same(each, self.best))

    @property
    def doubt(self) -> str:
        """Why the best is not what the verdict that was asked for prefers; empty where it is."""
        return self.verdict.doubt(self.candidates)

    def named(self, candidate: Candidate) -> str:
        """Number and structure, as a text calls it."""
        k = candidate.cell.n_components
        return f"{k} component{'' if k == 1 else 's'} {candidate.cell.name(self.n_features)}"

    def described(self, candidate: Candidate) -> str:
        """The same, and what the structure is."""
        return f"{self.named(candidate)}: {candidate.cell.structure.description}"

    @property
    def few_by_weight(self) -> str:
        """What is wrong where weights do not count rows, as those that sum to 1 do not; empty where they may.

        By n BIC charges for parameters, and less than nothing from 1 down. So few rows as say nothing of the covariance
        of one component are none to compare fits by, unless there are no more.
        """
        fit = self.best.fit
        if (
            fit is None
            or fit.summary.sum_weight > self.n_features + 1
            or fit.summary.sum_weight >= fit.summary.n_weighted
        ):
            return ""
        return (
            f"The weights of {fit.summary.n_weighted} rows sum to {fit.summary.sum_weight:.4g}: criteria take them to "
            "count rows, and by so few they say nothing; give weights that count rows."
        )

    @cached_property
    def has_ranks(self) -> bool:
        """Whether a structure of the grid is one of several ranks."""
        return any(candidate.cell.rank is not None for candidate in self.candidates)

    @property
    def of_fewer_directions(self) -> bool:
        """Whether the figures leave out directions in which no rows vary."""
        best = self.best
        return best.figures is not None and best.figures.n_parameters < best.mixture.n_parameters

    def columns(self) -> dict[str, list[object]]:
        """One entry a cell: the table that users get, the best first."""
        rows = [self.row(candidate) for candidate in self.candidates]
        return {name: [row[name] for row in rows] for name in rows[0]}

    def row(self, candidate: Candidate) -> dict[str, object]:
        """What the table says of a cell."""
        figures = candidate.figures
        return {
            "k": candidate.cell.n_components,
            "structure": candidate.cell.name(self.n_features),
            **({"rank": candidate.cell.rank} if self.has_ranks else {}),
            "log_likelihood": candidate.log_likelihood,
            "df": None if figures is None else figures.n_parameters,
            **{each.name: candidate.value(each) for each in CRITERIA.values()},
            **{name: value for each in self.verdicts for name, value in each.columns(candidate).items()},
            "entropy": nan if figures is None else figures.entropy,
            "smallest": candidate.smallest,
            "status": candidate.status,
            "seconds": candidate.seconds,
            "reason": candidate.reason or self.verdict.why_not(candidate),
        }

    def lines(self, n_shown: int = SHOWN) -> list[list[str]]:
        """The best few as cells of text, a line of headings first."""
        best = self.best
        found: list[list[str]] = []
        for place, candidate in enumerate(self.eligible[:n_shown], 1):
            row = self.row(candidate)
            shown = {
                "": str(place),
                "structure": str(row["structure"]),
                "k": str(row["k"]),
                **figures_shown(self.verdict, candidate, best),
                "log-likelihood": criterion(candidate.log_likelihood),
                "df": str(row["df"]),
                "smallest": count(round(candidate.smallest, 1)),
            }
            found.append(list(shown.values()))
        return [list(shown), *found]

    def text(self, n_shown: int = SHOWN) -> str:
        """The same as lines."""
        return "\n".join(aligned(self.lines(n_shown)))


def _is_same(one: Candidate, other: Candidate) -> bool:
    """Whether two fits are the same mixture under two names, as those of a single component of E and of V are."""
    if not one.cell.n_components == other.cell.n_components == 1 or one.figures is None or other.figures is None:
        return False
    likely = isclose(one.log_likelihood, other.log_likelihood, rel_tol=SAME)
    return likely and one.figures.n_parameters == other.figures.n_parameters
