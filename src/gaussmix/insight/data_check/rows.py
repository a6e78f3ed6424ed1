"""How many rows there are, and how many different ones."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gaussmix.families.structures import SCIKIT_LEARN, STRUCTURES
from gaussmix.fitting.recipe import n_parameters
from gaussmix.insight.data_check.evidence import Evidence
from gaussmix.insight.data_check.finding import Remark
from gaussmix.insight.data_check.words import counted, percent

LEAST_ROWS = 2
"""One row has no spread to fit anything to."""
ROWS_A_PARAMETER = 5
"""Rows for each parameter below which a fit's clusters would move much with other rows. Standard errors fall with the
root of this number: at one they are as large as what is estimated."""
MODEST = 10
"""Components that people try as a matter of course: that many must not follow the noise, or it is said."""
REPEATED = 0.05
"""Share of rows that repeat another one from which it is said. Measurements of several columns hardly ever agree in all
of them: one in twenty is a copy, or values are rounded coarsely."""
REPEATED_ROWS = 20
"""Rows from which a share means something."""


def too_few(evidence: Evidence) -> Iterator[Remark]:
    """Fewer rows than a fit takes."""
    n, least = evidence.summary.n_weighted, max(LEAST_ROWS, evidence.n_components or 0)
    if n < least:
        why = f"for {counted(least, 'component')}" if evidence.n_components == least else "for any mixture"
        yield Remark(
            (),
            f"{counted(n, 'row')} of positive weight {'is' if n == 1 else 'are'} too few {why}.",
            f"At least {least} are needed: take more rows" + ("." if least == LEAST_ROWS else " or fewer components."),
            {"n_rows": n, "n_needed": least},
        )


def fewer_than_columns(evidence: Evidence) -> Iterator[Remark]:
    """Not more rows than columns."""
    n, d = evidence.summary.n_weighted, evidence.n_features
    if LEAST_ROWS <= n <= d:
        yield Remark(
            (),
            f"{counted(n, 'row')} for {counted(d, 'column')}: no covariance of all columns has an inverse without a "
            "prior, and every column follows from the others.",
            "Take fewer columns or covariance 'diag'.",
            {"n_rows": n, "n_columns": d},
        )


def parameters(evidence: Evidence) -> Iterator[Remark]:
    """Fewer rows than parameters, where the number of components is known."""
    n, d, k = evidence.summary.n_weighted, evidence.n_features, evidence.n_components
    if k is None:
        return
    count = n_parameters(evidence.structure, k, d)
    if n < count:
        yield Remark(
            (),
            f"{counted(n, 'row')} for the {count:,} parameters of {counted(k, 'component')} with "
            f"{evidence.structure.name} covariances: the fit follows the noise of the rows.",
            _simpler(evidence, k, count),
            {"n_rows": n, "n_parameters": count},
        )


def room(evidence: Evidence) -> Iterator[Remark]:
    """For how many components there are too few rows, where none were asked for."""
    n, d, structure = evidence.summary.n_weighted, evidence.n_features, evidence.structure
    if evidence.n_components is not None:
        return
    k = next((k for k in range(1, MODEST + 1) if n < n_parameters(structure, k, d)), None)
    if k is not None:
        count = n_parameters(structure, k, d)
        which = "already with 1 component" if k == 1 else f"from {k} components on"
        yield Remark(
            (),
            f"{counted(n, 'row')}: {which}, mixtures with {structure.name} covariances "
            f"have more parameters ({count:,}) than there are rows, and follow their noise.",
            _simpler(evidence, k, count),
            {"n_rows": n, "n_components": k, "n_parameters": count},
        )


def few_a_parameter(evidence: Evidence) -> Iterator[Remark]:
    """Few rows for each parameter, where the number of components is known."""
    n, d, k = evidence.summary.n_weighted, evidence.n_features, evidence.n_components
    if k is None:
        return
    count = n_parameters(evidence.structure, k, d)
    if count <= n < ROWS_A_PARAMETER * count:
        yield Remark(
            (),
            f"{counted(n, 'row')} for the {count:,} parameters of {counted(k, 'component')} with "
            f"{evidence.structure.name} covariances, {n / count:.2g} for each: other rows would give noticeably other "
            "clusters.",
            _simpler(evidence, k, count),
            {"n_rows": n, "n_parameters": count},
        )


def repeated(evidence: Evidence) -> Iterator[Remark]:
    """Rows that stand there more than once."""
    x, few = evidence.sample.x, evidence.few_valued | evidence.constant | evidence.empty
    # Of one column, or of columns of few values, equal rows are what is to be expected, and told otherwise.
    if (~few).sum() < 2 or len(x) < REPEATED_ROWS:
        return
    whole = np.ascontiguousarray(x + 0.0)  # -0 is 0
    _, counts = np.unique(whole.view(np.dtype((np.void, whole.shape[1] * whole.itemsize))), return_counts=True)
    share = 1.0 - len(counts) / len(x)
    if share >= REPEATED:
        yield Remark(
            (),
            f"{percent(share)} of {evidence.sample.said} repeat another one exactly; the most frequent stands there "
            f"{counted(int(counts.max()), 'time')}. A component may shrink to rows that are equal.",
            "Drop copies that were made by mistake; if equal rows are meant, count them once and give their number as "
            "the weight, which fits the same.",
            {"share": share, "n_different": len(counts), "most_frequent": int(counts.max())},
        )


def _simpler(evidence: Evidence, n_components: int, count: int) -> str:
    d = evidence.n_features
    less = [name for name in SCIKIT_LEARN if n_parameters(STRUCTURES[name], n_components, d) < count]
    other = f", or a covariance with fewer parameters ({', '.join(less)})" if less else ""
    return f"Fit fewer components or columns{other}."
