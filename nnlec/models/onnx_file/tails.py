"""The ends of exported classifiers: which output is the scores, and the names of the classes; the rest vanishes."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from nnlec.errors import NnlecError, shortened
from nnlec.models.onnx_file.protobuf import value_of
from nnlec.models.onnx_file.tensors import FLOATS
from nnlec.text import visible

if TYPE_CHECKING:
    from nnlec.models.onnx_file.graph import Graph

_PASSED = ("Identity", "Cast", "Reshape", "Flatten", "Squeeze")
_MOST_STEPS = 50


class Tail(NamedTuple):
    """The name of what the network gives, the names of its classes, and whether several may hold at once."""

    output: str
    classes: tuple[str, ...] = ()
    several: bool = False


def tail_of(graph: Graph) -> Tail:
    """Scores and classes of a graph. Raises `NnlecError` where several outputs could be meant."""
    outputs = list(graph.proto.output)
    if not outputs:
        raise NnlecError("it has no output")
    numbers = [each.name for each in outputs if each.type.tensor_type.elem_type in FLOATS]
    numbers += [each.name for each in outputs if each.type.WhichOneof("value") == "sequence_type"]
    if len(numbers) > 1:
        shown = ", ".join(f"'{visible(shortened(name))}'" for name in numbers[:4])
        hint = "onnx.utils.extract_model writes a file with one of them"
        raise NnlecError(f"it gives {shown}: several outputs, expected one", hint=hint)
    classes: tuple[str, ...] = ()
    for each in outputs:
        classes = classes or _classes(graph, each.name)
    output = _scores(graph, numbers[0] if numbers else outputs[0].name, label=not numbers)
    several = any(node.op_type == "Binarizer" for node in graph.proto.node)
    return Tail(output, classes, several)


def _classes(graph: Graph, name: str) -> tuple[str, ...]:
    """The names that are at the end of the way back from an output: of a look-up by the largest, or of a ZipMap."""
    for _ in range(_MOST_STEPS):
        node = graph.node(name)
        if node is None:
            return ()
        attributes = {each.name: each for each in node.attribute}
        if node.op_type in ("ZipMap", "LinearClassifier"):
            for key in ("classlabels_strings", "classlabels_int64s", "classlabels_ints"):
                if key in attributes:
                    values = attributes[key].strings or attributes[key].ints
                    return tuple(map(_text, values))
            return ()
        if node.op_type == "ArrayFeatureExtractor":
            array = graph.constant(node.input[0])
            return () if array is None else tuple(map(_text, array.ravel().tolist()))
        if node.op_type not in _PASSED or not node.input:
            return ()
        name = node.input[0]
    return ()


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _scores(graph: Graph, name: str, *, label: bool) -> str:
    """What a tail is made from; a `label` is looked up by the largest of it."""
    for _ in range(_MOST_STEPS):
        node = graph.node(name)
        before = None if node is None else _before(graph, node, label)
        if before is None:
            break
        name = before
    return name


def _before(graph: Graph, node: Any, label: bool) -> str | None:
    """The input of a node that is part of a tail; None for one that is not."""
    kind, inputs = node.op_type, [str(name) for name in node.input]
    if kind in ("ZipMap", "Binarizer", "Identity") and inputs:
        return inputs[0]
    if kind == "Normalizer" and _adds_up_to_one(graph, inputs[0]) and _attribute(node, "norm") == b"L1":
        return inputs[0]
    if kind == "Cast" and (cast := _cast(graph, node)) is not None:
        return inputs[0] if _before(graph, cast, label) is not None else None
    if kind == "Concat" and len(inputs) == 2:
        return _pair(graph, *inputs)
    if label and kind in ("Cast", "Reshape", "Squeeze", "ArgMax"):
        return inputs[0]
    if label and kind == "ArrayFeatureExtractor" and graph.constant(inputs[0]) is not None:
        return inputs[1]
    if label and kind == "LinearClassifier":
        return str(node.output[1]) if len(node.output) > 1 else None
    return None


def _attribute(node: Any, name: str) -> Any:
    return next((value_of(each) for each in node.attribute if each.name == name), None)


def _cast(graph: Graph, node: Any) -> Any:
    """The node whose output a Cast takes, other Casts left out; None for what no node gives."""
    for _ in range(_MOST_STEPS):
        if node is None or node.op_type != "Cast":
            return node
        node = graph.node(node.input[0])
    return None


def _before_casts(graph: Graph, name: str) -> str:
    """The name of what was cast, or passed on as it is."""
    for _ in range(_MOST_STEPS):
        node = graph.node(name)
        if node is None or node.op_type not in ("Cast", "Identity"):
            break
        name = node.input[0]
    return name


def _adds_up_to_one(graph: Graph, name: str) -> bool:
    """Whether numbers are a softmax, or 1 - p and p, so that dividing by their sum changes nothing."""
    node = graph.node(_before_casts(graph, name))
    if node is None or node.op_type != "LinearClassifier":
        return node is not None and node.op_type == "Softmax"
    return _attribute(node, "post_transform") == b"SOFTMAX" or _is_of_two(node)


def _is_of_two(node: Any) -> bool:
    """Whether a linear classifier gives 1 - p and p: sigmoids of two opposite scores."""
    weights, bias = (_attribute(node, key) or [] for key in ("coefficients", "intercepts"))
    half = len(weights) // 2
    opposite = weights[:half] == [-each for each in weights[half:]] and bias[:1] == [-each for each in bias[1:]]
    return _attribute(node, "post_transform") == b"LOGISTIC" and opposite and len(bias) == 2


def _pair(graph: Graph, first: str, second: str) -> str | None:
    """p of the two columns 1 - p and p; None for other columns."""
    node, second = graph.node(_before_casts(graph, first)), _before_casts(graph, second)
    if node is None or node.op_type != "Sub" or node.input[1] != second:
        return None
    one = graph.constant(node.input[0])
    return second if one is not None and one.size == 1 and float(one.ravel()[0]) == 1.0 else None


def names_of(model: Any) -> dict[str, tuple[str, ...] | str]:
    """The names that a file's metadata brings: our own, `class_names` as JSON, Ultralytics' `names`."""
    found: dict[str, tuple[str, ...] | str] = {}
    for each in model.metadata_props:
        key = each.key.removeprefix("nnlec.")
        if len(each.value) > 1_000_000:
            continue
        if each.key.startswith("nnlec.") and key in ("inputs", "classes", "outputs", "unit", "loss", "name", "kind"):
            found[key] = _listed(each.value) if key in ("inputs", "classes", "outputs") else each.value
        elif each.key == "class_names":
            found.setdefault("classes", _listed(each.value))
        elif each.key == "names":
            found.setdefault("classes", _numbered(each.value))
    return {key: value for key, value in found.items() if value}


def _listed(text: str) -> tuple[str, ...]:
    """A list of names in JSON; none for anything else."""
    try:
        names = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    return tuple(names) if isinstance(names, list) and all(isinstance(name, str) for name in names) else ()


def _numbered(text: str) -> tuple[str, ...]:
    """The names of {0: 'a', 1: 'b'}, as Ultralytics writes them; none for anything else."""
    entries = re.findall(r"""(\d{1,6}): (?:'([^'\\]*)'|"([^"\\]*)")(?:, |\}$)""", text)
    shown = "{" + ", ".join(f"{number}: {text!r}" for number, *both in entries for text in [both[0] or both[1]]) + "}"
    return tuple(a or b for _, a, b in entries) if entries and shown == text else ()
