"""CSV files: what is read, and what is said about those that cannot be."""

from __future__ import annotations

import csv
import itertools
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaussmix.data.csv import MISSING, Dialect, part, write_csv
from gaussmix.data.csv.quotations import Quotations
from gaussmix.data.csv.text import CheckedText
from gaussmix.data.files import open_rows
from gaussmix.errors import ConfigError, DataError, FileError
from gaussmix.fitting.usable import checked_summary


@pytest.fixture
def write(tmp_path):
    def write_file(content: str | bytes):
        path = tmp_path / "data.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


def values(rows) -> list[list[float]]:
    return rows.take(np.arange(2)).x.tolist()


@pytest.mark.parametrize(
    "content",
    [
        "a,b\n1,2\n3.5,4\n",
        "a,b\n1,2\n3.5,4",
        "\ufeffa,b\n1,2\n3.5,4\n",
        "a,b\r\n1,2\r\n3.5,4\r\n",
        "\n\na,b\n\n1,2\n\n3.5,4\n\n",
        ' a , "b"\n"1",2\n 3.5 ,4\n',
        "a,b\n1e0,+2\n35e-1,4.\n",
        "a;b\n1;2\n3,5;4\n",
        "a\tb\n1\t2\n3.5\t4\n",
        "a|b\n1|2\n3.5|4\n",
        "a,b\n1,2\n3.5,4\n".encode("utf-16"),
        "a;b\r\n1,0;2\r\n3,5;4\r\n".encode("utf-16-le").join([b"\xff\xfe", b""]),
    ],
)
def test_forms_of_the_same_table(write, content):
    rows = open_rows(write(content))
    assert rows.feature_names == ("a", "b")
    assert values(rows) == [[1.0, 2.0], [3.5, 4.0]]


def test_columns_in_the_order_asked_for(write):
    path = write('name,"x, y",naïve 身長,w\nA,1,2,0.5\n"B, C",3,4,2\n')
    rows = open_rows(path, ["naïve 身長", "x, y"], "w")
    assert rows.feature_names == ("naïve 身長", "x, y")
    block = rows.take(np.array([1]))
    assert (block.x.tolist(), block.weight.tolist()) == ([[4.0, 3.0]], [2.0])


def test_whole_numbers_then_fractions(write):
    lines = "".join(f"{i}\n" for i in range(300_000))
    rows = open_rows(write(f"a\n{lines}0.5\n"))
    assert rows.take(np.array([7, 300_000])).x.tolist() == [[7.0], [0.5]]


def test_bytes_that_are_not_utf8_in_another_column(write):
    rows = open_rows(write(b"a,n\n1,caf\xe9\n2,x\n"), ["a"])
    assert values(rows) == [[1.0], [2.0]]


@pytest.mark.parametrize("token", MISSING)
def test_missing_values_are_counted(write, token):
    path = write(f"a,b\n\n1,2\n3,{token}\n5,{token}\n")
    with pytest.raises(DataError, match=r"column 'b' has 2 missing values, the first in line 4;"):
        checked_summary(open_rows(path), 1)


@pytest.mark.parametrize("token", ["inf", "-inf", "Infinity", "1e999"])
def test_infinite_values_are_found_by_line(write, token):
    path = write(f"a,b\n\n1,2\n3,4\n5,{token}\n6,inf\n")
    with pytest.raises(DataError, match=r"column 'b' has 2 infinite values, the first in line 5;"):
        checked_summary(open_rows(path), 1)


