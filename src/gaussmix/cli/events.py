"""The file of a fit's records."""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from gaussmix.estimators.stream import Record


class EventsFile:
    """Gets a line of JSON for each record, at once: others may follow it while it grows.

    Parameters
    ----------
    file : text file
        Open to append. What is in it stays until the first record: a fit that does not begin takes nothing away.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.is_begun = False

    def write(self, record: Record) -> None:
        """Add a line of strict JSON: what is no number is null."""
        if not self.is_begun and stat.S_ISREG(os.fstat(self._file.fileno()).st_mode):
            self._file.truncate(0)
        self.is_begun = True
        values = asdict(record).items()
        line = json.dumps({k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in values})
        self._file.write(line + "\n")
        self._file.flush()


@contextmanager
def events_file(path: Path) -> Iterator[EventsFile]:
    """Open a file of records; a new one goes again where no record came."""
    is_new = not path.exists()
    file = path.open("a", encoding="utf-8", newline="\n")
    events = EventsFile(file)
    try:
        with file:
            yield events
    finally:  # it is closed: Windows takes no open file away
        if is_new and not events.is_begun:
            path.unlink()
