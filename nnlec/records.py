"""A worked example as plain values under the names of the JSON output; the keys are a promise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nnlec.activations import softmax
from nnlec.checking import MarkedRow, Verdict
from nnlec.losses import LossExample
from nnlec.network import Network, Trace


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


def softmax_record(logits: Sequence[float], classes: Sequence[str]) -> dict[str, object]:
    """{classes, logits, exponentials, sum, probabilities, prediction}."""
    row = np.array([logits], dtype=np.float64)
    with np.errstate(over="ignore"):
        exponentials = np.exp(row)
    probabilities = softmax(row)
    return {
        "classes": list(classes),
        "logits": list(logits),
        "exponentials": exponentials[0].tolist(),
        "sum": float(exponentials.sum()),
        "probabilities": probabilities[0].tolist(),
        "prediction": classes[int(np.argmax(probabilities))],
    }


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


def check_record(verdict: Verdict) -> dict[str, object]:
    """{right, figures, right_figures, first_wrong, rows: [{name, figures, slips, remarks}]} of one sheet."""
    first = verdict.first_wrong
    return {
        "right": verdict.right,
        "figures": len(verdict.marks),
        "right_figures": sum(mark.right for mark in verdict.marks),
        "first_wrong": None if first is None else {"row": first[0].name, "figure": first[1].label},
        "rows": [_row_record(row) for row in verdict.rows],
    }


def checks_record(students: Sequence[tuple[Mapping[str, str], Verdict]]) -> dict[str, object]:
    """{sheets, right_sheets, students: [{notes, ...}]}, each student's verdict as in `check_record`."""
    return {
        "sheets": len(students),
        "right_sheets": sum(verdict.right for _, verdict in students),
        "students": [{"notes": dict(notes), **check_record(verdict)} for notes, verdict in students],
    }


def _row_record(row: MarkedRow) -> dict[str, object]:
    return {
        "name": row.name,
        "figures": [
            {
                "name": mark.label,
                "written": mark.figure.text or None,
                "computed": float(mark.expected),
                "right": mark.right,
                "follows": None if mark.road is None else mark.road.value,
            }
            for mark in row.marks
        ],
        "slips": [
            {
                "name": slip.name,
                "explanation": slip.sentence,
                "step": slip.step,
                "explains": [mark.label for unit, mark in enumerate(row.marks) if unit in slip.explains],
            }
            for slip in row.slips
        ],
        "remarks": list(row.remarks),
    }
