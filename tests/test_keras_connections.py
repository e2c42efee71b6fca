"""How the layers of a Keras model follow each other, models within models, and connections that are damaged."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import nnlec
from nnlec import Network, NnlecError
from tests.keras_models import chained, described, functional, graphed, in_memory, kinds, tensor

ARRAYS = [np.array([[1.0], [2.0]]), np.array([3.0])]
INPUT = {"class_name": "InputLayer", "config": {"batch_shape": [None, 2]}}


def read(entry: Mapping[str, Any], **weights: Any) -> Network:
    """The network of a model in memory; all layers called `d` have the same weights."""
    return nnlec.from_keras(in_memory(entry, {"d": ARRAYS} | weights))


def refused(entry: Any, **weights: Any) -> str:
    """What is said of a model that is not read."""
    with pytest.raises(NnlecError) as caught:
        read(entry, **weights)
    return str(caught.value)


def sequence(*layers: Any, **config: Any) -> dict[str, Any]:
    return {"class_name": "Sequential", "config": {"name": "s", "layers": [*layers], **config}}


def dense(**more: Any) -> dict[str, Any]:
    return {"class_name": "Dense", "config": {"name": "d", "units": 1, **more.pop("config", {})}, **more}


# The shape of an example


@pytest.mark.parametrize(
    "entry",
    [
        sequence(INPUT, dense()),
        sequence({"class_name": "InputLayer", "config": {"batch_input_shape": [None, 2]}}, dense()),
        sequence(dense(config={"batch_input_shape": [None, 2]})),
        sequence(dense(), build_input_shape=[None, 2]),
        sequence(dense(build_config={"input_shape": [None, 2]})),
        sequence(dense(config={"batch_input_shape": [32, 2]}, build_config={"input_shape": None})),
        functional(input_layers=[["x", 0, 0]]),
    ],
)
def test_the_shape_of_an_example_stands_in_one_of_five_places(entry: Mapping[str, Any]) -> None:
    assert read(entry).forward([[10, 100]]).tolist() == [[213]]


@pytest.mark.parametrize(
    ("shape", "shown"),
    [
        ([None, None], "[rows, None]"),
        ([None, 3, None], "[rows, 3, None]"),
        ([None, None, 3], "[rows, None, 3]"),
        ([None, "x", 3], "[rows, None, 3]"),
        ([None, 0], "[rows, 0]"),
        ([None, -2, 1], "[rows, -2, 1]"),
        ([None], "[rows]"),
        ([], "[rows]"),
    ],
)
def test_an_open_size_is_shown(shape: Sequence[Any], shown: str) -> None:
    entry = sequence({"class_name": "InputLayer", "config": {"batch_shape": shape}}, dense())
    assert refused(entry) == f"its input is {shown}: a size is open"


@pytest.mark.parametrize(
    "entry",
    [
        sequence(dense()),
        sequence(dense(build_config={"input_shape": None})),
        sequence(dense(build_config=[None, 2])),
        sequence({"class_name": "InputLayer", "config": {"batch_shape": 2}}, dense()),
    ],
)
def test_a_model_that_was_not_built_has_no_shape(entry: Mapping[str, Any]) -> None:
    hint = "(model.build((None, 4)), then save it again)"
    assert refused(entry) == f"the shape of its input is not in it {hint}"


def test_examples_of_one_number() -> None:
    network = chained(("Dense", {"units": 1}, [[2.0]], [1]), shape=(1,))
    assert network.forward([[3]]).tolist() == [[7]]


# Models within models


def nested(levels: int, *, first: Sequence[Any] = ()) -> dict[str, Any]:
    """Sequential models within each other, the innermost of a dense layer; `first` comes first in each."""
    entry = sequence(INPUT, dense())
    for _ in range(levels - 1):
        entry = sequence(*first, entry)
    return entry


class AnyDepth(SimpleNamespace):
    """A model in memory that holds models of its own name."""

    name = "s"

    @property
    def layers(self) -> list[Any]:
        return [AnyDepth(), SimpleNamespace(name="d", get_weights=lambda: ARRAYS)]


@pytest.mark.parametrize(
    ("first", "reason"),
    [([INPUT], "models within models, more than 20 deep"), ([], "the shape of its input is not in it")],
)
def test_models_are_read_twenty_deep(first: Sequence[Any], reason: str) -> None:
    model = AnyDepth(to_json=lambda: json.dumps(nested(21, first=first)))
    assert nnlec.from_keras(model).forward([[10, 100]]).tolist() == [[213]]
    with pytest.raises(NnlecError, match=f"^{reason}"):
        nnlec.from_keras(AnyDepth(to_json=lambda: json.dumps(nested(22, first=first))))


@pytest.mark.parametrize("inner", [sequence(INPUT, dense()), functional(name="s")])
def test_an_activation_behind_a_model_is_that_of_its_last_layer(inner: Mapping[str, Any]) -> None:
    relu = {"class_name": "ReLU", "config": {"name": "r"}}
    entry = sequence(INPUT, inner, relu)
    model = AnyDepth(to_json=lambda: json.dumps(entry))
    assert kinds(nnlec.from_keras(model)) == "dense+relu"


@pytest.mark.parametrize(
    ("taken", "reason"),
    [("x x", "the model 'm' takes 2, expected one"), ("x", "its inputs are 'x', 'y'; expected one")],
)
def test_a_model_within_a_model_that_takes_two(taken: str, reason: str) -> None:
    inner = functional(input_layers=[["x", 0, 0], ["y", 0, 0]])["config"]
    model = graphed(("Functional", "m", taken, inner))
    model.layers = [SimpleNamespace(name="m", layers=[])]
    assert refused_model(model) == reason


def refused_model(model: Any) -> str:
    with pytest.raises(NnlecError) as caught:
        nnlec.from_keras(model)
    return str(caught.value)


# Ends and connections


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"output_layers": []}, "its outputs are none; expected one"),
        (
            {"output_layers": [["d", 0, 0], ["x", 0, 0]]},
            "its outputs are 'd', 'x'; expected one "
            "(a model of one: keras.Model(model.input, model.get_layer('d').output))",
        ),
        (
            {"output_layers": [[letter * 31, 0, 0] for letter in "abcdefg"]},
            f"its outputs are {', '.join(repr(each * 10 + '...' + each * 15) for each in 'abcdef')}; expected one "
            f"(a model of one: keras.Model(model.input, model.get_layer('{'a' * 31}').output))",
        ),
        (
            {"output_layers": [["a" * 30, 0, 0], ["d", 0, 0]]},
            f"its outputs are '{'a' * 30}', 'd'; expected one "
            f"(a model of one: keras.Model(model.input, model.get_layer('{'a' * 30}').output))",
        ),
        ({"input_layers": []}, "its inputs are none; expected one, whose rows are the examples"),
        (
            {"input_layers": [["x", 0, 0], ["y", 0, 0]]},
            "its inputs are 'x', 'y'; expected one, whose rows are the examples",
        ),
        ({"input_layers": ["y", 0, 0]}, "a damaged model: an entry that is no layer"),
        ({"output_layers": ["e", 0, 0]}, "a damaged model: its layers do not lead from its input to its output"),
        ({"output_layers": ["d", 2, 0]}, "a damaged model: its layers do not lead from its input to its output"),
        ({"output_layers": ["x", 0, 0]}, "layer 'd' does not lead to its output"),
        ({"output_layers": None}, "a damaged model: an end of a connection is missing"),
        ({"output_layers": 7}, "a damaged model: an end of a connection is missing"),
        ({"layers": None}, "a damaged model: its layers are no list"),
        ({"layers": [INPUT, 7]}, "a damaged model: its layers are no list"),
        ({"layers": [{**INPUT, "name": "x"}, dense(), dense()]}, "a damaged model: two layers with one name"),
        *(
            ({"output_layers": [end]}, "a damaged model: a connection to nothing")
            for end in [
                7, [7, 0, 0], ["d"], ["d", 0], ["d", -1, 0], ["d", 0, -1], ["d", 0.0, 0], ["d", "0", 0],
                ["d", False, 0], ["d", None, 0], ["d", 0, 0.0], [["d", 0, 0]], "d00",
            ]
        ),
        ({"output_layers": [["d", 0, 1]]}, "layer 'd' gives several values, expected one"),
    ],
)  # fmt: skip
def test_ends_that_are_not_read(changes: Mapping[str, Any], reason: str) -> None:
    assert refused(functional(**changes)) == reason


def called(**node: Any) -> dict[str, Any]:
    """A Functional model whose layer is called like that."""
    entry = functional()
    entry["config"]["layers"][1]["inbound_nodes"][0] |= node
    return entry


def wrapped(lists: int) -> Any:
    given: Any = tensor("x")
    for _ in range(lists):
        given = [given]
    return given


@pytest.mark.parametrize(
    "node",
    [
        {"args": wrapped(1)},
        {"args": wrapped(4)},
        {"kwargs": {"training": False}},
        {"kwargs": {"training": None, "mask": None}},
        {"kwargs": None},
    ],
)
def test_calls_that_change_nothing(node: Mapping[str, Any]) -> None:
    assert read(called(**node)).forward([[10, 100]]).tolist() == [[213]]


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        ({"kwargs": {"training": True}}, "layer 'd': it is called with training = True"),
        ({"kwargs": {"training": 0}}, "layer 'd': it is called with training = 0"),
        ({"kwargs": {"mask": False}}, "layer 'd': it is called with mask = False"),
        ({"kwargs": 5}, "layer 'd': it is called with it = 5"),
        ({"args": wrapped(0) | {"class_name": "Other"}}, None),
        ({"args": ["x"]}, "layer 'd': it is called with x, expected what a layer gives"),
        ({"args": [None]}, "layer 'd': it is called with None, expected what a layer gives"),
        ({"args": [tensor("x") | {"config": 5}]}, "a damaged model: an end of a connection is missing"),
        ({"args": [tensor("x") | {"config": {}}]}, "a damaged model: a connection to nothing"),
        ({"args": [tensor("x", 1)]}, "a damaged model: its layers do not lead from its input to its output"),
        ({"args": wrapped(5)}, None),
        ({"args": []}, "layer 'd' (Dense): 0 come in, expected one"),
        ({"args": [tensor("x"), tensor("x")]}, "layer 'd' (Dense): 2 come in, expected one"),
    ],
)
def test_calls_that_are_not_read(node: Mapping[str, Any], reason: str | None) -> None:
    said = refused(called(**node))
    if reason is None:
        assert said.startswith("layer 'd': it is called with ")
        assert said.endswith(", expected what a layer gives")
    else:
        assert said == reason


@pytest.mark.parametrize(
    ("nodes", "reason"),
    [
        (7, "a damaged model: uses of a layer that are no list"),
        ({"x": 0}, "a damaged model: uses of a layer that are no list"),
        ([[["x", 0, 0]]] * 2001, "a damaged model: uses of a layer that are no list"),
        ([[["x", 0, 0, {"training": True}]]], "layer 'i': it is called with training = True"),
        ([[["x", 0, 0, 5]]], "layer 'i': it is called with it = 5"),
    ],
)
def test_uses_of_a_layer_that_are_not_read(nodes: Any, reason: str) -> None:
    entry = functional()
    entry["config"]["layers"].append({"class_name": "Identity", "name": "i", "config": {}, "inbound_nodes": nodes})
    assert refused(entry) == reason


def test_two_thousand_layers_and_uses_are_read() -> None:
    quiet = {"class_name": "GaussianNoise", "config": {}}
    assert read(sequence(INPUT, *[quiet] * 1998, dense())).forward([[10, 100]]).tolist() == [[213]]
    assert refused(sequence(INPUT, *[quiet] * 1999, dense())) == "more than 2,000 layers"
    entry = functional()
    uses = [[["x", 0, 0]]] * 2000
    entry["config"]["layers"].append({"class_name": "Identity", "name": "i", "config": {}, "inbound_nodes": uses})
    assert read(entry).forward([[10, 100]]).tolist() == [[213]]


def test_layers_beside_the_way_to_the_output() -> None:
    one, other = (("Dense", name, "x", {"units": 1}, *ARRAYS) for name in "de")
    assert refused_model(graphed(one, other, output_layers=["d", 0, 0])) == "its last layer is not its output"


def test_a_model_that_gives_what_it_takes() -> None:
    for quiet in ("Identity", "GaussianNoise"):
        assert refused(sequence(INPUT, {"class_name": quiet, "config": {}})) == "no layers: it gives what it takes"


# Whose classes


@pytest.mark.parametrize(
    ("module", "registered"),
    [
        (None, None),
        ("keras", "Dense"),
        ("keras.layers", None),
        ("keras.models", None),
        ("keras.src.models.functional", None),
        ("keras.src.engine.functional", "Dense"),
        ("tf_keras.src.engine.functional", None),
        ("keras.engine.functional", None),
    ],
)
def test_classes_of_keras_itself(module: str | None, registered: str | None) -> None:
    entry = sequence(INPUT, dense(module=module, registered_name=registered))
    assert read(entry).forward([[10, 100]]).tolist() == [[213]]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"module": "mine"}, "mine.Dense"),
        ({"module": "keras.other"}, "keras.other.Dense"),
        ({"module": "tf_keras"}, "tf_keras.Dense"),
        ({"registered_name": "mine>Dense"}, "mine>Dense"),
        ({"module": "mine", "registered_name": "mine>Dense"}, "mine>Dense"),
        ({"class_name": "mine>Dense"}, "mine>Dense"),
        ({"module": "keras.layers", "class_name": "mine>Dense"}, "keras.layers.mine>Dense"),
    ],
)
def test_a_class_of_another_is_named(changes: dict[str, Any], named: str) -> None:
    kind = changes.get("class_name", "Dense")
    reason = f"layer 'd' ({kind}): {named} is no class of Keras: its code would have to be run"
    assert refused(sequence(INPUT, dense(**changes))) == reason


def test_functions_of_keras_that_stand_among_the_layers() -> None:
    ops = {"module": "keras.src.ops.numpy", "config": {"name": "o"}}
    assert kinds(read(sequence(INPUT, dense(), {"class_name": "Relu", **ops}))) == "dense+relu"
    for name in ("Dense", "Matmul", "ReLU"):
        reason = f"layer 'o' ({name}): a function of keras.ops that is not read"
        assert refused(sequence(INPUT, {"class_name": name, **ops})) == reason


def test_a_subclass_of_model_is_named() -> None:
    hint = "(a subclass of Model: its code is not in the file; a Functional or Sequential model is read)"
    for letters in (60, 61):
        reason = f"a model of the class {'A' * 60}, expected Sequential or Functional {hint}"
        assert refused({"class_name": "A" * letters, "config": {}}) == reason


# A model in memory


def test_the_version_is_that_of_the_package_of_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = described(("Activation", {"activation": "hard_sigmoid"}), shape=(1,))
    for version, expected in (("2.15.0", 0.7), ("3.9", 2 / 3), (None, 2 / 3)):
        package = SimpleNamespace(**({"__version__": version} if version else {}))
        monkeypatch.setitem(sys.modules, "tf_keras", package)
        kind = type("Model", (SimpleNamespace,), {"__module__": "tf_keras.src.models"})
        model = kind(**vars(in_memory(entry, {})))
        np.testing.assert_allclose(nnlec.from_keras(model).forward([[1]]), [[expected]], rtol=1e-6)


def test_what_is_no_model() -> None:
    for other in (SimpleNamespace(layers=[]), SimpleNamespace(to_json=lambda: "{}"), 3):
        assert refused_model(other) == f"{type(other).__name__} is no Keras model"


@pytest.mark.parametrize("version", ["1.2.2", "4.0", "x", "23.1", "3", "12345678901234567890123"])
def test_another_version_is_refused(version: str) -> None:
    entry = described(("Dense", {"units": 1}), keras_version=version)
    assert refused(entry) == f"a model of Keras {version[:20]}, expected 2 or 3"


def test_a_description_has_a_limit() -> None:
    most = 64 * 1024 * 1024
    for text, reason in (
        ("7".rjust(most), "a damaged Keras model: its description is no JSON object"),
        ("7".rjust(most + 1), "a description of more than 64 MiB"),
    ):
        assert refused_model(SimpleNamespace(to_json=lambda text=text: text, layers=[])) == reason


ONES = (np.ones((1, 1)), np.ones(1))


class BinaryCrossentropy:
    _fn_kwargs = {"from_logits": True}  # noqa: RUF012


def mean_absolute_error() -> None:
    """A loss that is a function."""


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (BinaryCrossentropy(), ("binary", "")),
        (mean_absolute_error, ("regression", "mean-absolute-error")),
        ("MSE", ("regression", "mean-squared-error")),
        (None, ("regression", "")),
    ],
)
def test_the_loss_of_a_model_in_memory(loss: Any, expected: tuple[str, str]) -> None:
    layers = [("Dense", {"units": 1, "name": name}) for name in "abc"]
    model = in_memory(described(*layers, shape=(1,)), dict.fromkeys("abc", ONES))
    model.loss = loss
    network = nnlec.from_keras(model)
    assert (network.kind, network.loss or "") == expected


def test_the_last_layer_says_what_outputs_mean() -> None:
    named = {"a": "relu", "b": "relu", "c": "sigmoid"}
    bent = [("Dense", {"units": 1, "name": name, "activation": activation}) for name, activation in named.items()]
    model = in_memory(described(*bent, shape=(1,)), dict.fromkeys("abc", ONES))
    model.loss = "binary_crossentropy"
    assert nnlec.from_keras(model).kind == "binary"
