"""A step of learning as plain values; every number is the double nearest to the exact one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from nnlec.arithmetic.numbers import nearest_double
from nnlec.network.layers.interface import decimals
from nnlec.network.step import ExactStep, LayerStep
from nnlec.rendering.explain.sides import from_one, unravelled
from nnlec.rendering.records import RecordRow, doubles, nested, with_bias


def step_record(step: ExactStep) -> dict[str, Any]:
    """{network, input, target, rate, loss, layers, after} of one step.

    `loss` is {name, value}; a layer {name, delta, gradient, after}, both with the arrays of the file's layer, `bias`
    null where there is none; `after` is {output, loss}.
    """
    return {
        "network": step.before.network.name,
        "input": doubles(step.before.inputs),
        "target": [float(g) for g in step.example.target],
        "rate": nearest_double(step.rate),
        "loss": {"name": step.example.loss.name, "value": nearest_double(step.loss.value)},
        "layers": [_layer(of) for of in step.layers],
        "after": {"output": doubles(step.after.output), "loss": nearest_double(step.loss_after.value)},
    }


def step_rows(step: ExactStep, names: Sequence[Sequence[str]]) -> list[RecordRow]:
    """A row for each learned number: its layer, its place, what it was, its gradient, and what it is after the step.

    `names` are those of the inputs, and of what each layer gives out.
    """
    return [row for number, of in enumerate(step.layers) for row in _rows(of, names[number], names[number + 1])]


def _layer(of: LayerStep) -> dict[str, Any]:
    numbers = of.layer.numbers

    def arrays(rows: Mapping[str, Sequence[Decimal]]) -> dict[str, Any]:
        return with_bias({name: nested(doubles(row), numbers[name].shape) for name, row in rows.items()})

    after = {name: of.after.get(name, tuple(decimals(numbers[name]))) for name in of.gradients}
    return {
        "name": of.layer.name,
        "delta": doubles(of.delta),
        "gradient": arrays(of.gradients),
        "after": arrays(after),
    }


def _rows(of: LayerStep, sources: Sequence[str], units: Sequence[str]) -> Iterator[RecordRow]:
    for name, gradients in of.gradients.items():
        before = decimals(of.layer.numbers[name])
        after = of.after.get(name, before)
        for k, gradient in enumerate(gradients):
            yield {
                "layer": of.layer.name,
                "array": name,
                **_place(of, name, k, sources, units),
                "value": nearest_double(before[k]),
                "gradient": nearest_double(gradient),
                "after": nearest_double(after[k]),
            }


def _place(of: LayerStep, name: str, k: int, sources: Sequence[str], units: Sequence[str]) -> RecordRow:
    """What a weight joins; of another layer its place in the array, counted from 1."""
    if of.layer.matrix is not None:
        source, unit = divmod(k, of.layer.n_out) if name == "weights" else (None, k)
        return {"from": "1" if source is None else sources[source], "to": units[unit]}
    return {"from": "", "to": from_one(unravelled(k, of.layer.numbers[name].shape))}
