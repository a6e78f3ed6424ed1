"""The choice by a sequence of bootstrap tests: the smallest number of components that is not rejected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import nan
from typing import Any

import numpy as np

from gaussmix.errors import ConfigError
from gaussmix.families.structures import Structure
from gaussmix.fitting.auto import AutoStart
from gaussmix.fitting.one_blas_thread import one_blas_thread
from gaussmix.selection.bootstrap_test import (
    LEVEL,
    N_DRAWS,
    BootstrapRung,
    BootstrapTest,
    bootstrap_sequence,
    check_draws,
)
from gaussmix.selection.candidate import Candidate, in_order
from gaussmix.selection.cells import Cell
from gaussmix.selection.criteria import CRITERIA, Criterion
from gaussmix.selection.stage import Stage
from gaussmix.selection.verdict import Judge, Verdict
from gaussmix.selection.work import FAILURES, Work, in_words


@dataclass(frozen=True)
class ByBootstrap(Verdict):
    """The smallest number of components that is not rejected against one more, of one structure.

    Parameters
    ----------
    structure : Structure
        Which was tested: that of the guide's best.
    test : BootstrapTest or None
        What came out; None where a mixture could not be fitted to the rows, or there was no time to begin.
    failure : str
        What kept it from an end.
    guide : Criterion
        By which all other fits come.
    """

    structure: Structure
    test: BootstrapTest | None
    failure: str
    guide: Criterion

    name = "bootstrap"

    @property
    def cell(self) -> Cell | None:
        """What it prefers; None where it came to nothing."""
        if self.test is None or self.test.rungs[-1].reason:
            return None
        return Cell(self.test.n_components, self.structure)

    def in_order(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """What the test came to, then the guide's order: a sequence of tests says no more of the others."""
        return sorted(in_order(tuple(candidates), self.guide), key=lambda each: not self._prefers(each))

    def _prefers(self, candidate: Candidate) -> bool:
        return candidate.eligible and candidate.cell == self.cell

    def rung(self, candidate: Candidate) -> BootstrapRung | None:
        """Its test against one component more, if there was one."""
        if self.test is None or candidate.cell.structure != self.structure:
            return None
        return next((rung for rung in self.test.rungs if rung.n_components == candidate.cell.n_components), None)

    def columns(self, candidate: Candidate) -> dict[str, float]:
        """The p-value of the test against one component more."""
        rung = self.rung(candidate)
        return {"p_value": nan if rung is None else rung.p_value}

    def doubt(self, candidates: Sequence[Candidate]) -> str:
        if self.test is None:
            why = f"came to nothing: {self.failure}"
        elif self.test.rungs[-1].reason:
            rung = self.test.rungs[-1]
            why = f"of {rung.n_components} against {rung.n_components + 1} came to nothing: {rung.reason}"
        elif not any(map(self._prefers, candidates)):
            why = f"came to {self.test.n_components} components, of which there is no fit that may be chosen"
        else:
            return ""
        return f"the bootstrap test {why}; the choice is that of {self.guide.title}"

    @property
    def record(self) -> dict[str, Any]:
        """Each test."""
        if self.test is None:
            return {}
        rungs = [
            {
                "k": rung.n_components,
                "statistic": rung.statistic,
                "p_value": rung.p_value,
                "n_draws": len(rung.draws),
                "n_redrawn": rung.n_redrawn,
                "reason": rung.reason,
            }
            for rung in self.test.rungs
        ]
        return {"bootstrap": {"level": self.test.level, "decided": self.test.decided, "tests": rungs}}


@dataclass(frozen=True)
class BootstrapJudge(Judge):
    """Tests each number of components against one more, of the structure that BIC prefers.

    The structure must be one for both, and a test of each would be many chances to go wrong. Both mixtures are fitted
    anew, to the rows as to the draws, by the start of a single fit: by what the search's second looks gain, the rows
    would be ahead of every draw.

    Parameters
    ----------
    level : float
        A number is rejected where its p-value is not above this.
    n_draws : int
        Most draws of a test.
    """

    level: float = LEVEL
    n_draws: int = N_DRAWS
    guide: Criterion = field(default=CRITERIA["bic"], init=False)

    def __post_init__(self) -> None:
        check_draws(self.level, self.n_draws)

    def check(self, numbers: Sequence[int]) -> None:
        if len(numbers) < 2 or any(larger - smaller != 1 for smaller, larger in pairwise(numbers)):
            raise ConfigError(
                f"criterion bootstrap tests each number of components against one more: give numbers without gaps, "
                f"such as range(1, 6), not {', '.join(map(str, numbers))}"
            )

    @one_blas_thread()
    def verdict(self, stage: Stage, candidates: Sequence[Candidate], n_init: int, work: Work) -> ByBootstrap:
        ranked = in_order(tuple(candidates), self.guide)
        structure = ranked[0].cell.structure
        of_structure = {each.cell.n_components: each for each in candidates if each.cell.structure == structure}
        *tested, _ = sorted(of_structure)
        before = work.done  # of the tests, those that are decided count as all their draws

        def asked(k: int, n_made: int) -> str:
            work.done = before + tested.index(k) * self.n_draws + n_made
            work.total = before + (tested.index(k) + 1) * self.n_draws
            if n_made:
                work.tell(of_structure[k], ranked[0], f"draws for {k} against {k + 1} components")
            return work.end.wants_end()

        found: BootstrapTest | None = None
        failure = work.end.wants_end()
        try:
            if not failure:
                found = bootstrap_sequence(
                    stage.source,
                    stage.kernel,
                    replace(stage.recipe, structure=structure),
                    AutoStart(),
                    np.random.SeedSequence(stage.seed),
                    tested,
                    self.level,
                    self.n_draws,
                    n_init,
                    work.n_workers,
                    asked,
                )
        except FAILURES as error:
            failure = work.end.wants_end() or in_words(error)
        except BaseException:
            work.end.ask("the search was interrupted")
            raise
        return ByBootstrap(structure, found, failure, self.guide)
