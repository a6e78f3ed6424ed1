"""Ctrl-C during a fit: once keeps what there is, twice gives it up."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click

FITTING = "the fit ends after this iteration; once more to give it up"
WRITING = "the fit has ended, and what it came to is written first; once more to give it up"


class Interrupts:
    """Whether the user has pressed Ctrl-C, and what is said when it happens."""

    def __init__(self) -> None:
        self.pressed = False
        self.answer = FITTING


@contextmanager
def first_one_kept() -> Iterator[Interrupts]:
    """Only take note of the first interrupt; a second one is a `KeyboardInterrupt`.

    Where interrupts are ignored, as by what a script runs in the background, they still are.
    """
    interrupts = Interrupts()
    is_main = threading.current_thread() is threading.main_thread()  # whose signals are
    if not is_main or signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        yield interrupts
        return

    def interrupted(*_: object) -> None:
        if interrupts.pressed:
            raise KeyboardInterrupt
        interrupts.pressed = True
        with suppress(RuntimeError, OSError):  # in the midst of another message: this one is lost, the fit is not
            click.echo(f"interrupted: {interrupts.answer}", err=True)

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, before)