def test_numbers_are_names_where_they_are_asked_for(write):
    path = write("2019,2020\n1,2\n3.5,4\n")
    with pytest.raises(
        DataError,
        match=r"line 1 holds numbers .* choose .* fit: columns=\['2019', '2020'\], in .* --columns 2019,2020$",
    ):
        open_rows(path)
    assert values(open_rows(path, ["2020", "2019"])) == [[2.0, 1.0], [4.0, 3.5]]
    assert values(open_rows(write("year,2020\n1,2\n3.5,4\n"))) == [[1.0, 2.0], [3.5, 4.0]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "the file is empty"),
        ("\n1.5,-2e3\n3,4\n", "line 2 holds numbers where the columns' names must be"),
        ("\n\n", "the file is empty"),
        ("a,b\n", "no rows below the header"),
        ("a, a\n1,2\n", "more than once: a"),
        ("a,b\n1,2\n\n3,4,5\n", r"line 4 has another number of values \(3\) than the header \(2\)"),
        ("a,b\n1,2\n3,heavy\n", "column 'b' is not numeric: 'heavy' in line 3"),
        ("a,b\n1,2020-01-31\n", "column 'b' is not numeric: '2020-01-31' in line 2"),
        ("a,b\n1,\n2,NA\n", "column 'b' has 2 missing values, the first in line 2"),
        ("a,b\n1,2\n3, NA\n", "column 'b' is not numeric: 'NA' in line 3"),
        ("a,b\n" + "1,2\n" * 1_200_000 + "1,true\n", "column 'b' is not numeric: 'true' in line 1200002"),
        ("a;b\n1;2,5\n3;1.5\n", "column 'b' is not numeric: '2,5' in line 2"),
        ("a,b\n1,0x2\n", "column 'b' is not numeric: '0x2' in line 2"),
        ("a,b\n1,1_000\n", "column 'b' is not numeric: '1_000' in line 2"),
        ('a,b\n1,"1,000"\n', r"column 'b' is not numeric: '1,000' in line 2 \(thousands must not be set apart\)"),
        ("a,b\n" + "1,2\n" * 600_000 + "1,heavy\n", "column 'b' is not numeric: 'heavy' in line 600002"),
        ("a,b\n1,2\n" + "1,2\n" * 600_000 + "3\n", r"line 600003 has another number of values \(1\)"),
        ('a,b\n1,2\n1,"2\n3,4\n5,6\n', "the quotation that begins in line 3 is never closed"),
        ('a,b\n1,2\n1,"2\n' + "3,4\n" * 60_000, "the quotation that begins in line 3 is never closed"),
        ('a,b,c\n1,2,"x\n3,4,y\n5,6,"z\n', "begins in line 2 is closed in line 4 in the middle of a value"),
        ("a,b", "there are no rows below the header"),
        ("a,b\n1,2\n3,\x004\n", "line 3 holds a NUL byte"),
        ("a,b\n1,2\n".encode("utf-16-le"), "NUL byte"),
        (b"caf\xe9,b\n1,2\n", "not UTF-8"),
    ],
)
def test_what_is_wrong_is_said(write, content, said):
    path = write(content)
    with pytest.raises(DataError, match=said):
        checked_summary(open_rows(path), 1)


def test_remedy_names_the_numeric_columns(write):
    with pytest.raises(DataError, match=r"--columns 'body mass,\"x, y\"'$"):
        open_rows(write('body mass,kind,"x, y",w\n1,A,2,1\n'), weight="w")


def test_a_dialect_that_is_given(write):
    path = write("größe;x\n1,5;2\n3;4,5\n".encode("latin-1"))
    with pytest.raises(DataError, match="not UTF-8 text; give the file's encoding"):
        open_rows(path)
    rows = open_rows(path, dialect=Dialect(encoding="latin-1"))
    assert rows.feature_names == ("größe", "x")
    assert values(rows) == [[1.5, 2.0], [3.0, 4.5]]
    assert values(open_rows(write("1#2\n3.5#4\n"), dialect=Dialect(separator="#", header=False))) == [[1, 2], [3.5, 4]]
    assert values(open_rows(write("a b\n1 2\n3.5 4\n"), dialect=Dialect(separator=" "))) == [[1, 2], [3.5, 4]]


@pytest.mark.parametrize(
    ("dialect", "said"),
    [
        ({"separator": ", "}, "must be one character"),
        ({"decimal": ":"}, "decimal mark"),
        ({"decimal": ",", "separator": ","}, "cannot both"),
        ({"encoding": "klingon"}, "no encoding 'klingon'"),
        ({"encoding": "hex"}, "no encoding 'hex'"),
    ],
)
def test_a_dialect_that_makes_no_sense(dialect, said):
    with pytest.raises(ConfigError, match=said):
        Dialect(**dialect)


def test_bad_rows_are_skipped_and_counted_where_asked_for(write):
    path = write("a,b\n1,2\n3\n\n3.5,4\n5,6,7\n1,2\n")
    rows = open_rows(path, dialect=Dialect(on_bad_rows="skip"))
    summary = checked_summary(rows, 1)
    assert summary.n_weighted == 3
    assert rows.notes == (
        "1 blank line passed over: line 4",
        "2 rows with too few or too many values skipped: lines 3, 6",
    )
    assert rows.place(1) == "line 5"
    assert rows.place(2) == "line 7"


def test_quoted_lines_and_quotes(write):
    path = write('a,"two\nlines","say ""b"""\n1,"2",3\n3.5,4,"\n5"\n')
    rows = open_rows(path, ["a", "two\nlines"])
    assert values(rows) == [[1.0, 2.0], [3.5, 4.0]]


