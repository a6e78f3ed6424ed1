"""The choice by held-out log-likelihood: every fit of a search made again without each fold of the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import nan
from typing import Any

from gaussmix.core.mixture import Mixture
from gaussmix.core.statistics import Statistics
from gaussmix.errors import ConfigError, DegenerateFitError
from gaussmix.fitting.fit import fit_scene
from gaussmix.fitting.one_blas_thread import one_blas_thread
from gaussmix.fitting.usable import check_enough, checked_summary
from gaussmix.selection.candidate import EQUAL, Candidate, in_order
from gaussmix.selection.cells import Cell
from gaussmix.selection.criteria import CRITERIA, Criterion
from gaussmix.selection.figures import log_likelihood_along
from gaussmix.selection.held_out import N_FOLDS, FoldRows, Folds, HeldOut, OfFold, of_fold
from gaussmix.selection.spikes import why_spurious
from gaussmix.selection.stage import SharedStart, Stage
from gaussmix.selection.verdict import Judge, Verdict
from gaussmix.selection.work import FAILURES, Work, in_words


@dataclass(frozen=True)
class ByHeldOut(Verdict):
    """Fits by how likely rows are that they have not seen.

    Parameters
    ----------
    found : mapping
        Of each cell that was measured.
    reasons : mapping
        Why each of the others that may be chosen was not.
    guide : Criterion
        By which those come, after all that were measured.
    """

    found: Mapping[Cell, HeldOut]
    reasons: Mapping[Cell, str]
    guide: Criterion

    name = "held_out"

    def in_order(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The likeliest rows first; of equals the fit with fewer parameters, then the guide's order."""

        def place(candidate: Candidate) -> tuple[bool, bool, float, int]:
            measured = self.of(candidate)
            if not candidate.eligible or candidate.figures is None or measured is None:
                return not candidate.eligible, True, 0.0, 0
            return False, False, -round(measured.mean, EQUAL), candidate.figures.n_parameters

        return sorted(in_order(tuple(candidates), self.guide), key=place)

    def of(self, candidate: Candidate) -> HeldOut | None:
        """What was measured of it."""
        return self.found.get(candidate.cell)

    def columns(self, candidate: Candidate) -> dict[str, float]:
        """The mean in nats a row, higher is better, and its standard error."""
        measured = self.of(candidate)
        if measured is None:
            return {"held_out": nan, "held_out_error": nan}
        return {"held_out": measured.mean, "held_out_error": measured.standard_error}

    def why_not(self, candidate: Candidate) -> str:
        return self.reasons.get(candidate.cell, "")

    def simplest(self, candidates: Sequence[Candidate]) -> Candidate | None:
        """The fit with fewest parameters that the best surpasses by less than the standard error of the difference.

        The rule of one standard error (Breiman, Friedman, Olshen & Stone 1984, section 3.4.3), by the error of the
        difference on the same folds. None if that is the best itself, or nothing was measured.
        """
        ranked = [each for each in self.in_order(candidates) if each.eligible and each.cell in self.found]
        if not ranked:
            return None
        best = self.found[ranked[0].cell]

        def within(candidate: Candidate) -> bool:
            gain, error = best.gain_over(self.found[candidate.cell])
            return candidate is ranked[0] or gain < error

        def parameters(candidate: Candidate) -> float:
            return nan if candidate.figures is None else candidate.figures.n_parameters

        found = min(filter(within, ranked), key=parameters)
        return None if parameters(found) >= parameters(ranked[0]) else found

    def doubt(self, candidates: Sequence[Candidate]) -> str:
        eligible = [each.cell for each in candidates if each.eligible]
        if any(cell in self.found for cell in eligible):
            return ""
        which = "no fit that may be chosen" if self.found else "no fit"
        why = next((self.reasons[cell] for cell in eligible if cell in self.reasons), "")
        return f"held-out log-likelihood was measured of {which}, and the choice is that of {self.guide.title}: {why}"

    @property
    def record(self) -> dict[str, Any]:
        """How rows were held out."""
        return {"held_out": {"n_folds": next(iter(self.found.values())).folds.n_folds}} if self.found else {}


