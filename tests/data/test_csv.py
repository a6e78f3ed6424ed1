"""CSV files: what is read, and what is said about those that cannot be."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaussmix.data.csv import MISSING, read_csv, write_csv
from gaussmix.errors import DataError, FileError


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
        "a,b\n1e0,0x2\n35e-1,4\n",
    ],
)
def test_forms_of_the_same_table(write, content):
    rows = read_csv(write(content))
    assert rows.feature_names == ("a", "b")
    assert values(rows) == [[1.0, 2.0], [3.5, 4.0]]


def test_columns_in_the_order_asked_for(write):
    path = write('name,"x, y",naïve 身長,w\nA,1,2,0.5\n"B, C",3,4,2\n')
    rows = read_csv(path, ["naïve 身長", "x, y"], "w")
    assert rows.feature_names == ("naïve 身長", "x, y")
    block = rows.take(np.array([1]))
    assert (block.x.tolist(), block.weight.tolist()) == ([[4.0, 3.0]], [2.0])


def test_whole_numbers_then_fractions(write):
    lines = "".join(f"{i}\n" for i in range(300_000))
    rows = read_csv(write(f"a\n{lines}0.5\n"))
    assert rows.take(np.array([7, 300_000])).x.tolist() == [[7.0], [0.5]]


def test_bytes_that_are_not_utf8_in_another_column(write):
    rows = read_csv(write(b"a,n\n1,caf\xe9\n2,x\n"), ["a"])
    assert values(rows) == [[1.0], [2.0]]


@pytest.mark.parametrize("token", MISSING)
def test_missing_values_are_counted(write, token):
    path = write(f"a,b\n\n1,2\n3,{token}\n5,{token}\n")
    with pytest.raises(DataError, match=r"2 of 3 rows lack a value, the first in line 4 \(column 'b'\)"):
        read_csv(path)


@pytest.mark.parametrize("token", ["inf", "-inf", "Infinity", "1e999"])
def test_infinite_values_are_found_by_line(write, token):
    path = write(f"a,b\n\n1,2\n3,4\n5,{token}\n6,inf\n")
    with pytest.raises(DataError, match=r"2 of 4 rows hold an infinite value, the first in line 5 \(column 'b'\)"):
        read_csv(path)


def test_numbers_are_names_where_they_are_asked_for(write):
    path = write("2019,2020\n1,2\n3.5,4\n")
    with pytest.raises(DataError, match=r"line 1 holds numbers .* choose the columns to fit: --columns 2019,2020$"):
        read_csv(path)
    assert values(read_csv(path, ["2020", "2019"])) == [[2.0, 1.0], [4.0, 3.5]]
    assert values(read_csv(write("year,2020\n1,2\n3.5,4\n"))) == [[1.0, 2.0], [3.5, 4.0]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "the file is empty"),
        ("\n1.5,-2e3\n3,4\n", "line 2 holds numbers where the columns' names must be"),
        ("\n\n", "the file is empty"),
        ("a,b\n", "no rows below the header"),
        (",b\n1,2\n", "column 1 of 2 has no name"),
        ("a, a\n1,2\n", "more than once: a"),
        ("a,b\n1,2\n\n3,4,5\n", r"line 4 has another number of values \(3\) than the header \(2\)"),
        ("a;b\n1;2\n", "separated by ';'"),
        ("a,b\n1,2\n3,heavy\n", "column 'b' is not numeric: 'heavy' in line 3"),
        ("a,b\n1,2020-01-31\n", "column 'b' is not numeric: '2020-01-31' in line 2"),
        ("a,b\n1,\n2,NA\n", "column 'b' has no values at all"),
        ("a,b\n1,2\n".encode("utf-16"), "not UTF-8"),
        (b"caf\xe9,b\n1,2\n", "not UTF-8"),
    ],
)
def test_what_is_wrong_is_said(write, content, said):
    with pytest.raises(DataError, match=said):
        read_csv(write(content))


def test_remedy_names_the_numeric_columns(write):
    with pytest.raises(DataError, match=r"--columns 'body mass,\"x, y\"'$"):
        read_csv(write('body mass,kind,"x, y",w\n1,A,2,1\n'), weight="w")


def test_no_such_file(tmp_path):
    with pytest.raises(FileError, match="No such file"):
        read_csv(tmp_path / "nowhere.csv")


@given(st.lists(st.floats(allow_nan=False), min_size=1))
def test_floats_are_written_exactly(tmp_path_factory, numbers):
    path = tmp_path_factory.mktemp("exact") / "numbers.csv"
    write_csv(path, {"row": np.arange(len(numbers)), 'a "b", c': np.array(numbers)})
    with path.open(newline="", encoding="utf-8") as file:
        header, *records = csv.reader(file)
    assert header == ["row", 'a "b", c']
    assert [float(record[1]) for record in records] == numbers
