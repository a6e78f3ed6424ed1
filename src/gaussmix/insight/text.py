"""The summary of a fit as text, in the layout of R's mclust."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from textwrap import fill
from unicodedata import combining, east_asian_width

from gaussmix.insight.figures import count, criterion, means_and_deviations, share
from gaussmix.insight.fit_summary import FitSummary

WIDTH = 80
"""Characters of a line unless asked otherwise."""
TITLE = "Gaussian mixture model fitted by EM algorithm"
GAP = "  "
"""Between two columns of a table."""
LONGEST_NAME = 28
"""Columns' names beyond this are cut in the middle, so that two components fit beside them."""


def fit_text(summary: FitSummary, width: int = WIDTH) -> str:
    """The summary for a terminal.

    Parameters
    ----------
    summary : FitSummary
        The numbers.
    width : int
        Longest line. Components that do not fit beside each other come in several tables.

    Returns
    -------
    text : str
        Lines, the last one with its end.
    """
    rule = "-" * len(TITLE)
    n_components = len(summary.components)
    model = (
        f"gaussmix {summary.model_name} ({summary.model_description}) model with {n_components} "
        f"component{'' if n_components == 1 else 's'}:"
    )
    parts = [
        f"{rule}\n{TITLE}\n{rule}",
        fill(model, width),
        "\n".join(_row_of_criteria(summary)),
        "\n".join(fill(line, width) for line in (_ending(summary), *_notes(summary))),
        "Components (mean ± standard deviation):",
        *("\n".join(table) for table in _component_tables(summary, width)),
    ]
    return "\n\n".join(parts) + "\n"


def _row_of_criteria(summary: FitSummary) -> list[str]:
    figures = {
        "log-likelihood": criterion(summary.log_likelihood),
        "n": count(summary.rows.sum_weight),
        "df": str(summary.n_parameters),
        "BIC": criterion(summary.bic),
        "AIC": criterion(summary.aic),
    }
    return aligned([list(figures), list(figures.values())])


def _ending(summary: FitSummary) -> str:
    ending = summary.ending
    iterations = f"{ending.n_iter} iteration{'' if ending.n_iter == 1 else 's'}"
    starts = f" (the best of {ending.n_starts} starts)" if ending.n_starts > 1 else ""
    if summary.converged:
        return f"Converged after {iterations}{starts}."
    left = f"; about {ending.gain_left:.1e} a row is still to gain" if isfinite(ending.gain_left) else ""
    return f"Not converged after {iterations}{starts}{left}. {ending.status.advice}"


def _notes(summary: FitSummary) -> list[str]:
    notes = ["BIC = -2 log L + df log n, lower is better (mclust shows the negative of it)."]
    if summary.rows.weight_name is not None:
        notes.append(
            f"n is the sum of the weights in column '{_shown(summary.rows.weight_name)}' ({summary.rows.n_rows} rows)."
        )
    return notes


def _component_tables(summary: FitSummary, width: int) -> list[list[str]]:
    """Features as lines, components as columns, as many beside each other as the width allows."""
    heads = ["component", "weight", "rows", *map(_shown, summary.feature_names)]
    columns = list(zip(*_component_lines(summary), strict=True))
    room = width - max(map(_cells, heads)) - 1
    tables: list[list[tuple[str, ...]]] = [[]]
    left = room
    for column in columns:
        needed = max(map(_cells, column)) + len(GAP)
        if needed > left and tables[-1]:
            tables.append([])
            left = room
        tables[-1].append(column)
        left -= needed
    return [aligned(list(zip(heads, *table, strict=True)), first_left=True) for table in tables]


def _component_lines(summary: FitSummary) -> list[list[str]]:
    components = summary.components
    means = zip(*(component.mean for component in components), strict=True)
    deviations = zip(*(component.standard_deviation for component in components), strict=True)
    return [
        [str(component.number) for component in components],
        [share(component.weight) for component in components],
        ["–" if component.n_assigned is None else str(component.n_assigned) for component in components],
        *(means_and_deviations(*feature) for feature in zip(means, deviations, strict=True)),
    ]


def aligned(lines: Sequence[Sequence[str]], first_left: bool = False) -> list[str]:
    """Lines of right-aligned cells, after one blank as R prints them."""
    widths = [max(map(_cells, cells)) for cells in zip(*lines, strict=True)]
    rendered = []
    for line in lines:
        cells = [" " * (w - _cells(cell)) + cell for w, cell in zip(widths, line, strict=True)]
        if first_left:
            cells[0] = line[0] + " " * (widths[0] - _cells(line[0]))
        rendered.append(f" {GAP.join(cells)}")
    return rendered


def _shown(name: str) -> str:
    """A column's name on one line: no control characters, and not too long."""
    printable = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)
    if _cells(printable) <= LONGEST_NAME:
        return printable
    head, tail = "", ""
    # From both ends in turn: what tells long names apart stands at either.
    while _cells(head) + _cells(tail) < LONGEST_NAME - 3:
        head = printable[: len(head) + 1]
        tail = printable[len(printable) - len(tail) - 1 :]
    return f"{head}…{tail}"


def _cells(text: str) -> int:
    """Places that a text takes in a terminal: two for East Asian letters, none for combining marks."""
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "FW" else 1 for c in text)
