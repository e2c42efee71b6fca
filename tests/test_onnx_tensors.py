"""Tensors of an ONNX file: their types, lengths and second files; large matrices; the limits of folded constants."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlec import NnlecError
from nnlec.models.onnx_file import folding, nodes
from nnlec.models.onnx_file.tensors import Files, array_of, is_there
from tests.graphs import f32, numbers
from tests.test_onnx_files import model, network, node, refused

onnx = pytest.importorskip("onnx", reason="onnx is in the test extra")
from onnx import TensorProto, numpy_helper  # noqa: E402

HERE = Files(Path(), False)


def tensor(element: int = 1, dims: tuple[int, ...] = (2,), **fields: Any) -> Any:
    made = TensorProto(name="t", data_type=element, dims=dims)
    for key, given in fields.items():
        if isinstance(given, list):
            getattr(made, key).extend(given)
        else:
            setattr(made, key, given)
    return made


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (tensor(raw_data=np.array([1.5, -2], "<f4").tobytes()), [1.5, -2]),
        (tensor(float_data=[1.5, -2]), [1.5, -2]),
        (tensor(10, int32_data=[0x3E00, 0xC000]), [1.5, -2]),
        (tensor(10, raw_data=np.array([1.5, -2], "<f2").tobytes()), [1.5, -2]),
        (tensor(16, int32_data=[0x3FC0, 0xC000]), [1.5, -2]),
        (tensor(16, raw_data=np.array([0x3FC0, 0xC000], "<u2").tobytes()), [1.5, -2]),
        (tensor(9, int32_data=[0, 1]), [False, True]),
        (tensor(7, int64_data=[-(1 << 40), 1 << 40]), [-(1 << 40), 1 << 40]),
        (tensor(13, uint64_data=[1 << 63, 0]), [1 << 63, 0]),
        (tensor(8, string_data=[b"a", "ä".encode()]), ["a", "ä"]),
        (tensor(1, (), float_data=[2.5]), 2.5),
        (tensor(1, (0,)), []),
        (tensor(1, (1,) * 8, float_data=[2.5]), [[[[[[[[2.5]]]]]]]]),
        (tensor(1, (2, 1), float_data=[1, 2]), [[1], [2]]),
    ],
)
def test_numbers_are_read_as_they_stand(given: Any, expected: Any) -> None:
    assert array_of(given, HERE).tolist() == expected


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (tensor(1, (1,) * 9, float_data=[2.5]), "tensor 't': its shape is [1, 1, 1, 1, 1, 1, 1, 1]"),
        (tensor(1, (2, -1)), "tensor 't': its shape is [2, -1]"),
        (tensor(14), "tensor 't': numbers of type 14 are not read, expected floats or integers"),
        (tensor(0), "tensor 't': numbers of type 0 are not read, expected floats or integers"),
        (tensor(raw_data=bytes(7)), "tensor 't': 7 bytes for 2 numbers"),
        (tensor(raw_data=bytes(12)), "tensor 't': 12 bytes for 2 numbers"),
        (tensor(float_data=[1.0]), "tensor 't': 1 numbers, but its shape is [2]"),
        (tensor(float_data=[1.0] * 3), "tensor 't': 3 numbers, but its shape is [2]"),
        (tensor(8, string_data=[b"a"]), "tensor 't': 1 numbers, but its shape is [2]"),
        (tensor(3, int32_data=[1, 128]), "a number is too large for its type"),
        (tensor(2, int32_data=[1, -1]), "a number is too large for its type"),
        (tensor(10, int32_data=[1, 65536]), "a number is too large for its type"),
        (tensor(16, int32_data=[1, -1]), "a number is too large for its type"),
    ],
)
def test_tensors_that_are_not_read_say_why(given: Any, reason: str) -> None:
    with pytest.raises(NnlecError) as caught:
        array_of(given, HERE)
    assert str(caught.value) == reason


def outside(**entries: str) -> Any:
    made = tensor(1, (2, 1), data_location=1)
    for key, text in entries.items():
        made.external_data.add(key=key, value=text)
    return made


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ({"location": "w.bin"}, [[1.0], [2.0]]),
        ({"location": "w.bin", "offset": "4"}, [[2.0], [3.0]]),
        ({"location": "w.bin", "offset": "4", "length": "8"}, [[2.0], [3.0]]),
        ({"location": "w.bin", "offset": "", "length": ""}, [[1.0], [2.0]]),
        ({"location": "w.bin", "offset": "5"}, "w.bin: 8 bytes at 5, but it has 12"),
        ({"location": "w.bin", "length": "4"}, "tensor 't': 4 bytes at 0 of a second file, expected 8"),
        ({"location": "w.bin", "offset": "-1"}, "tensor 't': 8 bytes at -1 of a second file, expected 8"),
        ({"location": ""}, "tensor 't': 8 bytes at 0 of a second file, expected 8"),
        ({}, "tensor 't': 8 bytes at 0 of a second file, expected 8"),
        ({"location": "w.bin", "length": "x"}, "tensor 't': its place in the second file is no number"),
        ({"location": "none"}, "none: no such file (the file of its tensors, which lies beside the model)"),
        ({"location": "."}, ".: "),
    ],
)
def test_a_second_file_is_read_where_it_says(entries: dict[str, str], expected: Any, tmp_path: Path) -> None:
    (tmp_path / "w.bin").write_bytes(f32([1, 2, 3]).tobytes())
    files = Files(tmp_path / "model.onnx", False)
    given = outside(**entries)
    if isinstance(expected, str):
        for read in (array_of, is_there):
            with pytest.raises(NnlecError) as caught:
                read(given, files)
            assert str(caught.value).startswith(expected)
            assert ("lies beside the model" in str(caught.value)) == (entries.get("location") == "none")
    else:
        assert array_of(given, files).tolist() == expected
        assert is_there(given, files)


def test_a_tensor_is_there_where_its_floats_are_as_many_as_it_says() -> None:
    assert is_there(tensor(raw_data=bytes(8)), HERE)
    assert is_there(tensor(float_data=[1, 2]), HERE)
    assert is_there(tensor(11, double_data=[1, 2]), HERE)
    assert not is_there(tensor(1, (1000,), raw_data=bytes(8)), HERE)
    assert not is_there(tensor(1, (4, 10), float_data=[1.0] * 8), HERE)
    assert not is_there(tensor(6, int32_data=[1, 2]), HERE)
    assert not is_there(tensor(99), HERE)


@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize("turned", [False, True])
def test_a_large_matrix_is_what_a_small_one_is(kind: str, turned: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its size and its precision are known before it is read."""
    monkeypatch.setattr(nodes, "LARGE", 6)
    weights = (np.arange(6).reshape(2, 3) / 8 + 0.1).astype(kind)
    made = model([node("Gemm", ["x", "w"], ["y"], transB=int(turned))], {"w": weights.T.copy() if turned else weights})
    expected = np.array([1.0, 10.0]) @ weights.astype(float)
    found = network(made)
    stored = vars(found.layers[0])["weights"]
    assert (type(stored).__name__, stored.single, tuple(stored.shape)) == ("Stored", kind == "f4", (2, 3))
    assert found.dtype == {"f4": "float32", "f8": "float64"}[kind]
    np.testing.assert_allclose(found.forward([[1.0, 10.0]]), [expected], rtol=1e-6)
    monkeypatch.setattr(nodes, "LARGE", 7)
    assert type(vars(network(made).layers[0])["weights"]).__name__ != "Stored"
    np.testing.assert_array_equal(network(made).layers[0].arrays["weights"], found.layers[0].arrays["weights"])


