"""Faulty model files and numbers that JSON does not know, by their numbers in the list of faults: 69 to 74."""

from __future__ import annotations

import json
import os
import pickle
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from peak_memory import PEAK

import gaussmix
from gaussmix import GaussianMixture
from gaussmix.errors import ModelFileError
from gaussmix.storage.container import MAGIC, Container, read, to_bytes


@pytest.fixture
def path(clusters, tmp_path):
    path = tmp_path / "model.gmm"
    GaussianMixture(3, random_state=0).fit(clusters(150, 2, 3)).save(path)
    return path


@pytest.fixture
def refused(run, path):
    """See that Python and the command refuse the file."""

    def check(said: str) -> None:
        with pytest.raises(ModelFileError, match=said):
            gaussmix.load(path)
        outcome = run("show", path)
        assert (outcome.code, outcome.out) == (5, "")
        assert outcome.err.count("\n") == 1

    return check


def change(path, change_it) -> None:
    """The same file with another record or other tensors, and a checksum that is right."""
    container = read(path)
    record, tensors = dict(container.record), {name: np.array(values) for name, values in container.tensors.items()}
    del record["checksum"]
    change_it(record, tensors)
    path.write_bytes(to_bytes(Container(record, tensors)))


def test_69_damaged_and_cut_short(path, refused):
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[-9] ^= 1
    path.write_bytes(flipped)
    refused(r"is a damaged gaussmix model file: .*checksum")
    for length in (3, 40, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        refused("is not a gaussmix model file|is a damaged gaussmix model file")


class Malicious:
    def __init__(self, mark) -> None:
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


def test_70_a_pickle_by_another_name_is_not_run(path, refused, tmp_path):
    path.write_bytes(pickle.dumps(Malicious(tmp_path / "ran")))
    refused("is not a gaussmix model file$")
    assert not (tmp_path / "ran").exists()
    pickle.loads(path.read_bytes())
    assert (tmp_path / "ran").exists()  # it would have been


LOADS = """
import sys
import gaussmix
from gaussmix.errors import ModelFileError
gaussmix.load(sys.argv[1])  # whatever is loaded once is there
before = peak()
for path in sys.argv[2:]:
    try:
        gaussmix.load(path)
    except ModelFileError:
        continue
    raise SystemExit(f"{path} was not refused")
print(peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux keeps the peak by process")
def test_71_bombs(path, refused, tmp_path):
    files = [path.rename(tmp_path / "whole.gmm")]

    def refused_and_kept(said: str) -> None:
        refused(said)
        files.append(path.rename(tmp_path / f"bomb{len(files)}.gmm"))

    text = '{"format":"gaussmix model","format_version":1,"checksum":"sha256:' + "0" * 64 + '"}'
    for n, shape in ((1, [2**62, 2**62]), (1, [10**6, 10**6]), (40_000, [1])):
        entries = "".join(f',"t{i}":{{"dtype":"F64","shape":{shape},"data_offsets":[0,8]}}' for i in range(n))
        header = MAGIC + f'{json.dumps(text)[1:-1]}"}}{entries}}}'.encode()
        path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(8))
        refused_and_kept("holds 40000 tensors|checksum")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model", bytes(10_000_000))
    refused_and_kept("is not a gaussmix model file$")
    header = MAGIC + f'{json.dumps(text)[1:-1]}"}}}}'.encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    with path.open("r+b") as file:
        file.truncate(1 << 40)  # of which the disk holds nothing
    refused_and_kept("has 1099511627776 bytes")
    command = [sys.executable, "-c", PEAK + LOADS, *map(str, files)]
    kilobytes = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert kilobytes < 20_000  # 4,300 were measured


def test_72_newer_formats_and_requirements(path, refused, clusters):
    x = clusters(150, 2, 3)
    expected = gaussmix.load(path).predict_proba(x)
    change(path, lambda record, _: record.update(of_tomorrow={"colour": "green"}))
    assert (gaussmix.load(path).predict_proba(x) == expected).all()  # not known, not needed
    whole = path.read_bytes()
    change(path, lambda record, _: record.update(format_version=2, needs="9.0"))
    refused(r"written by gaussmix .*needs .*9\.0")
    path.write_bytes(whole)
    change(path, lambda record, _: record.update(requires=["teleportation"]))
    refused("teleportation")


def spoilt(name: str, value: float):
    def spoil(record, tensors) -> None:
        tensors[name].flat[0] = value

    return spoil


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("means", np.nan, "means hold NaN or infinity"),
        ("precision_cholesky", -1.0, "positive diagonal"),
        ("weights", 0.9, "weights must sum to 1"),
    ],
)
def test_73_numbers_that_make_no_mixture(path, refused, name, value, said):
    tensor = next(key for key in read(path).tensors if key.endswith(name))
    change(path, spoilt(tensor, value))
    refused(said)


def strict(text: str):
    """What JSON itself knows: no NaN, no Infinity."""

    def no(word: str):
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=no)


def test_74_numbers_that_json_does_not_know(run, tmp_path):
    data = tmp_path / "rows.csv"
    data.write_text("a\n" + "".join(f"{i}.5\n" for i in range(30)))
    events = tmp_path / "events.jsonl"
    out = tmp_path / "out"
    # No iteration: nothing can be said of what is left to gain, which is infinite.
    outcome = run("fit", data, "-k", 2, "--max-iter", 0, "--json", "--events", events, "-o", out)
    assert outcome.code == 0
    record = strict(outcome.out)
    assert record == strict((out / "summary.json").read_text())
    assert strict(run("show", out / "model.gmm", "--json").out)["fit"]["status"] == "max_iter"
    assert [strict(line)["gain_left"] for line in events.read_text().splitlines()] == [None, None]
    header = (out / "model.gmm").read_bytes()
    header = strict(header[8 : 8 + int.from_bytes(header[:8], "little")].decode())
    strict(header["__metadata__"]["gaussmix"])
    assert gaussmix.load(out / "model.gmm").gain_left_ == np.inf
