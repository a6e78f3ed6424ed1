"""Errors as one line on standard error and an exit code."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click

from gaussmix.cli.rows import in_words
from gaussmix.errors import ConfigError, DataError, DegenerateFitError, ModelFileError


class Failure(click.ClickException):
    """What went wrong, where, and what to do: on one line."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(line.strip() for line in message.splitlines()))


class Unexpected(Failure):
    """A fault in gaussmix, or no memory left."""

    exit_code = 1


class WrongUsage(Failure):
    """The command line makes no sense."""

    exit_code = 2


class BadData(Failure):
    """The rows cannot be used."""

    exit_code = 3


class Collapsed(Failure):
    """A component became singular."""

    exit_code = 4


class BadModel(Failure):
    """A file is no model, is damaged, or needs a newer gaussmix."""

    exit_code = 5


class FilesFailed(Failure):
    """A file cannot be read or written."""

    exit_code = 6


class Interrupted(Failure):
    """The user has had enough."""

    exit_code = 130

    def __init__(self) -> None:
        super().__init__("interrupted")

    def show(self, file: IO[Any] | None = None) -> None:
        """Say so; it is no error."""
        click.echo(self.message, file, err=file is None)


EXIT_CODES = (
    f"Exit codes: 0 done, {WrongUsage.exit_code} wrong usage, {BadData.exit_code} the data cannot be used, "
    f"{Collapsed.exit_code} a component collapsed, {BadModel.exit_code} a model file cannot be used, "
    f"{FilesFailed.exit_code} a file or stream cannot be read or written, "
    f"{Interrupted.exit_code} interrupted (Ctrl-C; one during a fit keeps what it had come to), 143 terminated, "
    f"{Unexpected.exit_code} anything else."
)


@contextmanager
def told_plainly(path: str | Path, debug: bool) -> Iterator[None]:
    """Turn the errors of a command into failures.

    Parameters
    ----------
    path : str or Path
        The file that is read, which errors in the data name.
    debug : bool
        Whether the traceback is shown first.
    """
    path = "standard input" if str(path) == "-" else path
    try:
        yield
    except (click.ClickException, BrokenPipeError):
        raise  # click has its ways: a line of usage, and a quiet end where nobody reads on
    except Exception as error:  # noqa: BLE001 - whatever it is, one line and a code must come of it
        if debug:
            click.echo(traceback.format_exc(), err=True, nl=False)
        raise _failure(error, path) from None


def _failure(error: Exception, path: str | Path) -> Failure:
    match error:
        case DataError():
            text = in_words(str(error))  # of several files it names the one
            return BadData(text if text.startswith(str(path)) else f"{path}: {text}")
        case ConfigError():
            return WrongUsage(_by_option(in_words(str(error))))
        case DegenerateFitError():
            return Collapsed(
                f"{path}: a component shrank to rows that lie in a plane or on one point, where its covariance is "
                "singular; take --reg-covar auto (the default), fewer components, or a simpler --covariance"
            )
        case ModelFileError():
            return BadModel(str(error))
        case OSError(filename=str(name), strerror=str(reason)):
            return FilesFailed(f"{name}: {reason}")
        case OSError():
            return FilesFailed(str(error))
        case MemoryError():
            return Unexpected(f"{path}: not enough memory; fit fewer rows or columns")
        case ImportError():
            return Unexpected(str(error))
        case _:
            return Unexpected(
                f"{path}: {type(error).__name__}: {error}; this is a fault in gaussmix: please report it with "
                "what --debug shows"
            )


def _by_option(text: str) -> str:
    """The sentence about a parameter, with whose name it begins, about the option that gives it."""
    name, _, rest = text.partition(" ")
    context = click.get_current_context(silent=True)
    for each in () if context is None else context.command.params:
        if isinstance(each, click.Option) and each.name == name:
            return f"{max(each.opts, key=len)} {rest}"
    return text