def test_a_large_matrix_of_other_types_or_axes_is_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "LARGE", 1)
    whole = network(model([node("MatMul", ["x", "w"], ["y"])], {"w": np.array([[1, 2], [3, 4]])}))
    assert numbers(whole, [1, 10]) == [31, 42]
    refused(model([node("MatMul", ["x", "w"], ["y"])], {"w": f32([1, 2])}), "rows of [2] meet weights of [2]")
    refused(model([node("MatMul", ["x", "w"], ["y"])], {"w": f32(np.zeros((2, 0)))}), "")
    inside = node("Constant", [], ["w"], value=numpy_helper.from_array(f32([[1, 2], [3, 4]])))
    assert numbers(network(model([inside, node("MatMul", ["x", "w"], ["y"])])), [1, 10]) == [31, 42]


@pytest.mark.parametrize(
    ("sizes", "taken"), [([-1, 2, *[1] * 62], False), ([-1, 2, *[1] * 63], False), ([-1, 2], True)]
)
def test_a_shape_is_a_list_of_at_most_64_numbers(sizes: list[int], taken: bool) -> None:
    steps = [node("Tanh", ["x"], ["a"]), node("Reshape", ["a", "s"], ["y"])]
    if taken:
        assert network(model(steps, {"s": np.array(sizes)})).n_out == 2
    else:
        with pytest.raises(NnlecError) as caught:
            network(model(steps, {"s": np.array(sizes)}))
        assert ("no short list" in str(caught.value)) == (len(sizes) > 64)


