"""Results appear whole, or not at all."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from gaussmix.cli.folder import check_free, write_together
from gaussmix.errors import FileError


def half_then_full_disk(path: Path) -> None:
    path.write_text("half of")
    raise OSError(28, "No space left on device")


def test_all_files_appear(tmp_path):
    folder = tmp_path / "a" / "b"
    paths = write_together(folder, {"one": lambda p: p.write_text("1") and None, "two": lambda p: p.touch()})
    assert paths == [folder / "one", folder / "two"]
    assert sorted(p.name for p in folder.iterdir()) == ["one", "two"]
    assert (folder / "one").read_text() == "1"


def test_failure_leaves_nothing(tmp_path):
    folder = tmp_path / "new"
    with pytest.raises(FileError, match="No space left on device"):
        write_together(folder, {"one": lambda p: p.touch(), "two": half_then_full_disk})
    assert not folder.exists()


def test_failure_keeps_earlier_results(tmp_path):
    (tmp_path / "one").write_text("earlier")
    with pytest.raises(FileError):
        write_together(tmp_path, {"one": lambda p: p.touch(), "two": half_then_full_disk})
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("one", "earlier")]


def test_folder_in_place_of_a_file(tmp_path):
    (tmp_path / "one").mkdir()
    with pytest.raises(FileError, match="cannot be written to"):
        write_together(tmp_path, {"one": lambda p: p.touch()})
    assert [p.name for p in tmp_path.iterdir()] == ["one"]


def test_interrupt_leaves_nothing(tmp_path):
    def interrupted(path: Path) -> None:
        path.write_text("half of")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_together(tmp_path / "new", {"one": interrupted})
    assert not (tmp_path / "new").exists()


def test_file_above_the_folder(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="is a file, not a folder"):
        check_free(tmp_path / "file" / "sub", ("one",), False, tmp_path / "data")


@pytest.fixture
def earlier(run, csv_file, tmp_path):
    """The results of an earlier fit, by name."""
    folder = tmp_path / "out"
    assert run("fit", csv_file, "-k", 1, "-o", folder).code == 0
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_disk_that_is_full_at_the_last_moment_keeps_all_files(run, csv_file, earlier, monkeypatch):
    """A disk may say only when it is asked to keep what it took; by then no file has been replaced."""
    before, asked = contents(earlier), []

    def fsync(descriptor: int) -> None:
        asked.append(descriptor)
        if len(asked) == 4:  # one for the model's own writing, then one for each file
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("gaussmix.storage.atomic.os.fsync", fsync)
    outcome = run("fit", csv_file, "-k", 2, "-o", earlier, "--force")
    assert (outcome.code, outcome.out) == (6, "")
    assert f"{earlier} cannot be written to: No space left on device" in outcome.err
    assert contents(earlier) == before


LIMITED = """
import resource, signal, sys
from gaussmix.cli.main import main
# No file may grow beyond so many bytes: writing more fails half-way, as on a full disk.
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
main(sys.argv[2:])
"""


@pytest.mark.parametrize("which", [min, max], ids=["shortest", "longest"])
def test_a_disk_that_is_full_half_way(run, csv_file, tmp_path, earlier, which):
    assert run("fit", csv_file, "-k", 2, "-o", tmp_path / "whole").code == 0
    most = which(map(len, contents(tmp_path / "whole").values())) - 1
    before = contents(earlier)
    arguments = ["fit", str(csv_file), "-k", "2", "-o", str(earlier), "--force"]
    command = [sys.executable, "-c", LIMITED, str(most), *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (6, "")
    assert f"{earlier} cannot be written to: File too large" in ran.stderr
    assert contents(earlier) == before


KILLED = """
import os, sys, time
from gaussmix.cli.main import main
def stall(descriptor):
    print("written", flush=True)  # the bytes are in the other file; the disk takes its time
    time.sleep(60)
os.fsync = stall
main(sys.argv[1:])
"""


def test_a_process_that_is_killed(run, csv_file, earlier):
    before = contents(earlier)
    arguments = ["fit", str(csv_file), "-k", "2", "-o", str(earlier), "--force"]
    with subprocess.Popen([sys.executable, "-c", KILLED, *arguments], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert {name: text for name, text in contents(earlier).items() if not name.endswith(".tmp")} == before
    assert run("fit", csv_file, "-k", 2, "-o", earlier, "--force").code == 0  # what it left is in nobody's way


def test_links_are_followed_and_permissions_stay(tmp_path):
    (tmp_path / "elsewhere").write_text("earlier")
    (tmp_path / "elsewhere").chmod(0o640)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "one").symlink_to(tmp_path / "elsewhere")
    write_together(tmp_path / "out", {"one": lambda p: p.write_text("1") and None})
    assert (tmp_path / "out" / "one").is_symlink()
    assert (tmp_path / "elsewhere").read_text() == "1"
    assert stat.S_IMODE((tmp_path / "elsewhere").stat().st_mode) == 0o640


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--events", "out/model.gmm", "-o", "out"], "--events and -o both write out/model.gmm;"),
        (["--checkpoint", "out/../out/model.gmm", "-o", "out"], "--checkpoint and -o both write"),
        (["--checkpoint", "c.gmm", "--events", "./c.gmm"], "--checkpoint and --events both write c.gmm;"),
        (["--checkpoint", "c.gmm", "--events", "link"], "--checkpoint and --events both write c.gmm;"),
        (["--events", "new", "-o", "new/deep"], "--events new is to be a file and -o new/deep a folder"),
        (["--checkpoint", "new", "-o", "new"], "--checkpoint new is to be a file and -o new a folder"),
    ],
)
def test_outputs_that_are_one_file_are_2(run, csv_file, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "model.gmm").write_text("precious")
    (tmp_path / "link").symlink_to("c.gmm")
    before = sorted(p.name for p in tmp_path.iterdir())
    outcome = run("fit", csv_file, "-k", 2, "--force", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert said in outcome.err
    assert sorted(p.name for p in tmp_path.iterdir()) == before
    assert contents(tmp_path / "out") == {"model.gmm": b"precious"}


@pytest.mark.parametrize("option", ["--events", "--checkpoint"])
def test_messages_name_the_option_that_is_meant(run, csv_file, tmp_path, option):
    for path in (csv_file, tmp_path, csv_file / "below"):
        outcome = run("fit", csv_file, "-k", 2, "--force", option, path)
        assert outcome.code in (2, 6)
        assert option in outcome.err
        assert " -o" not in outcome.err
