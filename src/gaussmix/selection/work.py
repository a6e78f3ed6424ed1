"""How the fits of a choice are made: how many at a time, who is told of them, and what ends them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from math import inf
from queue import SimpleQueue
from time import perf_counter
from typing import TypeVar

from numpy.linalg import LinAlgError

from gaussmix.core.mixture import Mixture
from gaussmix.em.history import History
from gaussmix.em.listener import Listener
from gaussmix.errors import GaussmixError
from gaussmix.selection.candidate import Candidate

FAILURES = (GaussmixError, ArithmeticError, ValueError, LinAlgError)
"""What a cell's numbers may raise; what is about the process, as MemoryError, or about all rows ends the search."""

Result = TypeVar("Result")


def in_words(error: Exception) -> str:
    """What is said of one of `FAILURES`: our own errors are sentences, others have a name that says something."""
    return str(error) if isinstance(error, GaussmixError) else f"{type(error).__name__}: {error}"


@dataclass(frozen=True)
class Progress:
    """How far a search has come.

    Parameters
    ----------
    candidate : Candidate
        What has just been fitted, or measured.
    done, total : int
        Fits that are made, and that are known to be made, of the whole search: both only grow, the second when cells
        are looked at again, and when fits are to be measured. Draws of the bootstrap count as one; those that need not
        be made any more as done.
    seconds : float
        Since the search began.
    best : Candidate or None
        The best so far.
    doing : str
        What the fits are for, in a word or two; empty while the grid is searched.
    """

    candidate: Candidate
    done: int
    total: int
    seconds: float
    best: Candidate | None
    doing: str = ""


Told = Callable[[Progress], bool]
"""Is told of every fit that is made; True ends the search."""


class End(Listener[Mixture]):
    """Ends every fit of a search that is to end.

    Parameters
    ----------
    time_limit : float
        Seconds that the search may take.
    """

    def __init__(self, time_limit: float = inf) -> None:
        self.began = perf_counter()
        self._time_limit = time_limit
        self._asked = ""

    def ask(self, why: str) -> None:
        """From now on there is a reason."""
        self._asked = self._asked or why

    @property
    def seconds(self) -> float:
        """Since the search began."""
        return perf_counter() - self.began

    def evaluated(self, parameters: Mixture, history: History, sum_weight: float) -> bool:
        return bool(self.wants_end())

    def wants_end(self) -> str:
        if self.seconds >= self._time_limit:
            return f"the time limit of {self._time_limit:g} s was reached"
        return self._asked


@dataclass
class Work:
    """How the fits of a choice are made.

    Parameters
    ----------
    end : End
        Ends them early; the recipes of the fits listen to the same.
    n_workers : int
        Fits at one time.
    told : callable, optional
        Is told of every fit.
    done, total : int
        Fits so far, and those that are known of.
    """

    end: End
    n_workers: int = 1
    told: Told | None = None
    done: int = 0
    total: int = 0

    def each(self, jobs: Iterable[Callable[[], Result]], handle: Callable[[Result], None]) -> None:
        """Do all of these, some at a time; results are handled as they come, by the thread that asked."""
        # Not futures' wait: an interrupt that came to it while a fit ended let go of a lock that was the worker's.
        ended: SimpleQueue[Future[Result]] = SimpleQueue()
        with ThreadPoolExecutor(self.n_workers) as pool:
            try:
                n_running = 0
                for job in jobs:
                    pool.submit(job).add_done_callback(ended.put)
                    n_running += 1
                for _ in range(n_running):
                    handle(ended.get().result())
            except BaseException:
                self.end.ask("the search was interrupted")
                raise

    def tell(self, candidate: Candidate, best: Candidate | None, doing: str = "") -> None:
        """Tell of what has come out; who is told may want no more."""
        if self.told is None:
            return
        if self.told(Progress(candidate, self.done, self.total, self.end.seconds, best, doing)):
            self.end.ask("a callback ended the search")
