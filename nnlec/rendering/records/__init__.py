"""A worked example as plain values: a record for JSON, whose keys are a promise, and a line of a table.

A line has the same columns as the command's answer for a table of one row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nnlec.network.activations import activation, softmax
from nnlec.network.losses import LossExample
from nnlec.network.network import Network, Trace

Line = Mapping[str, str | float]


def forward_record(trace: Trace) -> dict[str, object]:
    """{network, input, layers, output, output_names, classes, probabilities, prediction} of the first row."""
    network = trace.network
    probabilities, prediction = trace.probabilities, trace.prediction
    return {
        "network": network.name,
        "input": trace.inputs[0].tolist(),
        "layers": [
            {
                "name": step.layer.name,
                "activation": step.layer.activation.name,
                "inputs": step.inputs[0].tolist(),
                "weights": step.layer.weights.tolist(),
                "bias": None if step.layer.bias is None else step.layer.bias.tolist(),
                "pre_activation": step.pre_activation[0].tolist(),
                "output": step.output[0].tolist(),
            }
            for step in trace.layers
        ],
        "output": trace.output[0].tolist(),
        "output_names": list(network.output_names),
        "classes": list(network.class_names) or None,
        "probabilities": None if probabilities is None else probabilities[0].tolist(),
        "prediction": None if prediction is None else prediction[0],
    }


def forward_line(trace: Trace) -> Line:
    """Each output under its name."""
    return dict(zip(trace.network.output_names, trace.output[0].tolist(), strict=True))


def softmax_record(logits: Sequence[float], classes: Sequence[str], *, exact: bool = False) -> dict[str, object]:
    """{classes, logits, exponentials, sum, probabilities, prediction}; with `exact` each correctly rounded."""
    if exact:
        from nnlec.network import rounded

        exponentials, total = rounded.exponentials(logits)
    else:
        exponentials = activation("exponential")(np.array([logits], dtype=np.float64))[0].tolist()
        total = float(np.sum(exponentials))
    probabilities = _softmax(logits, exact=exact)
    return {
        "classes": list(classes),
        "logits": list(logits),
        "exponentials": exponentials,
        "sum": total,
        "probabilities": probabilities,
        "prediction": classes[int(np.argmax(probabilities))],
    }


def softmax_line(logits: Sequence[float], classes: Sequence[str], *, exact: bool = False) -> Line:
    """Each score under its class's name, then each probability as P(class)."""
    probabilities = _softmax(logits, exact=exact)
    return {
        **dict(zip(classes, logits, strict=True)),
        **{f"P({c})": p for c, p in zip(classes, probabilities, strict=True)},
    }


def _softmax(logits: Sequence[float], *, exact: bool) -> list[float]:
    row = np.array([logits], dtype=np.float64)
    if exact:  # imported on use: few ask for it, and the lecture's command starts sooner
        from nnlec.network import rounded

        row = rounded.softmax(row)
    else:
        row = softmax(row)
    probabilities: list[float] = row[0].tolist()
    return probabilities


def loss_record(example: LossExample) -> dict[str, object]:
    """{loss, classes, logits, probabilities, target, terms, value} of one example."""
    probabilities = example.probabilities
    return {
        "loss": example.loss.name,
        "classes": list(example.classes),
        "logits": None if example.given_probabilities else list(example.predicted),
        "probabilities": None if probabilities is None else list(probabilities),
        "target": list(example.target),
        "terms": list(example.terms),
        "value": example.value,
    }


def loss_line(example: LossExample) -> Line:
    """loss, rows, mean: of this one row."""
    return {"loss": example.loss.name, "rows": 1, "mean": example.value}


def network_record(network: Network) -> dict[str, object]:
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
                "shape": [layer.n_in, layer.n_out],
                "activation": layer.activation.name,
                "bias": layer.bias is not None,
                "parameters": layer.parameters,
            }
            for layer in network.layers
        ],
        "parameters": network.parameters,
    }
