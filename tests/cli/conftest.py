"""Running the command in this process, and a small file to run it on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from gaussmix.cli.main import main


class Outcome(NamedTuple):
    """What a run of the command left: its exit code and the two streams."""

    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run_command(*arguments: object) -> Outcome:
        with pytest.raises(SystemExit) as ending:
            main([str(a) for a in arguments], prog_name="gaussmix")
        streams = capsys.readouterr()
        return Outcome(int(ending.value.code or 0), streams.out, streams.err)

    return run_command


@pytest.fixture(scope="session")
def rows() -> np.ndarray:
    """Two groups, 30 and 20 rows, in two columns of different units; the same on every machine."""
    turn, step = np.arange(50) * 2.399963, np.arange(50)  # the golden angle: even and never in line
    radius = np.sqrt(np.where(step < 30, step, step - 30) + 0.5) * 0.4
    centre = np.where(step < 30, 0.0, 6.0)
    points = np.stack([centre + radius * np.cos(turn), centre + radius * np.sin(turn)], axis=1)
    return (points * [1.0, 250.0] + [20.0, 4000.0]).round(3)


@pytest.fixture
def csv_file(tmp_path: Path, rows: np.ndarray) -> Path:
    path = tmp_path / "birds.csv"
    lines = [f"{a!r},{b!r}" for a, b in rows.tolist()]
    path.write_text("\n".join(["length mm,mass g", *lines, ""]))
    return path