FOLDED = [
    ("Gather", ["m", "one"], {"m": f32([[1, 2], [3, 4], [5, 6]]), "one": np.array(1)}, 6),
    ("Gather", ["m", "two"], {"m": f32([[1, 2], [3, 4]]), "two": np.array([1, 0])}, 8),
    ("Expand", ["v", "s"], {"v": f32([1, 2]), "s": np.array([1, 2])}, 2),
    ("ConstantOfShape", ["s"], {"s": np.array([2])}, 2),
    ("Add", ["v", "w"], {"v": f32([[1, 2]]), "w": f32([[1, 2]])}, 2),
]


@pytest.mark.parametrize(("operator", "given", "tensors", "size"), FOLDED)
def test_a_constant_has_as_many_numbers_as_the_limit_allows(
    operator: str, given: list[str], tensors: dict[str, Any], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert folding.MOST == 100_000_000
    made = model([node(operator, given, ["c"]), node("Add", ["x", "c"], ["y"])], tensors)
    monkeypatch.setattr(folding, "MOST", size)
    if (operator, size) == ("Gather", 8):
        refused(made, "differs from row to row")
    else:
        assert network(made).n_out == 2
    monkeypatch.setattr(folding, "MOST", size - 1)
    refused(made, f"node 1 {operator} ('c'): it would make a constant of too many numbers")


@pytest.mark.parametrize(
    ("operator", "given", "more", "reason"),
    [
        ("Strange", ["v"], {}, "it makes a constant in a way that is not known here"),
        ("Cast", ["v"], {"to": 16}, "it casts to a type that is not read"),
        ("Cast", ["v"], {"to": 2}, "it casts to a type that is not read"),
        ("ReduceProd", ["v"], {"axes": [0]}, "its attribute 'axes' is not known here"),
        ("Reshape", ["v", "s"], {}, "its constants do not fit: "),
        ("Gather", ["v", "s"], {"axis": 1}, "axis 1 of a value with 1 axis"),
        ("Slice", ["v", "s", "s", "s"], {}, "axis 3 of a value with 1 axis"),
        ("Squeeze", ["v", "s"], {}, "axis 3 of a value with 1 axis"),
        ("Identity", ["v"], {"strange": 1}, "its attribute 'strange' is not known here"),
        ("Transpose", ["v"], {"perm": [0, 1]}, "its constants do not fit: "),
    ],
)
def test_constants_that_are_not_worked_out_say_why(
    operator: str, given: list[str], more: dict[str, Any], reason: str
) -> None:
    tensors = {key: each for key, each in {"v": f32([1, 2]), "s": np.array([3])}.items() if key in given}
    made = model([node(operator, given, ["c"], **more), node("Add", ["x", "c"], ["y"])], tensors)
    refused(made, f"node 1 {operator} ('c'): {reason}")


def test_a_number_many_times_may_not_stand_in_a_second_file() -> None:
    filled = node("ConstantOfShape", ["s"], ["c"], value=outside(location="w.bin"))
    refused(model([filled, node("Add", ["x", "c"], ["y"])], {"s": np.array([2])}), "its value stands in a second file")
