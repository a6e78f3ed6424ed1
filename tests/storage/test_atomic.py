"""A model file is whole, old or new, whatever happens while it is written."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from gaussmix import GaussianMixture, load
from gaussmix.errors import FileError
from gaussmix.storage.atomic import replacing


def test_a_file_is_replaced(saved, model):
    before = saved.read_bytes()
    model.set_params(random_state=7)
    model.save(saved)
    assert saved.read_bytes() != before
    assert load(saved).random_state == 7
    assert list(saved.parent.iterdir()) == [saved]


def test_permissions_stay(saved, model):
    saved.chmod(0o640)
    model.save(saved)
    assert stat.S_IMODE(saved.stat().st_mode) == 0o640


def test_a_link_is_followed(saved, model, tmp_path):
    link = tmp_path / "newest"
    link.symlink_to(saved)
    model.set_params(random_state=7)
    model.save(link)
    assert link.is_symlink()
    assert load(saved).random_state == 7


def test_a_link_that_leads_to_itself(model, tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(FileError, match="Too many levels of symbolic links"):
        model.save(tmp_path / "loop")


def test_a_place_that_cannot_be_written(model, tmp_path):
    with pytest.raises(FileError, match=r"nowhere/model\.gmm cannot be written: No such file"):
        model.save(tmp_path / "nowhere" / "model.gmm")
    with pytest.raises(FileError, match="is a folder; give the name of a file"):
        model.save(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileError, match="is no ordinary file"):
        model.save(tmp_path / "pipe")


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failure_keeps_the_old_file(saved, model, monkeypatch, error, step):
    def fail(*_: object) -> None:
        raise error

    before = saved.read_bytes()
    monkeypatch.setattr("gaussmix.storage.atomic.os.fsync" if step == "fsync" else "pathlib.Path.replace", fail)
    expected = FileError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected, match="cannot be written: No space left" if expected is FileError else None):
        model.set_params(random_state=7).save(saved)
    assert [(path.name, path.read_bytes()) for path in saved.parent.iterdir()] == [(saved.name, before)]


FULL_DISK = """
import resource, signal, sys
from gaussmix import load
model = load(sys.argv[1])
# No file may grow beyond 1000 bytes: writing more fails half-way, as on a full disk.
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    model.set_params(random_state=7).save(sys.argv[1])
except OSError as error:
    print(type(error).__name__, error)
"""


def test_a_disk_that_is_full_half_way(saved):
    before = saved.read_bytes()
    command = [sys.executable, "-c", FULL_DISK, str(saved)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said == f"FileError {saved} cannot be written: File too large\n"
    assert [(path.name, path.read_bytes()) for path in saved.parent.iterdir()] == [(saved.name, before)]


KILLED = """
import os, sys, time
from gaussmix import load
model = load(sys.argv[1])
sync = os.fsync
def stall(descriptor):
    print("written", flush=True)  # all bytes are in the other file; the disk takes its time
    time.sleep(60)
os.fsync = stall
model.set_params(random_state=7).save(sys.argv[1])
"""


def test_a_process_that_is_killed(saved, model):
    before = saved.read_bytes()
    with subprocess.Popen([sys.executable, "-c", KILLED, str(saved)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert saved.read_bytes() == before
    others = [path for path in saved.parent.iterdir() if path != saved]
    assert [path.suffix for path in others] == [".tmp"]
    model.save(saved)  # what the killed process left is in nobody's way
    assert load(saved).random_state == 0


FOR_EVER = """
import sys
from gaussmix import load
model = load(sys.argv[1])
print("begin", flush=True)
for state in range(10**6):
    model.set_params(random_state=state).save(sys.argv[1])
"""


def test_a_process_that_is_killed_at_any_moment(saved):
    with subprocess.Popen([sys.executable, "-c", FOR_EVER, str(saved)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begin\n"
        for _ in range(20):  # read while it is being replaced: always whole
            assert isinstance(load(saved), GaussianMixture)
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert isinstance(load(saved), GaussianMixture)


def test_nothing_is_left_of_a_failure_before_the_first_byte(tmp_path):
    with pytest.raises(ZeroDivisionError), replacing(tmp_path / "file"):
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("fails", [False, True])
def test_no_file_is_open_when_it_is_renamed_or_taken_away(tmp_path, monkeypatch, fails):
    """Windows refuses both; permissions are set without what its Python has from 3.13 on only."""
    monkeypatch.delattr(os, "fchmod", raising=False)
    place = tmp_path / "file"
    place.write_bytes(b"old")
    opened, asked = [], []

    def noted(really):
        def first_noted(*paths):
            asked.append(opened[0].closed)
            return really(*paths)

        return first_noted

    monkeypatch.setattr(Path, "replace", noted(Path.replace))
    monkeypatch.setattr(Path, "unlink", noted(Path.unlink))
    with suppress(ZeroDivisionError), replacing(place) as file:
        opened.append(file)
        file.write(b"new")
        if fails:
            raise ZeroDivisionError
    assert asked == [True]
    assert place.read_bytes() == (b"old" if fails else b"new")
    assert list(tmp_path.iterdir()) == [place]
