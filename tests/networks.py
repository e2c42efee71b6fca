"""Networks of every shape, and the ways to write one down."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nnlec.network.activations import ACTIVATIONS, activation
from nnlec.network.layers import Dense
from nnlec.network.losses import LOSSES
from nnlec.network.network import Network
from nnlec.text import is_plain

FORMS = ("lists", "items", "block")

finite = st.floats(allow_nan=False, allow_infinity=False)
words = st.sampled_from(["no", "Yes", "010", "~", "null", "1.50", "2021-02-03", ".inf", "=", "1:30", "[/red]", "a, b"])
names = words | st.text(min_size=1, max_size=12).filter(lambda text: bool(text.strip()) and is_plain(text))


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Any network that can be written down."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=2, max_size=4))
    called = draw(st.lists(names, min_size=len(sizes) - 1, max_size=len(sizes) - 1, unique=True))
    dtype: Any = draw(st.sampled_from(["float64", "float32"]))
    numbers = finite if dtype == "float64" else st.floats(allow_nan=False, allow_infinity=False, width=32)
    shapes = zip(pairwise(sizes), called, strict=True)
    layers = [draw(_layer(n_in, n_out, name, numbers)) for (n_in, n_out), name in shapes]
    n_in, n_out = sizes[0], sizes[-1]
    return Network(
        tuple(layers),
        name=draw(st.just("") | names),
        inputs=draw(_some(n_in)),
        classes=draw(_some(n_out)) if n_out > 1 else (),
        outputs=draw(_some(n_out)),
        unit=draw(st.just("") | names),
        loss=draw(st.sampled_from(["", *LOSSES]).filter(lambda loss: n_out > 1 or loss != "binary-cross-entropy")),
        dtype=dtype,
    )


def _some(count: int) -> st.SearchStrategy[tuple[str, ...]]:
    """That many names, no two alike, or none."""
    return st.just(()) | st.lists(names, min_size=count, max_size=count, unique=True).map(tuple)


@st.composite
def _layer(draw: st.DrawFn, n_in: int, n_out: int, name: str, numbers: st.SearchStrategy[float]) -> Dense:
    weights = draw(hnp.arrays(np.float64, (n_in, n_out), elements=numbers))
    bias = draw(st.none() | hnp.arrays(np.float64, n_out, elements=numbers))
    kind = draw(st.sampled_from(list(ACTIVATIONS)))
    return Dense(weights, bias, activation(kind), name, bias is not None and draw(st.booleans()))


def as_yaml(network: Network, form: str) -> str:
    """A file that says the network, its matrices as flow lists, as nested items, or as literal blocks."""
    head: dict[str, Any] = {
        key: value
        for key in ("name", "inputs", "classes", "outputs", "unit", "loss", "dtype", "kind")
        if (value := getattr(network, key))
    }
    lines = [f"{key}: {quoted(value)}" for key, value in head.items()]
    lines.append("layers:")
    for layer in network.layers:
        rows, bias = layer.arrays["weights"], "none"
        if "bias" in layer.arrays:
            bias = quoted(layer.arrays["bias"].tolist())
            if layer.leading_one:
                rows, bias = np.vstack([layer.arrays["bias"][np.newaxis], layer.arrays["weights"]]), "first-row"
        lines += [
            f"  - name: {quoted(layer.name)}",
            f"    weights: {_matrix(rows, form)}",
            f"    bias: {bias}",
            f"    activation: {layer.activation.name}",
        ]
    return "\n".join(lines) + "\n"


def quoted(value: Any) -> str:
    """JSON is YAML; a tuple is a list."""
    return json.dumps(value, ensure_ascii=False)


def _matrix(rows: np.ndarray, form: str) -> str:
    texts = [[repr(float(number)) for number in row] for row in rows]
    match form:
        case "lists":
            return "[" + ", ".join("[" + ", ".join(row) + "]" for row in texts) + "]"
        case "items":
            return "".join("\n      -" + "".join(f"\n        - {number}" for number in row) for row in texts)
        case _:
            return "|" + "".join("\n      " + "  ".join(row) for row in texts)


def same(one: Network, other: Network) -> bool:
    """Equal names, and numbers equal to the bit."""
    return fingerprint(one) == fingerprint(other)


def fingerprint(network: Network) -> object:
    head = [getattr(network, key) for key in ("name", "inputs", "classes", "outputs", "unit", "loss", "dtype", "kind")]
    layers = [
        (
            layer.arrays["weights"].shape,
            layer.arrays["weights"].tobytes(),
            layer.arrays["bias"].tobytes() if "bias" in layer.arrays else None,
            layer.activation.name,
            dict(layer.activation.parameters),
            layer.name,
            layer.leading_one,
        )
        for layer in network.layers
    ]
    return head, layers
