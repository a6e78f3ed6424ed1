"""Units and offsets of the columns."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gaussmix.core.frame import Scaling
from gaussmix.core.types import Array, Floats
from gaussmix.insight.data_check.evidence import Evidence
from gaussmix.insight.data_check.finding import Remark
from gaussmix.insight.data_check.words import columns_are, figure

SPAN = 1000.0
"""Ratio of standard deviations from which squared distances are those of the wide columns alone: of the narrowest one
only a millionth is left in them."""
OFFSET = 1e6
"""Standard deviations from zero from which the mean of squares less the squared mean, which many programs compute, has
lost twelve of its sixteen digits."""
RESOLUTION = 1e-3
"""Steps between floats, in standard deviations, from which the rows themselves have hardly three digits left."""


def span(evidence: Evidence) -> Iterator[Remark]:
    """Columns in very different units, where the fit does not mind."""
    if evidence.structure.scaling is Scaling.PER_FEATURE:
        yield from _span(
            evidence,
            f"a fit with {evidence.structure.name} covariances is the same in any units, but k-means and distances in "
            "scripts of your own see only the wide columns",
            "Nothing to do for gaussmix; elsewhere divide each column by its standard deviation.",
        )


def span_decides(evidence: Evidence) -> Iterator[Remark]:
    """The same, where the units decide what is found."""
    if evidence.structure.scaling is not Scaling.PER_FEATURE:
        yield from _span(
            evidence,
            f"{evidence.structure.name} covariances treat all columns alike, so that the wide ones alone decide",
            "Divide each column by its standard deviation, or take covariance 'diag', which is the same in any units.",
        )


def offset(evidence: Evidence) -> Iterator[Remark]:
    """Columns far from zero for their width."""
    deviation = evidence.summary.standard_deviation
    far = (_largest(evidence) / OFFSET > deviation) & (deviation > 0.0) & ~_coarse(evidence)
    names = evidence.named(far)
    if names:
        with np.errstate(over="ignore"):
            ratio = float((_largest(evidence)[far] / deviation[far]).max())
        yield Remark(
            names,
            f"{columns_are(names, 'lies', 'lie')} up to {figure(ratio)} standard deviations from zero: gaussmix "
            "computes about the mean and is not affected, but programs that subtract squares lose most digits.",
            "Nothing to do for gaussmix; elsewhere subtract the mean first.",
            {"largest_ratio": ratio},
        )


def digits_lost(evidence: Evidence) -> Iterator[Remark]:
    """Columns whose floats are too coarse for their width."""
    coarse = _coarse(evidence)
    names = evidence.named(coarse)
    if names:
        step = float((_step(evidence)[coarse] / evidence.summary.standard_deviation[coarse]).max())
        yield Remark(
            names,
            f"{columns_are(names, 'is', 'are')} so far from zero that {evidence.dtype.name} numbers there are up to "
            f"{figure(step)} standard deviations apart: digits that tell the rows apart are lost.",
            "Subtract an offset before the values are stored as floats, or store them with more digits.",
            {"largest_step": step},
        )


def _span(evidence: Evidence, consequence: str, remedy: str) -> Iterator[Remark]:
    deviation = evidence.summary.standard_deviation
    varying = np.flatnonzero(deviation > 0.0)
    if len(varying) < 2:
        return
    narrow, wide = varying[np.argmin(deviation[varying])], varying[np.argmax(deviation[varying])]
    with np.errstate(over="ignore"):
        ratio = float(deviation[wide] / deviation[narrow])
    if ratio >= SPAN:
        yield Remark(
            evidence.named([wide, narrow]),
            f"Standard deviations go from {figure(deviation[narrow])} ({evidence.names[narrow]!r}) to "
            f"{figure(deviation[wide])} ({evidence.names[wide]!r}): {consequence}.",
            remedy,
            {"ratio": ratio},
        )


def _largest(evidence: Evidence) -> Floats:
    return np.fmax(np.abs(evidence.summary.minimum), np.abs(evidence.summary.maximum))


def _step(evidence: Evidence) -> Floats:
    """Between neighbouring floats about the mean: a single large value does not make the others coarse."""
    mean = np.nan_to_num(np.abs(evidence.summary.mean)).astype(evidence.dtype)
    return np.asarray(np.spacing(mean), dtype=np.float64)


def _coarse(evidence: Evidence) -> Array:
    deviation = evidence.summary.standard_deviation
    return (deviation > 0.0) & (_step(evidence) > RESOLUTION * deviation)
