"""Names and classes that an ONNX file brings, and which of its outputs are the scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from nnlec import Network, NnlecError
from nnlec.models.onnx_file import tails
from tests.graphs import f32
from tests.test_onnx_files import ML, W, model, network, node, refused, value

onnx = pytest.importorskip("onnx", reason="onnx is in the test extra")
from onnx import helper  # noqa: E402

GEMM = node("Gemm", ["x", "w"], ["y"])


def meta(**metadata: str) -> Network:
    return network(model([GEMM], {"w": W}, metadata={key.replace("__", "."): text for key, text in metadata.items()}))


def test_metadata_names_what_fits() -> None:
    ours = meta(
        nnlec__inputs='["a", "b"]', nnlec__outputs='["u", "v"]', nnlec__unit="cm", nnlec__kind="regression",
        nnlec__name="net", nnlec__loss="mean-squared-error", nnlec__strange="x", inputs='["c", "d"]', name="other",
    )  # fmt: skip
    assert (ours.inputs, ours.outputs, ours.unit, ours.name) == (("a", "b"), ("u", "v"), "cm", "net")
    assert (ours.kind, ours.loss) == ("regression", "mean-squared-error")
    first = meta(nnlec__classes='["a", "b"]', class_names='["c", "d"]', names="{0: 'e', 1: 'f'}")
    assert first.classes == ("a", "b")
    assert meta(class_names='["c", "d"]', names="{0: 'e', 1: 'f'}").classes == ("c", "d")
    for text in (
        '["a"]',
        '["a", "b", "c"]',
        '["a", "a"]',
        '["a", ""]',
        '["a\\n", "\\u0007"]',
        "[",
        "[" * 100_000,
        "[]",
    ):
        assert meta(nnlec__classes=text).classes == ()


@pytest.mark.parametrize("length", [1_000_000, 1_000_001])
def test_metadata_of_more_than_a_million_letters_is_passed_over(length: int) -> None:
    text = '["a", "b"]'
    made = meta(class_names=text + " " * (length - len(text)))
    assert made.classes == (("a", "b") if length == 1_000_000 else ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{0: 'a', 1: 'b'}", ("a", "b")),
        ("{0: \"it's\", 1: 'b'}", ("it's", "b")),
        ("{0: 'a', 123456: 'b'}", ("a", "b")),
        ("{0: 'a', 1234567: 'b'}", ()),
        ("{0: 'a', 1: 'b'", ()),
        ("{0: 'a',1: 'b'}", ()),
        ("{}", ()),
        ("{0: 'a', 1: ''}", ()),
        ("x{0: 'a', 1: 'b'}", ()),
    ],
)
def test_numbered_names_are_those_that_python_writes(text: str, expected: tuple[str, ...]) -> None:
    assert meta(names=text).classes == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("iris", "iris"), ("main_graph", ""), ("main", ""), ("graph", ""), ("torch_jit", ""), ("torch-jit-export", ""),
        ("tf2onnx", ""), ("ONNX(sklearn)", ""), ("0123456789abcdef" * 2, ""), ("0123456789abcdef" * 2 + "0", "x"),
        ("maintenance", "maintenance"), ("a\nb", ""), (" iris ", "iris"),
    ],
)  # fmt: skip
def test_a_network_has_the_name_of_its_graph_but_not_a_made_up_one(name: str, expected: str) -> None:
    made = model()
    made.graph.name = name
    assert network(made).name == (name if expected == "x" else expected)


# The ends of classifiers


def classifier(*steps: Any, outputs: Sequence[tuple[str, int]], tensors: dict[str, Any] | None = None) -> Network:
    ends = [value(name, element, None) for name, element in outputs]
    return network(model(steps, {"w": W} | (tensors or {}), outputs=ends))


S = node("Gemm", ["x", "w"], ["s"])
P = node("Softmax", ["s"], ["p"])
ZIP = node("ZipMap", ["p"], ["z"], classlabels_strings=["cat", "dog"], **ML)
LABELS = {"names": np.array(["cat", "dog"], dtype=object), "numbers": np.array([3, 5])}
LOOK = node("ArrayFeatureExtractor", ["names", "i"], ["l"], **ML)
MAX = node("ArgMax", ["p"], ["i"], axis=1)


def sequence(name: str) -> Any:
    return helper.make_tensor_sequence_value_info(name, 1, None)


@pytest.mark.parametrize(
    ("steps", "outputs", "classes"),
    [
        ([S, P, ZIP], ["z"], ("cat", "dog")),
        ([S, P, MAX, LOOK, ZIP], ["l", "z"], ("cat", "dog")),
        ([S, P, MAX, LOOK], ["l", "p"], ("cat", "dog")),
        ([S, P, MAX, LOOK], ["p", "l"], ("cat", "dog")),
        ([S, P, MAX, LOOK, node("Identity", ["l"], ["m"])], ["m", "p"], ("cat", "dog")),
        ([S, P, MAX, LOOK, node("Reshape", ["l", "one"], ["m"])], ["m", "p"], ("cat", "dog")),
        ([S, P, MAX, LOOK, node("Squeeze", ["l"], ["m"])], ["m"], ("cat", "dog")),
        ([S, P, MAX, node("Cast", ["i"], ["j"], to=7), node("Reshape", ["j", "one"], ["m"])], ["m"], ()),
        ([S, P, MAX], ["i"], ()),
        ([S, P, MAX], ["i", "p"], ()),
        (
            [S, P, node("ArgMax", ["p"], ["i"]), node("ArrayFeatureExtractor", ["numbers", "i"], ["l"], **ML)],
            ["l"],
            ("3", "5"),
        ),
        ([S, P, node("ZipMap", ["p"], ["z"], classlabels_int64s=[3, 5], **ML)], ["z"], ("3", "5")),
        ([S, P, node("ZipMap", ["p"], ["z"], classlabels_ints=[3, 5], **ML)], ["z"], ("3", "5")),
        ([S, P, node("Normalizer", ["p"], ["q"], norm="L1", **ML), node("Identity", ["q"], ["z"])], ["z"], ()),
        ([S, P, node("Cast", ["p"], ["c"], to=1), node("Normalizer", ["c"], ["z"], norm="L1", **ML)], ["z"], ()),
        ([S, P, node("Normalizer", ["p"], ["q"], norm="L1", **ML), node("Cast", ["q"], ["z"], to=1)], ["z"], ()),
        ([S, P, node("Cast", ["p"], ["z"], to=1)], ["z"], ()),
        ([S, P, node("Identity", ["p"], ["c"]), node("Cast", ["c"], ["z"], to=1)], ["z"], ()),
    ],
)
def test_the_end_of_a_classifier_is_its_scores(steps: list[Any], outputs: list[str], classes: tuple[str, ...]) -> None:
    kinds = {"l": 8, "m": 8, "i": 7}
    ends = [value(name, kinds.get(name, 1), None) for name in outputs]
    if steps[-1].op_type == "ZipMap":
        ends[-1] = sequence("z")
    used = {each for step in steps for each in step.input}
    tensors = {"w": W, "one": np.array([-1])} | LABELS
    made = network(model(steps, {key: array for key, array in tensors.items() if key in used}, outputs=ends))
    scores = np.array([1.0, 2.0]) @ W
    np.testing.assert_allclose(made.forward([[1, 2]])[0], np.exp(scores) / np.exp(scores).sum(), rtol=1e-6)
    assert made.classes == classes


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ([S, P, node("Normalizer", ["p"], ["y"], norm="L2", **ML)], "it divides each row by its own length"),
        ([S, P, node("Normalizer", ["p"], ["y"], norm="MAX", **ML)], "it divides each row by its own length"),
        ([S, node("Normalizer", ["s"], ["y"], norm="L1", **ML)], "it divides each row by its own length"),
        ([S, node("Sigmoid", ["s"], ["p"]), node("Normalizer", ["p"], ["y"], norm="L1", **ML)], "it divides each row"),
        ([node("Normalizer", ["x"], ["y"], norm="L1", **ML)], "it divides each row by its own length"),
        ([S, P, node("ArgMax", ["p"], ["i"]), node("Cast", ["i"], ["y"], to=1)], "node 3 ArgMax"),
    ],
)
def test_other_ends_are_refused(steps: list[Any], reason: str) -> None:
    refused(model(steps, {"w": W} if steps[0] is S else {}), reason)


PAIRS: list[tuple[list[Any], dict[str, Any], bool]] = [
    ([node("Sub", ["one", "p"], ["q"])], {"one": f32([1])}, True),
    ([node("Constant", [], ["one"], value_float=1.0), node("Sub", ["one", "p"], ["q"])], {}, True),
    ([node("Sub", ["one", "p"], ["q"])], {"one": f32([2])}, False),
    ([node("Sub", ["one", "p"], ["q"])], {"one": f32([[1], [1]])}, False),
    ([node("Sub", ["p", "one"], ["q"])], {"one": f32([1])}, False),
    ([node("Add", ["one", "p"], ["q"])], {"one": f32([1])}, False),
    ([node("Sub", ["one", "s"], ["q"])], {"one": f32([1])}, False),
]


@pytest.mark.parametrize(("steps", "tensors", "pair"), PAIRS)
@pytest.mark.parametrize("cast", [False, True])
def test_of_1_minus_p_and_p_the_second_is_left(
    steps: list[Any], tensors: dict[str, Any], pair: bool, cast: bool
) -> None:
    start = [node("MatMul", ["x", "v"], ["s"]), node("Sigmoid", ["s"], ["p"]), *steps]
    casts = [node("Cast", ["q"], ["q1"], to=1), node("Identity", ["q1"], ["q2"]), node("Cast", ["p"], ["p2"], to=1)]
    ends = node("Concat", ["q2", "p2"] if cast else ["q", "p"], ["y"], axis=1)
    made = model([*start, *(casts if cast else []), ends], {"v": f32([[1], [2]])} | tensors)
    p = 1 / (1 + np.exp(-5.0))
    if pair:
        np.testing.assert_allclose(network(made).forward([[1, 2]]), [[p]], rtol=1e-6)
    else:
        try:
            found = network(made).forward([[1, 2]])
        except NnlecError:
            return
        assert found.shape == (1, 2)


def test_several_classes_may_hold_where_scores_are_cut_in_two() -> None:
    cut = node("Binarizer", ["p"], ["l"], threshold=0.5, **ML)
    made = classifier(S, node("Sigmoid", ["s"], ["p"]), cut, outputs=[("l", 7), ("p", 1)])
    assert made.kind == "multi-label"
    assert classifier(S, node("Sigmoid", ["s"], ["p"]), cut, outputs=[("l", 1)]).kind == "multi-label"


def test_two_classes_of_one_score_have_their_names() -> None:
    steps = [node("MatMul", ["x", "v"], ["s"]), node("Sigmoid", ["s"], ["y"])]
    for text, expected in (('["no", "yes"]', ("no", "yes")), ('["no"]', ("no",)), ('["a", "b", "c"]', ())):
        made = network(model(steps, {"v": f32([[1], [2]])}, metadata={"class_names": text}))
        assert made.classes == expected


def test_a_way_back_of_50_steps_is_walked() -> None:
    assert tails._MOST_STEPS == 50
    long = [node("Identity", [f"v{number}"], [f"v{number + 1}"]) for number in range(60)]
    assert network(model([node("Relu", ["x"], ["v0"]), *long, node("Tanh", ["v60"], ["y"])])).n_out == 2
