"""Networks as programs: a short text, and the same numbers for every layer and activation that one may have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlec import Dense, Network, NnlecError, load_network
from nnlec.models.writers import python, written
from nnlec.network.activations import ACTIVATIONS, activation
from nnlec.network.layers import LAYERS
from tests.test_compare_networks import layer
from tests.test_every_kind import network_file

PROGRAM = '''"""a 'b' /c: 2 inputs, 1 output. Written by nnlec; needs numpy alone. Run it to test it."""

import numpy as np

weights1 = np.array([[1.0, -2.5], [3.0, 0.1]])
bias1 = np.array([1.0, 2.0])
weights2 = np.array([[4.0], [5.0]])


def forward(x):
    """The outputs, (rows, 1), of (rows, 2)."""
    v0 = np.atleast_2d(np.asarray(x, dtype=np.float64))
    v1 = (lambda x: np.maximum(x, 0.0))(v0 @ weights1 + bias1)  # hid den
    v2 = v1 @ weights2  # layer 2
    return v2


if __name__ == "__main__":
    example = [0.126, -0.132]
    expected = [11.279]
    found = forward(example)[0]
    assert np.allclose(found, expected, rtol=1e-9, atol=1e-12), found
    print("the same as nnlec:", found)
'''


def test_a_program_is_short_and_readable() -> None:
    first = Dense(np.array([[1.0, -2.5], [3, 0.1]]), np.array([1.0, 2]), activation("relu"), "hid den")
    second = Dense(np.array([[4.0], [5]]))
    made = written(Network((first, second), name='a "b" \\c'), "python")
    # x W + b of 0.126, -0.132: 0.73 and 1.6718, so 4 × 0.73 + 5 × 1.6718
    assert made.content.decode() == PROGRAM
    assert made.notes == ()
    made = written(Network((second,), dtype="float32"), "python")
    assert made.notes == ("computed in double precision, and not rounded to single at the end",)
    third = Network((Dense(np.full((2, 1), float(np.float32(0.1)))),), dtype="float32")
    assert ran(third, [[1.0, 2.0]]).tolist() == [[3 * float(np.float32(0.1))]]


def test_long_lists_are_broken_into_full_lines() -> None:
    weights = np.full((2, 40), 0.125)
    lines = written(Network((Dense(weights),)), "python").content.decode().splitlines()
    begin = lines.index(next(line for line in lines if line.startswith("weights1")))
    assert [len(line) for line in lines[begin : begin + 6]] == [133, 113, 58, 113, 113, 59]


def ran(network: Network, rows: Any) -> Any:
    space: dict[str, Any] = {"__name__": "__main__"}  # it tests itself
    exec(written(network, "python").content.decode(), space)
    return space["forward"](rows)


OTHER: dict[str, dict[str, Any]] = {
    "leaky_relu": {"alpha": 0.3},
    "prelu": {"alpha": (0.5, -0.25)},
    "elu": {"alpha": 0.5},
    "silu": {"beta": 1.5},
    "hard_sigmoid": {"alpha": 0.3, "beta": 0.25},
    "step": {"at_zero": 0.25},
    "softmax": {"temperature": 2.0},
}


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_a_program_has_every_activation_with_its_parameters_or_refuses_it(name: str) -> None:
    rows = np.array([[0.0, 1.5], [-0.75, 2.0], [3.0, -4.0], [0.0, 0.0], [-20.0, 30.0]])
    for chosen in (activation(name), activation(name, OTHER.get(name, {}))):
        network = Network((Dense(np.eye(2), None, chosen, "a"),))
        if name == "identity" or name in python._FUNCTIONS:
            np.testing.assert_allclose(ran(network, rows), network.forward(rows), rtol=1e-12, atol=1e-15)
        else:
            with pytest.raises(NnlecError, match=rf"a program has no line for {name} \(known: relu, leaky_relu, "):
                written(network, "python")


@pytest.mark.parametrize("kind", LAYERS)
def test_a_program_has_layers_of_rows_and_refuses_maps(kind: str, tmp_path: Path) -> None:
    network = load_network(network_file(LAYERS[kind], tmp_path))
    rows = np.random.default_rng(0).normal(size=(4, network.n_in))
    maps = any(len(each.in_shape) > 1 for each in network.layers) and "norm" in kind
    if kind in python._LINES and not maps:
        np.testing.assert_allclose(ran(network, rows), network.forward(rows), rtol=1e-12, atol=1e-12)
    else:
        with pytest.raises(NnlecError, match="a program has no line for the "):
            written(network, "python")


NORM: dict[str, Any] = {"scale": [2.0, 3, 4, 5], "shift": [1.0, 0, -1, 2], "epsilon": 0.5}
MEAN: dict[str, Any] = {"mean": [1.0, 2, 3, 4], "variance": [0.5, 1, 2, 4]}


@pytest.mark.parametrize(
    "each",
    [
        layer("batch_norm", (4,), **NORM, **MEAN),
        layer("layer_norm", (4,), **NORM),
        layer("scale", (4,), subtract=[1.0, 2, 3, 4], divide=[2.0, 4, 5, 8], multiply=[3.0, 1, 2, 1], add=[1, 2, 0, 1]),
        layer("dropout", (4,), rate=0.5),
    ],
)  # fmt: skip
def test_a_program_has_the_numbers_of_a_layer(each: Any) -> None:
    network = Network((each,))
    rows = np.random.default_rng(0).normal(size=(4, 4))
    np.testing.assert_allclose(ran(network, rows), network.forward(rows), rtol=1e-12)


def test_a_program_refuses_norms_of_maps_and_shapes_that_differ(tmp_path: Path) -> None:
    for kind in ("batch_norm", "layer_norm"):
        values: dict[str, Any] = {key: 1.0 for key in ("mean", "variance") if kind == "batch_norm"}
        norm = layer(kind, (2, 2), scale=1.0, shift=0.0, epsilon=0.5, **values)
        with pytest.raises(NnlecError, match="a program has no line for the norm of maps"):
            written(Network((norm,)), "python")
    (tmp_path / "net.yaml").write_text(
        "layers:\n  - {name: a, weights: [[1, 2], [3, 4]], activation: identity}\n"
        "  - {name: b, from: input, weights: [[1], [2]], activation: identity}\n  - {type: multiply, from: [a, b]}\n"
    )
    with pytest.raises(NnlecError, match="a program has no line for layers of other shapes that meet"):
        written(load_network(tmp_path / "net.yaml"), "python")


def test_a_program_holds_so_many_numbers_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network((Dense(np.ones((2, 3)), np.ones(3)), Dense(np.ones((3, 1)))))
    monkeypatch.setattr(python, "_MOST", 12)
    assert written(network, "python").content
    monkeypatch.setattr(python, "_MOST", 11)
    with pytest.raises(NnlecError, match=r"12 numbers, the limit of a program is 11 \(write ONNX\)"):
        written(network, "python")
