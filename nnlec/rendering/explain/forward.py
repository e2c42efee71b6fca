"""The forward pass layer by layer, as on the slides: x^T W(1), the activation, h W(2), the output."""

from __future__ import annotations

from collections.abc import Iterator

from nnlec.network.trace import ExactTrace
from nnlec.rendering.document import Block, Cell, Document, Heading, Number, Prose, Symbol, Table, UserName
from nnlec.rendering.explain.figures import Style, column
from nnlec.rendering.explain.layer import LayerExplanation
from nnlec.rendering.explain.softmax import softmax_steps


def describe_forward(trace: ExactTrace, style: Style) -> Document:
    """The forward pass layer by layer, then what the outputs say."""
    network, style = trace.network, style.of_network(trace.network)
    blocks: list[Block] = [Heading(UserName(network.name))] if network.name else []
    for number in range(1, len(trace.layers) + 1):
        blocks += LayerExplanation.of(trace, number, style).blocks()
    return (*blocks, *_describe_output(trace, style))


def describe_cell(trace: ExactTrace, layer: int, unit: int | None, style: Style) -> Document:
    """One layer of the forward pass, or one unit of it, written out; both are counted from 0."""
    style = style.of_network(trace.network)._replace(steps=True)
    return tuple(LayerExplanation.of(trace, layer + 1, style, unit).blocks())


def _describe_output(trace: ExactTrace, style: Style) -> Iterator[Block]:
    network, note = trace.network, style.notation
    named = bool(network.classes) or network.n_out > 1  # of one output without class names, the number says all
    probabilities = trace.probabilities if named else None
    if probabilities is None:
        yield Heading("output", 2)
        numbers = (Number(text, network.unit) for text in style.rounding.texts(trace.output))
        rows = zip(map(UserName, network.output_names), numbers, strict=True)
        yield Table(("output", Symbol(note.output)), tuple(rows))
    else:
        columns: dict[Cell, list[Cell]] = {Symbol(note.probability): column(probabilities, style)}
        if network.kind == "multi-class":
            columns = {Symbol(note.scores): column(trace.logits, style), **columns}
            if style.steps:
                yield Heading("softmax", 2)
                yield from softmax_steps(trace.logits, style, trace.carry)
        yield Heading("classes", 2)
        rows_of = zip(map(UserName, network.class_names), *columns.values(), strict=True)
        yield Table(("class", *columns), tuple(rows_of))
    if trace.prediction is not None and named:
        rule = "argmax" if network.n_out > 1 or probabilities else "more than 0"
        yield Prose(f"prediction: {trace.prediction} ({rule})")
