"""Norms, scalings and dropouts become part of the layers beside them where nothing but rounding changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from nnlec import Network, load_network
from nnlec.models.folding import folded

DENSE = {"weights": [[1, -2, 3], [0.5, 4, -1]], "bias": [1, 2, -3], "activation": "identity"}
BARE = {"weights": [[1, -2, 3], [0.5, 4, -1]], "bias": "none", "activation": "identity"}
BACK = {"weights": [[1, 2], [3, -4], [0.25, 6]], "bias": [0.5, 1], "activation": "tanh"}
BACK_BARE = BACK | {"bias": "none"}
SCALE = {"type": "scale", "subtract": [1, 2, 3], "divide": [2, 4, 8], "multiply": [3, 5, 7], "add": [-1, 0, 9]}
TWICE = {"type": "scale", "multiply": 2, "subtract": 1}
NOTHING = {"type": "scale", "multiply": 1}
DROPOUT = {"type": "dropout", "rate": 0.5}
CONV = {"type": "conv", "weights": [[[[1, 2], [3, 4]]], [[[-1, 0], [2, 5]]]], "bias": [1, -1], "stride": 1,
        "activation": "identity"}  # fmt: skip
CONV_BACK = {"type": "conv", "weights": [[[[1, 2]], [[3, -4]]]], "bias": [2], "stride": 1, "activation": "identity"}
CONV_BARE = CONV_BACK | {"bias": "none"}
PADDED = CONV_BACK | {"padding": 1}
GROUPED = {"type": "conv", "weights": [[[[1, 2]]], [[[3, -4]]]], "bias": [2, 3], "stride": 1, "groups": 2,
           "activation": "identity"}  # fmt: skip
CHANNELS = {"mean": [1, 2], "variance": [4, 0.25], "scale": [3, -5], "shift": [0.5, 7], "epsilon": 0.5}
NORM = {"type": "batch_norm", **CHANNELS}
UNITS = {"type": "batch_norm", "mean": [1, 2, 3], "variance": [4, 1, 9], "scale": [1, 2, 3], "shift": [3, 2, 1],
         "epsilon": 0.25}  # fmt: skip
FLATTEN = {"type": "flatten"}
MAPS = {"shape": [1, 3, 3]}
TWO_MAPS = {"shape": [2, 2, 3]}


def made(folder: Path, inputs: Any, layers: list[dict[str, Any]]) -> Network:
    tree = ({"inputs": inputs} if inputs else {}) | {"layers": layers}
    (folder / "net.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))
    return load_network(folder / "net.yaml")


@pytest.mark.parametrize(
    ("inputs", "layers", "kinds"),
    [
        (None, [DENSE, SCALE], "dense"),
        (None, [BARE, SCALE], "dense"),
        (None, [DENSE, UNITS], "dense"),
        (None, [DENSE, SCALE | {"activation": "relu"}], "dense relu"),
        (None, [DENSE | {"activation": "relu"}, SCALE], "dense relu, scale"),
        (None, [DENSE | {"activation": "relu"}, SCALE, BACK], "dense relu, dense tanh"),
        (None, [DENSE | {"activation": "relu"}, SCALE, BACK_BARE], "dense relu, dense tanh"),
        (None, [DENSE | {"activation": "relu"}, SCALE | {"activation": "relu"}, BACK],
         "dense relu, scale relu, dense tanh"),
        (None, [DENSE, TWICE, UNITS, BACK], "dense, dense tanh"),
        ({"shape": [3]}, [SCALE, BACK], "dense tanh"),
        ({"shape": [3]}, [SCALE, UNITS], "scale, batch_norm"),
        ({"shape": [3]}, [SCALE], "scale"),
        ({"shape": [3]}, [DROPOUT], "dropout"),
        ({"shape": [3]}, [DROPOUT, BACK, DROPOUT], "dense tanh"),
        ({"shape": [3]}, [DROPOUT, DROPOUT], "dropout"),
        (None, [DENSE, NOTHING, BACK], "dense, dense tanh"),
        (None, [DENSE | {"activation": "relu"}, NOTHING | {"activation": "relu"}, BACK],
         "dense relu, scale relu, dense tanh"),
        (MAPS, [CONV, NORM], "conv"),
        (MAPS, [CONV | {"bias": "none"}, NORM], "conv"),
        (MAPS, [CONV | {"activation": "relu"}, NORM, CONV_BACK], "conv relu, conv"),
        (MAPS, [CONV | {"activation": "relu"}, NORM, CONV_BARE], "conv relu, conv"),
        (MAPS, [CONV | {"activation": "relu"}, NORM, PADDED], "conv relu, batch_norm, conv"),
        (MAPS, [CONV | {"activation": "relu"}, NORM, GROUPED], "conv relu, batch_norm, conv"),
        (TWO_MAPS, [NORM, CONV_BACK], "conv"),
        (TWO_MAPS, [NORM, FLATTEN], "batch_norm, flatten"),
        (None, [DENSE | {"name": "a"}, SCALE | {"name": "b"}, {"type": "add", "from": ["a", "b"]}],
         "dense, scale, add"),
        (None, [DENSE | {"name": "a"}, DROPOUT | {"name": "b"}, {"type": "add", "from": ["a", "b"]}], "dense, add"),
        (None, [DENSE | {"name": "a", "activation": "relu"}, SCALE | {"name": "b"}, BACK | {"name": "c"},
                {"type": "concat", "from": ["b", "c"]}], "dense relu, scale, dense tanh, concat"),
        (None, [DENSE | {"name": "a", "activation": "relu"}, SCALE | {"name": "b"},
                {"type": "concat", "from": ["b", "b"]}], "dense relu, scale, concat"),
        (None, [DENSE | {"name": "a", "activation": "relu"}, BACK | {"name": "b"}, DROPOUT | {"name": "c", "from": "a"},
                {"type": "concat", "from": ["b", "c"]}], "dense relu, dense tanh, concat"),
        (None, [DENSE | {"name": "a", "activation": "relu"}, SCALE | {"name": "b"}, BACK | {"name": "c"},
                {"type": "concat", "from": ["a", "c"]}], "dense relu, dense tanh, concat"),
        ({"shape": [3]}, [BACK | {"name": "a"}, SCALE | {"name": "b", "from": "input"},
                          {"type": "concat", "from": ["a", "b"]}], "dense tanh, scale, concat"),
    ],
)  # fmt: skip
def test_a_folded_network_has_fewer_layers_and_the_same_outputs(
    inputs: Any, layers: list[dict[str, Any]], kinds: str, tmp_path: Path
) -> None:
    network = made(tmp_path, inputs, layers)
    less = folded(network)
    shown = [f"{each.kind} {'' if each.activation.is_identity else each.activation.name}".strip() for each in
             less.layers]  # fmt: skip
    assert ", ".join(shown) == kinds
    rows = np.random.default_rng(1).normal(size=(5, network.n_in))
    np.testing.assert_allclose(less.forward(rows), network.forward(rows), rtol=1e-12, atol=1e-12)
