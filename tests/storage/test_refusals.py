"""Every file that is no good is refused, in words that say what is wrong with it."""

from __future__ import annotations

import json
import pickle
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from gaussmix import GaussianMixture, load
from gaussmix.errors import FileError, ModelFileError
from gaussmix.storage.container import LARGEST_HEADER, MAGIC, Container, to_bytes


def header_of(path: Path) -> bytes:
    data = path.read_bytes()
    return data[8 : 8 + int.from_bytes(data[:8], "little")]


def with_header(header: bytes, tail: bytes = b"") -> bytes:
    return struct.pack("<Q", len(header)) + header + tail


def pickled(path: Path) -> None:
    path.write_bytes(pickle.dumps(GaussianMixture()))


def zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model", "weights")


def other_safetensors(path: Path) -> None:
    path.write_bytes(save({"weights": np.ones(3)}, {"format": "pt"}))


@pytest.mark.parametrize(
    "make",
    [
        pickled,
        zipped,
        other_safetensors,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"\x00" * 40),
        lambda path: path.write_bytes(b"\xff" * 4000),
        lambda path: path.write_text("row,label\n0,1\n" * 10),
        lambda path: path.write_bytes(np.ones(300).tobytes()),
    ],
)
def test_other_files(make, tmp_path):
    path = tmp_path / "model.gmm"
    make(path)
    with pytest.raises(ModelFileError, match=r"model\.gmm is not a gaussmix model file$"):
        load(path)


def test_no_file(tmp_path):
    with pytest.raises(FileError, match=r"nowhere\.gmm cannot be read: No such file"):
        load(tmp_path / "nowhere.gmm")
    with pytest.raises(FileError, match="it is not a file"):
        load(tmp_path)


@pytest.mark.parametrize("length", [8, 30, 500, -1])
def test_truncated(saved, length):
    saved.write_bytes(saved.read_bytes()[:length])
    with pytest.raises(ModelFileError, match=r"is not a gaussmix model file|is a damaged gaussmix model file"):
        load(saved)


def test_a_byte_too_many(saved):
    saved.write_bytes(saved.read_bytes() + b"\x00")
    with pytest.raises(ModelFileError, match="its bytes do not give its checksum"):
        load(saved)


def test_a_flipped_bit_of_a_number(saved):
    data = bytearray(saved.read_bytes())
    data[-1] ^= 1
    saved.write_bytes(data)
    with pytest.raises(ModelFileError, match="do not give its checksum; take another copy of it, or fit again"):
        load(saved)


def test_newer_format(changed):
    path = changed(lambda record, _: record.update(format_version=2, written_by="9.1.0", needs="9.0.0"))
    with pytest.raises(ModelFileError, match=r"was written by gaussmix 9\.1\.0, needs >= 9\.0\.0: its format has v"):
        load(path)


def test_unknown_requirement(changed):
    path = changed(lambda record, _: record.update(requires=["noise"], written_by="0.3.0", needs="0.2.0"))
    with pytest.raises(ModelFileError, match=r"by gaussmix 0\.3\.0, needs >= 0\.2\.0: it requires noise"):
        load(path)


def test_what_is_not_known_and_not_required_is_passed_over(changed, model, clusters):
    def add(record, tensors):
        record["colour"] = {"of": ["each", "component"]}
        record["fit"]["mood"] = "good"
        record["estimator"]["parameters"]["patience"] = 3
        tensors["colours"] = np.zeros((3, 3))

    x = clusters(20, 2, 2)
    assert (load(changed(add)).predict_proba(x) == model.predict_proba(x)).all()


def test_a_file_does_not_write_to_the_terminal(changed):
    path = changed(lambda record, _: record.update(requires=["\x1b[2J"], written_by="\x1b]0;\x07" + "9" * 1000))
    with pytest.raises(ModelFileError) as caught:
        load(path)
    assert str(caught.value).removeprefix(str(path)).isprintable()
    path = changed(lambda record, _: record["family"].update(structure="\x1b" * 10**5))
    with pytest.raises(ModelFileError) as caught:
        load(path)
    assert len(str(caught.value)) < 1000
    assert "\x1b" not in str(caught.value)


def put(name: str, index: object, value: float):
    def change(record, tensors):
        tensors[name] = tensors[name].copy()
        tensors[name][index] = value

    return change


