"""A fit, watched: what is shown while it runs, a file of its records, and whether the user has had enough."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import click

from gaussmix.cli.events import EventsFile, events_file
from gaussmix.cli.interrupts import Interrupts

if TYPE_CHECKING:
    from rich.status import Status

    from gaussmix.core.types import Array
    from gaussmix.estimators.stream import Record
    from gaussmix.selection.work import Progress

Table = Mapping[str, "Array"]

SECONDS_BETWEEN_LINES = 10.0
"""Where nobody looks at a terminal, so that a log tells what goes on and does not fill up."""


class Watch:
    """Is given the records of a fit.

    Parameters
    ----------
    doing : str
        What the command does, until there is more to say.
    status : Status, optional
        The line of a terminal; where there is none, lines come now and then.
    events : EventsFile, optional
        Gets each record.
    interrupts : Interrupts, optional
        Whether the fit is to end.
    """

    def __init__(
        self, doing: str, status: Status | None, events: EventsFile | None, interrupts: Interrupts | None = None
    ) -> None:
        self._doing, self._status, self._events = doing, status, events
        self._interrupts = Interrupts() if interrupts is None else interrupts
        self._told = monotonic()

    def __call__(self, record: Record) -> bool:
        """Show it, write it, and say whether the user has had enough."""
        if self._events is not None:
            self._events.write(record)
        text = (
            f"{self._doing} start {record.start + 1}, iteration {record.iteration}, {record.log_likelihood:.6g} a row"
        )
        if math.isfinite(record.gain_left):
            text += f", about {record.gain_left:.1g} still to gain"
        if self._status is not None:
            self._status.update(text)
        elif monotonic() - self._told >= SECONDS_BETWEEN_LINES:
            click.echo(f"{text} ({record.seconds:.0f} s)", err=True)
            self._told = monotonic()
        return self._interrupts.pressed

    def has_enough(self, seconds: float) -> str:
        """That the user has, if so; also asked while there is nothing to tell."""
        return "the fit was interrupted" if self._interrupts.pressed else ""


def rows_counted(doing: str, parts: Iterable[Table]) -> Iterator[Table]:
    """Parts of a table as they are; meanwhile it is shown how many rows have gone by.

    Parameters
    ----------
    doing : str
        What the command does.
    parts : iterable of table
        The rows, some after others.
    """
    from rich.console import Console

    n_rows, began = 0, monotonic()
    told = began
    with ExitStack() as opened:
        status = opened.enter_context(Console(stderr=True).status(doing)) if sys.stderr.isatty() else None
        for part in parts:
            yield part
            n_rows += len(next(iter(part.values())))
            text = f"{doing} {n_rows:,} rows"
            if status is not None:
                status.update(text)
            elif monotonic() - told >= SECONDS_BETWEEN_LINES:
                told = monotonic()
                click.echo(f"{text} ({told - began:.0f} s)", err=True)


@contextmanager
def watched(doing: str, events: Path | None, interrupts: Interrupts) -> Iterator[Watch]:
    """Watch a fit, which ends after the iteration that is under way when the user presses Ctrl-C.

    Parameters
    ----------
    doing : str
        What the command does.
    events : Path, optional
        A file that gets a line of JSON for each record; it is begun anew with the first.
    interrupts : Interrupts
        Whether the user has.
    """
    from rich.console import Console

    console = Console(stderr=True)
    with ExitStack() as opened:
        file = None if events is None else opened.enter_context(events_file(events))
        status = opened.enter_context(console.status(doing)) if sys.stderr.isatty() else None
        yield Watch(doing, status, file, interrupts)


@contextmanager
def search_watched(doing: str, interrupts: Interrupts) -> Iterator[Callable[[Progress], bool]]:
    """Watch a search, which ends with what it has come to when the user presses Ctrl-C.

    Parameters
    ----------
    doing : str
        What the command does.
    interrupts : Interrupts
        Whether the user has.
    """
    from rich.console import Console

    with ExitStack() as opened:
        status = opened.enter_context(Console(stderr=True).status(doing)) if sys.stderr.isatty() else None
        told = monotonic()

        def watch(progress: Progress) -> bool:
            nonlocal told
            what = f", {progress.doing}" if progress.doing else ""
            text = f"{doing} {progress.done} of {progress.total}{what}"
            if progress.best is not None:
                cell = progress.best.cell
                text += f", best so far {cell.n_components} components {cell.structure.mclust_name}"
            if status is not None:
                status.update(text)
            elif monotonic() - told >= SECONDS_BETWEEN_LINES:
                click.echo(f"{text} ({progress.seconds:.0f} s)", err=True)
                told = monotonic()
            return interrupts.pressed

        yield watch
