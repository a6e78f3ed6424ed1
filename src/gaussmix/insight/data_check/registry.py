"""Every kind of finding: a code, what it means for a fit, and the function that looks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from gaussmix.data.columns import NotNumeric
from gaussmix.insight.data_check import columns, gaps, related, rows, scales, strange, weights
from gaussmix.insight.data_check.evidence import Evidence
from gaussmix.insight.data_check.finding import Finding, Remark, Severity

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE


@dataclass(frozen=True)
class Look:
    """One kind of finding.

    Parameters
    ----------
    code : str
        Its name, the same in all versions.
    severity : Severity
        What it means for a fit.
    remarks : callable
        What there is to say of the rows.
    without_rows : bool
        Whether it can be looked for where no row counts.
    """

    code: str
    severity: Severity
    remarks: Callable[[Evidence], Iterable[Remark]]
    without_rows: bool = False

    def finding(self, said: Remark) -> Finding:
        """A remark under this code."""
        return Finding(self.code, self.severity, said.columns, said.sentence, said.remedy, said.figures)


NOT_NUMERIC = Look("not-numeric", ERROR, gaps.not_numeric, without_rows=True)
LOOKS = (
    NOT_NUMERIC,
    Look("missing-values", ERROR, gaps.missing),
    Look("infinite-values", ERROR, gaps.infinite),
    Look("empty-column", ERROR, gaps.empty),
    Look("wrong-weights", ERROR, weights.wrong, without_rows=True),
    Look("no-weight", ERROR, weights.none_counts, without_rows=True),
    Look("weights-out-of-range", ERROR, weights.out_of_range),
    Look("too-few-rows", ERROR, rows.too_few),
    Look("fewer-rows-than-columns", WARNING, rows.fewer_than_columns),
    Look("more-parameters-than-rows", WARNING, rows.parameters),
    Look("few-rows-a-parameter", NOTE, rows.few_a_parameter),
    Look("few-rows-for-components", NOTE, rows.room),
    Look("duplicated-rows", WARNING, rows.repeated),
    Look("constant-column", WARNING, columns.constant),
    Look("duplicated-columns", WARNING, related.duplicated),
    Look("collinear-columns", WARNING, related.collinear),
    Look("one-hot-columns", WARNING, related.one_hot),
    Look("binary-column", WARNING, columns.binary),
    Look("few-values", WARNING, columns.few_values),
    Look("identifier", WARNING, columns.identifier),
    Look("large-whole-numbers", WARNING, columns.large_whole_numbers),
    Look("frequent-value", WARNING, columns.spike),
    Look("missing-code", WARNING, strange.sentinels),
    Look("outliers", WARNING, strange.outliers),
    Look("digits-lost", WARNING, scales.digits_lost),
    Look("scale-decides", WARNING, scales.span_decides),
    Look("scale-span", NOTE, scales.span),
    Look("large-offset", NOTE, scales.offset),
    Look("few-effective-rows", WARNING, weights.few_effective),
    Look("weights-are-shares", WARNING, weights.not_frequencies),
    Look("equal-weights", NOTE, weights.all_equal),
    Look("zero-weights", NOTE, weights.zero),
)


def findings_in(evidence: Evidence) -> Iterator[Finding]:
    """All findings, errors first, then in the order of the list."""
    for severity in Severity:
        for look in LOOKS:
            if look.severity is severity and (evidence.summary.n_weighted or look.without_rows):
                yield from map(look.finding, look.remarks(evidence))


def findings_without_numbers(others: Sequence[NotNumeric]) -> Iterator[Finding]:
    """What there is to say where no column is numeric."""
    return map(NOT_NUMERIC.finding, gaps.without_numbers(others))
