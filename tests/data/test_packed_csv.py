"""Compressed CSV files: the same rows, lines and notes as of the plain ones, and no damage unnoticed."""

from __future__ import annotations

import bz2
import gzip
import lzma
from contextlib import suppress

import numpy as np
import pyarrow as pa
import pytest

from gaussmix import GaussianMixture
from gaussmix.data.csv import Dialect
from gaussmix.data.files import open_rows
from gaussmix.errors import ConfigError, DataError
from gaussmix.fitting.usable import checked_summary


def zstd(text: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as file:
        file.write(text)
    return sink.getvalue().to_pybytes()


PACK = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstd}
every_packing = pytest.mark.parametrize("suffix", PACK)


@pytest.fixture
def packed(tmp_path):
    def write(text: str | bytes, suffix: str, name: str = "rows.csv"):
        path = tmp_path / (name + suffix)
        path.write_bytes(PACK[suffix](text if isinstance(text, bytes) else text.encode()))
        return path

    return write


@pytest.fixture
def table(clusters) -> str:
    x = clusters(3000, 3, 2, seed=5)
    return "a,b,c\n" + "".join(",".join(map(repr, row)) + "\n" for row in x.tolist())


@every_packing
def test_a_fit_has_the_same_bits(packed, table, tmp_path, suffix):
    (tmp_path / "plain.csv").write_text(table)
    plain = GaussianMixture(2, random_state=0).fit(tmp_path / "plain.csv")
    same = GaussianMixture(2, random_state=0).fit(packed(table, suffix))
    np.testing.assert_array_equal(same.means_, plain.means_)
    np.testing.assert_array_equal(same.covariances_, plain.covariances_)
    assert same.log_likelihood_ == plain.log_likelihood_


@every_packing
def test_several_streams_one_after_another_are_one_file(tmp_path, suffix):
    path = tmp_path / f"rows.csv{suffix}"
    path.write_bytes(PACK[suffix](b"a,b\n1,2\n3") + PACK[suffix](b".5,4\n"))
    assert open_rows(path).take(np.arange(2)).x.tolist() == [[1.0, 2.0], [3.5, 4.0]]


@every_packing
def test_dialects_are_recognised_and_encodings_read(packed, suffix):
    rows = open_rows(packed("L\u00e4nge;b\n1;2\n3,5;4\n".encode("utf-16"), suffix))
    assert rows.feature_names == ("L\u00e4nge", "b")
    assert rows.take(np.arange(2)).x.tolist() == [[1.0, 2.0], [3.5, 4.0]]
    rows = open_rows(packed("L\u00e4nge;b\n1;2\n".encode("latin-1"), suffix), dialect=Dialect(encoding="latin-1"))
    assert rows.feature_names == ("L\u00e4nge", "b")


@every_packing
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("a,b\n", "there are no rows below the header"),
        ("a,b\n\n1,2\n3,heavy\n", "column 'b' is not numeric: 'heavy' in line 4"),
        ("a,b\n" + "1,2\n" * 600_000 + "1\n", r"line 600002 has another number of values \(1\)"),
        ("a,b\n\n1,2\n3,inf\n", "column 'b' has 1 infinite value, the first in line 4"),
        ("a,b\n1,2\n3,\x004\n", "line 3 holds a NUL byte"),
        ('a,b\n1,2\n1,"2\n3,4\n', "the quotation that begins in line 3 is never closed"),
    ],
)
def test_lines_are_those_of_the_unpacked_file(packed, suffix, text, said):
    path = packed(text, suffix)
    with pytest.raises(DataError, match=said):
        checked_summary(open_rows(path), 1)


@every_packing
def test_a_file_cut_short_is_damaged(packed, table, suffix):
    path = packed(table, suffix)
    whole = path.read_bytes()
    for size in (1, 5, 20, len(whole) // 2, len(whole) - 9, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(DataError, match="is damaged, cut short or") as caught:
            checked_summary(open_rows(path), 1)
        assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz"])  # zstd has a checksum only where its writer wanted one
def test_a_flipped_byte_is_an_error_or_changes_nothing(packed, table, suffix):
    path = packed(table, suffix)
    whole = path.read_bytes()
    expected = checked_summary(open_rows(path), 1)
    for place in np.random.default_rng(0).integers(0, len(whole), 40):
        flipped = bytearray(whole)
        flipped[place] ^= 0x24
        path.write_bytes(flipped)
        with suppress(DataError):  # but for the time in a header of gzip
            assert checked_summary(open_rows(path), 1).fingerprint == expected.fingerprint


@every_packing
def test_what_is_not_packed_as_its_name_says_is_refused(tmp_path, suffix):
    path = tmp_path / f"rows.csv{suffix}"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="is damaged, cut short or"):
        open_rows(path)


