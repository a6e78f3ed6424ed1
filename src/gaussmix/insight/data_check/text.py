"""Findings as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from textwrap import fill

from gaussmix.insight.data_check.finding import Finding, Severity
from gaussmix.insight.data_check.words import counted

WIDTH = 80
"""Characters of a line unless asked otherwise."""
INDENT = "    "
MEANING = {
    Severity.ERROR: "error (a fit refuses these rows)",
    Severity.WARNING: "warning (a fit may mislead)",
    Severity.NOTE: "note",
}


def check_text(
    n_rows: int | None, columns: Sequence[str], findings: Sequence[Finding], notes: Sequence[str], width: int = WIDTH
) -> str:
    """A check of the data for a terminal.

    Parameters
    ----------
    n_rows : int or None
        Rows, where they were counted.
    columns : sequence of str
        The numeric columns.
    findings : sequence of Finding
        In their order.
    notes : sequence of str
        What else should be known.
    width : int
        Longest line.

    Returns
    -------
    text : str
        Lines, the last one with its end.
    """
    rows = "" if n_rows is None else f"{counted(n_rows, 'row')}, "
    head = f"Check of {rows}{counted(len(columns), 'numeric column')}"
    parts = [f"{head}\n{'-' * len(head)}", _tally(findings)]
    parts += [_paragraph(finding, width) for finding in findings]
    parts += [fill(f"Also: {note}", width, subsequent_indent=INDENT) for note in notes]
    return "\n\n".join(parts) + "\n"


def _tally(findings: Sequence[Finding]) -> str:
    if not findings:
        return "Nothing found."
    numbers = Counter(finding.severity for finding in findings)
    told = (f"{numbers[s]} {_plural(s, numbers[s])}" for s in Severity if numbers[s])
    return f"{', '.join(told)}."


def _plural(severity: Severity, number: int) -> str:
    word, _, rest = MEANING[severity].partition(" ")
    return f"{word}{'' if number == 1 else 's'}{' ' if rest else ''}{rest}"


def _paragraph(finding: Finding, width: int) -> str:
    body = "\n".join(
        fill(text, width, initial_indent=INDENT, subsequent_indent=INDENT, break_on_hyphens=False)
        for text in (finding.sentence, f"-> {finding.remedy}")
    )
    return f"{finding.severity.value}: {finding.code}\n{body}"
