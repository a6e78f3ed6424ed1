"""Faulty input and failing files, by their numbers in the list of faults: 43 to 65, 67 and 68.

A test is called after its fault, here and elsewhere: ``grep -rn "def test_47_" tests``.
"""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from peak_memory import PEAK
from pyarrow import feather

from gaussmix.cli.watching import Watch
from gaussmix.data import spool

LINES = "".join(f"{i}.5,{(i * 7) % 11}.25\n" for i in range(50))
TABLE = {"a": np.arange(50) + 0.5, "b": np.arange(50) * 7 % 11 + 0.25}


@pytest.fixture
def fitted(run, tmp_path):
    """Fit the rows of a file of these bytes."""

    def fit(content: str | bytes, *arguments: object, name: str = "data.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return run("fit", path, "-k", 1, *arguments)

    return fit


def refused(outcome, said: str, code: int = 3) -> None:
    """One line that says what is wrong, nothing on standard output, the code."""
    assert (outcome.code, outcome.out) == (code, ""), outcome
    assert outcome.err.count("\n") == 1
    assert re.search(said, outcome.err), outcome.err


def read(outcome, *notes: str) -> None:
    """A fit of all 50 rows, with these notes and no others."""
    assert outcome.code == 0, outcome
    assert re.search(r"\b50\b", outcome.out)
    told = outcome.err.splitlines()
    assert len(told) == len(notes), told
    assert all(re.search(note, line) for note, line in zip(notes, told, strict=True)), told


def test_43_no_file_a_folder_and_no_permission(run, tmp_path, monkeypatch):
    refused(run("fit", tmp_path / "none.csv", "-k", 1), r"none\.csv cannot be read: No such file or directory", 6)
    (tmp_path / "folder.csv").mkdir()
    # A folder is read as the files in it.
    refused(run("fit", tmp_path / "folder.csv", "-k", 1), r"there is no file of rows in the folder .*folder\.csv", 6)
    refused(run("fit", tmp_path / "*.parquet", "-k", 1), r"no file has a name like .*\*\.parquet", 6)
    locked = tmp_path / "locked.csv"
    locked.write_text(f"a,b\n{LINES}")

    def denied(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "open", denied)  # permissions stop everybody but the superuser, who may run this
    refused(run("fit", locked, "-k", 1), r"locked\.csv cannot be read: Permission denied", 6)


def test_44_no_bytes(fitted):
    refused(fitted(""), "the file is empty")


def test_45_only_a_header(fitted):
    refused(fitted("a,b\n"), "there are no rows below the header")


def test_46_no_header(fitted):
    refused(fitted(LINES), r"line 1 holds numbers where the columns' names must be.*\(--no-header\)")
    read(fitted(LINES, "--no-header"))


def test_47_other_encodings(fitted):
    read(fitted(f"a,b\n{LINES}".encode("utf-16")), "the file is UTF-16, as its first bytes say")
    latin = b"caf\xe9,b\n" + LINES.encode()
    refused(fitted(latin), r"not UTF-8 text; give .* \(--encoding latin-1.*\): byte 3 \(from 0\) is 0xE9")
    read(fitted(latin, "--encoding", "latin-1"))


def test_48_a_byte_order_mark(fitted):
    outcome = fitted(f"\ufeffa,b\n{LINES}", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    assert re.search(r'"columns": \[\s*"a",\s*"b"\s*\]', outcome.out)


def test_49_a_nul_byte(fitted):
    refused(fitted("a,b\n1,2\n3,\x004\n"), "line 3 holds a NUL byte")


def test_50_quotations(fitted):
    read(fitted('"a","b, or ""c"""\n' + LINES))
    text = "".join(f'"{line[:-1]}\nand ""more"", too",{line}' for line in LINES.splitlines(keepends=True))
    read(fitted(f"note,a,b\n{text}", "--columns", "a,b"))


def test_51_a_quotation_without_an_end(fitted):
    refused(fitted(f'a,b\n1,2\n1,"2\n{LINES}'), "the quotation that begins in line 3 is never closed")


def test_52_ragged_rows(fitted):
    ragged = f"a,b\n1,2,3\n{LINES}4\n"
    refused(fitted(ragged), r"line 2 has another number of values \(3\) than the header \(2\).*--on-bad-rows skip")
    read(fitted(ragged, "--on-bad-rows", "skip"), "2 rows with too few or too many values skipped: lines 2, 53")


def test_53_other_separators_and_decimal_commas(fitted):
    text = f"a,b\n{LINES}".replace(",", ";").replace(".", ",")
    notes = (r"values are taken to be separated by ';' \(.* --sep\)", r"to have a decimal comma \(.* --decimal\)")
    read(fitted(text), *notes)
    read(fitted(text, "--sep", ";", "--decimal", ","))


def test_54_thousands(fitted):
    refused(fitted(f'a,b\n{LINES}1.5,"1,234"\n'), r"'b' is not numeric: '1,234' in line 52 \(thousands must not be")


@pytest.mark.parametrize("token", ["NA", "N/A", "nan", "?", "-", "", "null", "."])
def test_55_words_for_missing_values(fitted, token):
    said = "column 'b' has 2 missing values, the first in line 52"
    refused(fitted(f"a,b\n{LINES}1.5,{token}\n2.5,{token}\n"), said)
    page = Path(__file__).parents[2] / "docs" / "files.md"
    assert token == "nan" or f"`{token}`" in page.read_text() or (token == "" and "empty fields" in page.read_text())


def test_55_every_column_with_missing_values_is_counted(fitted):
    said = r"columns 'a' \(1\), 'b' \(2\) have missing values, the first in line 52 \('b'\); drop or correct"
    refused(fitted(f"a,b,c\n{LINES.replace(chr(10), ',1' + chr(10))}1.5,?,1\nNA,,1\n", "--covariance", "diag"), said)


def test_56_text_far_below(fitted):
    rows = "1.5,2.5\n" * 200_000
    refused(fitted(f"a,b\n{rows}3.5,heavy\n"), "column 'b' is not numeric: 'heavy' in line 200002")


def test_57_names_that_stand_twice(fitted):
    refused(fitted("a,b,a,c,b\n1,2,3,4,5\n"), "these column names stand more than once: a, b;")


def test_58_no_name_and_blanks_round_names(fitted):
    outcome = fitted(f" a ,\n{LINES}", "--json")
    assert outcome.err == "note: column 2 of 2 has no name; it is called 'column_2'\n"
    assert re.search(r'"columns": \[\s*"a",\s*"column_2"\s*\]', outcome.out)


def test_59_identifiers(fitted):
    ids = "".join(f"{2**53 + 7 * i},{line}" for i, line in enumerate(LINES.splitlines(keepends=True)))
    said = (
        r"column 'id' holds whole numbers beyond 2\^53, the first in line 2, whose last digits are lost: "
        "it looks like an identifier"
    )
    read(fitted(f"id,a,b\n{ids}"), said)


def test_60_a_last_line_without_an_end(fitted):
    read(fitted(f"a,b\n{LINES}"[:-1]), "the last line has no end: the file may have been cut short")


def test_61_damaged_files(run, tmp_path):
    for suffix, write in ((".parquet", pq.write_table), (".feather", feather.write_feather)):
        path = tmp_path / f"rows{suffix}"
        write(pa.table({name: np.resize(values, 5000) for name, values in TABLE.items()}), path)
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        refused(run("fit", path, "-k", 1), r"cannot be read as \w+.*: it is damaged, cut short or of another format")
    path = tmp_path / "flipped.parquet"
    pq.write_table(pa.table({n: np.resize(v, 5000) for n, v in TABLE.items()}), path, write_page_checksum=False)
    whole = bytearray(path.read_bytes())
    for place in range(4, 40):  # the head of the first page
        whole[place] ^= 0xFF
    path.write_bytes(whole)
    refused(run("fit", path, "-k", 1), "cannot be read as Parquet: it is damaged")


def test_62_columns_of_other_types(run, tmp_path):
    path = tmp_path / "rows.parquet"
    numbers = pa.array([str(value) for value in TABLE["a"]]).cast(pa.decimal128(9, 2))
    others = {
        "list": pa.array([[1.0]] * 50),
        "kind": pa.array(["x"] * 50).dictionary_encode(),
        "when": pa.array([0] * 50, pa.timestamp("s")),
    }
    pq.write_table(pa.table({"a": numbers, "b": TABLE["b"], **others}), path)
    said = r"not numeric: list \(list<.*>\), kind \(dictionary<.*>\), when \(timestamp.*\)\. .* --columns a,b"
    refused(run("fit", path, "-k", 1), said)
    read(run("fit", path, "-k", 1, "--columns", "a,b"))  # decimals are numbers


SIZE = """
import sys
from gaussmix.cli.main import main
def fit(path):
    try:
        main(["fit", path, "-k", "2", "--max-iter", "2", "--tol", "0", "--covariance", "diag"])
    except SystemExit as ending:
        assert not ending.code
    return peak()
smaller = fit(sys.argv[1])
print("grew by", fit(sys.argv[2]) - smaller, file=sys.stderr)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux keeps the peak by process")
def test_63_files_larger_than_what_they_take(tmp_path):
    # The first is larger than all batches that are in memory at once, so that what it took is what any file takes.
    rng = np.random.default_rng(0)
    sizes = {"smaller": 500_000, "larger": 2_000_000}
    for name, n in sizes.items():
        columns = {f"c{j}": rng.normal(size=n) + 5.0 * (np.arange(n) % 2) for j in range(16)}
        pq.write_table(pa.table(columns), tmp_path / f"{name}.parquet", compression="none")
        del columns
    command = [sys.executable, "-c", PEAK + SIZE, *(str(tmp_path / f"{name}.parquet") for name in sizes)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    kilobytes = int(re.search(r"grew by (\d+)", ended.stderr)[1])
    # 192 MB of rows more. Starts from more rows, and memory that was given back and lies in pieces, were 64 MB at most.
    assert kilobytes < 120_000


@pytest.mark.parametrize("spooled", [True, False])
def test_64_a_file_that_changes_between_passes(run, tmp_path, monkeypatch, spooled):
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table(TABLE), path)
    if not spooled:
        monkeypatch.setattr(spool, "_has_room", lambda block: False)

    def change(self, record):
        pq.write_table(pa.table({name: values[:-1] for name, values in TABLE.items()}), path)

    monkeypatch.setattr(Watch, "__call__", change)
    refused(run("fit", path, "-k", 2), r"rows\.parquet changed while its rows were being read")


def test_65_standard_input_patterns_and_pipes(run, tmp_path):
    for name in ("1.csv", "2.csv"):
        (tmp_path / name).write_text("a,b\n" + "".join(LINES.splitlines(keepends=True)[:25]))
    read(run("fit", f"{tmp_path}/*.csv", "-k", 1))
    command = [sys.executable, "-m", "gaussmix"]
    folder = tmp_path / "out"
    piped = [*command, "fit", "-", "-k", "1", "-o", str(folder)]
    ended = subprocess.run(piped, input=f"a,b\n{LINES}".encode(), capture_output=True, check=True)
    assert b" 50 " in ended.stdout
    many = tmp_path / "many.csv"
    many.write_text("a,b\n" + LINES * 4000)
    predict = [*command, "predict", str(folder / "model.gmm"), str(many)]
    with subprocess.Popen(predict, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"row,label,probability_0,log_density\n"
        process.stdout.close()
        assert process.stderr.read() == b""


FULL = """
import resource, signal, sys
from gaussmix.cli.main import main
# No file may grow beyond 300 bytes: writing more fails half-way, as on a full disk.
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
main(sys.argv[1:])
"""


@pytest.mark.parametrize("command", ["fit", "predict", "sample"])
def test_67_a_full_disk(run, fitted, tmp_path, command):
    assert fitted(f"a,b\n{LINES}", "-o", tmp_path / "first").code == 0
    data, model, out = tmp_path / "data.csv", tmp_path / "first" / "model.gmm", tmp_path / "out"
    out.mkdir()
    (out / "model.gmm").write_text("precious")
    (out / "table.csv").write_text("precious")
    arguments = {
        "fit": ["fit", data, "-k", 1, "-o", out],
        "predict": ["predict", model, data, "-o", out / "table.csv"],
        "sample": ["sample", model, "-n", 500, "-o", out / "table.csv"],
    }[command]
    full = [sys.executable, "-c", FULL, *map(str, arguments), "--force"]
    ended = subprocess.run(full, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (6, ""), ended.stderr
    assert ended.stderr.count("\n") == 1
    assert "File too large" in ended.stderr
    assert sorted(path.name for path in out.iterdir()) == ["model.gmm", "table.csv"]
    assert {path.read_text() for path in out.iterdir()} == {"precious"}


@pytest.mark.parametrize("name", ["assignments.csv", "model.gmm", "summary.json"])
def test_68_results_that_are_there(fitted, tmp_path, name):
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_text("precious")
    refused(fitted(f"a,b\n{LINES}", "-o", out), rf"{name} is there already; give --force to replace it", 6)
    assert [(path.name, path.read_text()) for path in out.iterdir()] == [(name, "precious")]
    assert fitted(f"a,b\n{LINES}", "-o", out, "--force").code == 0
    assert (out / name).read_bytes() != b"precious"