def shaped(name: str, shape: tuple[int, ...], dtype: type = np.float64):
    return lambda record, tensors: tensors.update({name: np.ones(shape, dtype)})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (put("family.means", (0, 1), np.nan), "means hold NaN or infinity"),
        (put("family.precision_cholesky", (0, 0, 0), np.inf), "precision_cholesky hold NaN"),
        (put("family.precision_cholesky", (1, 0, 0), -1.0), "upper triangular with a positive diagonal"),
        (put("family.precision_cholesky", (1, 0, 0), 0.0), "upper triangular with a positive diagonal"),
        (put("family.precision_cholesky", (2, 1, 0), 0.1), "upper triangular with a positive diagonal"),
        (put("family.precision_cholesky", (2, 0, 0), 1e-200), "beyond all floats"),
        (put("family.precision_cholesky", (2, 0, 0), 1e200), "beyond all floats"),
        (put("allocation.weights", 0, -0.1), "weights must not be negative"),
        (put("allocation.weights", 0, 0.9), "weights must sum to 1"),
        (put("allocation.weights", slice(None), 1e308), "weights must sum to 1"),
        (put("frame.origin", 0, np.inf), "the frame's origin holds NaN"),
        (put("frame.exponent", 0, 1001), "exponents must be from -1000 to 1000"),
        (put("frame.exponent", 0, -(2**63)), "exponents must be from -1000 to 1000"),
        (shaped("family.means", (3,)), "means must be float64 numbers of 2 dimensions"),
        (shaped("family.means", (0, 2)), "means must be float64 numbers of 2 dimensions"),
        (shaped("family.means", (3, 2), np.int64), "means must be float64 numbers"),
        (shaped("family.means", (3, 50000)), r"must have shape \(3, 50000, 50000\) beside means"),
        (shaped("family.precision_cholesky", (3, 2)), "must be float64 numbers of 3 dimensions"),
        (shaped("allocation.weights", (1,)), "it has 1 weights and 3 components"),
        (shaped("frame.origin", (3,)), "'frame.origin' must be a list of 2 float64"),
        (shaped("frame.exponent", (2,)), "'frame.exponent' must be a list of 2 int64"),
        (shaped("fit.history.objective", (1,)), "'fit.history.objective' must be a list of"),
        (shaped("fit.history.log_likelihood", (0,)), "the history is empty"),
        (put("fit.starts.n_iter", 0, -1), "'fit.starts.n_iter' must hold no number below 0"),
        (lambda record, tensors: tensors.pop("frame.exponent"), "the tensor 'frame.exponent' is missing"),
        (lambda record, tensors: tensors.pop("family.means"), "means are missing"),
    ],
)
def test_tensors_that_make_no_mixture(changed, change, said):
    with pytest.raises(ModelFileError, match=f"is a gaussmix model file that makes no sense: .*{said}"):
        load(changed(change))


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("family", "kind"), "student", "its family is of the unknown kind 'student'"),
        (("family", "structure"), "round", "there is no covariance structure 'round'"),
        (("family", "structure"), ["full"], "the setting 'structure' must be a text"),
        (("family",), None, "family must be an object"),
        (("allocation", "free"), 1, "the setting 'free' must be true or false"),
        (("requires",), None, "requires is missing, or not of the kind list"),
        (("requires",), [1], "requires must be a list of texts"),
        (("features", "names"), ["a"], "it names 1 features and has 2"),
        (("estimator", "class"), "os.system", "there is no estimator 'os.system'"),
        (("estimator", "dtype"), "O", "fitted parameters cannot be 'O'"),
        (("estimator", "parameters", "n_components"), -1, "'n_components' parameter of GaussianMixture must be"),
        (("estimator", "parameters", "tol"), {"tensor": "tol"}, "the tensor 'estimator.tol' is missing"),
        (("estimator", "parameters", "tol"), [1], "is no number, text or array"),
        (("fit", "status"), "tired", "a fit cannot end with the status 'tired'"),
        (("fit", "n_iter"), -1, "fit.n_iter must be a whole number"),
        (("fit", "n_iter"), True, "fit.n_iter must be a whole number"),
        (("fit", "n_iter"), 10**4000, "fit.n_iter must be a whole number"),
        (("fit", "bic"), "much", "fit.bic must be a number"),
        (("fit", "bic"), 10**400, "fit.bic must be a number"),
        (("fit", "rows", "sum_weight"), 0, "fit.rows.sum_weight must be positive and finite"),
        (("fit", "rows", "n_assigned"), [1], "rows are counted for 1 components, and there are 3"),
        (("fit", "rows", "n_assigned"), [1, 2, "x"], "fit.rows.n_assigned.entry is missing, or not of the kind int"),
        (("fit", "starts"), [], "'fit.starts.raced' must be a list of 0"),
        (("fit", "events"), [{"iteration": 1}], "fit.events.kind is missing"),
    ],
)
def test_records_that_make_no_sense(changed, place, value, said):
    def change(record, tensors):
        section = record
        for name in place[:-1]:
            section = section[name]
        section[place[-1]] = value

    with pytest.raises(ModelFileError, match=f"is a gaussmix model file that makes no sense: .*{said}"):
        load(changed(change))


