"""What the runner asks of an engine.

How iterations are counted: an *iteration* is one E step and one M step. After u iterations the
parameters were updated u times; `log_likelihood[u]` is the total log-likelihood of those
parameters, so `log_likelihood[0]` is the start's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from benchmarks.cases import Case, Problem


@dataclass(frozen=True)
class Outcome:
    """What a fit says of itself."""

    iterations: int
    log_likelihood: Mapping[int, float]  # updates made -> total log-likelihood; as far as known


class Fit(Protocol):
    """A fit that is ready to run, from the same start each time."""

    def __call__(self, iterations: int) -> Outcome:
        """Run from the start; all that the engine does for a user happens in here, and is timed."""
        ...


class Engine(Protocol):
    """A library that fits Gaussian mixtures by EM."""

    name: str

    def versions(self) -> dict[str, str]:
        """Return the versions of what does the work; raise ImportError where it is not installed."""
        ...

    def obstacle(self, case: Case) -> str | None:
        """Return why the case cannot be run, or None."""
        ...

    def prepare(self, problem: Problem, threads: int) -> Fit:
        """Bring the start into the engine's form; this is not timed."""
        ...
