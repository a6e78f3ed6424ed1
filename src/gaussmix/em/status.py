"""How a fit ended, and what to do about it."""

from __future__ import annotations

from enum import Enum


class Status(Enum):
    """How a fit ended."""

    CONVERGED = "converged"
    MAX_ITER = "max_iter"
    FELL = "fell"
    STOPPED = "stopped"
    BEHIND = "behind"

    @property
    def advice(self) -> str:
        """What it means and what to do."""
        return _ADVICE[self]


_ADVICE = {
    Status.CONVERGED: (
        "What more iterations could still gain is below the tolerance: by estimate, with tol='auto', 1e-7 a row, or "
        "a tenth of a nat in all after a long way; with a number for tol the last iteration changed the mean by less."
    ),
    Status.MAX_ITER: (
        "Stopped at max_iter with gain still to come; raise max_iter, or loosen tol if the estimate of the gain left "
        "is small enough for you."
    ),
    Status.FELL: (
        "The objective fell by more than rounding, which a correct update cannot do; the best parameters so far are "
        "returned. Please report it with the data, unless you wrote the update yourself."
    ),
    Status.STOPPED: (
        "A callback, a time limit or an interrupt ended the fit; the parameters are those it had come to. With "
        "warm_start=True a further fit goes on from there."
    ),
    Status.BEHIND: (
        "A search ended the fit before its end: by estimate, twenty times what was left to gain would not have made it "
        "the best. With warm_start=True a further fit goes on from there."
    ),
}
