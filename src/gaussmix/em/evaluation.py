"""What the loop drives, and what it sees of it."""

from __future__ import annotations

from typing import Generic, NamedTuple, Protocol, TypeVar

from gaussmix.em.history import Entry

Parameters = TypeVar("Parameters")
Sums = TypeVar("Sums")


class Evaluation(NamedTuple, Generic[Sums]):
    """One E-step.

    Parameters
    ----------
    entry : Entry
        What the parameters are worth.
    sums : Sums
        What an M-step needs.
    """

    entry: Entry
    sums: Sums


class Step(Protocol[Parameters, Sums]):
    """What the loop drives."""

    @property
    def sum_weight(self) -> float:
        """Sum of the rows' weights."""

    @property
    def monotone(self) -> bool:
        """Whether the objective cannot fall."""

    def amplification(self, parameters: Parameters) -> float:
        """How many times the rounding of a well-conditioned objective that of these parameters may be; at least 1."""

    def expect(self, parameters: Parameters) -> Evaluation[Sums]:
        """One pass over the rows."""

    def maximise(self, evaluation: Evaluation[Sums], parameters: Parameters) -> Parameters:
        """The next parameters."""


class Acceleration(Protocol[Parameters, Sums]):
    """Proposes longer steps. Whoever asks decides whether they are taken."""

    def watch(self, evaluation: Evaluation[Sums], parameters: Parameters) -> None:
        """Take note of the newest parameters: the last proposal if it was `taken`, else what a plain M-step made.

        Parameters
        ----------
        evaluation : Evaluation
            Of these parameters.
        parameters : Parameters
            The newest.
        """

    def leap(self, evaluation: Evaluation[Sums], parameters: Parameters) -> Parameters | None:
        """Parameters beyond what the next M-step gives; None where there are none.

        Parameters
        ----------
        evaluation, parameters : Evaluation, Parameters
            As watched last.
        """

    def to_come(self) -> float:
        """What the parameters watched last have still to gain, as far as the last leap told; infinite if it did not."""

    def taken(self) -> None:
        """The last proposal was taken."""

    def refused(self) -> None:
        """The last proposal was not taken."""
