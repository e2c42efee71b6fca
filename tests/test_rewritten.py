"""A network file with other numbers in it: what changes, and what stays to the letter."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlec import Network, NnlecError, load_network
from nnlec.arithmetic.numbers import Precise
from nnlec.models.yaml_file.rewrite import rewritten, spelled


def doubled(network: Network) -> Network:
    """The network with each of its numbers times two, plus a quarter."""
    layers: list[Any] = []
    for layer in network.layers:
        changed: dict[str, Any] = {key: array * 2 + 0.25 for key, array in layer.arrays.items()}
        layers.append(replace(layer, **changed))  # type: ignore[type-var]
    return replace(network, layers=tuple(layers))


def after(folder: Path, text: str, comment: str = "") -> str:
    path = folder / "net.yaml"
    path.write_bytes(text.encode())
    return rewritten(str(path), doubled(load_network(path)), comment)


REST = "    activation: relu  # stays\n# the end"
CASES: dict[str, tuple[str, str]] = {
    "rows": (
        "weights: [[1, -2.50], [3e1,4]] # w\n    bias: [ 1 ,2 ]\n",
        "weights: [[2.25, -4.75], [60.25,8.25]] # w\n    bias: [ 2.25 ,4.25 ]\n",
    ),
    "rows in lines": (
        "weights:\n      - [1, 2]\n      -\n        - 3\n        - 4\n    bias: none\n",
        "weights:\n      - [2.25, 4.25]\n      -\n        - 6.25\n        - 8.25\n    bias: none\n",
    ),
    "a block": (
        "weights: |  # rows\n      1  2\n\n      3  4\n    bias: [0, 1]\n",
        "weights: |  # rows\n      2.25  4.25\n\n      6.25  8.25\n    bias: [0.25, 2.25]\n",
    ),
    "a block with commas": (
        "weights: |\n      1,-2e3\n      3,4\n", "weights: |\n      2.25,-3999.75\n      6.25,8.25\n"
    ),
    "a bias in the first row": (
        "weights: [[1, 2], [3, 4], [5, 6]]\n    bias: first-row\n",
        "weights: [[2.25, 4.25], [6.25, 8.25], [10.25, 12.25]]\n    bias: first-row\n",
    ),
    "a bias in the first row of a block": (
        "weights: |\n      1 2\n      3 4\n    bias: first-row\n",
        "weights: |\n      2.25 4.25\n      6.25 8.25\n    bias: first-row\n",
    ),
    "tags and anchors": (
        "weights: [[&1 1, !!float 2], [&a !!int 3, !!int &b2 4]]\n",
        "weights: [[&1 2.25, 4.25], [&a 6.25, &b2 8.25]]\n",
    ),
    "a name that looks like numbers": (
        'weights: [[1, 2]]\n    name: "[1, 2]"\n', 'weights: [[2.25, 4.25]]\n    name: "[1, 2]"\n'
    ),
    "a file": (
        "weights: {file: w.npy}  # once\n    bias: {file: 'b}.npy', transpose: false}\n",
        "weights: [[2.25, 4.25], [6.25, 8.25]]  # once\n    bias: [1.25, 1.75]\n",
    ),
    "a file whose name is quoted twice": (
        'weights: {"file": "w\\x2enpy"}\n', "weights: [[2.25, 4.25], [6.25, 8.25]]\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", CASES)
def test_the_numbers_change_and_the_rest_stays(name: str, end: str, tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", np.array([[1.0, 2], [3, 4]]))
    np.save(tmp_path / "b}.npy", np.array([0.5, 0.75]))
    before, expected = (f"layers:\n  - {text}{REST}".replace("\n", end) for text in CASES[name])
    found = after(tmp_path, before)
    assert found == expected
    (tmp_path / "net.yaml").write_text(found)
    assert load_network(tmp_path / "net.yaml").parameters


def test_a_comment_stands_before_the_text(tmp_path: Path) -> None:
    text = "layers: [{weights: [[1]], activation: relu}]\n"
    assert after(tmp_path, text, "one\ntwo") == f"# one\n# two\n{text.replace('1', '2.25')}"
    assert after(tmp_path, f"# first\r\n{text}") == f"# first\r\n{text.replace('1', '2.25')}"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("scale: [1, 2], shift: 0", "scale: [2.25, 4.25], shift: [0.25, 0.25]"),
        ("scale: 1, shift: 2.50", "scale: [2.25, 2.25], shift: [5.25, 5.25]"),
    ],
)
def test_a_number_that_stands_for_several_becomes_a_list(given: str, expected: str, tmp_path: Path) -> None:
    text = "layers: [{type: batch_norm, mean: [0.25, 0.25], variance: [1, 2], %s, epsilon: 0.5}]\n"
    (tmp_path / "net.yaml").write_text(text % given)
    network = doubled(load_network(tmp_path / "net.yaml"))
    (norm,) = network.layers
    changed: dict[str, Any] = {key: np.broadcast_to(array, (2,)) for key, array in norm.arrays.items()}
    changed |= {"mean": np.array([0.25, 0.25]), "variance": np.array([1.0, 2])}
    found = rewritten(str(tmp_path / "net.yaml"), replace(network, layers=(replace(norm, **changed),)), "")  # type: ignore[type-var]
    assert found == text.replace("[1, 2]", "[1.0, 2.0]") % expected


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (
            "layers:\n  - {type: layer_norm, epsilon: 0.5}\n",
            "layers:\n  - {scale: S, shift: T, type: layer_norm, epsilon: 0.5}\n",
        ),
        (
            "layers:\n  - type: layer_norm\n    epsilon: 0.5\n",
            "layers:\n  - scale: S\n    shift: T\n    type: layer_norm\n    epsilon: 0.5\n",
        ),
        (
            "layers:\n-   epsilon: 0.5\n    type: layer_norm\n",
            "layers:\n-   scale: S\n    shift: T\n    epsilon: 0.5\n    type: layer_norm\n",
        ),
    ],
)
def test_numbers_that_the_file_left_out_come_first_in_their_layer(before: str, expected: str, tmp_path: Path) -> None:
    found = after(tmp_path, f"inputs: [a, b]\n{before}")
    arrays = load_network(tmp_path / "net.yaml").layers[0].arrays
    if not arrays:
        pytest.skip("a norm has numbers of its own where the file gives them")
    for mark, key in (("S", "scale"), ("T", "shift")):
        expected = expected.replace(f": {mark}", f": {(arrays[key] * 2 + 0.25).tolist()}")
    assert found == f"inputs: [a, b]\n{expected}"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "layers:\n  - {name: a, weights: &w [[1]], activation: relu}\n  - {weights: *w, activation: relu}\n",
            "2:29: these numbers stand for two layers, which a step makes different (write them out for each)",
        ),
        (
            "layers:\n  - weights:\n      file: w.npy\n    activation: relu\n",
            "3:7: layers[0].weights: numbers cannot stand in its place (write it as {file: ..., array: ...})",
        ),
    ],
)
def test_numbers_that_cannot_be_replaced_are_named(text: str, complaint: str, tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", np.array([[1.0]]))
    with pytest.raises(NnlecError) as caught:
        after(tmp_path, text)
    assert str(caught.value) == f"{tmp_path}/net.yaml:{complaint}"


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("0.5", "0.5"),
        ("-3", "-3.0"),
        ("0.1", "0.1"),
        ("0.12345678901234567890", "0.12345678901234567890"),
        ("0." + "1" * 40, "0." + "1" * 40),
        ("0." + "1" * 41, "0.1111111111111111"),
        ("1.2345678901234567890123E-30", "1.2345678901234567890123e-30"),
    ],
)
def test_a_decimal_that_ends_is_written_whole(number: str, shown: str) -> None:
    assert spelled(Precise.of(Decimal(number))) == shown
