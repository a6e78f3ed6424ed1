"""Errors as one line on standard error and an exit code."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from gaussmix.errors import ConfigError, DataError, DegenerateFitError, GaussmixError

USAGE, BAD_DATA, DEGENERATE, FILES = 2, 3, 4, 6

EXIT_CODES = (
    f"Exit codes: 0 done, {USAGE} wrong usage, {BAD_DATA} the data cannot be used, "
    f"{DEGENERATE} a component collapsed, {FILES} a file cannot be read or written, 1 anything else."
)


class Failure(click.ClickException):
    """What went wrong, on one line.

    Parameters
    ----------
    message : str
        What, where, and what to do.
    exit_code : int
        For the shell.
    """

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(" ".join(line.strip() for line in message.splitlines()))
        self.exit_code = exit_code


@contextmanager
def told_plainly(path: Path, debug: bool) -> Iterator[None]:
    """Turn the errors of a command into failures.

    Parameters
    ----------
    path : Path
        The data file, which errors in the data name.
    debug : bool
        Whether the traceback is shown first.
    """
    try:
        yield
    except (GaussmixError, OSError) as error:
        # What the reader of standard output does not want is no error of files: click ends quietly.
        if isinstance(error, BrokenPipeError):
            raise
        if debug:
            click.echo(traceback.format_exc(), err=True, nl=False)
        raise _failure(error, path) from None


def _failure(error: Exception, path: Path) -> Failure:
    match error:
        case DataError():
            return Failure(f"{path}: {error}", BAD_DATA)
        case ConfigError():
            return Failure(str(error), USAGE)
        case DegenerateFitError():
            return Failure(
                f"{path}: a component shrank to rows that lie in a plane or on one point, where its covariance is "
                "singular; take --reg-covar auto (the default), fewer components, or a simpler --covariance",
                DEGENERATE,
            )
        case OSError(filename=str(name), strerror=str(reason)):
            return Failure(f"{name}: {reason}", FILES)
        case _:
            return Failure(str(error), FILES)
