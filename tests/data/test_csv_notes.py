"""What is said of CSV files that are read, but not quite as they stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaussmix.data.csv.quotations import Quotations
from gaussmix.data.files import open_rows
from gaussmix.fitting.usable import checked_summary


@pytest.fixture
def write(tmp_path):
    def write_file(content: str | bytes):
        path = tmp_path / "data.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a;b\n1;2\n3;4\n", ["values are taken to be separated by ';' (if they are not: --sep)"]),
        (
            "a;b\n1,5;2\n3;4\n",
            [
                "values are taken to be separated by ';' (if they are not: --sep)",
                "numbers are taken to have a decimal comma (if they have not: --decimal)",
            ],
        ),
        ("a,b\n1,2\n3,4\n".encode("utf-16"), ["the file is UTF-16, as its first bytes say"]),
        (",b\n1,2\n3,4\n", ["column 1 of 2 has no name; it is called 'column_1'"]),
        ("a,b\n1,2\n3,4", ["the last line has no end: the file may have been cut short"]),
        ("id,b\n9007199254740993,2\n3,4\n", ["column 'id' holds whole numbers beyond 2^53, the first in line 2,"]),
        (
            "b,id\n1,7\n2,12345678901234567890\n3,4\n",
            ["column 'id' holds whole numbers beyond 2^53, the first in line 3,"],
        ),
        ("b;id\n1,5;7\n2;-12345678901234567890\n", ["values are", "numbers are", "column 'id' holds whole"]),
        ("a,b\n9007199254740993.0,2\n3,4\n", []),
        ("a,b\n1e200,2\n12345678901234567890,4\n", []),
        ("a,b\n1,2\n\n3,4\n", ["1 blank line passed over: line 3"]),
        ("\n\na,b\n\n1,2\n3,4\n\n\n", ["5 blank lines passed over, the first is line 1"]),
        ("a,b\r\n1,2\r\n3,4\r\n\r\n", ["1 blank line passed over: line 4"]),
        ("a,b\r\n1,2\r\n3,4\r\n", []),
        ("a,b\r1,2\r\r3,4\r", ["1 blank line passed over: line"]),
        ("a\n1\n\n2\n", ["1 blank line passed over: line 3"]),
        ("a,b\n1e200,2\n3,4\n", []),
    ],
)
def test_what_was_recognised_is_said(write, content, said):
    rows = open_rows(write(content))
    checked_summary(rows, 1)
    assert len(rows.notes) == len(said)
    assert all(note.startswith(start) for note, start in zip(rows.notes, said, strict=True))


def test_blank_lines_within_a_value_are_its_own(write):
    rows = open_rows(write('a,b,t\n1,2,"one\n\n\ntwo"\n\n3,4,"\n\n"\n'), ["a", "b"])
    checked_summary(rows, 1)
    assert rows.notes == ("1 blank line passed over: line 6",)


def test_identifiers_in_several_files_are_found(write, tmp_path):
    small, large = "a,id\n1,10\n2,20\n", f"a,id\n1,30\n2,{10**19 + 1}\n"
    write(small).rename(tmp_path / "1.csv")
    write(large).rename(tmp_path / "2.csv")
    rows = open_rows(tmp_path)
    checked_summary(rows, 1)
    assert len(rows.notes) == 1
    assert rows.notes[0].startswith(
        f"column 'id' holds whole numbers beyond 2^53, the first in line 3 of {tmp_path}/2.csv, whose last digits"
    )


@given(
    lines=st.lists(st.sampled_from(["", "1,2", '3,"x\n\ny"', "4,"]), max_size=12),
    end=st.sampled_from(["\n", "\r\n"]),
    sizes=st.lists(st.integers(1, 7), min_size=1, max_size=5),
)
def test_blank_lines_are_counted_however_the_text_is_cut(lines, end, sizes):
    text = "".join(line + end for line in lines).encode()
    quotations, place, turn = Quotations(","), 0, 0
    while place < len(text):
        size = sizes[turn % len(sizes)]
        quotations.feed(text[place : place + size], last=False)
        place, turn = place + size, turn + 1
    quotations.feed(b"", last=True)
    blank = [number for number, line in enumerate(lines) if not line]
    if not blank:
        assert quotations.blank_lines.note is None
        return
    first = sum(line.count("\n") + 1 for line in lines[: blank[0]]) + 1
    note = quotations.blank_lines.note
    assert note.startswith(f"{len(blank)} blank line")
    assert note.endswith(f" line {first}")
