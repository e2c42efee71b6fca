"""Weights alone begin a network file: what they do not say is "?", and completed it is the network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from nnlec import NnlecError, load_network, save_network
from nnlec.models.sketch import sketched
from tests.transcripts import run

TRAINED = Path(__file__).parent / "trained"


def ones(*shape: int) -> Any:
    return np.ones(shape, np.float32)


def norm(name: str, size: int) -> dict[str, Any]:
    keys = ("weight", "bias", "running_mean", "running_var")
    return {f"{name}.{key}": ones(size) for key in keys} | {f"{name}.num_batches_tracked": np.array(3)}


def dense(name: str, n_in: int, n_out: int) -> dict[str, Any]:
    return {f"{name}.weight": ones(n_out, n_in), f"{name}.bias": ones(n_out)}


def conv(name: str, *shape: int) -> dict[str, Any]:
    return {f"{name}.weight": ones(*shape), f"{name}.bias": ones(shape[0])}


def test_a_convolutional_network_is_completed_by_hand(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="onnx is in the test extra")
    network = load_network(TRAINED / "lenet.script.onnx")
    save_network(network, tmp_path / "lenet.safetensors")
    ran = run(f"nnlec convert {tmp_path}/lenet.safetensors -o {tmp_path}/net.yaml")
    assert ran.code == 0, ran.stderr
    assert ran.stderr.splitlines() == [
        "Note: each activation is ?: the weights do not say which; write it before use",
        "Note: padding, stride: ? too",
        "Note: pools, flatten and dropout have no weights: add those that the network had",
    ]
    text = (tmp_path / "net.yaml").read_text()
    assert "# 48 inputs are 3 channels of 16 numbers: a flatten must stand here, behind the pools there are" in text
    tree = yaml.safe_load(text)
    assert tree["inputs"] == {"shape": [1, "?", "?"]}
    first, second, last = tree["layers"]
    assert [each.get("type") for each in tree["layers"]] == ["conv", "conv", None]
    first |= {"stride": 1, "padding": 1, "activation": "relu"}
    second |= {"stride": 1, "padding": 0, "activation": "tanh"}
    last["activation"] = "log_softmax"
    pool = {"type": "max_pool", "size": 2, "stride": 2}
    means = {"type": "average_pool", "size": 2, "stride": 1, "padding": 1, "count_padding": "true"}
    tree |= {"inputs": {"shape": [1, 8, 8]}, "layers": [first, pool, second, means, {"type": "flatten"}, last]}
    (tmp_path / "net.yaml").write_text(yaml.safe_dump(tree))
    expected = np.load(TRAINED / "torch.npz")
    x, y = expected["lenet.x"].reshape(4, -1), expected["lenet.y"]
    np.testing.assert_allclose(load_network(tmp_path / "net.yaml").forward(x), y, rtol=1e-6)


def test_the_first_open_place_is_named_with_its_line(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", **conv("a", 2, 1, 3, 3), **norm("b", 2))
    assert run(f"nnlec convert {tmp_path}/w.npz -o {tmp_path}/net.yaml").code == 0
    answers = {"inputs": "3", "stride": "1", "padding": "0", "epsilon": "1.0e-05", "activation": "relu"}
    asked = []
    while (refused := run(f"nnlec show {tmp_path}/net.yaml")).code:
        assert "not known" in refused.stderr
        lines = (tmp_path / "net.yaml").read_text().splitlines()
        place = int(refused.stderr.removeprefix(f"Error: {tmp_path}/net.yaml:").partition(":")[0]) - 1
        asked.append(lines[place].strip(" -").partition(":")[0])
        lines[place] = lines[place].replace('"?"', answers[asked[-1]], 1)
        (tmp_path / "net.yaml").write_text("\n".join(lines))
    assert sorted(asked) == ["activation", "activation", "epsilon", "inputs", "inputs", "padding", "stride"]


SKETCHES: dict[str, tuple[dict[str, Any], list[str], tuple[int, ...]]] = {
    "rows": (dense("0", 3, 4) | norm("1", 4) | dense("3", 4, 2), ["dense", "batch_norm", "dense"], (3,)),
    "norm of layers": (
        dense("a", 3, 4) | {"n.weight": ones(4), "n.bias": ones(4)} | dense("b", 4, 2),
        ["dense", "layer_norm", "dense"],
        (3,),
    ),
    "maps": (conv("a", 4, 1, 3, 3) | norm("b", 4) | dense("c", 36, 2), ["conv", "batch_norm", "dense"], (1, 0, 0)),
    "lines": (conv("a", 4, 2, 3) | conv("b", 5, 4, 3), ["conv", "conv"], (2, 0)),
    "groups": (conv("a", 4, 1, 3, 3) | conv("b", 8, 1, 3, 3), ["conv", "conv"], (1, 0, 0)),
    "a norm first": (norm("a", 3) | dense("b", 3, 2), ["batch_norm", "dense"], (3,)),
    "maps out of a row": (dense("a", 3, 16) | conv("b", 2, 4, 2, 2), ["dense", "conv"], (3,)),
    "cubes": (conv("a", 4, 1, 2, 2, 2) | dense("b", 32, 2), ["conv", "dense"], (1, 0, 0, 0)),
    "norm of maps": (
        conv("a", 4, 1, 3, 3) | {"n.weight": ones(4, 5, 5), "n.bias": ones(4, 5, 5)},
        ["conv", "layer_norm"],
        (1, 0, 0),
    ),
    "norm of layers first": (
        {"n.weight": ones(2, 5), "n.bias": ones(2, 5)} | conv("a", 3, 2, 2),
        ["layer_norm", "conv"],
        (2, 0),
    ),
    "keys by themselves": ({"weight": ones(2, 3), "bias": ones(2)}, ["dense"], (3,)),
}


@pytest.mark.parametrize("name", SKETCHES)
def test_layers_are_known_by_their_weights(name: str) -> None:
    state, kinds, shape = SKETCHES[name]
    sketch = sketched(state)
    assert ([layer.kind for layer in sketch.layers], sketch.shape) == (kinds, shape)
    assert sketch.dtype == "float32"


MATRICES: dict[str, tuple[dict[str, Any], bool]] = {
    "weight": ({"weight": ones(3, 3)}, True),
    "W": ({"W": ones(3, 3)}, False),
    "W1 and W2": ({"W1": ones(2, 3), "W2": ones(3, 4)}, False),
    "W1 and W2 turned": ({"W1": ones(3, 2), "W2": ones(4, 3)}, True),
    "W1 and W2, both ways": ({"W1": ones(2, 3), "W2": ones(3, 2)}, False),
    "W1 and W2, their biases say": ({"W1": ones(2, 3), "b1": ones(2), "W2": ones(3, 2), "b2": ones(3)}, True),
    "w and b": ({"w": ones(2, 3), "b": ones(3)}, False),
    "coefs_0": (
        {"coefs_0": ones(2, 3), "intercepts_0": ones(3), "coefs_1": ones(3, 1), "intercepts_1": ones(1)},
        False,
    ),
    "weight beside W1": ({"a.weight": ones(3, 3), "W1": ones(3, 3)}, True),
    "fc/kernel": ({"fc/kernel": ones(2, 3), "fc/bias": ones(3)}, False),
}


@pytest.mark.parametrize("name", MATRICES)
def test_names_biases_or_sizes_say_what_the_rows_of_a_matrix_are(name: str) -> None:
    state, rows_are_outputs = MATRICES[name]
    layers = sketched(state).layers
    assert [layer.transposed for layer in layers] == [rows_are_outputs] * sum(each.ndim == 2 for each in state.values())
    assert sum("bias" in layer.arrays for layer in layers) == sum(each.ndim == 1 for each in state.values())


@pytest.mark.parametrize(
    ("dtype", "said"), [("f2", "float32"), ("f4", "float32"), ("f8", "float64"), ("i8", "float64")]
)
def test_numbers_of_eight_bytes_are_computed_in_doubles(dtype: str, said: str) -> None:
    assert sketched({"a.weight": ones(2, 3), "a.bias": ones(2).astype(dtype)}).dtype == said


def test_what_weights_do_not_say_is_told_for_each_kind() -> None:
    norms = norm("b", 4) | {"c.weight": ones(4, 5, 5), "c.bias": ones(4, 5, 5)}
    layers = sketched(conv("a", 4, 1, 3, 3) | norms | dense("d", 100, 2)).layers
    assert [sorted(layer.unknown) for layer in layers] == [["padding", "stride"], ["epsilon"], ["epsilon"], []]
    assert [layer.name for layer in layers] == ["a", "b", "c", "d"]
    assert [layer.name for layer in sketched({"W1": ones(2, 3), "W2": ones(3, 4)}).layers] == ["", ""]


def test_groups_follow_from_the_sizes() -> None:
    for channels, settings in ((1, {"groups": 4}), (2, {"groups": 2}), (4, {})):
        layers = sketched(conv("a", 4, 1, 3, 3) | conv("b", 8, channels, 3, 3)).layers
        assert [repr(layer.settings) for layer in layers] == ["{}", repr(settings)]


def test_every_array_of_a_layer_is_kept_and_a_number_of_eight_bytes_is_a_double() -> None:
    state = conv("a", 4, 1, 3, 3) | norm("b", 4) | {"c.weight": ones(4, 5, 5), "c.bias": ones(4, 5, 5)}
    layers = sketched(state | {"d.weight": ones(2, 100)}).layers
    assert [{key: name for key, (name, _) in layer.arrays.items()} for layer in layers] == [
        {"weights": "a.weight", "bias": "a.bias"},
        {"mean": "b.running_mean", "variance": "b.running_var", "scale": "b.weight", "shift": "b.bias"},
        {"scale": "c.weight", "shift": "c.bias"},
        {"weights": "d.weight"},
    ]
    assert [layer.before[:21] for layer in layers] == ["", "", "", "100 inputs are 4 chan"]
    assert sketched({"a.weight": ones(3, 4).astype("c8").view("f8")}).dtype == "float64"


@pytest.mark.parametrize(
    ("state", "shape", "before"),
    [
        (conv("b", 4, 2, 3), (2, 0), [""]),
        (norm("a", 6) | conv("b", 4, 2, 3), (2, 0), ["", "6 numbers are 2 channels: a reshape must stand here"]),
        (dense("a", 3, 6) | conv("b", 4, 2, 3, 3), (3,), ["", "6 numbers are 2 channels: a reshape must stand here"]),
        (conv("a", 6, 3, 1) | conv("b", 4, 3, 1), (3, 0), ["", ""]),
        (conv("a", 6, 3, 1) | dense("b", 6, 1), (3, 0),
         ["", "6 inputs are 6 channels of 1 number: a flatten must stand here, behind the pools there are"]),
        (norm("a", 4) | norm("b", 4), (4,), ["", ""]),
        ({"a.weight": ones(5), "a.bias": ones(5)} | dense("b", 5, 1), (5,), ["", ""]),
        ({"a.weight": ones(2, 3), "a.bias": ones(2, 3)} | dense("b", 6, 1), (2, 0), ["", "6 inputs are 2 channels of 3 "
         "numbers: a flatten must stand here, behind the pools there are"]),
    ],
)  # fmt: skip
def test_what_must_stand_between_layers_is_said(
    state: dict[str, Any], shape: tuple[int, ...], before: list[str]
) -> None:
    sketch = sketched(state)
    assert sketch.shape == shape
    assert [layer.before for layer in sketch.layers] == before


REFUSED: dict[str, dict[str, Any]] = {
    r"^weight_ih_l0: recurrent layers are not read$": {"weight_ih_l0": ones(8, 3), "weight_hh_l0": ones(8, 2)},
    r"^rnn.weight_ih_l0: recurrent layers": {"rnn.weight_ih_l0": ones(8, 3)},
    r"^in_proj_weight: attention is not read$": {"in_proj_weight": ones(12, 4)},
    r"^a.weight_g: weights in two parts": {"a.weight_g": ones(2, 1), "a.weight_v": ones(2, 3)},
    r"^b: a norm of \[4\] behind 4 channels": conv("a", 4, 1, 3, 3) | {"b.weight": ones(4), "b.bias": ones(4)},
    r"^b: it takes 5, but the layer before gives 4 numbers": dense("a", 3, 4) | dense("b", 5, 2),
    r"^b: it takes 3 channels, but the layer before gives 4 channels": conv("a", 4, 1, 3, 3) | conv("b", 2, 3, 3, 3),
    r"^b: it takes 2 channels, but the layer before gives 4 channels": conv("a", 4, 1, 3, 3) | conv("b", 3, 2, 3, 3),
    r"^b: it takes 2 channels, but the layer before gives 5 numbers": dense("a", 3, 5) | conv("b", 4, 2, 3, 3),
    r"^b: a norm of \[3, 5\] behind 4 channels": conv("a", 4, 1, 3) | {"b.weight": ones(3, 5), "b.bias": ones(3, 5)},
    r"^b: it normalises \[3\], but the layer before gives 4 numbers": (
        dense("a", 3, 4) | {"b.weight": ones(3), "b.bias": ones(3)}
    ),
    r"^b: it normalises \[4\] and \[5\]": norm("b", 4) | {"b.weight": ones(5)},
    r"^a: weights of \[2, 1, 1, 1, 1, 1\] belong to no layer": {"a.weight": ones(2, 1, 1, 1, 1, 1)},
    r"^W2: it takes 4, but the layer before gives 2 numbers": {"W1": ones(3, 2), "W2": ones(4, 3), "W3": ones(5, 6)},
    r"^b: it takes 37, but the layer before gives 4 channels": conv("a", 4, 1, 3, 3) | dense("b", 37, 2),
    r"^b: it normalises \[5\], but the layer before gives 4 numbers": dense("a", 3, 4) | norm("b", 5),
    r"^b: it takes 6 channels, but the layer before gives 4 channels": conv("a", 4, 1, 3, 3) | conv("b", 6, 6, 3, 3),
    r"^b: it takes 2 channels, but the layer before gives 4 channels ": (
        conv("a", 4, 1, 3, 3) | {"b.weight": ones(5, 2, 3, 3)}
    ),
    r"^b: a norm of \[5, 4\] behind 4 channels": conv("a", 4, 1, 3) | {"b.weight": ones(5, 4), "b.bias": ones(5, 4)},
    r"^b: it normalises \[2, 3\], but the layer before gives 5 numbers": (
        dense("a", 3, 5) | {"b.weight": ones(2, 3), "b.bias": ones(2, 3)}
    ),
    r"^b: it normalises \[2, 2\], but the layer before gives 4 numbers": dense("a", 3, 4)
    | {f"b.{key}": ones(2, 2) for key in ("running_mean", "running_var")},
    r"^weight: a bias of \[3\] for 2 units$": {"weight": ones(2, 3), "bias": ones(3)},
    r"^W1: a bias of \[3\] for 2 units$": {"W1": ones(3, 2), "b1": ones(3), "W2": ones(5, 4), "b2": ones(5)},
    r"^no arrays of any layer$": {"a.num_batches_tracked": np.array(3)},
    r"^a.q_proj.weight: attention is not read$": {"a.q_proj.weight": ones(4, 4)},
    r"^a.parametrizations.weight.original0: weights in two": {"a.parametrizations.weight.original0": ones(4, 4)},
    r"^a: a bias of \[4\] for 3 units$": {"a.weight": ones(3, 4, 2, 2), "a.bias": ones(4)},
    r"^a: a bias without weights$": {"a.bias": ones(4)},
    r"^slope: \[4\] belongs to no layer": {"slope": ones(4)},
    r"^a: weights of \[4\] belong to no layer": {"a.weight": ones(4)},
    r"^a: a norm without its running mean or variance$": {"a.weight": ones(4), "a.running_mean": ones(4)},
    r"^a: weights of \[2, 1, 3, 3\] belong to no layer": {"a.kernel": ones(2, 1, 3, 3)},
}


@pytest.mark.parametrize("reason", REFUSED)
def test_weights_that_make_no_chain_are_refused(reason: str) -> None:
    with pytest.raises(NnlecError, match=reason):
        sketched(REFUSED[reason])


def test_weights_in_another_format_cannot_be_left_open(tmp_path: Path) -> None:
    for end in ("onnx", "py", "npz"):
        ran = run(f"nnlec convert {TRAINED}/dense.pt -o {tmp_path}/net.{end}")
        assert (ran.code, "cannot leave them open" in ran.stderr) == (2, True)
    ran = run(f"nnlec convert {TRAINED}/dense.pt --fold -o {tmp_path}/net.yaml")
    assert (ran.code, "weights alone are not folded" in ran.stderr) == (2, True)