def test_marks_within_a_value_are_letters(write):
    path = write('a,what,b\n1,5" pipe,2\n3,"say ""so"", then\n go",4\n5,x"y"z,6\n')
    assert open_rows(path, ["a", "b"]).take(np.arange(3)).x.tolist() == [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_quotations_are_seen_however_the_file_is_cut(size):
    good = b'a,"b ""c"", d",e\r\n"","x\ny",5" pipe\n1,2,"3"'
    for text, said in (
        (good, None),
        (good + b'\n"open\n1', "begins in line 5 is never closed"),
        (good + b'\n1,"a"b,2\n', "begins in line 5 is closed in line 5 in the middle"),
    ):
        quotations = Quotations(",")
        pieces = [text[i : i + size] for i in range(0, len(text), size)]
        if said is None:
            feed_all(quotations, pieces)
        else:
            with pytest.raises(DataError, match=said):
                feed_all(quotations, pieces)


@given(
    text=st.lists(st.sampled_from([b'"', b'""', b",", b"\n", b"\r\n", b"a", b"\n\n", b',"', b'",']), max_size=30).map(
        b"".join
    ),
    cuts=st.lists(st.integers(0, 60), max_size=4),
)
def test_marks_at_once_are_what_they_are_one_by_one(text, cuts):
    """Quotations are found by arithmetic on all marks where that can be; a search from mark to mark agrees."""
    places = [0, *sorted(c for c in cuts if c < len(text)), len(text)]
    pieces = [text[a:b] for a, b in itertools.pairwise(places)]
    ends = []
    for usual in (Quotations._usual, lambda *_: None):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(Quotations, "_usual", usual)
            quotations = Quotations(",")
            try:
                feed_all(quotations, pieces)
                said = quotations.blank_lines.note
            except DataError as error:
                said = str(error)
        ends.append((said, quotations.record_end, quotations.n_lines))
    assert ends[0] == ends[1]


def test_good_quotations_are_not_gone_through_one_by_one(write, monkeypatch):
    monkeypatch.setattr(Quotations, "_unusual", None)
    path = write('"a","b"\n' + '"1.5",""\n"2","say ""so"",\n then go"\n' * 100)
    assert open_rows(path, ["a"]).take(np.arange(200)).x[:, 0].tolist() == [1.5, 2.0] * 100


def test_lines_are_counted_for_errors_alone(write, monkeypatch):
    """At every quotation, the lines before it would take the square of a block's quotations."""
    monkeypatch.setattr(Quotations, "_line", None)
    path = write("a,what\n" + '1.5,5" pipe\n2,"x"\n' * 100)
    assert open_rows(path, ["a"]).take(np.arange(200)).x[:, 0].tolist() == [1.5, 2.0] * 100


def feed_all(quotations: Quotations, pieces: list[bytes]) -> None:
    for piece in pieces:
        quotations.feed(piece, last=False)
    quotations.feed(b"", last=True)


def test_a_decimal_comma_in_one_column(write):
    assert values(open_rows(write("x\n1,5\n2,5\n"), dialect=Dialect(decimal=","))) == [[1.5], [2.5]]


def test_a_long_text_does_not_hide_the_error(write):
    path = write('a,note\n1,"' + "x" * 200_000 + '"\n2,y\nheavy,z\n')
    with pytest.raises(DataError, match="column 'a' is not numeric: 'heavy' in line 4"):
        checked_summary(open_rows(path, ["a"]), 1)


def test_a_mark_that_the_encoding_does_not_announce(write):
    path = write("\ufeffa,b\n1,2\n3.5,4\n".encode("utf-16-le"))
    assert open_rows(path, dialect=Dialect(encoding="utf-16-le")).feature_names == ("a", "b")


def test_parts_are_named_in_errors(tmp_path):
    (tmp_path / "1.csv").write_text("a,b\n1,2\n3,4\n")
    (tmp_path / "2.csv").write_text("a,b\n1,2\n3\n")
    with pytest.raises(DataError, match=r"2.csv: line 3 has another number of values"):
        checked_summary(open_rows(tmp_path), 1)
    (tmp_path / "2.csv").write_text("a,b\n1,2\n3,x\n")
    with pytest.raises(DataError, match=r"2.csv: column 'b' is not numeric: 'x' in line 3"):
        checked_summary(open_rows(tmp_path), 1)
    (tmp_path / "2.csv").write_text("a,b\n")
    assert checked_summary(open_rows(tmp_path), 1).n_rows == 2


def test_no_such_file(tmp_path):
    with pytest.raises(FileError, match="No such file"):
        open_rows(tmp_path / "nowhere.csv")


@given(st.lists(st.floats(allow_nan=False), min_size=1))
def test_floats_are_written_exactly(tmp_path_factory, numbers):
    path = tmp_path_factory.mktemp("exact") / "numbers.csv"
    write_csv(path, {"row": np.arange(len(numbers)), 'a "b", c': np.array(numbers)})
    with path.open(newline="", encoding="utf-8") as file:
        header, *records = csv.reader(file)
    assert header == ["row", 'a "b", c']
    assert [float(record[1]) for record in records] == numbers


def read_whole(path) -> np.ndarray:
    return np.concatenate([block.x for block in open_rows(path, ["a", "b"]).blocks()])


@given(
    rows=st.lists(st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 2), min_size=1, max_size=30),
    separator=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
    quote=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_tables_of_any_dialect_come_back(tmp_path_factory, rows, separator, end, quote):
    path = tmp_path_factory.mktemp("any") / "rows.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=separator, lineterminator=end, quoting=quote)
        writer.writerows([("a", "note", "b"), *((repr(a), 'x "y",;\n', repr(b)) for a, b in rows)])
    np.testing.assert_array_equal(read_whole(path), np.array(rows))


GOOD = b"a,note,b\r\n" + b"".join(b'%d,"text, ""%d""\nmore",%d.5\r\n' % (i, i, i) for i in range(12))


@given(
    place=st.integers(0, len(GOOD) - 1),
    byte=st.sampled_from(sorted(set(GOOD) | {0, 255, ord(";"), ord("\t"), ord(" ")})),
    how=st.sampled_from(["replace", "insert", "delete", "cut"]),
)
def test_a_damaged_file_is_refused_or_read_whole(tmp_path_factory, place, byte, how):
    """No crash and no loss: as many rows come out as another reader finds records."""
    begin, rest = GOOD[:place], GOOD[place:]
    middle = {"replace": bytes([byte]), "insert": bytes([byte]) + rest[:1], "delete": b"", "cut": b""}[how]
    text = begin + middle + (b"" if how == "cut" else rest[1:])
    path = tmp_path_factory.mktemp("bad") / "rows.csv"
    path.write_bytes(text)
    try:
        x = read_whole(path)
    except DataError:
        return
    lines = text.decode("utf-8", "surrogateescape").replace("\r\n", "\n").replace("\r", "\n").splitlines(keepends=True)
    assert len(x) == sum(bool(record) for record in csv.reader(lines)) - 1


LONG = (
    'a,"no\nte",b\r\n1,"x, ""y""\n\n",2\r\n3,z,4\r\n\r\n5,"' + "w\r\n" * 20 + '",6\r\n7,5" pipe,8\r\n',
    "a;b\r1;2\r3;4\r5;6\r",
    "a,b\n1,2\n\n\n3,4\n5,6",
    "a\n1\n\n2\n3\n",
)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 16, 50])
@pytest.mark.parametrize("text", LONG)
def test_rows_are_the_same_however_the_file_is_cut(write, monkeypatch, text, size):
    whole = open_rows(write(text), ["a"])
    expected, notes = values(whole), whole.notes
    monkeypatch.setattr(part, "BLOCK_BYTES", size)
    rows = open_rows(write(text), ["a"])
    assert values(rows) == expected
    assert rows.notes == notes


