"""What was found: a code for programs, a sentence and a remedy for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Severity(Enum):
    """What a finding means for a fit."""

    ERROR = "error"
    """A fit refuses the rows as they are."""
    WARNING = "warning"
    """A fit is made, and its clusters or its density may tell of this rather than of the rows."""
    NOTE = "note"
    """Good to know; gaussmix comes to no harm."""


@dataclass(frozen=True)
class Remark:
    """What one look at the rows says; its code and severity are those of the look.

    Parameters
    ----------
    columns : tuple of str
        The columns that it is about, all of them; none where it is about rows or weights.
    sentence : str
        What is so, with figures.
    remedy : str
        What to do.
    figures : mapping of str to number or str
        The figures by name, for programs.
    """

    columns: tuple[str, ...]
    sentence: str
    remedy: str
    figures: Mapping[str, float | int | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """A remark with its code.

    Parameters
    ----------
    code : str
        Which kind of finding, the same in all versions.
    severity : Severity
        What it means for a fit.
    columns, sentence, remedy, figures
        As in `Remark`.
    """

    code: str
    severity: Severity
    columns: tuple[str, ...]
    sentence: str
    remedy: str
    figures: Mapping[str, float | int | str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.severity.value} {self.code}: {self.sentence} {self.remedy}"
