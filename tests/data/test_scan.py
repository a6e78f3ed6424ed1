"""Ends of lines are found as ``bytes`` itself finds them, and a first look reads the beginning only."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaussmix import open_rows
from gaussmix.data.csv import part, scan
from gaussmix.data.csv.scan import CR, LF, any_pair, count_ends, places
from gaussmix.data.csv.text import CheckedText


@given(text=st.lists(st.sampled_from([b"\n", b"\r", b"1"]), max_size=40).map(b"".join), piece=st.integers(1, 9))
def test_they_are_what_bytes_find(text, piece):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(scan, "PIECE", piece)
        assert count_ends(text) == text.count(b"\n")
        assert count_ends(text, 2, 7) == text.count(b"\n", 2, 7)
        for pair, codes in ((b"\n\n", (LF, LF)), (b"\r\r", (CR, CR)), (b"\n\r", (LF, CR))):
            assert any_pair(text, *codes) == (pair in text)
        assert places(text, LF, 1).tolist() == [i for i in range(1, len(text)) if text[i : i + 1] == b"\n"]


@pytest.mark.parametrize("last", ["1,2\n", '"1\n', "1,2,3\n", "1,\0\n", "1,text\n"])
def test_a_first_look_reads_the_beginning(tmp_path, monkeypatch, last):
    monkeypatch.setattr(part, "BLOCK_BYTES", 64)
    read = []
    usual = CheckedText.read
    monkeypatch.setattr(CheckedText, "read", lambda self, size=-1: read.append(text := usual(self, size)) or text)
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n" + "".join(f"{i},0.5\n" for i in range(1000)) + last)
    rows = open_rows(path)
    assert sum(map(len, read)) <= 64
    assert rows.feature_names == ("a", "b")
    if last == "1,2\n":
        assert np.concatenate([block.x for block in rows.blocks()])[:, 0].tolist() == [*range(1000), 1]
