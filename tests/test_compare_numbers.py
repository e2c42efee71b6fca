"""How far the numbers of two networks are apart, which are alike, and what is said of another program's numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nnlec
from nnlec import Network
from nnlec.grading.differences import compare, distance
from nnlec.grading.differences.numbers import compare_numbers
from tests.test_compare_causes import LAST, OTHER, SQUARE, conv, dense, net, pool
from tests.test_compare_networks import layer, rows_for

INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize(
    ("ours", "theirs", "double", "single"),
    [
        ([[1.0, 2.0]], [[1.0, 2.0]], 0.0, 0.0),
        ([[1.0, 2.0]], [[1.0, 2.0 + 2.0**-51]], 1.0, 2.0**-29),
        ([[1.0, 2.0]], [[1.0 + 2.0**-20, 2.0]], 2.0**31, 4.0),
        ([[1.0, 3.0]], [[1.0, 3.0 + 2.0**-51]], 1.0, 2.0**-29),
        ([[1.0, -4.0]], [[1.0 + 2.0**-50, -4.0 - 3 * 2.0**-50]], 3.0, 3 * 2.0**-29),
        ([[4.0], [4.0], [2.0**-10]], [[4.0], [4.0], [2.0**-10 + 2.0**-50]], 1.0, 2.0**-29),
        ([[2.0], [4.0], [8.0]], [[2.0 + 2.0**-50], [4.0], [8.0]], 1.0, 2.0**-29),
        ([[0.0]], [[2.0**-126]], 2.0**52, 2.0**23),
        ([[INF, 1.0]], [[INF, 1.0 + 2.0**-52]], 1.0, 2.0**-29),
        ([[NAN, 1.0]], [[NAN, 1.0]], 0.0, 0.0),
        ([[NAN, 1.0]], [[1.0, 1.0]], INF, INF),
        ([[1.0, 1.0]], [[1.0, NAN]], INF, INF),
        ([[INF, 1.0]], [[-INF, 1.0]], INF, INF),
        ([[1.0, 1.0]], [[INF, 1.0]], INF, INF),
        ([[1.0, 2.0]], [[1.0], [2.0]], INF, INF),
    ],
)
def test_how_far_numbers_are_apart(ours: Any, theirs: Any, double: float, single: float) -> None:
    """In last places of the largest number of a row, and of no less than the largest of most rows."""
    a, b = np.array(ours), np.array(theirs)
    assert (distance(a, b, False), distance(a, b, True)) == (double, single)


def test_what_is_alike_is_paired_in_its_order() -> None:
    a = net(dense(SQUARE, "tanh", name="one"), dense(OTHER, name="two"), dense(LAST, "relu", name="three"))
    b = net(dense(SQUARE, name="first"), layer("scale", (4,), "tanh", add=[0.0] * 4), *a.layers[1:])
    found = compare(a, b, rows_for(a))
    assert [(pair.item.name, pair.item.layer, pair.partner) for pair in found.pairs] == [
        ("one", 1, "first"),
        ("one, tanh", 1, "scale, tanh"),
        ("two", 2, "two"),
        ("three", 3, "three"),
        ("three, relu", 3, "three, relu"),
    ]
    assert (found.difference, found.distance, found.single) == (None, 0.0, False)


@pytest.mark.parametrize(("a", "b"), [("float32", "float64"), ("float64", "float32")])
def test_one_of_single_precision_is_enough_for_its_last_places(a: Any, b: Any) -> None:
    one = Network((dense([[1.0]]),), dtype=a)
    other = Network((dense([[1.0 + 2.0**-23]]),), dtype=b)
    assert compare(one, other, np.array([[1.0]])).distance == 1.0


@pytest.mark.parametrize("order", [(1, 2, 0), (2, 0, 1), (0, 2, 1)])
def test_maps_are_alike_whatever_the_order_of_their_axes(order: tuple[int, ...]) -> None:
    network = net(pool(), conv(of=(2, 3, 3)))
    rows = rows_for(network)
    first, last = (traced.output for traced in network.trace(rows).layers)
    turned = first.reshape(-1, 2, 3, 3).transpose(0, *(axis + 1 for axis in order))
    found = compare_numbers(network, {"pooled": turned, "out": last}, rows)
    assert [pair.partner for pair in found.pairs] == ["pooled", "out"]
    flat = net(dense(SQUARE))
    assert compare_numbers(flat, {"out": flat.forward(rows[:, :4])[:, ::-1]}, rows[:, :4]).pairs[0].partner == ""


@pytest.mark.parametrize(("places", "partner"), [(64, "turned"), (65, "")])
def test_maps_in_another_order_may_be_64_last_places_apart(places: int, partner: str) -> None:
    """The maps are the input 1 to 8, and a last place of 8 is 2^-49."""
    rows = np.arange(1.0, 9.0)[np.newaxis]
    turned = rows.reshape(1, 2, 2, 2).transpose(0, 2, 3, 1).copy()
    turned[0, 0, 0, 0] += places * 2.0**-49
    (pair,) = compare_numbers(net(pool((2, 2, 2), size=1.0)), {"turned": turned}, rows).pairs
    assert pair.partner == partner


def numbers(**arrays: Any) -> str:
    """`partners | layer candidate: causes | unused`: what is said of another program's numbers for two layers."""
    network = net(dense(SQUARE, "tanh", name="layer_1"), dense(LAST, "relu", name="end"))
    rows = rows_for(network)
    first, last = network.trace(rows).layers
    known = {"z": first.pre_activation, "h": first.output, "f": last.pre_activation, "out": last.output}
    given = {name: known[array] if isinstance(array, str) else array(known) for name, array in arrays.items()}
    found = compare_numbers(network, given, rows)
    partners = " ".join(pair.partner or "-" for pair in found.pairs)
    if found.difference is None:
        return f"{partners} | same{' single' if found.single else ''} | {' '.join(found.unused)}"
    worst = f" {found.difference.wrong} of {found.difference.of}" if found.difference.of else ""
    causes = "; ".join(found.difference.causes)
    return f"{partners} | {found.difference.layer} {found.candidate or '-'}{worst}: {causes} | {' '.join(found.unused)}"


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"a": "z", "b": "h", "c": "f", "d": "out"}, "a b c d | same | "),
        ({"d": "out"}, "- - - d | same | "),
        ({"d": lambda of: of["out"].astype(np.float32)}, "- - - d | same single | "),
        ({"junk": lambda of: of["z"] + 1, "d": "out"}, "- - - d | same | junk"),
        ({"short": lambda of: of["z"][:5], "d": "out"}, "- - - d | same | short"),
        ({"d": lambda of: of["out"].ravel()}, "- - - d | same | "),
        ({"a": "z"}, "a - - - | 1 -: B's a is what comes before A's activation (tanh) | "),
        ({"a": "h", "c": "f"}, "- a c - | 2 -: B's c is what comes before A's activation (relu) | "),
        ({"a": "h"}, "- a - - | 2 -:  | "),
        (
            {"a": "h", "c": lambda of: of["f"].clip(-1, 1)},
            "- a - - | 2 c 30 of 48: B's numbers are those of the activation hard_tanh | ",
        ),
        ({"a": "h", "c": lambda of: of["out"] + 1}, "- a - - | 2 c 48 of 48:  | "),
        (
            {"x": lambda of: of["h"] + 1, "layer 1": lambda of: np.maximum(of["z"], 0)},
            "- - - - | 1 layer 1 64 of 64: B's numbers are those of the activation relu | x",
        ),
        ({"x": lambda of: of["h"] + 1, "y": lambda of: of["h"] + 2}, "- - - - | 1 x 64 of 64:  | y"),
        ({"a": "h", "x": lambda of: of["h"] + 1, "c": lambda of: of["out"] + 1}, "- a - - | 2 c 48 of 48:  | x"),
    ],
)
def test_numbers_of_another_program_by_what_is_like_them(arrays: dict[str, Any], said: str) -> None:
    assert numbers(**arrays) == said


def test_no_array_of_as_many_rows() -> None:
    network = net(dense(SQUARE))
    with pytest.raises(nnlec.NnlecError, match="no array has 16 rows"):
        compare_numbers(network, {"a": np.ones((15, 4))}, rows_for(network))
