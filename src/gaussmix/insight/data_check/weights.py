"""Row weights."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gaussmix.core.summary import LEAST_WEIGHT, MOST_WEIGHT
from gaussmix.insight.data_check.evidence import Evidence
from gaussmix.insight.data_check.finding import Remark
from gaussmix.insight.data_check.words import counted, figure, percent

EFFECTIVE = 0.1
"""Share of the rows as which weighted ones must count at least: below a tenth, a few rows decide the fit."""


def wrong(evidence: Evidence) -> Iterator[Remark]:
    """Weights that are no weights."""
    weights = evidence.census.weights
    if weights.n_wrong:
        yield Remark(
            (),
            f"{counted(weights.n_wrong, 'row weight')} {'is' if weights.n_wrong == 1 else 'are'} negative, missing or "
            f"infinite, the first in {evidence.place(weights.first_wrong)}.",
            "Correct them; 0 removes a row.",
            {"n_rows": weights.n_wrong, "first_row": weights.first_wrong},
        )


def none_counts(evidence: Evidence) -> Iterator[Remark]:
    """No weight is positive."""
    if not evidence.summary.n_weighted:
        yield Remark((), "No row has a positive weight: nothing counts.", "Give weights of which some are positive.")


def out_of_range(evidence: Evidence) -> Iterator[Remark]:
    """Weights whose sum is so small or large that a fit's sums are no floats."""
    total = evidence.summary.sum_weight
    if evidence.summary.n_weighted and not LEAST_WEIGHT <= total <= MOST_WEIGHT:
        yield Remark(
            (),
            f"The weights sum to {figure(total)}, which must be from {LEAST_WEIGHT:g} to {MOST_WEIGHT:g}.",
            "Multiply all of them by one number.",
            {"sum_weight": total},
        )


def zero(evidence: Evidence) -> Iterator[Remark]:
    """Rows that are removed."""
    number = evidence.census.weights.n_zero
    if number and evidence.summary.n_weighted:
        yield Remark(
            (),
            f"{counted(number, 'row')} of {evidence.summary.n_rows:,} {'has' if number == 1 else 'have'} weight 0: "
            f"{'it changes' if number == 1 else 'they change'} nothing in a fit.",
            "Nothing to do if that is meant.",
            {"n_rows": number},
        )


def all_equal(evidence: Evidence) -> Iterator[Remark]:
    """One weight for all rows, which is not 1."""
    weights = evidence.census.weights
    if weights.minimum == weights.maximum != 1.0:
        yield Remark(
            (),
            f"All rows have the weight {figure(weights.minimum)}: the clusters are those without weights, but BIC "
            f"takes the sum, {figure(evidence.summary.sum_weight)}, for the number of rows.",
            "Leave the weights out, unless each row really stands for so many.",
            {"weight": weights.minimum, "sum_weight": evidence.summary.sum_weight},
        )


def not_frequencies(evidence: Evidence) -> Iterator[Remark]:
    """Weights that sum to less than they can as frequencies."""
    total, n, d = evidence.summary.sum_weight, evidence.summary.n_weighted, evidence.n_features
    if 0.0 < total <= d < n:
        yield Remark(
            (),
            f"The weights sum to {figure(total)}, as if there were no more rows than columns, and there are {n:,}: a "
            "weight is how often a row counts, and these look like shares.",
            "Multiply them by the number of rows over their sum.",
            {"sum_weight": total},
        )


def few_effective(evidence: Evidence) -> Iterator[Remark]:
    """A few rows outweigh the others."""
    n, norm = evidence.summary.n_weighted, evidence.census.weights.norm
    if not n or norm <= 0.0 or not np.isfinite(norm):
        return
    effective = (evidence.summary.sum_weight / norm) ** 2  # Kish (1965)
    if effective < EFFECTIVE * n:
        yield Remark(
            (),
            f"The weights are so unequal that {n:,} rows count as about {effective:.3g} ({percent(effective / n)}): a "
            "few rows decide the fit.",
            "Look at the largest weights; cut them off if they are estimates, such as inverse probabilities.",
            {"n_effective": effective, "largest_weight": evidence.census.weights.maximum},
        )
