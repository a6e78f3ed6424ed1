"""What holds for every command: interrupts and failing streams end it with a plain word, too."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from gaussmix.cli.failures import FilesFailed, Interrupted
from gaussmix.cli.output import let_go_of_output


class Group(click.Group):
    """Commands whose every end has an exit code of ours."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run a command; what not even ``--help`` can print is told on standard error."""
        if sys.stderr is None:  # closed: nobody wants to hear, and the exit code still speaks
            sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the end
        try:
            return super().main(*args, **extra)
        except OSError as error:  # click's own words, which no command has written
            failure = FilesFailed(f"{error.filename or 'standard output'} cannot be written: {error.strerror or error}")
            with suppress(OSError):  # standard error may be no better
                failure.show()
            let_go_of_output()
            sys.exit(failure.exit_code)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; click would answer an interrupt with "Aborted!" and 1."""
        if sys.stdout is None:
            raise FilesFailed("standard output is closed: there is nowhere to print to; /dev/null would do")
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Interrupted from None