def test_one_unit_for_all_features_of_balls(clusters, tmp_path):
    path = tmp_path / "balls.gmm"
    model = GaussianMixture(2, covariance_type="spherical", random_state=0).fit(clusters(50, 2, 2))
    model.save(path)
    from gaussmix.storage.container import read

    container = read(path)
    record = {key: value for key, value in container.record.items() if key != "checksum"}
    exponent = container.tensors["frame.exponent"] + [0, 1]
    path.write_bytes(to_bytes(Container(record, {**container.tensors, "frame.exponent": exponent})))
    with pytest.raises(ModelFileError, match="one unit for all features, and the exponents differ"):
        load(path)


def entries(n: int, shape: list[int], dtype: str = "F64") -> str:
    return "".join(f',"t{i}":{{"dtype":"{dtype}","shape":{shape},"data_offsets":[0,8]}}' for i in range(n))


def crafted(record: str, more: str = "") -> bytes:
    """A header by hand, around the text of a record."""
    escaped = json.dumps(record)[1:-1]
    return MAGIC + f'{escaped}"}}{more}}}'.encode()


VALID = '{"format":"gaussmix model","format_version":1,"checksum":"sha256:' + "0" * 64 + '"}'


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (crafted(VALID, entries(1, [2**62, 2**62])), "do not give its checksum"),
        (crafted(VALID, entries(1, [1, 1, 1, 1])), "its tensor 't0' has a dtype or a shape"),
        (crafted(VALID, entries(1, [1], "BF16")), "its tensor 't0' has a dtype or a shape"),
        (crafted(VALID, ',"t":7'), "its tensor 't' has a dtype or a shape"),
        (crafted("[]"), "its header is not a JSON object"),
        (crafted('{"a":NaN}'), "its header is not JSON"),
        (crafted("[" * 100000), "its header is not JSON"),
        (crafted('{"n":' + "9" * 5000 + "}"), "its header is not JSON"),
        (MAGIC + b'{}"},' + b"[" * 100000, "its header is not JSON"),
        (MAGIC + b'\xff\xfe"}}', "its header is not JSON"),
        (MAGIC + b'{}","more":"text"}}', "its header has no text 'gaussmix', or more than that"),
        (crafted("{}"), "does not name format and version"),
        (crafted(VALID.replace(":1,", ":true,")), "does not name format and version"),
        (crafted(VALID.replace(":1,", ":1.0,")), "does not name format and version"),
        (crafted(VALID.replace("sha256", "md5")), "its header has no checksum"),
        (crafted(VALID, entries(100_000, [2**60])), "holds 100000 tensors"),
    ],
)
def test_headers_by_hand(header, said, tmp_path):
    """Refused for the right reason, and before memory is taken for what they claim to hold."""
    path = tmp_path / "model.gmm"
    path.write_bytes(with_header(header, b"\x00" * 8))
    if len(header) > LARGEST_HEADER:
        said = "has .* bytes and a header of"
    tracemalloc.start()
    try:
        with pytest.raises(ModelFileError, match=said):
            load(path)
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


def test_many_tensors_in_a_header_that_is_not_too_long(tmp_path):
    path = tmp_path / "model.gmm"
    path.write_bytes(with_header(crafted(VALID, entries(50_000, [1])), b"\x00" * 8))
    tracemalloc.start()
    try:
        with pytest.raises(ModelFileError, match="holds 50000 tensors, where a gaussmix model file has at most 64"):
            load(path)
        assert tracemalloc.get_traced_memory()[1] < 12_000_000
    finally:
        tracemalloc.stop()


def test_a_sparse_file_larger_than_any_model(tmp_path):
    path = tmp_path / "model.gmm"
    path.write_bytes(with_header(crafted(VALID)))
    with path.open("r+b") as file:
        file.truncate(1 << 40)
    with pytest.raises(ModelFileError, match="has 1099511627776 bytes"):
        load(path)


def test_the_checksum_stands_once(changed):
    """Where it is could otherwise be anywhere."""
    path = changed(lambda record, _: None)
    stated = json.loads(json.loads(header_of(path))["__metadata__"]["gaussmix"])["checksum"]
    data = path.read_bytes().replace(b"0.1.0", stated.encode(), 1)
    length = int.from_bytes(data[:8], "little") + len(stated) - len("0.1.0")
    path.write_bytes(struct.pack("<Q", length) + data[8:])
    with pytest.raises(ModelFileError, match=r"its header has no checksum|do not give its checksum"):
        load(path)
