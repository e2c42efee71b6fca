"""PyTorch's files of weights: zip archives, and the files of before version 1.6, with numbers of every type."""

from __future__ import annotations

import pickle
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from nnlec import NnlecError
from nnlec.models.pickled import torch_file
from nnlec.models.state import read_state


def torch_zip(path: Path, data: bytes, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", data)
        for name, content in members.items():
            archive.writestr(f"archive/data/{name}", content)
    return path


class Steps(bytes):
    """Steps of a pickle."""


def steps(value: Any) -> bytes:
    """The steps of a pickle that make a value, which may hold such steps."""
    match value:
        case Steps():
            return value
        case dict():
            return b"}" + b"".join(steps(key) + steps(each) + b"s" for key, each in value.items())
        case tuple():
            return b"(" + b"".join(map(steps, value)) + b"t"
        case list():
            return b"]" + b"".join(steps(each) + b"a" for each in value)
    return pickle.dumps(value, 2)[2:-1]


def called(name: str, *given: Any) -> Steps:
    """A call of a function of `torch`."""
    module, _, function = f"torch.{name}".rpartition(".")
    return Steps(f"c{module}\n{function}\n".encode() + steps(given) + b"R")


def storage(size: int, kind: str = "Float", key: str = "0") -> Steps:
    return Steps(steps(("storage", Steps(f"ctorch\n{kind}Storage\n".encode()), key, "cpu", size)) + b"Q")


def view(of: Any, shape: Any, strides: Any, offset: Any = 0) -> Steps:
    """A tensor of numbers of a storage."""
    return called("_utils._rebuild_tensor_v2", of, offset, shape, strides, False, None)


def tensor(size: int, shape: tuple[int, ...], strides: tuple[int, ...], offset: int = 0) -> bytes:
    """The pickle of a dictionary with one tensor, as PyTorch writes it."""
    return b"\x80\x02" + steps({"w": view(storage(size), shape, strides, offset)}) + b"."


FOUR = struct.pack("<4f", 1, 2, 3, 4)


def test_strides_are_held_against_the_storage(tmp_path: Path) -> None:
    path = torch_zip(tmp_path / "w.pt", tensor(4, (2, 2), (1, 2)), **{"0": FOUR})
    np.testing.assert_array_equal(read_state(path)["w"], [[1, 3], [2, 4]])
    for shape, stride, offset in (((2, 2), (2, 2), 0), ((5,), (1,), 0), ((4,), (1,), 1), ((2, 2), (200, 1), 0)):
        path = torch_zip(tmp_path / "w.pt", tensor(4, shape, stride, offset), **{"0": FOUR})
        with pytest.raises(NnlecError, match=r"tensor 'w' of .* reaches beyond its 4 numbers"):
            read_state(path)


STORAGES = {"Float": "f4", "Double": "f8", "Half": "f2", "Long": "i8", "Int": "i4", "Short": "i2", "Char": "i1"}


@pytest.mark.parametrize(("order", "sign"), [("little", "<"), ("big", ">")])
@pytest.mark.parametrize("storage", [*STORAGES, "Byte", "BFloat16"])
def test_numbers_of_every_type_and_byte_order_are_read(storage: str, order: str, sign: str, tmp_path: Path) -> None:
    numbers = np.array([1, 2, 3, 96], dtype=STORAGES.get(storage, "u1"))
    if storage == "BFloat16":
        numbers = (numbers.astype("f4").view("u4") >> 16).astype("u2")
    data = tensor(4, (2, 2), (1, 2)).replace(b"FloatStorage", f"{storage}Storage".encode())
    path = torch_zip(tmp_path / "w.pt", data, **{"0": numbers.astype(f"{sign}{numbers.dtype.str[1:]}").tobytes()})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("archive/byteorder", order)
    assert read_state(path)["w"].tolist() == [[1, 3], [2, 96]]


def old_file(path: Path, system: Any, keys: list[str], counted: bytes, numbers: bytes) -> Path:
    """A file of weights as PyTorch wrote it before version 1.6."""
    parts = [pickle.dumps(each, 2) for each in (0x1950A86A20F9469CFC6C, 1001, system)]
    path.write_bytes(b"".join([*parts, tensor(4, (2, 2), (1, 2)), pickle.dumps(keys, 2), counted, numbers]))
    return path


@pytest.mark.parametrize(
    ("system", "order"),
    [({"little_endian": True}, "little"), ({"little_endian": False}, "big"), ({}, "little"), (None, "little")],
)
def test_old_files_say_their_byte_order(system: Any, order: Literal["little", "big"], tmp_path: Path) -> None:
    numbers = struct.pack(f"{'<' if order == 'little' else '>'}4f", 1, 2, 3, 4)
    path = old_file(tmp_path / "w.pth", system, ["0"], (4).to_bytes(8, order), numbers)
    assert read_state(path)["w"].tolist() == [[1, 3], [2, 4]]


@pytest.mark.parametrize(
    ("keys", "count", "reason"),
    [
        (["0"], 5, "a storage longer than the file"),
        (["0"], 3, "reaches beyond its 3 numbers"),
        ([], 4, "reaches beyond its 0 numbers"),
        (["1"], 4, "numbers that no tensor has"),
    ],
)
def test_old_files_whose_numbers_are_not_there(keys: list[str], count: int, reason: str, tmp_path: Path) -> None:
    path = old_file(tmp_path / "w.pth", {}, keys, count.to_bytes(8, "little"), bytes(16))
    with pytest.raises(NnlecError, match=reason):
        read_state(path)


def test_a_storage_that_ends_within_a_number_is_refused(tmp_path: Path) -> None:
    path = torch_zip(tmp_path / "w.pt", tensor(4, (2, 2), (1, 2)), **{"0": bytes(18)})
    with pytest.raises(NnlecError, match="a storage that ends within a number"):
        read_state(path)


def test_a_pickled_module_says_what_to_save_instead(tmp_path: Path) -> None:
    data = b"\x80\x02ctorch.nn.modules.linear\nLinear\n)\x81."
    with pytest.raises(NnlecError, match=r"a pickled module .*save model.state_dict\(\) instead"):
        read_state(torch_zip(tmp_path / "model.pt", data))


def read(path: Path, value: Any, numbers: bytes = FOUR) -> Mapping[str, Any]:
    return read_state(torch_zip(path / "w.pt", steps(value) + b".", **{"0": numbers}))


FLAT = view(storage(4), (4,), (1,))
ONE = view(storage(4), (), (), 3)
TENSORS: dict[str, tuple[Any, Mapping[str, Any]]] = {
    "numbers that two share": ({"a": FLAT, "b": view(storage(4), (2,), (1,), 2)}, {"a": [1, 2, 3, 4], "b": [3, 4]}),
    "one number": ({"a": ONE}, {"a": 4}),
    "a row that is repeated": ({"a": view(storage(4), (2, 2), (0, 3))}, {"a": [[1, 4], [1, 4]]}),
    "a parameter": ({"a": called("_utils._rebuild_parameter", FLAT, True, {})}, {"a": [1, 2, 3, 4]}),
    "of PyTorch before 0.4": (
        {"a": called("_utils._rebuild_tensor", storage(4), 1, (2,), (2,))},
        {"a": [2, 4]},
    ),
    "its size is torch.Size": ({"a": view(storage(4), called("Size", [2, 2]), (2, 1))}, {"a": [[1, 2], [3, 4]]}),
    "eight axes": ({"a": view(storage(4), (4, *[1] * 7), (1,) * 8)}, {"a": np.arange(1, 5).reshape(4, *[1] * 7)}),
    "beside other things": ({"a": ONE, "b": [1], 3: ONE, "c": {"d": ONE}, "e": 5}, {"a": 4}),
    "what a trainer keeps": ({"epoch": 3, "state_dict": {"a": ONE}, "optimizer": {"b": ONE}}, {"a": 4}),
    "a model by this name": ({"model": {"a": ONE}}, {"a": 4}),
    "a net by this name": ({"net": {"a": ONE}, "weights": {"b": FLAT}}, {"a": 4}),
    "weights by this name": ({"weights": {"a": ONE}}, {"a": 4}),
    "what is called a model but is settings": ({"model": {"size": 3}, "a": ONE}, {"a": 4}),
    "what is called a model but is a tensor": ({"model": ONE}, {"model": 4}),
    "the first of several": ({"model": {"b": FLAT}, "model_state_dict": {"a": ONE, "b": 1}}, {"a": 4}),
}


@pytest.mark.parametrize("name", TENSORS)
def test_tensors_are_found_by_name(name: str, tmp_path: Path) -> None:
    value, expected = TENSORS[name]
    found = read(tmp_path, value)
    assert {key: array.tolist() for key, array in found.items()} == {
        key: np.asarray(array, float).tolist() for key, array in expected.items()
    }
    assert all(array.flags.c_contiguous for array in found.values())


NO_TENSORS: dict[str, tuple[Any, str]] = {
    "a list": ([FLAT], "it holds no dictionary of weights (save model.state_dict())"),
    "settings": ({"a": 1}, "it holds no tensors by name (save model.state_dict())"),
    "names that are numbers": ({1: FLAT}, "it holds no tensors by name (save model.state_dict())"),
    "an axis less": ({"a": view(storage(4), (2, 2), (1,))}, "a tensor without as many strides as axes"),
    "nine axes": ({"a": view(storage(4), (1,) * 9, (1,) * 9)}, "a tensor without as many strides as axes"),
    "backwards": ({"a": view(storage(4), (4,), (-1,), 3)}, "a damaged tensor"),
    "before the first": ({"a": view(storage(4), (4,), (1,), -1)}, "a damaged tensor"),
    "half a number": ({"a": view(storage(4), (2.0,), (1,))}, "a damaged tensor"),
    "true": ({"a": view(storage(4), (True,), (1,))}, "a damaged tensor"),
    "a trillion": ({"a": view(storage(4), (1,), (1 << 40,))}, "a damaged tensor"),
    "nearly a trillion": ({"a": view(storage(4), ((1 << 40) - 1,), (1,))}, "reaches beyond its 4 numbers"),
    "none": ({"a": view(storage(4), (2, 0), (1, 1))}, "tensor 'a' of [2, 0] reaches beyond its 4 numbers"),
    "no storage": ({"a": view(7, (2,), (1,))}, "a damaged tensor"),
    "one of another kind": ({"a": view(storage(4, "Complex"), (2,), (1,))}, "it names torch.ComplexStorage"),
    "a storage without a size": (
        {"a": view(Steps(steps(("storage", Steps(b"ctorch\nFloatStorage\n"), "0", "cpu")) + b"Q"), (2,), (1,))},
        "a storage of a kind that is not read",
    ),
    "a module": (Steps(b"c__main__\nNet\n"), "a pickled module (__main__.Net), whose code would have to run"),
    "a call": (
        Steps(b"cos\nsystem\n"),
        "it names os.system, which a file of weights has no need of (nothing is called",
    ),
    "a function of torch": (called("load", "w"), "it names torch.load, which a file of weights has no need of"),
}


@pytest.mark.parametrize("name", NO_TENSORS)
def test_what_are_no_tensors_by_name_is_refused(name: str, tmp_path: Path) -> None:
    value, said = NO_TENSORS[name]
    with pytest.raises(NnlecError) as caught:
        read(tmp_path, value)
    assert said in str(caught.value)


def test_a_small_file_does_not_grow_into_much_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An axis of stride 0 repeats numbers as often as the file says."""
    with pytest.raises(NnlecError, match="its tensors would grow to more than 8,388,608 numbers"):
        read(tmp_path, {"a": view(storage(4), (1 << 15, 1 << 15), (0, 0))})
    monkeypatch.setattr(torch_file, "SMALL", 8)
    some = {"a": view(storage(4), (10, 4), (0, 1)), "b": view(storage(4), (10, 4), (0, 1))}
    assert read(tmp_path, some)["b"].shape == (10, 4)  # 20 times the 4 numbers
    with pytest.raises(NnlecError, match="its tensors would grow to more than 80 numbers"):
        read(tmp_path, some | {"c": ONE})
    monkeypatch.setattr(torch_file, "SMALL", 8 * 81)
    assert len(read(tmp_path, some | {"c": ONE})) == 3


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["a/data.pkl", "b/data.pkl"], "2 members called data.pkl, expected one"),
        (["data.pkl"], "0 members called data.pkl, expected one"),
        (
            ["a/data.pkl", "a/constants.pkl"],
            "a TorchScript module, which is a program (torch.onnx.export writes it as ",
        ),
        (["a/data.pkl"], "the archive has no member 'a/data/0'"),
        (["a/data.pkl", "a/data/0", "b/constants.pkl"], ""),
    ],
)
def test_the_members_of_an_archive(names: list[str], said: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "w.pt", "w") as archive:
        for name in names:
            archive.writestr(name, FOUR if name.endswith("0") else steps({"a": FLAT}) + b".")
    if said:
        with pytest.raises(NnlecError) as caught:
            read_state(tmp_path / "w.pt")
        assert str(caught.value).startswith(said)
    else:
        assert read_state(tmp_path / "w.pt")["a"].tolist() == [1, 2, 3, 4]


def test_truth_values_are_numbers(tmp_path: Path) -> None:
    found = read(tmp_path, {"a": view(storage(2, "Bool"), (2,), (1,))}, b"\1\0")
    assert found["a"].tolist() == [1, 0]


OLD: tuple[Any, ...] = (0x1950A86A20F9469CFC6C, 1001, {})


def old_parts(*parts: bytes) -> bytes:
    """A file of before version 1.6: the number of PyTorch, its version, the system, and what follows."""
    return b"".join([*(pickle.dumps(each, 2) for each in OLD), *parts])


def test_an_old_file_holds_several_storages_in_its_own_order(tmp_path: Path) -> None:
    tensors = {"a": view(storage(4), (4,), (1,)), "b": view(storage(2, "Double", "x"), (2,), (1,))}
    keys, value = pickle.dumps(["x", "0"], 2), b"\x80\x02" + steps(tensors) + b"."
    numbers = (2).to_bytes(8, "little") + struct.pack("<2d", 5, 6) + (4).to_bytes(8, "little") + FOUR
    (tmp_path / "w.pth").write_bytes(old_parts(value, keys, numbers))
    found = read_state(tmp_path / "w.pth")
    assert (found["a"].tolist(), found["b"].tolist()) == ([1, 2, 3, 4], [5, 6])
    (tmp_path / "w.pth").write_bytes(old_parts(value, pickle.dumps("x0", 2), numbers))
    with pytest.raises(NnlecError, match="a damaged file of PyTorch"):
        read_state(tmp_path / "w.pth")
    (tmp_path / "w.pth").write_bytes(pickle.dumps(1, 2))
    with pytest.raises(NnlecError, match="a pickle that is no file of PyTorch"):
        read_state(tmp_path / "w.pth")