@pytest.mark.parametrize("size", [1, 4, 9, 1000])
def test_lines_are_counted_over_blocks(write, monkeypatch, size):
    monkeypatch.setattr(part, "BLOCK_BYTES", size)
    text = 'a,"b\nc"\n1,2\n\n3\n4,5\n6,7,8\n\n9,10\n11,x\n'
    path = write(text)
    with pytest.raises(DataError, match=r"line 5 has another number of values \(1\) than the header \(2\)"):
        values(open_rows(path, ["a"]))
    rows = open_rows(path, ["a"], dialect=Dialect(on_bad_rows="skip"))
    assert rows.take(np.arange(4)).x.tolist() == [[1.0], [4.0], [9.0], [11.0]]
    checked_summary(rows, 1)
    assert rows.place(2) == "line 9"
    assert rows.notes[-1] == "2 rows with too few or too many values skipped: lines 5, 7"


def test_no_thread_of_another_library_reads_the_file(write, monkeypatch):
    """Such a thread may come back when the interpreter is gone, and ends the process with SIGABRT."""
    monkeypatch.setattr(part, "BLOCK_BYTES", 1000)
    read, readers = CheckedText.read, set()

    def seen(self: CheckedText, size: int = -1) -> bytes:
        readers.add(threading.current_thread())
        return read(self, size)

    monkeypatch.setattr(CheckedText, "read", seen)
    rows = open_rows(write("a,b,note\n" + "1,2,x\n" * 10_000), ["a", "b"])
    blocks = rows.blocks()
    next(blocks)
    blocks.close()
    assert not any(isinstance(thread, threading._DummyThread) for thread in readers)
    assert not any(thread.is_alive() for thread in readers if thread is not threading.main_thread())


def test_a_header_of_blanks_holds_no_names(write):
    path = write(",\n1,2\n3,4\n")
    with pytest.raises(DataError, match=r"line 1, where the columns' names must be, holds none: .* column_1,column_2$"):
        open_rows(path)
    assert values(open_rows(path, ["column_1", "column_2"])) == [[1.0, 2.0], [3.0, 4.0]]
