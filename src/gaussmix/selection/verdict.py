"""Who says which of the fits of a search is to be preferred, and what they say."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gaussmix.selection.candidate import Candidate, in_order
from gaussmix.selection.criteria import Criterion
from gaussmix.selection.stage import Stage
from gaussmix.selection.work import Work


class Verdict(ABC):
    """Which of the fits of a search is to be preferred."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What it is asked for by."""

    @abstractmethod
    def in_order(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The best first; what may not be chosen stands at the end."""

    def columns(self, candidate: Candidate) -> dict[str, float]:
        """What was found out of a fit for this verdict alone: columns of the table; NaN where nothing was."""
        return {}

    def why_not(self, candidate: Candidate) -> str:
        """Why nothing was found out of it; empty where something was, or nothing had to be."""
        return ""

    def doubt(self, candidates: Sequence[Candidate]) -> str:
        """Why the first in order is not what was asked for, in a sentence for a warning; empty where it is.

        What a fit comes to when it goes on to its end, which is after the verdict, may be nothing to choose.
        """
        return ""

    @property
    def record(self) -> dict[str, Any]:
        """What there is to tell beside the table, as plain values by name."""
        return {}


class Judge(ABC):
    """Gives a verdict on the fits of a search, for which there may be more to fit.

    Parameters
    ----------
    guide : Criterion
        By which the search spends its effort.
    """

    guide: Criterion

    def check(self, numbers: Sequence[int]) -> None:  # noqa: B027 - most have something to say of any
        """Refuse numbers of components, in ascending order, of which nothing can be said.

        Raises
        ------
        ConfigError
            If there is nothing to be said of them.
        """

    @abstractmethod
    def verdict(self, stage: Stage, candidates: Sequence[Candidate], n_init: int, work: Work) -> Verdict:
        """What is to be preferred.

        Parameters
        ----------
        stage : Stage
            Of the search.
        candidates : sequence of Candidate
            What it came to, at least one of which may be chosen.
        n_init : int
            Starts of each fit that are polished.
        work : Work
            How fits are made.
        """


@dataclass(frozen=True)
class ByFormula(Verdict):
    """The verdict of a criterion that is a number of each fit.

    Parameters
    ----------
    criterion : Criterion
        Lower is better.
    """

    criterion: Criterion

    @property
    def name(self) -> str:
        """That of the criterion."""
        return self.criterion.name

    def in_order(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        return in_order(tuple(candidates), self.criterion)


@dataclass(frozen=True)
class FormulaJudge(Judge):
    """Compares fits by a criterion that needs nothing more than these.

    Parameters
    ----------
    guide : Criterion
        Which.
    """

    guide: Criterion

    def verdict(self, stage: Stage, candidates: Sequence[Candidate], n_init: int, work: Work) -> ByFormula:
        return ByFormula(self.guide)
