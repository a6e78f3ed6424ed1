"""Columns that follow from others, in words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gaussmix.insight.data_check.evidence import Evidence
from gaussmix.insight.data_check.finding import Remark
from gaussmix.insight.data_check.relations import Group
from gaussmix.insight.data_check.words import counted, joined, listed

LONGEST_EQUATION = 6
"""Columns of a relation that is written out."""


def duplicated(evidence: Evidence) -> Iterator[Remark]:
    """Columns that are another one, or another one in other units."""
    x = evidence.sample.x
    for group in evidence.relations.alike:
        first, *others = group.columns
        names = evidence.named(group.columns)
        equal = [j for j in others if np.array_equal(x[:, first], x[:, j], equal_nan=True)]
        parts = []
        if equal:
            parts.append(f"{listed(evidence.named(equal))} {'is' if len(equal) == 1 else 'are'} equal to {names[0]!r}")
        parts += [
            f"{evidence.names[j]!r} is {names[0]!r} in other units{_line(evidence, first, j)}"
            for j in others
            if j not in equal
        ]
        sentence = joined(parts)
        yield Remark(
            names,
            f"Column {sentence} in {_rows(evidence)}: what it measures counts twice in distances, and covariances have "
            "no inverse without a prior.",
            "Keep one of them.",
        )


def one_hot(evidence: Evidence) -> Iterator[Remark]:
    """Columns that code a class."""
    for group in evidence.relations.one_hot:
        names = evidence.named(group.columns)
        yield Remark(
            names,
            f"Columns {listed(names)} are zeros and ones, exactly one of them a one in each row (of "
            f"{_rows(evidence)}): a class coded one-hot. Clusters become the classes, whatever the other columns say.",
            "Leave them out and look at the clusters by class afterwards, or fit each class on its own.",
        )


def collinear(evidence: Evidence) -> Iterator[Remark]:
    """Columns some combination of which is the same in all rows."""
    for group in evidence.relations.collinear:
        names = evidence.named(group.columns)
        equation = _equation(evidence, group)
        which = f"Columns {listed(names)} follow from one another"
        more = f" ({counted(group.n_combinations, 'combination')} of them)" if group.n_combinations > 1 else ""
        one = "can be left out without loss" if group.n_combinations == 1 else "can be left out without loss, together"
        yield Remark(
            names,
            f"{which}{more}{equation} in {_rows(evidence)}: there the rows have no width, and covariances no inverse "
            "without a prior.",
            f"Leave out the total of parts, or what else follows: {counted(group.n_combinations, 'column')} of these "
            f"{one}.",
            {"n_combinations": group.n_combinations},
        )


def _rows(evidence: Evidence) -> str:
    """Which rows show it."""
    n, sample = evidence.relations.n_rows, evidence.sample
    if n == len(sample):
        return f"all of {sample.said}" if sample.is_all else sample.said
    return f"the {counted(n, 'complete row')} of {sample.said}"


def _line(evidence: Evidence, first: int, other: int) -> str:
    equation = _solved(evidence, other, [first])
    return f" ({equation})" if equation else ""


def _equation(evidence: Evidence, group: Group) -> str:
    if group.n_combinations > 1 or len(group.columns) > LONGEST_EQUATION:
        return ""
    weights = np.abs(group.weights)
    target = int(np.argmax(weights))  # a total, whose deviation is the largest of all
    others = [int(j) for i, j in enumerate(group.columns) if i != target]
    equation = _solved(evidence, int(group.columns[target]), others)
    return f" ({equation})" if equation else ""


def _solved(evidence: Evidence, target: int, others: list[int]) -> str:
    """A column by others, as least squares find it; empty where numbers leave the range of floats."""
    strange = evidence.extremes.strange
    columns = [target, *others]
    x = evidence.internal[:, columns]
    x = x[np.isfinite(x).all(axis=1) & ~strange[:, columns].any(axis=1)]
    with np.errstate(all="ignore"):
        centred = x - x.mean(axis=0)
    if not np.isfinite(centred).all():
        return ""
    slope = np.linalg.lstsq(centred[:, 1:], centred[:, 0], rcond=None)[0]
    rest = x[:, 0].mean() - slope @ x[:, 1:].mean(axis=0)
    exponent, origin = evidence.frame.exponent[columns], evidence.frame.origin[columns]
    with np.errstate(all="ignore"):
        factors = np.ldexp(slope, exponent[0] - exponent[1:])
        offset = origin[0] + np.ldexp(rest, exponent[0]) - factors @ origin[1:]
        is_nothing = abs(offset) <= 1e-6 * np.ldexp(1.0, exponent[0]) + 1e-12 * abs(origin[0])
    if not np.isfinite([*factors, offset]).all():
        return ""
    terms = [_term(factor, evidence.names[j]) for factor, j in zip(factors, others, strict=True)]
    terms += [] if is_nothing else [f"{'-' if offset < 0.0 else '+'} {abs(offset):.6g}"]
    return f"{evidence.names[target]!r} = {' '.join(terms).removeprefix('+ ')}"


def _term(factor: float, name: str) -> str:
    size = f"{abs(factor):.4g}"
    return f"{'-' if factor < 0.0 else '+'} {'' if size == '1' else f'{size}·'}{name!r}"