@dataclass(frozen=True)
class HeldOutJudge(Judge):
    """Measures every fit that may be chosen, in BIC's order: a fit for each fold.

    All of them, not the best few by BIC: a shortlist would be BIC's choice. Fits without a fold begin as those of the
    search did, in a race of partitions that all structures share, and know nothing of the fold.

    Parameters
    ----------
    n_folds : int
        How many folds, at least 2.
    """

    n_folds: int = N_FOLDS
    guide: Criterion = field(default=CRITERIA["bic"], init=False)

    def __post_init__(self) -> None:
        if self.n_folds < 2:
            raise ConfigError(f"n_folds must be at least 2, got {self.n_folds}")

    @one_blas_thread()
    def verdict(self, stage: Stage, candidates: Sequence[Candidate], n_init: int, work: Work) -> ByHeldOut:
        eligible = [each for each in in_order(tuple(candidates), self.guide) if each.eligible]
        found: dict[Cell, HeldOut] = {}
        reasons: dict[Cell, str] = {}
        verdict = ByHeldOut(found, reasons, self.guide)
        try:
            measuring = _Measuring.of(stage, Folds(self.n_folds, stage.seed), n_init, work)
        except FAILURES as error:
            reasons |= dict.fromkeys((each.cell for each in eligible), in_words(error))
            return verdict
        work.total += self.n_folds * len(eligible)
        parts: dict[Cell, dict[int, OfFold | str]] = {each.cell: {} for each in eligible}

        def keep(result: tuple[Candidate, int, OfFold | str]) -> None:
            candidate, fold, measured = result
            cell, of_cell = candidate.cell, parts[candidate.cell]
            of_cell[fold] = measured
            if len(of_cell) == self.n_folds:
                in_turn = [of_cell[number] for number in range(self.n_folds)]
                why_not = next((part for part in in_turn if isinstance(part, str)), "")
                if why_not:
                    reasons[cell] = why_not
                else:
                    found[cell] = HeldOut.of(measuring.folds, [part for part in in_turn if isinstance(part, OfFold)])
            work.done += 1
            work.tell(candidate, verdict.in_order(eligible)[0], f"fits without each of {self.n_folds} folds")

        work.each((partial(measuring, each, fold) for each in eligible for fold in range(self.n_folds)), keep)
        return verdict


@dataclass(frozen=True)
class _Measuring:
    """Fits a cell without each fold, and sees how likely this is."""

    stage: Stage
    folds: Folds
    without: tuple[Stage, ...]
    n_init: int
    work: Work

    @classmethod
    def of(cls, stage: Stage, folds: Folds, n_init: int, work: Work) -> _Measuring:
        """With a stage for each fold, of all rows but its own."""

        def without(fold: int) -> Stage:
            rest = FoldRows(stage.source, folds, fold, held_out=False)
            return Stage(rest, stage.kernel, checked_summary(rest, 1), stage.recipe, stage.seed)

        return cls(stage, folds, tuple(without(fold) for fold in range(folds.n_folds)), n_init, work)

    def __call__(self, candidate: Candidate, fold: int) -> tuple[Candidate, int, OfFold | str]:
        """How likely a fold is under its fit without that, or why nothing is known of it."""
        stage, wants_end = self.stage, self.work.end.wants_end
        if wants_end():
            return candidate, fold, wants_end()
        fitted = partial(self._fitted, candidate.cell)
        try:
            measured = of_fold(stage.source, stage.kernel, self.folds, fold, fitted, self._log_likelihood)
        except FAILURES as error:
            return candidate, fold, wants_end() or in_words(error)
        return candidate, fold, wants_end() or measured  # a fit that was ended early is no measure

    def _fitted(self, cell: Cell, fold: int) -> Mixture:
        stage = self.without[fold]
        check_enough(stage.summary, cell.n_components)
        scene = stage.scene(cell)
        fit = fit_scene(scene, SharedStart(stage.opening(cell.n_components)), stage.generator(cell), self.n_init)
        # Where equal values stand in every fold, a component on them makes these as likely as one likes.
        why_not = why_spurious(scene, fit)
        if why_not:
            raise DegenerateFitError(why_not)
        return fit.mixture

    def _log_likelihood(self, mixture: Mixture, sums: Statistics) -> float:
        deviation = self.stage.summary.standard_deviation
        return sums.log_likelihood - log_likelihood_along(self.stage.null, deviation, mixture, sums.sum_weight)
