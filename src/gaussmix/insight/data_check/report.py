"""The result of a check of the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gaussmix.insight.data_check.finding import Finding, Severity
from gaussmix.insight.data_check.text import WIDTH, check_text
from gaussmix.insight.record import to_json


@dataclass(frozen=True, repr=False)
class DataCheck:
    """What a check of the data found.

    ``print`` shows it as text.

    Parameters
    ----------
    n_rows : int or None
        Rows, whatever their weight; None where there was no numeric column to count them by.
    columns : tuple of str
        The numeric columns.
    findings : tuple of Finding
        Errors first, which a fit refuses, then warnings, then notes.
    notes : tuple of str
        How the rows were read, and what was not looked for.
    """

    n_rows: int | None
    columns: tuple[str, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing was found that a fit refuses or that misleads it."""
        return all(finding.severity is Severity.NOTE for finding in self.findings)

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the findings, each once."""
        return tuple(dict.fromkeys(finding.code for finding in self.findings))

    def text(self, width: int = WIDTH) -> str:
        """The findings as text, in lines of at most so many characters."""
        return check_text(self.n_rows, self.columns, self.findings, self.notes, width)

    def to_dict(self) -> dict[str, Any]:
        """The findings as plain values; docs/check.md describes them."""
        return {
            "ok": self.ok,
            "n_rows": self.n_rows,
            "columns": list(self.columns),
            "findings": [
                {
                    "code": finding.code,
                    "severity": finding.severity.value,
                    "columns": list(finding.columns),
                    "sentence": finding.sentence,
                    "remedy": finding.remedy,
                    "figures": dict(finding.figures),
                }
                for finding in self.findings
            ],
            "notes": list(self.notes),
        }

    def to_json(self) -> str:
        """The same as strict JSON."""
        return to_json(self.to_dict())

    def __str__(self) -> str:
        return self.text().rstrip("\n")

    __repr__ = __str__  # at a prompt and in a notebook the text is what is wanted
