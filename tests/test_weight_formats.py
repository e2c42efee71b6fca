"""Headers of .npy, .npz and .safetensors: what they may claim, and what is refused before memory is taken."""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlec import NnlecError
from nnlec.models.weights import npy, npz, read_array, safetensors
from tests.monsters import npy_of, saved
from tests.monsters import safetensors as bytes_of


def refusal(read: Any, content: bytes, array: str = "", size: int | None = None) -> str:
    with pytest.raises(NnlecError) as caught:
        read(io.BytesIO(content), len(content) if size is None else size, array)
    return str(caught.value)


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (2, 1, 3), (1,) * 8])
@pytest.mark.parametrize("dtype", ["f2", ">f4", "f8", "i1", ">i8", "u8"])
def test_npy_is_what_numpy_saves(dtype: str, shape: tuple[int, ...]) -> None:
    array = np.arange(1, 1 + int(np.prod(shape))).reshape(shape).astype(dtype)
    for given in (array, array.copy(order="F")):
        content = saved(given)
        found = npy.read(io.BytesIO(content), len(content), "")
        assert (found.dtype, found.shape, found.tolist()) == (array.dtype, shape, array.tolist())


def test_truth_values_and_texts_are_read_where_they_may_stand() -> None:
    for given in (np.array([True, False]), np.array(["a", "longer than eight"])):
        content = saved(given)
        assert npy.read_any(io.BytesIO(content), len(content)).tolist() == given.tolist()
    with pytest.raises(NnlecError, match=r"an array of '<U0', expected one of floats or integers"):
        npy.read_any(io.BytesIO(npy_of("(3,)", "<U0")), 128)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a NumPy .npy array, or its header is damaged"),
        (saved([1.0])[:40], "not a NumPy .npy array, or its header is damaged"),
        (npy_of("(2,)", "<c16"), "an array of '<c16', expected one of floats or integers"),
        (npy_of("(2,)", "<f16"), "an array of '<f16', expected one of floats or integers"),
        (npy_of("(2,)", "|b1"), "an array of '|b1', expected one of floats or integers"),
        (npy_of("(2,)", "<M8[s]"), "an array of '<M8[s]', expected one of floats or integers"),
        (npy_of("(2,)", "|O"), "an array of Python objects (a pickle), which are never read, expected one"),
        (npy_of("(0, 8)"), "the header claims an empty array, or one of an impossible shape"),
        (npy_of("(-8,)"), "the header claims an empty array, or one of an impossible shape"),
        (npy_of("(True, 8)"), "the header claims an empty array, or one of an impossible shape"),
        (npy_of(f"({2**63},)"), "the header claims an empty array, or one of an impossible shape"),
        (npy_of(f"({2**63 - 1},)"), "the header claims 9223372036854775807 numbers, 73,786,976,294,838,206,456 bytes"),
        (npy_of("(1, 1, 1, 1, 1, 1, 1, 1, 8)"), "the header claims an empty array, or one of an impossible shape"),
        (npy_of("(3, 3)"), "the header claims 3 x 3 numbers, 72 bytes, but 64 are there"),
        (npy_of("()"), "the header claims 1 numbers, 8 bytes, but 64 are there"),
        (npy_of("(7,)"), "the header claims 7 numbers, 56 bytes, but 64 are there"),
    ],
)  # fmt: skip
def test_npy_that_claims_what_is_not_there(content: bytes, said: str) -> None:
    assert refusal(npy.read, content).startswith(said)


def test_npy_that_ends_early_or_has_a_long_header(monkeypatch: pytest.MonkeyPatch) -> None:
    content = saved(np.arange(3.0))
    assert refusal(npy.read, content[:-1], size=len(content)) == "the file ends after 23 of 24 bytes"
    length = int.from_bytes(content[8:10], "little")
    monkeypatch.setattr(npy, "MAX_HEADER", length)
    assert npy.read(io.BytesIO(content), len(content), "").tolist() == [0, 1, 2]
    monkeypatch.setattr(npy, "MAX_HEADER", length - 1)
    assert refusal(npy.read, content) == "not a NumPy .npy array, or its header is damaged"


