"""What a network file says is what its network has: numbers from files and aliases, precision, names, connections."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlec import Network, NnlecError, load_network
from nnlec.models.yaml_file import matrix


def loaded(folder: Path, text: str) -> Network:
    (folder / "net.yaml").write_text(text, encoding="utf-8")
    return load_network(folder / "net.yaml")


def arrays(network: Network) -> list[dict[str, Any]]:
    return [{key: array.tolist() for key, array in layer.arrays.items()} for layer in network.layers]


SINGLE = float(np.float32(0.1))


@pytest.mark.parametrize(
    ("weights", "bias", "expected"),
    [
        ("[[0.1, 1]]", "[2, 3]", {"weights": [[SINGLE, 1]], "bias": [2, 3]}),
        ("[[1, 2]]", "[3, 0.1]", {"weights": [[1, 2]], "bias": [3, SINGLE]}),
        ("[[0.1, 0.1]]", "[0.1, 0.1]", {"weights": [[SINGLE, SINGLE]], "bias": [SINGLE, SINGLE]}),
        ("[[1, 2]]", "[3, 4]", {"weights": [[1, 2]], "bias": [3, 4]}),
    ],
)
def test_numbers_of_single_precision_are_the_nearest(
    weights: str, bias: str, expected: dict[str, Any], tmp_path: Path
) -> None:
    layer = f"layers: [{{weights: {weights}, bias: {bias}, activation: relu}}]\n"
    assert arrays(loaded(tmp_path, f"dtype: float32\n{layer}")) == [expected]
    written = {key: eval(text) for key, text in (("weights", weights), ("bias", bias))}
    assert arrays(loaded(tmp_path, layer)) == [written]


def test_a_number_beyond_single_precision_is_refused_without_a_warning(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(NnlecError):
            loaded(tmp_path, "dtype: float32\nlayers: [{weights: [[1e39]], activation: relu}]\n")


FILES: dict[str, Any] = {
    "w": np.array([[1.0, 2, 3], [4, 5, 6]]),
    "square": np.array([[1.0, 2], [3, 4]]),
    "one": np.array(7.0),
    "row": np.array([1.0, 2, 3]),
    "cube": np.arange(6.0).reshape(1, 2, 3),
    "nan": np.array([[1.0, 2], [3, np.nan]]),
    "inf": np.array([[1.0, -np.inf]]),
    "i": np.array([[1, 2]]),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    np.savez(tmp_path / "w.npz", **FILES)
    return tmp_path


def dense(place: str, more: str = "") -> str:
    return f"layers: [{{weights: {{file: w.npz, {place}}}, {more}activation: relu}}]\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (dense("array: w"), {"weights": [[1, 2, 3], [4, 5, 6]]}),
        (dense("array: i"), {"weights": [[1, 2]]}),
        (dense("array: w, transpose: true"), {"weights": [[1, 4], [2, 5], [3, 6]]}),
        (dense("array: w, transpose: false"), {"weights": [[1, 2, 3], [4, 5, 6]]}),
        (dense("array: w, transpose: [2, 1]"), {"weights": [[1, 4], [2, 5], [3, 6]]}),
        (dense("array: w, transpose: [1, 2]"), {"weights": [[1, 2, 3], [4, 5, 6]]}),
        (
            dense("array: w", "bias: {file: w.npz, array: row}, "),
            {"weights": [[1, 2, 3], [4, 5, 6]], "bias": [1, 2, 3]},
        ),
        (dense("array: w", "bias: first-row, "), {"weights": [[4, 5, 6]], "bias": [1, 2, 3]}),
        (
            "inputs: {shape: [2, 4]}\nlayers: [{type: conv, weights: {file: w.npz, array: cube, transpose: [1, 2, 3]}, "
            "activation: relu}]\n",
            {"weights": [[[0, 1, 2], [3, 4, 5]]]},
        ),
        (
            "inputs: {shape: [1, 4]}\nlayers: [{type: conv, weights: {file: w.npz, array: cube, transpose: [2, 1, 3]}, "
            "activation: relu}]\n",
            {"weights": [[[0, 1, 2]], [[3, 4, 5]]]},
        ),
        (
            "inputs: [a, b, c]\n"
            "layers: [{type: scale, divide: {file: w.npz, array: one}, add: {file: w.npz, array: row}}]\n",
            {"divide": 7, "add": [1, 2, 3]},
        ),
    ],
)  # fmt: skip
def test_arrays_of_files_are_the_numbers(text: str, expected: dict[str, Any], folder: Path) -> None:
    assert arrays(loaded(folder, text)) == [expected]


WANTED = "expected rows x columns"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (dense("array: one"), f"1:20: layers[0].weights: the array is a single number, {WANTED}"),
        (dense("array: row"), f"1:20: layers[0].weights: the array is 3, {WANTED}"),
        (dense("array: cube"), f"1:20: layers[0].weights: the array is 1 x 2 x 3, {WANTED}"),
        (dense("array: nan"), "1:20: layers[0].weights: the number at 2, 2 of the array is not finite (only finite nu"),
        (dense("array: inf"), "1:20: layers[0].weights: the number at 1, 2 of the array is not finite (only finite nu"),
        (dense("array: none"), "1:27: layers[0].weights.file: w.npz: unknown array 'none', expected one of w, square"),
        (dense("array: w, transpose: yes"), "1:55: layers[0].weights.transpose: the text 'yes', expected true, false "),
        (dense("array: w, transpose: 'true'"), "1:55: layers[0].weights.transpose: the text 'true', expected true, fa"),
        (dense("array: w, transpose: {a: 1}"), "1:55: layers[0].weights.transpose: a mapping (a), expected true, fals"),
        (dense("array: w, transpose: [1]"), "1:55: layers[0].weights.transpose: the array is 2 x 3, expected each of "),
        (dense("array: w, transpose: [1, 1]"), "1:55: layers[0].weights.transpose: the array is 2 x 3, expected each "),
        (dense("array: w, transpose: [0, 1]"), "1:55: layers[0].weights.transpose: the array is 2 x 3, expected each "),
        (
            dense("array: cube, transpose: true"),
            "1:58: layers[0].weights.transpose: the array has 3 axes (write their order: [3, 2, 1] reverses them)",
        ),
        (dense("array: w", "bias: {file: w.npz, array: w}, "), "1:51: layers[0].bias: the array is 2 x 3, expected on"),
        (dense("array: w", "bias: {array: w}, "), "1:51: layers[0].bias: the key `file` is missing (for example"),
        (dense("array: w", "bias: {file: [w]}, "), "1:58: layers[0].bias.file: a list of 1, expected a name"),
        (
            "inputs: [a]\nlayers: [{type: scale, divide: {file: w.npz, array: w}}]\n",
            "2:32: layers[0].divide: the array is 2 x 3, expected one row of numbers",
        ),
        (
            "inputs: {shape: [1, 4]}\nlayers: [{type: conv, weights: {file: w.npz, array: w}, activation: relu}]\n",
            "2:32: layers[0].weights: the array is 2 x 3, expected 3 axes or 4 axes or 5 axes",
        ),
    ],
)  # fmt: skip
def test_an_array_of_a_file_that_does_not_fit_is_named(text: str, complaint: str, folder: Path) -> None:
    with pytest.raises(NnlecError) as caught:
        loaded(folder, text)
    assert str(caught.value).removeprefix(f"{folder}/net.yaml:").startswith(complaint)


def test_an_empty_tensor_is_no_array(tmp_path: Path) -> None:
    header = b'{"w":{"dtype":"F32","shape":[0,2],"data_offsets":[0,0]}}'
    (tmp_path / "w.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(NnlecError, match="the array is 0 x 2, expected rows x columns"):
        loaded(tmp_path, "layers: [{weights: {file: w.safetensors}, activation: relu}]\n")


def test_a_shape_from_a_file_outside_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "shape.npy", np.array([1, 2]))
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "in.npy").write_bytes((tmp_path / "shape.npy").read_bytes())
    text = "inputs: {shape: {file: in.npy}}\nlayers: [{type: flatten}]\n"
    assert loaded(tmp_path / "net", text).layers[0].in_shape == (1, 2)
    with pytest.raises(NnlecError, match="it lies outside the network file's folder"):
        loaded(tmp_path / "net", text.replace("in.npy", "../shape.npy"))


def test_numbers_of_one_node_are_read_once(tmp_path: Path) -> None:
    text = "layers: [{weights: &w [[1, 2], [3, 4]], activation: relu, name: a}, {weights: *w, activation: relu}]\n"
    network = loaded(tmp_path, text)
    assert network.layers[0].numbers["weights"] is network.layers[1].numbers["weights"]
    assert arrays(network)[1] == {"weights": [[1, 2], [3, 4]]}
    assert not network.layers[0].arrays["weights"].flags.writeable


@pytest.mark.parametrize(
    ("text", "sources", "names"),
    [
        (
            "layers: [{weights: [[1]], activation: relu}, {weights: [[1]], activation: relu}]",
            [(0,), (1,)],
            ["layer 1", "layer 2"],
        ),
        (
            "layers: [{name: a, weights: [[1]], activation: relu}, {from: input, weights: [[1]], activation: relu}, "
            "{type: add, from: [a, layer 2]}]",
            [(0,), (0,), (1, 2)],
            ["a", "layer 2", "layer 3"],
        ),
        (
            "inputs: {names: [x], scale: {divide: [2]}}\noutputs: {names: [y], unscale: {divide: [4]}}\n"
            "layers: [{weights: [[3]], activation: identity}, {from: scale, weights: [[1]], activation: relu}, "
            "{type: add, from: [layer 2, layer 3]}]",
            [(0,), (1,), (1,), (2, 3), (4,)],
            ["scale", "layer 2", "layer 3", "layer 4", "unscale"],
        ),
    ],
)  # fmt: skip
def test_layers_take_what_they_name(text: str, sources: list[Any], names: list[str], tmp_path: Path) -> None:
    network = loaded(tmp_path, f"{text}\n")
    assert ([tuple(each) for each in network.sources], [layer.name for layer in network.layers]) == (sources, names)


def test_scaling_is_done_to_the_inputs_and_taken_back_from_the_outputs(tmp_path: Path) -> None:
    text = (
        "inputs: {names: [x], scale: {subtract: 1, divide: 2}}\n"
        "outputs: {names: [y], unscale: {subtract: 10, divide: 4}}\n"
        "layers: [{weights: [[3]], activation: identity}]\n"
    )
    # ((7 - 1) / 2) × 3 = 9, then 9 × 4 + 10
    assert loaded(tmp_path, text).forward([[7.0]]).tolist() == [[46.0]]


@pytest.mark.parametrize(
    ("shape", "names", "expected"),
    [("2", "", (2,)), ("[2]", "", (2,)), ("[1, 2]", "", (1, 2)), ("[1, 2]", ", names: [a, b]", (1, 2))],
)
def test_inputs_have_a_shape_and_names(shape: str, names: str, expected: Any, tmp_path: Path) -> None:
    network = loaded(tmp_path, f"inputs: {{shape: {shape}{names}}}\nlayers: [{{type: flatten}}]\n")
    assert (network.layers[0].in_shape, network.inputs) == (expected, ("a", "b") if names else ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("|\n      1 2\n      3 4\n", [[1, 2], [3, 4]]),
        ("|\n      1\t 2\t\n      \t\n       3 4\n", [[1, 2], [3, 4]]),
        ("|\n      1 , 2\n      3,4\n", [[1, 2], [3, 4]]),
        ("|\n      -1.5e3 +.5\n", [[-1500, 0.5]]),
        ("|\n      7\n", [[7]]),
        ("[[010, 1.], [.5, -0]]", [[10, 1], [0.5, 0]]),
    ],
)
def test_numbers_are_read_as_they_are_written(text: str, expected: Any, tmp_path: Path) -> None:
    assert arrays(loaded(tmp_path, f"layers:\n  - weights: {text}\n    activation: relu\n")) == [{"weights": expected}]


def test_a_place_in_a_block_is_found_below_its_mark(tmp_path: Path) -> None:
    for text, place in (("|\n\n      1 2\n      1 2 x\n", "5:11"), ("|2\n       1 x\n", "3:10")):
        with pytest.raises(NnlecError, match=rf"net\.yaml:{place}: layers\[0\]\.weights: 'x' is not a number"):
            loaded(tmp_path, f"layers:\n  - weights: {text}    activation: relu\n")
    assert matrix.OPEN == "?"
