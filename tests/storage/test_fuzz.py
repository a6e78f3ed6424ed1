"""Whatever bytes a file has, loading it works or says that it is no good; nothing else happens."""

from __future__ import annotations

import json
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gaussmix import GaussianMixture, load
from gaussmix.errors import ModelFileError
from gaussmix.storage.container import MAGIC, Container, read, to_bytes

FEW_MEGABYTES = 8_000_000

quickly = settings(max_examples=100)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("good") / "model.gmm"
    x = np.random.default_rng(0).normal(size=(40, 2))
    GaussianMixture(2, covariance_type="diag", random_state=0).fit(x).save(path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("fuzzed") / "model.gmm"


def is_refused(place: Path, data: bytes) -> None:
    place.write_bytes(data)
    tracemalloc.start()
    try:
        with pytest.raises(ModelFileError):
            load(place)
        assert tracemalloc.get_traced_memory()[1] < FEW_MEGABYTES
    finally:
        tracemalloc.stop()


@quickly
@given(where=st.floats(0.0, 1.0, exclude_max=True), flip=st.integers(1, 255))
def test_one_other_byte(good, place, where, flip):
    data = bytearray(good)
    data[int(where * len(data))] ^= flip
    is_refused(place, bytes(data))


@pytest.mark.parametrize("flip", [1, 0x20, 0x80])
def test_every_byte_of_the_header(good, place, flip):
    """The sum finds what JSON would not: blanks for blanks, letters for letters."""
    for where in range(0, len(good), 7):
        data = bytearray(good)
        data[where] ^= flip
        place.write_bytes(data)
        with pytest.raises(ModelFileError):
            load(place)


@quickly
@given(where=st.floats(0.0, 1.0, exclude_max=True))
def test_truncated(good, place, where):
    is_refused(place, good[: int(where * len(good))])


@quickly
@given(st.binary(max_size=400))
def test_any_bytes(place, data):
    is_refused(place, data)


@quickly
@given(header=st.binary(max_size=200), claimed=st.integers(0, 2**64 - 1))
@example(header=b"", claimed=2**64 - 1)
def test_any_bytes_behind_the_magic(place, header, claimed):
    is_refused(place, struct.pack("<Q", claimed) + MAGIC + header)
    is_refused(place, struct.pack("<Q", len(MAGIC) + len(header)) + MAGIC + header)


@quickly
@given(record=st.dictionaries(st.text(max_size=8), JSON, max_size=5), entries=JSON)
def test_any_header_of_json(place, record, entries):
    named = {"format": "gaussmix model", "format_version": 1, "checksum": "sha256:" + "0" * 64, **record}
    text = json.dumps(json.dumps(named))[1:-1]
    header = MAGIC + text.encode() + b'"},"t":' + json.dumps(entries).encode() + b"}"
    is_refused(place, struct.pack("<Q", len(header)) + header)


def paths(value: object, before: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Every place in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [before, *(path for key, entry in inner for path in paths(entry, (*before, key)))]


@quickly
@given(data=st.data())
def test_any_value_in_the_record(good, place, data):
    """With a checksum that is right: a value that makes no sense is refused, one that does not matter is not."""
    place.write_bytes(good)
    container = read(place)
    record = json.loads(json.dumps({k: v for k, v in container.record.items() if k != "checksum"}))
    path = data.draw(st.sampled_from(paths(record)[1:]))
    section = record
    for key in path[:-1]:
        section = section[key]
    section[path[-1]] = data.draw(JSON)
    place.write_bytes(to_bytes(Container(record, container.tensors)))
    try:
        loaded = load(place)
    except ModelFileError:
        return
    loaded.predict(np.zeros((1, 2)))
    repr(loaded)


@quickly
@given(data=st.data())
def test_any_numbers_in_the_tensors(good, place, data):
    """What is accepted predicts probabilities."""
    place.write_bytes(good)
    container = read(place)
    record = {k: v for k, v in container.record.items() if k != "checksum"}
    name = data.draw(st.sampled_from(sorted(container.tensors)))
    tensor = container.tensors[name].copy()
    if tensor.size:
        where = data.draw(st.integers(0, tensor.size - 1))
        number = st.floats() if tensor.dtype == np.float64 else st.integers(-(2**63), 2**63 - 1)
        tensor.reshape(-1)[where] = data.draw(number)
    place.write_bytes(to_bytes(Container(record, {**container.tensors, name: tensor})))
    try:
        loaded = load(place)
    except ModelFileError:
        return
    probabilities = loaded.predict_proba(np.array([[0.0, 1.0], [1e300, -3.0]]))
    assert np.isfinite(probabilities).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
