"""A step on a batch, and several steps, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.network.descent import Descent
from nnlec.network.layers import Layer
from nnlec.network.layers.interface import decimals
from nnlec.network.losses import Loss
from nnlec.network.network import Network
from nnlec.rendering.explain.sides import from_one
from nnlec.rendering.records import RecordRow, with_bias

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.network.exact_batch import ExactBatch
    from nnlec.tables.step import BatchSums


def batch_record(
    network: Network, first: BatchSums, descent: Descent, rate: float, loss: Loss, per: str
) -> dict[str, Any]:
    """{network, rows, per, rate, loss, layers, after} of a step, or of several with their `losses`.

    `loss` is {name, value} before the first step, `layers` have the gradients of the first step and the numbers after
    the last one, `after` has the loss then.
    """
    divisor = first.weight if per == "mean" else 1.0
    layers = [
        {
            "name": layer.name,
            "gradient": _arrays({name: array / divisor for name, array in of.items()}),
            "after": _arrays({name: after.arrays[name] for name in of}),
        }
        for layer, after, of in zip(network.layers, descent.network.layers, first.gradients, strict=True)
    ]
    record = _record(network, first.rows, rate, loss, per, layers, descent.losses)
    return record if len(descent.losses) == 2 else {**record, "losses": descent.losses}


def exact_batch_record(network: Network, step: ExactBatch, rate: float, loss: Loss, per: str) -> dict[str, Any]:
    """As `batch_record` for one step, with decimal numbers."""

    def shaped(layer: Layer, rows: Mapping[str, Sequence[Decimal]]) -> dict[str, Any]:
        shapes = {name: array.shape for name, array in layer.arrays.items()}
        return _arrays({name: np.array(row, dtype=object).reshape(shapes[name]) for name, row in rows.items()})

    layers = [
        {
            "name": layer.name,
            "gradient": shaped(layer, of),
            "after": shaped(layer, {name: after.get(name, decimals(layer.arrays[name])) for name in of}),
        }
        for layer, of, after in zip(network.layers, step.gradients, step.after, strict=True)
    ]
    return _record(network, step.rows, rate, loss, per, layers, (step.loss, step.loss_after))


def _record(
    network: Network,
    rows: int,
    rate: float,
    loss: Loss,
    per: str,
    layers: list[dict[str, Any]],
    losses: Sequence[float | Decimal],
) -> dict[str, Any]:
    return {
        "network": network.name,
        "rows": rows,
        "per": per,
        "rate": rate,
        "loss": {"name": loss.name, "value": losses[0]},
        "layers": layers,
        "after": {"loss": losses[-1]},
    }


def batch_rows(record: Mapping[str, Any]) -> list[RecordRow]:
    """A row for each learned number, or of several steps a row for each."""
    if "losses" in record:
        return [{"step": step, "loss": value} for step, value in enumerate(record["losses"])]
    return [
        {"layer": layer["name"], "array": name, "index": from_one(place), "gradient": g, "after": w}
        for layer in record["layers"]
        for name, gradient in layer["gradient"].items()
        if gradient is not None
        for (place, g), w in zip(
            np.ndenumerate(np.array(gradient)), np.array(layer["after"][name]).ravel().tolist(), strict=True
        )
    ]


def descent_record(descent: Descent, inputs: Array) -> dict[str, Any]:
    """{losses, layers, output} of several steps from one example: L before the first step and after each."""
    layers = [{"name": layer.name, **_arrays(layer.arrays)} for layer in descent.network.layers]
    return {"losses": descent.losses, "layers": layers, "output": descent.network.forward(inputs)[0].tolist()}


def descent_rows(descent: Descent) -> list[RecordRow]:
    """A row for each step: its number and L after it."""
    return [{"step": step, "loss": value} for step, value in enumerate(descent.losses)]


def _arrays(arrays: Mapping[str, Array]) -> dict[str, Any]:
    """Arrays as lists."""
    return with_bias({name: array.tolist() for name, array in arrays.items()})
