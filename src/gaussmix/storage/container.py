"""One safetensors file with one JSON record in its header: limits, the magic beginning and the checksum."""

from __future__ import annotations

import hashlib
import json
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from gaussmix.core.types import Array
from gaussmix.errors import ConfigError, FileError, ModelFileError
from gaussmix.storage.atomic import replacing
from gaussmix.storage.section import shown

KEY = "gaussmix"
"""Name of the only entry of the safetensors metadata."""
MAGIC = b'{"__metadata__":{"gaussmix":"'
"""What stands behind the eight bytes of the header's length."""
FORMAT = "gaussmix model"
VERSION = 1
"""Of the format that is written, and the newest that is read."""

LARGEST_FILE = 4 << 30
"""Bytes. A file is read as a whole."""
LARGEST_HEADER = 4 << 20
"""Bytes. Names of a hundred thousand columns find room; read as JSON it takes some 100 MB at the very worst."""
MOST_TENSORS = 64
"""Version 1 has at most 18."""
MOST_DIMENSIONS = 3
DTYPES = {"F64": np.dtype(np.float64), "I64": np.dtype(np.int64)}
"""What tensors may hold."""

NO_SUM = "sha256:" + 64 * "0"
"""What stands in the place of the checksum while it is computed."""
CHECKSUM = re.compile(r"sha256:[0-9a-f]{64}")

Record = dict[str, Any]
"""A JSON object."""


@dataclass(frozen=True)
class Container:
    """What a model file holds.

    Parameters
    ----------
    record : dict
        The JSON object of the header.
    tensors : mapping of str to array
        float64 and int64, by name.
    """

    record: Record
    tensors: Mapping[str, Array]


def to_bytes(container: Container) -> bytes:
    """The file. The same content gives the same bytes.

    Raises
    ------
    ConfigError
        If it would be larger than what is read.
    """
    record = {"format": FORMAT, "format_version": VERSION, "checksum": NO_SUM, **container.record}
    text = json.dumps(record, allow_nan=False, separators=(",", ":"))
    tensors = {name: np.ascontiguousarray(values).reshape(values.shape) for name, values in container.tensors.items()}
    data: bytes = save(tensors, {KEY: text})
    if len(data) > LARGEST_FILE or _header_length(data) > LARGEST_HEADER:
        raise ConfigError(
            f"the model takes {len(data)} bytes, {_header_length(data)} of them for names and other text; no more than "
            f"{LARGEST_FILE} and {LARGEST_HEADER} can be read again"
        )
    return data.replace(NO_SUM.encode(), f"sha256:{hashlib.sha256(data).hexdigest()}".encode(), 1)


def write(path: str | Path, container: Container) -> None:
    """Write the file, or leave everything as it was.

    Raises
    ------
    FileError
        If it cannot be written.
    ConfigError
        If it would be larger than what is read.
    """
    data = to_bytes(container)
    with replacing(path) as file:
        file.write(data)


def read(path: str | Path) -> Container:
    """Read a file and check all of it that can be checked without knowing what its numbers mean.

    Raises
    ------
    FileError
        If it cannot be read.
    ModelFileError
        If it is no file of this format, or damaged, or of a newer format.
    """
    place = Path(path)
    try:
        status = place.stat()
        if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for ever
            raise FileError(f"{path} cannot be read: it is not a file")
        with place.open("rb") as file:
            return _read(file, status.st_size)
    except ModelFileError as error:
        raise ModelFileError(f"{path} {error}") from None
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}") from error


def _read(file: BinaryIO, size: int) -> Container:
    """The content of an open file of this size; errors continue a sentence that begins with the file's name."""
    beginning = file.read(8 + len(MAGIC))
    if beginning[8:] != MAGIC:
        raise ModelFileError("is not a gaussmix model file")
    length = _header_length(beginning)
    if size > LARGEST_FILE or length > LARGEST_HEADER:
        raise ModelFileError(
            f"has {size} bytes and a header of {length}, where a gaussmix model file has at most {LARGEST_FILE} and "
            f"{LARGEST_HEADER}"
        )
    if not len(MAGIC) < length <= size - 8:
        raise _damaged("the length of its header is wrong, or it ends too soon")
    header = MAGIC + file.read(length - len(MAGIC))
    # Counted before anything is made of it: a text within the header has its quotation marks escaped.
    n_tensors = header.count(b'"data_offsets"')
    if n_tensors > MOST_TENSORS:
        raise ModelFileError(f"holds {n_tensors} tensors, where a gaussmix model file has at most {MOST_TENSORS}")
    entries = _json(header)
    record = _json(_text_of(entries.pop("__metadata__", None)))
    _check_format(record)
    _check_entries(entries)
    file.seek(0)
    data = file.read(size)
    _check_sum(record, header, data)
    return Container(record, _tensors(data))


def _header_length(data: bytes) -> int:
    return int.from_bytes(data[:8], "little")


def _damaged(how: str) -> ModelFileError:
    return ModelFileError(f"is a damaged gaussmix model file: {how}; take another copy of it, or fit again")


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _json(text: str | bytes) -> Record:
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise _damaged("its header is not JSON") from None
    if not isinstance(value, dict):
        raise _damaged("its header is not a JSON object")
    return value


def _text_of(metadata: object) -> str:
    match metadata:
        case {"gaussmix": str(text), **others} if not others:
            return text
    raise _damaged(f"its header has no text {KEY!r}, or more than that")


def _check_format(record: Record) -> None:
    version = record.get("format_version")
    if record.get("format") != FORMAT or type(version) is not int or version < 1:
        raise _damaged("its header does not name format and version")
    if version > VERSION:
        raise newer(record, f"its format has version {version}, where {VERSION} is the newest known here")


def newer(record: Record, why: str) -> ModelFileError:
    """The error for a file from the future; it goes on behind the file's name."""
    written_by, needs = (shown(record.get(name, "?")) for name in ("written_by", "needs"))
    return ModelFileError(
        f"was written by gaussmix {written_by}, needs >= {needs}: {why}; install a newer gaussmix to read it"
    )


def _check_entries(entries: Record) -> None:
    for name, entry in entries.items():
        match entry:
            case {"dtype": str(dtype), "shape": list(shape)} if dtype in DTYPES and len(shape) <= MOST_DIMENSIONS:
                continue
        raise _damaged(f"its tensor '{shown(name)}' has a dtype or a shape that no such file has")


def _check_sum(record: Record, header: bytes, data: bytes) -> None:
    stated = record.get("checksum")
    if not isinstance(stated, str) or not CHECKSUM.fullmatch(stated) or header.count(stated.encode()) != 1:
        raise _damaged("its header has no checksum")
    place = 8 + header.index(stated.encode())
    view = memoryview(data)
    digest = hashlib.sha256(view[:place])
    digest.update(NO_SUM.encode())
    digest.update(view[place + len(NO_SUM) :])
    if f"sha256:{digest.hexdigest()}" != stated:
        raise _damaged("its bytes do not give its checksum")


def _tensors(data: bytes) -> dict[str, Array]:
    try:
        return dict(load(data))
    except SafetensorError as error:
        raise _damaged(f"its tensors do not fit into it ({error})") from None
