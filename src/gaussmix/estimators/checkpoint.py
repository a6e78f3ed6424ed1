"""A file that holds, while a fit runs, the best that it has come to."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from time import monotonic

import numpy as np

from gaussmix.core.mixture import Mixture
from gaussmix.em.history import History
from gaussmix.em.listener import Listener
from gaussmix.errors import FileError, FitWarning
from gaussmix.estimators.warning import warn

SECONDS = 60.0
"""From one writing to the next: what a killed process loses at most, but for an iteration."""


@dataclass(frozen=True)
class CheckpointFile(PathLike[str]):
    """A file to keep checkpoints in, for who has seen to it that it may be: the command has asked its user.

    Parameters
    ----------
    path : Path
        The file.
    replaces : bool
        Whether a file that is there may go, when there is something to put in its place.
    same_rows : bool
        Whether a fit that goes on must be of the rows that the parameters came of.
    """

    path: Path
    replaces: bool = False
    same_rows: bool = False

    def __fspath__(self) -> str:
        """Where it is."""
        return str(self.path)

    def __str__(self) -> str:
        return str(self.path)


class Checkpoint(Listener[Mixture]):
    """Saves the mixture of the highest objective so far, over all starts, every `SECONDS`.

    Parameters
    ----------
    save : callable
        Writes a mixture.
    """

    def __init__(self, save: Callable[[Mixture], None]) -> None:
        self._save = save
        self._objective = -np.inf
        self._unsaved: Mixture | None = None
        self._since = monotonic()

    def evaluated(self, parameters: Mixture, history: History, sum_weight: float) -> bool:
        """Remember the best, and write it when it is time; the fit goes on."""
        if history[-1].objective > self._objective:
            self._objective, self._unsaved = history[-1].objective, parameters
        if self._unsaved is not None and monotonic() - self._since >= SECONDS:
            if kept(self._save, self._unsaved):
                self._unsaved = None
            self._since = monotonic()
        return False


def check_free(path: Path, may_replace: bool) -> None:
    """See before a fit that its checkpoint can be written, and takes nothing away.

    Parameters
    ----------
    path : Path
        The file.
    may_replace : bool
        Whether it may be there: the fit goes on from parameters that may be its own, or the user said so.

    Raises
    ------
    FileError
        If it cannot.
    """
    if path.is_dir() or not os.access(path.absolute().parent, os.W_OK | os.X_OK):
        raise FileError(f"{path} cannot be written; give the name of a file in a folder in which you may write")
    if path.exists() and not may_replace:
        raise FileError(
            f"{path} is there already: go on from it by gaussmix.load({str(path)!r}).set_params(warm_start=True, "
            "checkpoint=…).fit(…), or move it away"
        )


def kept(save: Callable[[Mixture], None], mixture: Mixture) -> bool:
    """Save, and say whether that was possible: a full disk ends no fit of hours, but with a warning."""
    try:
        save(mixture)
    except FileError as error:
        warn(f"the checkpoint of the fit, which goes on, was not written: {error}", FitWarning)
        return False
    return True
