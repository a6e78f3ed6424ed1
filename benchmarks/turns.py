"""Fits that take turns, an iteration each: what else the machine does then comes upon both alike."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

Fit = Callable[[Callable[[Any], None]], Any]
"""Is given a callback for its records, and gives the fitted model."""


def in_turns(fits: Mapping[str, Fit]) -> tuple[dict[str, Any], dict[str, list[float]]]:
    """Run fits that make equally many iterations, of which one is under way at a time.

    Parameters
    ----------
    fits : mapping of str to callable
        By name, in the order of their turns.

    Returns
    -------
    models : dict of str to model
        What they gave.
    seconds : dict of str to list of float
        Of each: up to the first parameters that were evaluated, then of every iteration.
    """
    runs = {name: _Run(fit) for name, fit in fits.items()}
    while not all(run.has_ended for run in runs.values()):
        for run in runs.values():
            run.turn()
    for run in runs.values():
        if run.error is not None:
            raise run.error
    return {name: run.model for name, run in runs.items()}, {name: run.seconds for name, run in runs.items()}


class _Run:
    def __init__(self, fit: Fit) -> None:
        self.seconds: list[float] = []
        self.model: Any = None
        self.error: BaseException | None = None
        self.has_ended = False
        self._fit = fit
        self._go, self._done = threading.Semaphore(0), threading.Semaphore(0)
        threading.Thread(target=self._run, daemon=True).start()  # which must not outlive an interrupt

    def turn(self) -> None:
        """Let it make an iteration, and wait for that."""
        if not self.has_ended:
            self._go.release()
            self._done.acquire()

    def _run(self) -> None:
        self._wait()
        try:
            self.model = self._fit(self._told)
        except BaseException as error:  # noqa: BLE001 - it is raised again where the fit was asked for
            self.error = error
        finally:
            self.has_ended = True
            self._done.release()

    def _told(self, record: Any) -> None:
        if record.kind != "end":
            self.seconds.append(perf_counter() - self._began)
            self._done.release()
            self._wait()

    def _wait(self) -> None:
        self._go.acquire()
        self._began = perf_counter()
