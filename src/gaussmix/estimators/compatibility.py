"""What a fit does as scikit-learn does it, where ours would differ."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Compatibility:
    """Habits of scikit-learn that existing programs may rely on; ``docs/scikit-learn.md`` has both sides of each.

    Parameters
    ----------
    starts : bool
        scikit-learn's own k-means and draws, so that components come in its order.
    lagging_bound : bool
        The rule that stops, ``lower_bound_`` and ``lower_bounds_`` look at the parameters before each update; the
        parameters returned are one update further.
    singletons : bool
        A component of one row along the axes gets a variance of rounding size under ``reg_covar=0``.
    rounded_score : bool
        ``score`` is the mean of what ``score_samples`` gives, in the rows' own dtype.
    own_order : bool
        Components stay in the order in which the start made them.
    draws : bool
        ``sample`` uses random numbers as scikit-learn does.
    messages : bool
        Texts of errors and warnings to the letter, with their slips.
    """

    starts: bool = False
    lagging_bound: bool = False
    singletons: bool = False
    rounded_score: bool = False
    own_order: bool = False
    draws: bool = False
    messages: bool = False


NONE = Compatibility()
"""Our own ways."""

SCIKIT_LEARN = Compatibility(
    starts=True, lagging_bound=True, singletons=True, rounded_score=True, own_order=True, draws=True, messages=True
)
"""What `patch_sklearn` puts in place."""