@every_packing
def test_packed_files_that_are_not_named_so_are_noticed(packed, tmp_path, suffix):
    path = packed("a,b\n1,2\n3,4\n", suffix).rename(tmp_path / "rows.csv")
    rows = open_rows(path)
    assert rows.take(np.arange(1)).x.tolist() == [[1.0, 2.0]]
    assert len(rows.notes) == 1
    assert rows.notes[0].startswith("the file is compressed (")
    assert not open_rows(packed("a,b\n1,2\n3,4\n", suffix)).notes


def test_names_that_begin_like_packed_files(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("BZh,b\n1,2\n3,4\n")
    assert open_rows(path).feature_names == ("BZh", "b")


def test_an_empty_file_and_other_suffixes(tmp_path):
    (tmp_path / "rows.csv.bz2").touch()
    with pytest.raises(DataError, match="the file is empty"):
        open_rows(tmp_path / "rows.csv.bz2")
    for name in ("rows.gz", "rows.parquet.gz", "rows.csv.lz4", "rows"):
        (tmp_path / name).touch()
        with pytest.raises(
            ConfigError, match=r"known by its suffix, and .* (is not one|has none) of \.csv, .*\.csv\.gz"
        ):
            open_rows(tmp_path / name)


def test_a_folder_of_packed_and_plain_files(packed, tmp_path):
    packed("a,b\n1,2\n", ".gz", "1.csv")
    packed("a,b\n3,4\n", ".xz", "2.CSV")
    (tmp_path / "3.x.csv").write_text("a,b\n5,6\n")
    assert open_rows(tmp_path).take(np.arange(3)).x.tolist() == [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_later_stream_with_a_damaged_beginning_is_no_end(tmp_path, suffix, place):
    first, second = PACK[suffix](b"a,b\n1,2\n3,4\n"), bytearray(PACK[suffix](b"5,6\n7,8\n"))
    second[place] ^= 1
    path = tmp_path / f"rows.csv{suffix}"
    path.write_bytes(first + second)
    with pytest.raises(DataError, match="is damaged, cut short or"):
        checked_summary(open_rows(path), 1)


@every_packing
@pytest.mark.parametrize("junk", [b"junk after the end", b"\0\0\0", b"\0\0\0\0x"])
def test_what_stands_after_the_last_stream_is_damage(packed, suffix, junk):
    path = packed("a,b\n1,2\n3,4\n", suffix)
    path.write_bytes(path.read_bytes() + junk)
    if suffix == ".gz" and junk == b"\0\0\0":  # gzip allows any number of zeros
        assert checked_summary(open_rows(path), 1).n_rows == 2
        return
    with pytest.raises(DataError, match="is damaged, cut short or"):
        checked_summary(open_rows(path), 1)


def test_padding_between_and_after_streams_of_xz(tmp_path):
    path = tmp_path / "rows.csv.xz"
    many = bytes(1 << 19)
    path.write_bytes(lzma.compress(b"a,b\n1,2\n") + bytes(8) + lzma.compress(b"3,4\n") + many + lzma.compress(b"5,6\n"))
    assert checked_summary(open_rows(path), 1).n_rows == 3
    path.write_bytes(path.read_bytes() + bytes(4))
    assert checked_summary(open_rows(path), 1).n_rows == 3


@pytest.mark.parametrize("suffix", [".bz2", ".xz"])
def test_streams_without_content_among_others(tmp_path, suffix):
    pack = PACK[suffix]
    path = tmp_path / f"rows.csv{suffix}"
    path.write_bytes(pack(b"") + pack(b"a,b\n1,2\n") + pack(b"") + pack(b"3,4\n") + pack(b""))
    assert checked_summary(open_rows(path), 1).n_rows == 2
