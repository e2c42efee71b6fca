"""What is written is text for people: whole files as they must stand there."""

from __future__ import annotations

import io
import json
import warnings
from pathlib import Path

import numpy as np
import pytest

from nnlec import Dense, Network, NnlecError, load_network
from nnlec.models import writers
from nnlec.models.sketch import sketched
from nnlec.models.weights import safetensors
from nnlec.models.writers import arrays, format_of, rounding_note, single, sketch, text, written
from nnlec.network.activations import activation
from tests.test_compare_networks import layer

TEXTS = {
    "a classifier": """\
name: "one: two"
inputs: [x, "y #"]
classes: [yes, no]
loss: mean-squared-error
layers:
  - name: hidden
    weights:
      - [1, -2.5]
      - [1e+20, 0.1]
    bias: [1, 999999999999999]
    activation: relu
  - weights:
      - [1000000000000000.0]
      - [-4]
      - [5e-324]
    bias: first-row
    activation: sigmoid
""",
    "maps": """\
inputs: {shape: [1, 4, 4], names: [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]}
outputs: [u]
unit: "°C"
dtype: float32
layers:
  - name: c
    type: conv
    weights:
      - [[[0.1, 0.2], [0.3, 0.4]]]
    bias: [0.3]
    stride: [2, 1]
    padding: [[1, 0], [0, 0]]
    dilation: [1, 2]
    flip: true
    activation: tanh
  - type: max_pool
    size: [2, 1]
    stride: [1, 1]
  - type: average_pool
    size: [1, 2]
    stride: [1, 1]
    padding: [[0, 0], [0, 1]]
    count_padding: true
  - name: "2"
    type: batch_norm
    mean: [1]
    variance: [2]
    scale: [3]
    shift: [4.1]
    epsilon: 0.001
  - type: flatten
  - type: dropout
    rate: 0.25
  - type: layer_norm
    scale: 1
    shift: 0
    epsilon: 1e-05
  - weights:
      - [1]
      - [1]
    bias: none
    activation: {name: leaky_relu, alpha: 0.1}
""",
    "layers that meet": """\
inputs: {shape: [2]}
layers:
  - name: a
    type: scale
    subtract: [1, 2]
    divide: 2
    multiply: [3, 4]
    add: 1
  - name: b
    from: input
    weights:
      - [1, 2]
      - [3, 4]
    bias: none
    activation: identity
  - name: layer 3
    type: add
    from: [a, b]
    activation: relu
  - type: concat
    from: [b, layer 3]
  - type: reshape
    shape: [2, 2]
  - type: transpose
    axes: [2, 1]
  - type: average_pool
    size: all
""",
    "two groups, each with its kernel": """\
inputs: {shape: [2, 3]}
layers:
  - type: conv
    weights:
      - [[1, 2]]
      - [[3, 4]]
    bias: none
    stride: [1]
    groups: 2
    activation: identity
""",
    "a sigmoid that is a number": """\
kind: regression
layers:
  - weights:
      - [1]
    bias: none
    activation: sigmoid
""",
    "a scale of nothing": """\
inputs: {shape: [2], names: [a, b]}
layers:
  - type: scale
    multiply: 1
""",
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_network_file_is_written_as_it_was_read(name: str, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(TEXTS[name], encoding="utf-8")
    network = load_network(tmp_path / "net.yaml")
    assert written(network, "yaml").content.decode() == TEXTS[name]
    made = written(network, "json").content
    assert made.startswith(b'{\n  "')
    assert ("°C" in made.decode()) == ("°C" in TEXTS[name])
    assert made.endswith(b"\n}\n")
    (tmp_path / "net.json").write_bytes(made)
    assert written(load_network(tmp_path / "net.json"), "yaml").content.decode() == TEXTS[name]


def test_a_network_file_in_json_has_a_line_for_each_value(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(
        "layers: [{weights: [[1], [2.5]], bias: [é], activation: relu}]".replace("é", "3")
    )
    expected = (
        '{\n  "layers": [\n    {\n      "weights": [\n        [\n          1\n        ],\n        [\n          2.5\n'
        '        ]\n      ],\n      "bias": [\n        3\n      ],\n      "activation": "relu"\n    }\n  ]\n}\n'
    )
    assert written(load_network(tmp_path / "net.yaml"), "json").content.decode() == expected


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("cat", "cat"),
        ("polar bear", "polar bear"),
        ("a-b_c.d", "a-b_c.d"),
        ("x1", "x1"),
        ("1x", '"1x"'),
        ("", '""'),
        ("a  b", '"a  b"'),
        ("a: b", '"a: b"'),
        ("a, b", '"a, b"'),
        ("[a]", '"[a]"'),
        ('a "b"', '"a \\"b\\""'),
        ("é", '"é"'),
        ("?", '"?"'),
    ],
)
def test_a_name_that_yaml_could_take_for_something_else_is_quoted(name: str, shown: str) -> None:
    assert text.yaml_text({"name": name, "layers": [{"a": [name, True, False, 1.5]}]}) == (
        f"name: {shown}\nlayers:\n  - a: [{shown}, true, false, 1.5]\n"
    )


BESIDE = """\
layers:
  - name: first
    weights: {file: net.safetensors, array: first.weight, transpose: true}
    bias: {file: net.safetensors, array: first.bias}
    activation: relu
  - name: two words
    type: layer_norm
    scale: {file: net.safetensors, array: two_words.weight}
    shift: {file: net.safetensors, array: two_words.bias}
    epsilon: 0.5
"""


def norm_network() -> Network:
    dense = Dense(np.array([[1.0, 0.1, 3]]), np.array([4.0, 5, 6]), activation("relu"), "first")
    norm = layer("layer_norm", (3,), scale=[1.0, 2, 3], shift=[0.5, 0, 0], epsilon=0.5)
    return Network((dense, norm.__class__(**{**vars(norm), "name": "two words"})))


def test_many_numbers_stand_in_a_file_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    network = norm_network()
    monkeypatch.setattr(text, "MOST_INLINE", 12)
    assert written(network, "yaml", "net").beside == {}
    monkeypatch.setattr(text, "MOST_INLINE", 11)
    made = written(network, "yaml", "net")
    assert made.content.decode() == BESIDE
    content = made.beside["net.safetensors"]
    found = safetensors.read_all(io.BytesIO(content), len(content))
    assert {name: array.tolist() for name, array in found.items()} == {
        "first.weight": [[1.0], [0.1], [3.0]],
        "first.bias": [4.0, 5.0, 6.0],
        "two_words.weight": [1.0, 2.0, 3.0],
        "two_words.bias": [0.5, 0.0, 0.0],
    }
    assert {name: str(array.dtype) for name, array in found.items()} == {
        "first.weight": "float64",
        "first.bias": "float32",
        "two_words.weight": "float32",
        "two_words.bias": "float32",
    }
    tree = json.loads(written(network, "json", "net").content)
    assert tree["layers"][0]["weights"] == {"file": "net.safetensors", "array": "first.weight", "transpose": True}


def test_weights_alone_are_aligned_and_in_single_precision_where_that_holds_them() -> None:
    made = written(norm_network(), "safetensors")
    assert made.notes == (
        "weights alone: the file does not say which layers they belong to, nor the activations (relu)",
    )
    length = int.from_bytes(made.content[:8], "little")
    header = json.loads(made.content[8 : 8 + length])
    assert length % 8 == 0
    assert header["__metadata__"] == {"format": "pt"}
    assert list(header) == ["__metadata__", "first.weight", "first.bias", "two_words.bias", "two_words.weight"]
    assert header["first.weight"] == {"dtype": "F64", "shape": [3, 1], "data_offsets": [0, 24]}
    assert header["first.bias"] == {"dtype": "F32", "shape": [3], "data_offsets": [24, 36]}
    assert np.frombuffer(made.content, "<f4", 3, 8 + length + 24).tolist() == [4, 5, 6]
    archive = np.load(io.BytesIO(written(norm_network(), "npz").content))
    assert sorted(archive.files) == ["first.bias", "first.weight", "two_words.bias", "two_words.weight"]
    assert (archive["first.weight"].tolist(), archive["first.weight"].dtype) == ([[1.0], [0.1], [3.0]], np.float64)
    plain = Network((Dense(np.array([[1.0]]), None, name="a"),))
    assert written(plain, "npz").notes[0].endswith("nor the activations (identity)")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert arrays.narrowed(np.array([1e300])).dtype == np.float64
    assert arrays.narrowed(np.array([0.5, 2.0**127])).dtype == np.float32


def test_rounding_to_single_precision_is_told() -> None:
    assert rounding_note([np.array([0.5, 1.0]), np.array([-3.0])]) == ""
    assert rounding_note([np.array([0.5, 1 + 2**-30]), np.array([-3.0, 0.1, 1 / 3])]) == (
        "3 of 5 weights are rounded to single precision, by 3.0e-08 of themselves at most"
    )
    assert rounding_note([np.array([0.0, -1e-60])]).endswith("by 8.5e-23 of themselves at most")
    bound = float(np.finfo(np.float32).max)
    assert single(np.array([1e300, -1e300, 0.1])).tolist() == [bound, -bound, float(np.float32(0.1))]


@pytest.mark.parametrize(
    ("path", "form"),
    [("net.yaml", "yaml"), ("net.yml", "yaml"), ("n.JSON", "json"), ("n.onnx", "onnx"),
     ("n.safetensors", "safetensors"), ("n.npz", "npz"), ("n.py", "python"), ("n.PY", "python")],
)  # fmt: skip
def test_the_suffix_names_the_format(path: str, form: str) -> None:
    assert format_of(path) == form


@pytest.mark.parametrize("path", ["net", "net.txt", "net.csv", "net.json.gz", "net.pt"])
def test_an_unknown_suffix_is_refused(path: str) -> None:
    with pytest.raises(NnlecError) as caught:
        format_of(path)
    expected = ".yaml, .json, .onnx, .safetensors, .npz, .py (or give -f)"
    assert str(caught.value) == f"{path}: no format is known by this suffix, expected {expected}"


def test_an_unknown_format_is_named() -> None:
    with pytest.raises(
        NnlecError, match="unknown format 'yml', expected one of yaml, json, onnx, safetensors, npz, py"
    ):
        written(norm_network(), "yml")


def test_layers_without_names_are_named_by_their_place() -> None:
    first, second = Dense(np.array([[1.0]]), name=""), Dense(np.array([[2.0]]), name="b")
    assert [each.name for each in writers._named(Network((first, second))).layers] == ["layer 1", "b"]
    both = Network((Dense(np.array([[1.0]]), name="a"), second))
    assert writers._named(both) is both


ONES = np.ones((2, 3), np.float32)
STATE = {
    "a.weight": np.array([[1, 2.5], [0.1, 4]], np.float32)[:, :, None],
    "a.bias": np.array([1, 2], np.float32),
    "b.weight": np.ones((4, 1, 1), np.float32),
    "n.weight": np.ones(4, np.float32),
    "n.bias": np.zeros(4, np.float32),
    "n.running_mean": np.zeros(4, np.float32),
    "n.running_var": np.ones(4, np.float32),
}
OPEN_TEXT = """\
# Weights alone: write in the place of each "?" what they do not say.
# Pools, flatten and dropout have no weights: add those that the network had.
inputs: {shape: [2, "?"]}
dtype: float32
layers:
  - name: a
    type: conv
    weights:
      - [[1], [2.5]]
      - [[0.1], [4]]
    bias: [1, 2]
    stride: "?"  # 1 is usual
    padding: "?"  # 0 for none
    activation: "?"
  - name: b
    type: conv
    weights:
      - [[1]]
      - [[1]]
      - [[1]]
      - [[1]]
    bias: none
    groups: 2  # as the sizes say
    stride: "?"  # 1 is usual
    padding: "?"  # 0 for none
    activation: "?"
  - name: n
    type: batch_norm
    mean: [0, 0, 0, 0]
    variance: [1, 1, 1, 1]
    scale: [1, 1, 1, 1]
    shift: [0, 0, 0, 0]
    epsilon: "?"  # 1.0e-05 is PyTorch's usual one
    activation: "?"
"""


def test_weights_alone_become_a_file_with_open_places(monkeypatch: pytest.MonkeyPatch) -> None:
    state = {"fc.weight": np.array([[0.1, 2], [3, 4], [5, 6]], np.float32), "out.weight": np.ones((1, 3), np.float32)}
    rows = """\
# Weights alone: write in the place of each "?" what they do not say.
dtype: float32
layers:
  - name: fc
    weights:
      - [0.1, 3, 5]
      - [2, 4, 6]
    bias: none
    activation: "?"
  - name: out
    weights:
      - [1]
      - [1]
      - [1]
    bias: none
    activation: "?"
"""
    made = sketch.write(sketched(state), "yaml", "net")
    assert (made.content.decode(), made.beside) == (rows, {})
    assert made.notes == ("each activation is ?: the weights do not say which; write it before use",)
    monkeypatch.setattr(sketch, "MOST_INLINE", 9)
    assert sketch.write(sketched(state), "yaml", "net").beside == {}
    monkeypatch.setattr(sketch, "MOST_INLINE", 8)
    made = sketch.write(sketched(state), "json", "net")
    assert json.loads(made.content) == {
        "dtype": "float32",
        "layers": [
            {
                "name": name,
                "weights": {"file": "net.safetensors", "array": f"{name}.weight", "transpose": True},
                "bias": "none",
                "activation": "?",
            }
            for name in ("fc", "out")
        ],
    }
    assert made.content.startswith(b'{\n  "dtype": "float32",\n  "layers": [\n    {\n      "name"')
    assert made.content.endswith(b"\n}\n")
    content = made.beside["net.safetensors"]
    found = safetensors.read_all(io.BytesIO(content), len(content))
    assert found["fc.weight"].tolist() == state["fc.weight"].tolist()
    assert {str(array.dtype) for array in found.values()} == {"float32"}
    doubles = sketch.write(sketched({name: array.astype(float) for name, array in state.items()}), "yaml", "net")
    content = doubles.beside["net.safetensors"]
    found = safetensors.read_all(io.BytesIO(content), len(content))
    assert {str(array.dtype) for array in found.values()} == {"float64"}
    assert b"dtype" not in doubles.content


def test_what_weights_of_maps_do_not_say_is_open_with_a_comment() -> None:
    made = sketch.write(sketched(STATE), "yaml", "net")
    assert made.content.decode() == OPEN_TEXT
    assert made.notes == (
        "each activation is ?: the weights do not say which; write it before use",
        "epsilon, padding, stride: ? too",
        "pools, flatten and dropout have no weights: add those that the network had",
    )


def test_a_row_goes_into_maps_and_names_stay_as_they_are() -> None:
    state = {"fü.weight": np.ones((4, 3), np.float32), "c.weight": np.ones((2, 1, 2, 2), np.float32)}
    made = json.loads(sketch.write(sketched(state), "json", "net").content)
    assert list(made) == ["dtype", "layers"]
    assert "fü" in sketch.write(sketched(state), "json", "net").content.decode()


def test_open_places_are_in_yaml_or_json_alone() -> None:
    with pytest.raises(NnlecError, match="weights alone have no activations, and npz cannot leave them open"):
        sketch.write(sketched({"a.weight": ONES}), "npz", "net")
