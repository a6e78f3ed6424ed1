"""What a search over numbers and structures came to, as users see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from textwrap import fill
from typing import Any

from gaussmix.errors import ConfigError
from gaussmix.estimators.gaussian_mixture import GaussianMixture
from gaussmix.estimators.parameters import is_whole
from gaussmix.families.structures import structure_named
from gaussmix.insight.choice import SHOWN, Choice
from gaussmix.insight.choice_words import explanation
from gaussmix.insight.text import WIDTH
from gaussmix.selection.bootstrap_test import BootstrapTest
from gaussmix.selection.by_bootstrap import ByBootstrap
from gaussmix.selection.by_held_out import ByHeldOut
from gaussmix.selection.candidate import Candidate
from gaussmix.selection.held_out import HeldOut
from gaussmix.selection.judges import judge_named
from gaussmix.selection.verdict import Verdict


@dataclass(frozen=True)
class Selection:
    """Every fit of a search, and which of them is to be preferred.

    Attributes
    ----------
    table : DataFrame
        A line for each cell of the grid, the best first: ``k``, ``structure``, ``log_likelihood``, ``df``, ``bic``,
        ``aic``, ``aicc``, ``icl``, ``entropy``, ``smallest`` (weight of the smallest component, in rows), ``status``,
        ``seconds``, ``reason`` (why it may not be chosen, or was not measured). Where these were asked for, ``rank``
        (of low_rank), ``held_out`` (mean in nats a row, higher is better) and ``held_out_error`` (its standard error),
        ``p_value`` (of this number of components against one more). A pandas data frame where pandas is installed,
        else a dict of columns.
    best : GaussianMixture
        The one that the criterion prefers, fitted.

    Examples
    --------
    >>> import numpy as np
    >>> import gaussmix
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(0, 1, (100, 2)), rng.normal(8, 1, (100, 2))])
    >>> found = gaussmix.select(X, range(1, 4), random_state=0)
    >>> found.best.n_components, found.best.covariance_type
    (2, 'EII')
    """

    _choice: Choice
    _model: Callable[[Candidate], GaussianMixture]
    _best: GaussianMixture

    @property
    def best(self) -> GaussianMixture:
        """The fit that the criterion prefers."""
        return self._best

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user must know before anything is made of the choice; mostly nothing."""
        return tuple(note for note in (self._choice.few_by_weight, self._choice.doubt) if note)

    @property
    def criterion(self) -> str:
        """Its name."""
        return self._choice.verdict.name

    @property
    def table(self) -> Any:
        """Every cell of the grid, the best first."""
        columns = self._choice.columns()
        try:
            import narwhals

            return narwhals.from_dict(columns, backend="pandas").to_native()
        except ModuleNotFoundError:  # pandas is nothing that gaussmix needs
            return columns

    def best_few(self, n: int = SHOWN) -> list[GaussianMixture]:
        """The best fits, the very best first; fewer where fewer may be chosen.

        But for `best` they have no ``labels_``: rows are not kept. ``predict(X)`` says the same.

        Parameters
        ----------
        n : int
            How many at most.

        Raises
        ------
        ConfigError
            If it is no whole number of at least 0.
        """
        if not is_whole(n) or n < 0:
            raise ConfigError(f"n must be a whole number of at least 0, got {n!r}")
        return [self._best, *(self._model(candidate) for candidate in self._choice.eligible[1:n])][:n]

    def model(self, n_components: int, structure: str, rank: int | None = None) -> GaussianMixture:
        """The fit of one cell of the grid, whatever the criterion says of it; ``predict(X)`` has its labels.

        Parameters
        ----------
        n_components : int
            Number of components.
        structure : str
            Its name, scikit-learn's or mclust's.
        rank : int, optional
            Of low_rank, where several were tried.

        Raises
        ------
        ConfigError
            If the cell is not in the grid, or nothing was fitted there; the text says why.
        """
        candidate = self._candidate(n_components, structure, rank)
        if candidate.fit is None:
            raise ConfigError(f"there is no fit of {n_components} components {structure}: {candidate.reason}")
        return self._model(candidate)

    def by(self, criterion: str) -> Selection:
        """The same fits by another criterion: nothing is fitted again.

        Raises
        ------
        ConfigError
            If there is none of this name, or it takes more fits and was not asked for.
        """
        choice = self._choice.by(self._verdict(criterion))
        return Selection(choice, self._model, self._model(choice.best))

    def held_out(self, n_components: int, structure: str, rank: int | None = None) -> HeldOut:
        """Held-out log-likelihood of one cell of the grid, where ``criterion="held_out"`` was asked for.

        As `gaussmix.held_out` gives it: ``mean``, ``standard_error``, ``fold_means``, ``gain_over(other)``.

        Parameters
        ----------
        n_components : int
            Number of components.
        structure : str
            Its name, scikit-learn's or mclust's.
        rank : int, optional
            Of low_rank, where several were tried.

        Raises
        ------
        ConfigError
            If it was not measured; the text says why.
        """
        verdict, candidate = self._verdict(ByHeldOut.name), self._candidate(n_components, structure, rank)
        measured = verdict.of(candidate) if isinstance(verdict, ByHeldOut) else None
        if measured is None:
            reason = verdict.why_not(candidate) or candidate.reason
            raise ConfigError(f"{n_components} components {structure} were not measured: {reason}")
        return measured

    @property
    def bootstrap(self) -> BootstrapTest | None:
        """The sequence of tests, where ``criterion="bootstrap"`` was asked for; None if it came to nothing.

        As `gaussmix.bootstrap_test` gives it.

        Raises
        ------
        ConfigError
            If it was not asked for.
        """
        verdict = self._verdict(ByBootstrap.name)
        return verdict.test if isinstance(verdict, ByBootstrap) else None

    def _verdict(self, criterion: str) -> Verdict:
        judge_named(criterion)  # refuses what there is not
        found = [each for each in self._choice.verdicts if each.name == criterion]
        if not found:
            raise ConfigError(
                f"{criterion} was not measured in this search; ask for it: select(…, criterion={criterion!r})"
            )
        return found[0]

    def _candidate(self, n_components: int, structure: str, rank: int | None) -> Candidate:
        wanted = structure_named(structure, self._choice.n_features).name
        found = [
            each
            for each in self._choice.candidates
            if (each.cell.n_components, each.cell.structure.name) == (n_components, wanted)
            and rank in (None, each.cell.rank)
        ]
        if not found:
            of_rank = "" if rank is None else f" of rank {rank}"
            raise ConfigError(
                f"{n_components} components {structure}{of_rank} were not in the grid; the table has what was"
            )
        if len(found) > 1:
            ranks = ", ".join(sorted(str(each.cell.rank) for each in found))
            raise ConfigError(f"{n_components} components {structure} are there with several ranks; say which: {ranks}")
        return found[0]

    def explain(self) -> str:
        """What each criterion prefers and why they disagree, in plain words."""
        return explanation(self._choice)

    def text(self, width: int = WIDTH) -> str:
        """The best five as a table, and `explain`, in lines of at most this width."""
        words = "\n".join(fill(sentence, width) for sentence in self.explain().splitlines())
        return f"{self._choice.text()}\n\n{words}\n"

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values: ``criterion``, ``best``, ``explanation`` and ``table``, a list of its lines.

        Where it was asked for, ``held_out`` has the number of folds, ``bootstrap`` each test.
        """
        choice = self._choice
        return {
            "criterion": choice.verdict.name,
            "best": choice.row(choice.best),
            "explanation": self.explain().splitlines(),
            **choice.verdict.record,
            "table": [choice.row(candidate) for candidate in choice.candidates],
        }

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        head, *body = self._choice.lines()
        headings = "".join(f"<th>{escape(cell)}</th>" for cell in head)
        rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in line)}</tr>" for line in body)
        words = "".join(f"<p>{escape(part)}</p>" for part in self.explain().splitlines())
        return f"<div><table><thead><tr>{headings}</tr></thead><tbody>{rows}</tbody></table>{words}</div>"
