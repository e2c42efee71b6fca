"""A worked example as plain values: a record for JSON, whose keys are a promise, and the row of a table.

Every number is the double nearest to the exact one. A row has the same columns as the command's answer for a table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any

from nnlec.arithmetic.decimal_functions import working
from nnlec.arithmetic.lazy_numpy import np
from nnlec.arithmetic.numbers import decimal_of, nearest_double, nearest_float32
from nnlec.network.activations import Carry, ExactSoftmax
from nnlec.network.network import Network
from nnlec.network.trace import ExactTrace, exact_loss

if TYPE_CHECKING:
    from nnlec.network.losses import LossExample

RecordRow = Mapping[str, str | float]


def forward_record(trace: ExactTrace) -> dict[str, Any]:
    """{network, input, layers, output, output_names, classes, probabilities, prediction} of one example.

    A layer's numbers are lists of lists where they stand in maps; `input` and `output` are rows.
    """
    network, nearest = trace.network, [doubles] * len(trace.layers)
    if network.dtype == "float32":
        nearest[-1] = _floats
    layers = [
        {
            "name": step.layer.name,
            "type": step.layer.kind,
            "activation": step.layer.activation.name,
            "in_shape": list(step.layer.in_shape),
            "shape": list(step.layer.out_shape),
            "inputs": nested(doubles(step.inputs), step.layer.in_shape),
            **with_bias(step.layer.numbers),
            "pre_activation": nested(given(step.pre_activation), step.layer.out_shape),
            "output": nested(given(step.output), step.layer.out_shape),
        }
        for step, given in zip(trace.layers, nearest, strict=True)
    ]
    return {
        "network": network.name,
        "input": doubles(trace.inputs),
        "layers": layers,
        "output": nearest[-1](trace.output),
        "output_names": list(network.output_names),
        "classes": list(network.class_names) or None,
        "probabilities": None if trace.probabilities is None else doubles(trace.probabilities),
        "prediction": trace.prediction,
    }


def forward_row(record: Mapping[str, Any]) -> RecordRow:
    """Each output under its name, and the loss where there is one."""
    loss = {"loss": record["loss"]["value"]} if "loss" in record else {}
    return dict(zip(record["output_names"], record["output"], strict=True)) | loss


def softmax_record(exact: ExactSoftmax, classes: Sequence[str]) -> dict[str, Any]:
    """{classes, logits, exponentials, sum, probabilities, prediction}."""
    return {
        "classes": list(classes),
        "logits": doubles(exact.logits),
        "exponentials": doubles(exact.exponentials),
        "sum": float(exact.total),
        "probabilities": doubles(exact.probabilities),
        "prediction": classes[exact.largest],
    }


def softmax_row(record: Mapping[str, Any]) -> RecordRow:
    """Each score under its class's name, then each probability as P(class)."""
    names = record["classes"]
    return {
        **dict(zip(names, record["logits"], strict=True)),
        **{f"P({name})": p for name, p in zip(names, record["probabilities"], strict=True)},
    }


def loss_record(example: LossExample, carry: Carry | None = None) -> dict[str, Any]:
    """{loss, classes, logits, probabilities, target, terms, value} of one example."""
    exact = exact_loss(example, carry)
    return {
        "loss": example.loss.name,
        "classes": list(example.classes),
        "logits": None if example.given_probabilities else list(example.predicted),
        "probabilities": None if exact.probabilities is None else doubles(exact.probabilities),
        "target": list(example.target),
        "terms": doubles(exact.terms),
        "value": float(exact.value),
    }


def loss_row(example: LossExample, carry: Carry | None = None) -> RecordRow:
    """loss, rows, mean: of this one row, whose class weight divides a weighted mean as in a table."""
    target = np.array([example.target])
    weight = sum(map(decimal_of, example.loss.row_weights(target).tolist()), Decimal(0))
    with localcontext(working()):
        mean = exact_loss(example, carry).value / weight
    return {"loss": example.loss.name, "rows": 1, "mean": nearest_double(mean)}


def network_record(network: Network) -> dict[str, Any]:
    """{network, kind, inputs, outputs, classes, loss, layers, parameters}."""
    return {
        "network": network.name,
        "kind": network.kind,
        "inputs": list(network.input_names),
        "outputs": list(network.output_names),
        "classes": list(network.class_names) or None,
        "loss": network.loss or None,
        "layers": [
            {
                "name": layer.name,
                "type": layer.kind,
                "shape": [layer.n_in, layer.n_out],
                "in_shape": list(layer.in_shape),
                "out_shape": list(layer.out_shape),
                "from": [network.layers[source - 1].name if source else "input" for source in sources],
                "activation": layer.activation.name,
                "bias": "bias" in layer.numbers,
                "parameters": layer.parameters,
            }
            for layer, sources in zip(network.layers, network.sources, strict=True)
        ],
        "parameters": network.parameters,
    }


def with_bias(arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Arrays of a layer; weights always have a bias beside them, null where there is none."""
    return {"weights": arrays["weights"], "bias": arrays.get("bias")} if "weights" in arrays else dict(arrays)


def nested(row: list[float], shape: Sequence[int]) -> Any:
    """The numbers as lists of lists, as the shape says; a single one where it has no axes."""
    lists: list[Any] = row
    for size in reversed(shape[1:]):
        lists = [lists[start : start + size] for start in range(0, len(lists), size)]
    return lists if shape else lists[0]


def doubles(numbers: Sequence[Decimal]) -> list[float]:
    """The nearest doubles."""
    return list(map(nearest_double, numbers))


def _floats(numbers: Sequence[Decimal]) -> list[float]:
    """The nearest single-precision numbers."""
    return list(map(nearest_float32, numbers))
