"""Who is told how a fit goes on, and may end it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from gaussmix.em.history import History
from gaussmix.em.status import Status

Parameters = TypeVar("Parameters")


class Listener(ABC, Generic[Parameters]):
    """Is told of every set of parameters that a loop comes to, not of refused leaps."""

    @abstractmethod
    def evaluated(self, parameters: Parameters, history: History, sum_weight: float) -> bool:
        """The loop has evaluated these parameters; with one entry in the history they are where it begins.

        Parameters
        ----------
        parameters : Parameters
            The newest.
        history : History
            So far, their entry last.
        sum_weight : float
            Sum of the rows' weights.

        Returns
        -------
        stop : bool
            Whether to end the loop here.
        """

    def ended(self, status: Status | None) -> None:
        """The loop has ended; None if by an error."""

    def wants_end(self) -> str:
        """Is asked between pieces of work of which nothing is told, as the race of starts.

        Returns
        -------
        why : str
            Why the fit is to end as soon as it can, in words; empty where it is to go on.
        """
        return ""


class Listeners(Listener[Parameters]):
    """Several; any of them may end the loop.

    Parameters
    ----------
    *listeners : Listener
        Told in this order.
    """

    def __init__(self, *listeners: Listener[Parameters]) -> None:
        self._listeners = listeners

    def evaluated(self, parameters: Parameters, history: History, sum_weight: float) -> bool:
        """All are told, whatever the others say."""
        answers = [listener.evaluated(parameters, history, sum_weight) for listener in self._listeners]
        return any(answers)

    def ended(self, status: Status | None) -> None:
        """All are told."""
        for listener in self._listeners:
            listener.ended(status)

    def wants_end(self) -> str:
        """What the first says that has had enough."""
        return next((why for listener in self._listeners if (why := listener.wants_end())), "")