def zipped(*members: tuple[str, Any], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", method) as archive:
        warnings.simplefilter("ignore")  # a name twice
        for name, array in members:
            archive.writestr(name, saved(array))
    return file.getvalue()


NINE = [f"w{n}" for n in range(9)]


@pytest.mark.parametrize(
    ("content", "array", "said"),
    [
        (zipped(("a/w.npy", 1.0)), "w", "the member 'a/w.npy' is no array of an .npz archive"),
        (zipped(("w.txt", 1.0)), "w", "the member 'w.txt' is no array of an .npz archive"),
        (zipped(("a\\w.npy", 1.0)), "w", "the member 'a\\\\w.npy' is no array of an .npz archive"),
        (zipped(("w.npy", 1.0), ("w.npy", 2.0)), "w", "two arrays are called 'w'"),
        (zipped(), "", "it holds no array"),
        (zipped(*((f"{name}.npy", 1.0) for name in NINE)), "", f"9 arrays, which one? (array: {', '.join(NINE[:8])})"),
        (zipped(("w.npy", 1.0), ("v.npy", 1.0)), "x", "unknown array 'x', expected one of w, v"),
        (zipped(("w.npy", 1.0), method=zipfile.ZIP_LZMA), "w", "'w' is compressed by a method that NumPy does not"),
        (zipped(("w.npy", 1.0), method=zipfile.ZIP_BZIP2), "w", "'w' is compressed by a method that NumPy does not"),
        (b"PK", "w", "not a .npz archive, or a damaged one: File is not a zip file"),
    ],
)  # fmt: skip
def test_npz_that_holds_no_such_array(content: bytes, array: str, said: str) -> None:
    assert refusal(npz.read, content, array).startswith(said)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_npz_gives_the_array_that_is_named_or_the_only_one(method: int) -> None:
    content = zipped(("w.npy", [1.0, 2]), ("v.npy", 3.0), method=method)
    assert npz.read(io.BytesIO(content), 0, "w").tolist() == [1, 2]
    assert npz.read(io.BytesIO(content), 0, "v").tolist() == 3
    assert npz.read(io.BytesIO(zipped(("w.npy", 5.0), method=method)), 0, "").tolist() == 5


def test_an_array_that_is_packed_too_well_is_refused_above_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    content = zipped(("w.npy", np.zeros(10_000)))
    size = len(saved(np.zeros(10_000)))
    monkeypatch.setattr(npz, "SMALL", size)
    assert npz.read(io.BytesIO(content), 0, "w").size == 10_000
    monkeypatch.setattr(npz, "SMALL", size - 1)
    packed = zipfile.ZipFile(io.BytesIO(content)).infolist()[0].compress_size
    said = f"'w' would grow from {packed} to {size:,} bytes: a zip bomb (np.savez writes it uncompressed)"
    assert refusal(npz.read, content, "w") == said
    monkeypatch.setattr(npz, "MAX_RATIO", size / packed)
    assert npz.read(io.BytesIO(content), 0, "w").size == 10_000
    monkeypatch.setattr(npz, "MAX_RATIO", (size - 1) / packed)
    assert refusal(npz.read, content, "w") == said


TYPES = {"F64": "f8", "F32": "f4", "F16": "f2", "I64": "i8", "I32": "i4", "I16": "i2", "I8": "i1"}
TYPES |= {f"U{8 * size}": f"u{size}" for size in (1, 2, 4, 8)}


def entry(dtype: Any, shape: Any, begin: Any, end: Any) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def tensors(entries: Any, numbers: bytes = b"") -> bytes:
    return bytes_of(json.dumps(entries), numbers)


@pytest.mark.parametrize("kind", TYPES)
def test_tensors_of_every_type(kind: str) -> None:
    array = np.arange(6).reshape(2, 3).astype(f"<{TYPES[kind]}")
    content = tensors({"w": entry(kind, [2, 3], 0, array.nbytes)}, array.tobytes())
    found = safetensors.read(io.BytesIO(content), len(content), "w")
    assert (found.dtype, found.tolist()) == (array.dtype, array.tolist())
    place = safetensors.place(io.BytesIO(content), len(content), "w")
    assert (place is not None) == kind.startswith("F")
    if place is not None:
        assert (place.dtype, place.shape) == (kind, (2, 3))
        assert place.numbers(io.BytesIO(content), 1, 4).tolist() == [1, 2, 3, 4]


def test_bf16_is_read_in_pieces_too() -> None:
    numbers = np.array([1.0, -2.5, 3.0, 0.0], "<f4")
    content = tensors({"w": entry("BF16", [4], 0, 8)}, numbers.view("<u2")[1::2].tobytes())
    assert safetensors.read(io.BytesIO(content), len(content), "").tolist() == numbers.tolist()
    place = safetensors.place(io.BytesIO(content), len(content), "")
    assert place is not None
    assert place.numbers(io.BytesIO(content), 1, 2).tolist() == [-2.5, 3.0]


def test_tensors_are_told_apart_by_where_they_stand() -> None:
    entries = {"c": entry("F32", [1], 4, 8), "none": entry("F32", [0], 4, 4), "a": entry("F32", [1], 0, 4)}
    content = tensors(entries | {"__metadata__": {"format": "pt"}}, np.array([1, 2], "<f4").tobytes())
    found = safetensors.read_all(io.BytesIO(content), len(content))
    assert {name: array.tolist() for name, array in found.items()} == {"c": [2], "none": [], "a": [1]}
    assert safetensors.place(io.BytesIO(content), len(content), "") is None
    assert safetensors.place(io.BytesIO(content), len(content), "x") is None


FOUR = bytes(4)
ONE = entry("F32", [1], 0, 4)
ODD = "the header's entry of tensor 'w' is not one of safetensors"


@pytest.mark.parametrize(
    ("content", "array", "said"),
    [
        (b"1234567", "", "the header claims 15,540,725,856,023,089 bytes, the limit is 0"),
        (b"", "", "the header is not JSON: no safetensors file"),
        (tensors({}), "", "it holds no tensor"),
        (tensors([]), "", "the header is not a JSON object: no safetensors file"),
        (bytes_of("[" * 100_000), "", "the header is not JSON: no safetensors file"),
        (
            tensors({name: entry("F32", [0], 0, 0) for name in NINE}),
            "",
            f"9 tensors, which one? (array: {', '.join(NINE[:8])})",
        ),
        (tensors({"w": ONE}, FOUR), "v", "unknown tensor 'v', expected one of w"),
        (tensors({"w": ONE}, FOUR + b"1"), "w", "the header claims 4 bytes of numbers, but 5 are there"),
        (tensors({"w": ONE}), "w", "the header claims 4 bytes of numbers, but 0 are there"),
        (tensors({"w": entry("F32", [1], 4, 8)}, FOUR + FOUR), "w", "the bytes of tensor 'w' begin at 4, expected 0"),
        (tensors({"w": entry("F32", [2], 0, 4)}, FOUR), "w", "tensor 'w' claims 2 of F32 in 4 bytes"),
        (tensors({"w": entry("F32", [2, 3], 0, 4)}, FOUR), "w", "tensor 'w' claims 2 x 3 of F32 in 4 bytes"),
        (tensors({"w": entry("F64", [1], 0, 4)}, FOUR), "w", "tensor 'w' claims 1 of F64 in 4 bytes"),
        (tensors({"w": entry("F8_E5M2", [1], 4, 0)}, FOUR), "w", "tensor 'w' claims 1 of F8_E5M2 in -4 bytes"),
        (tensors({"w": entry("F8_E5M2", [1], 0, 4)}, FOUR), "w", "unknown type of tensor 'w': 'F8_E5M2'"),
        (tensors({"w": entry("F32", [1] * 9, 0, 4)}, FOUR), "w", "tensor 'w' has 9 dimensions"),
        (tensors({"w": entry("F32", [-1], 0, 4)}, FOUR), "w", ODD),
        (tensors({"w": entry("F32", [True], 0, 4)}, FOUR), "w", ODD),
        (tensors({"w": entry("F32", [1.0], 0, 4)}, FOUR), "w", ODD),
        (tensors({"w": entry("F32", [2**63], 0, 4)}, FOUR), "w", ODD),
        (tensors({"w": entry("F32", [2**63 - 1], 0, 4)}, FOUR), "w", "tensor 'w' claims 9223372036854775807 of"),
        (tensors({"w": entry("F32", [1], False, 4)}, FOUR), "w", ODD),
        (tensors({"w": entry(4, [1], 0, 4)}, FOUR), "w", ODD),
        (tensors({"w": 4}, FOUR), "w", ODD),
        (bytes_of('{"w": 1, "w": 2}'), "w", "two entries of the header are called 'w'"),
    ],
)  # fmt: skip
def test_a_header_of_safetensors_that_cannot_be(content: bytes, array: str, said: str) -> None:
    assert refusal(safetensors.read, content, array).startswith(said)


def test_a_header_of_safetensors_has_so_many_bytes_and_eight_axes(monkeypatch: pytest.MonkeyPatch) -> None:
    content = tensors({"w": entry("F32", [1] * 8, 0, 4)}, FOUR)
    length = int.from_bytes(content[:8], "little")
    monkeypatch.setattr(safetensors, "MAX_HEADER", length)
    assert safetensors.read(io.BytesIO(content), len(content), "w").shape == (1,) * 8
    monkeypatch.setattr(safetensors, "MAX_HEADER", length - 1)
    assert refusal(safetensors.read, content) == f"the header claims {length} bytes, the limit is {length - 1}"


@pytest.mark.parametrize("dtype", ["i8", "u8"])
def test_whole_numbers_are_taken_where_a_double_holds_them(dtype: str, tmp_path: Path) -> None:
    for number in (2**53, -(2**53)) if dtype == "i8" else (2**53,):
        (tmp_path / "w.NPY").write_bytes(saved(np.array([1, number, 2], dtype)))
        assert read_array(tmp_path, "w.NPY", "", allow_outside=False).tolist() == [1, number, 2]
        np.save(tmp_path / "w.npy", np.array([1, number + (1 if number > 0 else -1)], dtype))
        with pytest.raises(NnlecError, match=r"integers beyond 2\^53, which no double holds exactly"):
            read_array(tmp_path, "w.npy", "", allow_outside=False)
    (tmp_path / "w.safetensors").write_bytes(tensors({"w": entry("I64", [0], 0, 0)}))
    assert read_array(tmp_path, "w.safetensors", "w", allow_outside=False).size == 0
