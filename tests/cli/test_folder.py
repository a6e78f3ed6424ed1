"""Results appear whole, or not at all."""

from __future__ import annotations

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
