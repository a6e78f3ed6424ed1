"""What a fit remembers of its iterations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from gaussmix.core.types import Floats


class Entry(NamedTuple):
    """The value of one set of parameters.

    ``objective`` is what the fit climbs: the log-likelihood plus the log-priors. ``coarseness`` is how many times the
    rounding of float64 that of its terms is: 2**29 where rows were computed with in float32.
    """

    log_likelihood: float
    objective: float
    coarseness: float = 1.0


class History:
    """Log-likelihood and objective of every set of parameters that the fit came to, the start first.

    A leap that was refused has no entry, although a pass went for it.

    Attributes
    ----------
    entries : list of Entry
        All of them: to be read, and added to by `append` alone. Rules that are asked in every iteration look here.
    repairs : tuple of int
        Numbers of the entries whose parameters came not from an update but from a repair of those before: there,
        and only there, may the objective of a monotone fit fall.
    leaps : tuple of int
        Numbers of the entries whose parameters were extrapolated from several iterations, not made by one.
    to_come : float or None
        What the last parameters have still to gain, where more was known of that than the entries tell.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._leaps: list[int] = []
        self.repairs: tuple[int, ...] = ()
        self.to_come: float | None = None

    def append(self, entry: Entry, *, leapt: bool = False) -> None:
        """Add what the newest parameters are worth."""
        if leapt:
            self._leaps.append(len(self.entries))
        self.entries.append(entry)

    @property
    def leaps(self) -> tuple[int, ...]:
        """Which entries were extrapolated."""
        return tuple(self._leaps)

    def repaired(self, later: History) -> History:
        """Add the history of the fit that went on from repaired parameters, which gives a new one."""
        whole = History()
        whole.entries = [*self.entries, *later.entries]
        whole._leaps = [*self._leaps, *(len(self) + number for number in later._leaps)]
        whole.to_come = later.to_come
        whole.repairs = (*self.repairs, len(self), *(len(self) + number for number in later.repairs))
        return whole

    def continued(self, later: History) -> History:
        """The same with the last entry evaluated anew, as the first of a later history, and the rest of that one."""
        whole = History()
        before = len(self) - 1
        whole.entries = [*self.entries[:-1], *later.entries]
        whole._leaps = [*self._leaps, *(before + number for number in later._leaps)]
        whole.to_come = later.to_come
        whole.repairs = (*self.repairs, *(before + number for number in later.repairs))
        return whole

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __getitem__(self, number: int) -> Entry:
        return self.entries[number]

    def last(self, count: int, apart: int = 1) -> list[Entry]:
        """So many of the entries, each so far from the next, or all if there are fewer; the newest last."""
        return self.entries[-1 : -1 - count * apart : -apart][::-1]

    @property
    def has_leapt(self) -> bool:
        """Whether any entry was extrapolated."""
        return bool(self._leaps)

    @property
    def since_leap(self) -> int:
        """Entries after the last that was extrapolated; all but the first if none was."""
        return len(self.entries) - 1 - (self._leaps[-1] if self._leaps else 0)

    @property
    def log_likelihood(self) -> Floats:
        """Total log-likelihoods, shape (n_iter + 1,)."""
        return np.array([entry.log_likelihood for entry in self.entries])

    @property
    def objective(self) -> Floats:
        """Total objectives, shape (n_iter + 1,)."""
        return np.array([entry.objective for entry in self.entries])
