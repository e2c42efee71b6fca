"""From exact numbers to blocks on paper, in the lecture's notation. Knows every symbol, and no format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext

from nnlec.activations import DIGITS, exact_softmax
from nnlec.document import (
    Block,
    Document,
    Equation,
    Formula,
    Heading,
    Matrix,
    Name,
    Number,
    Prose,
    Sign,
    Symbol,
    Table,
)
from nnlec.exact import EXACT, ExactLayer, ExactTrace, Row, exact_loss
from nnlec.losses import LossExample
from nnlec.network import Network
from nnlec.rounding import Rounding


@dataclass(frozen=True)
class Notation:
    """The lecture's letters, in one place; it uses g twice, for the activation and for the ground truth."""

    input: str = "x"
    hidden: str = "h"
    output: str = "f"
    weights: str = "W"
    probability: str = "s"
    target: str = "g"
    loss: str = "L"


@dataclass(frozen=True)
class Style:
    """What the reader asked for: figures, letters, and how much of a large matrix is shown."""

    rounding: Rounding = field(default_factory=Rounding)
    notation: Notation = field(default_factory=Notation)
    most_rows: int = 20
    most_columns: int = 20


def describe_forward(trace: ExactTrace, style: Style) -> Document:
    """The forward pass layer by layer, as on the slides: x^T W(1), the activation, h W(2), the output."""
    network = trace.network
    blocks: list[Block] = [Heading(network.name)] if network.name else []
    for number, step in enumerate(trace.layers, start=1):
        blocks += _describe_layer(network, number, step, style)
    return (*blocks, *_describe_output(trace, style))


def describe_softmax(logits: Row, classes: Sequence[str], style: Style) -> Document:
    """f, e^f, their sum, s, and the argmax, as the lecture derives them."""
    note = style.notation
    probabilities = exact_softmax(logits)
    with localcontext(DIGITS):
        exponentials = [f.exp() for f in logits]
        total = sum(exponentials, Decimal(0))
    figures = style.rounding.texts
    columns = (_column(figures(logits)), _column(figures([*exponentials, total])), _column(figures(probabilities)))
    exponential = Symbol("e", superscript=note.output)
    return (
        Formula("s_i = e^f_i / sum_j e^f_j", r"s_i = \frac{e^{f_i}}{\sum_j e^{f_j}}"),
        Table(
            ("class", Symbol(note.output), exponential, Symbol(note.probability)),
            tuple(zip(classes, *(column[: len(classes)] for column in columns), strict=True)),
            totals=("sum", "", columns[1][-1], Number(style.rounding.text(Decimal(1)))),
        ),
        Prose(f"prediction: {classes[_argmax(probabilities)]} (argmax)"),
    )


def describe_loss(example: LossExample, style: Style) -> Document:
    """The target g, the probabilities s, each term, and L."""
    note, figures = style.notation, style.rounding.texts
    exact = exact_loss(example)
    columns: list[tuple[Symbol | str, Sequence[Number]]] = [(Symbol(note.target), _column(figures(exact.target)))]
    if not example.given_probabilities:
        columns.append((Symbol(note.output), _column(figures(exact.predicted))))
    if exact.probabilities is not None:
        columns.append((Symbol(note.probability), _column(figures(exact.probabilities))))
    columns.append(("term", _column(figures(exact.terms))))
    total = Number(style.rounding.text(exact.value))
    return (
        Heading(example.loss.name, 2),
        Formula(example.loss.kind.formula, example.loss.kind.latex),
        Table(
            ("class", *(head for head, _ in columns)),
            tuple(zip(example.classes, *(column for _, column in columns), strict=True)),
            totals=(Symbol(note.loss), *("" for _ in columns[:-1]), total),
        ),
    )


def describe_network(network: Network) -> Document:
    """Layers, shapes, activations and parameters."""
    rows = tuple(
        (
            layer.name,
            f"{layer.n_in} -> {layer.n_out}",
            layer.activation.name,
            "no" if layer.bias is None else "yes",
            Number(f"{layer.parameters:,}"),
        )
        for layer in network.layers
    )
    facts = [
        ("kind", network.kind),
        ("inputs", f"{network.n_in}: {_listed(network.input_names)}"),
        ("outputs", f"{network.n_out}: {_listed(network.output_names)}"),
        *([("classes", _listed(network.classes))] if network.classes else []),
        *([("loss", network.loss)] if network.loss else []),
    ]
    return (
        *([Heading(network.name)] if network.name else []),
        Table(
            ("layer", "shape", "activation", "bias", "parameters"),
            rows,
            totals=("total", "", "", "", Number(f"{network.parameters:,}")),
        ),
        *(Prose(f"{fact}: {value}") for fact, value in facts),
    )


def _describe_layer(network: Network, number: int, step: ExactLayer, style: Style) -> list[Block]:
    note, figures = style.notation, style.rounding
    depth = len(network.layers)
    vector = Symbol(note.input, transposed=True) if number == 1 else _hidden(number - 1, depth, note)
    weights = Symbol(note.weights, superscript=f"({number})" if depth > 1 else "")
    result = Symbol(note.output) if number == depth else _hidden(number, depth, note)
    rows = step.weights if step.bias is None else (step.bias, *step.weights)
    inputs = step.inputs if step.bias is None else (Decimal(1), *step.inputs)
    product = _matrix([step.pre_activation], style)
    activation = step.layer.activation.name
    with localcontext(EXACT):
        return [
            Heading(f"layer {number} of {depth}: {step.layer.name} ({activation})", 2),
            Equation(
                (
                    (
                        vector,
                        Sign.TIMES,
                        weights,
                        Sign.EQUALS,
                        _matrix([inputs], style),
                        Sign.TIMES,
                        _matrix(rows, style),
                    ),
                    (_relation([step.pre_activation], figures), product),
                )
            ),
            Equation(
                (
                    (
                        result,
                        Sign.EQUALS,
                        Name(activation),
                        Sign.OPEN,
                        vector,
                        weights,
                        Sign.CLOSE,
                        _relation([step.output], figures),
                        _matrix([step.output], style),
                    ),
                )
            ),
        ]


def _describe_output(trace: ExactTrace, style: Style) -> list[Block]:
    network, note = trace.network, style.notation
    figures = style.rounding.texts
    output = _column(figures(trace.layers[-1].output))
    probabilities = trace.probabilities
    if probabilities is not None:
        columns = {Symbol(note.probability): _column(figures(probabilities))}
        if network.kind == "multi-class":
            columns = {Symbol(note.output): _column(figures(trace.logits)), **columns}
        table = Table(("class", *columns), tuple(zip(network.class_names, *columns.values(), strict=True)))
        if network.kind == "multi-label":
            return [Heading("classes", 2), table]
        prediction = network.class_names[_argmax(probabilities)]
        return [Heading("classes", 2), table, Prose(f"prediction: {prediction} (argmax)")]
    unit = f" {network.unit}" if network.unit else ""
    return [
        Heading("output", 2),
        Table(
            ("output", Symbol(note.output)),
            tuple(
                (name, Number(f"{value.text}{unit}")) for name, value in zip(network.output_names, output, strict=True)
            ),
        ),
    ]


def _hidden(number: int, depth: int, note: Notation) -> Symbol:
    return Symbol(note.hidden, superscript=f"({number})" if depth > 2 else "")


def _matrix(rows: Sequence[Sequence[Decimal]], style: Style) -> Matrix:
    """The shown numbers of a matrix, its middle left out where it has more rows or columns than the style shows."""
    shape = (len(rows), len(rows[0]))
    shown_rows = _ends(shape[0], style.most_rows)
    shown_columns = _ends(shape[1], style.most_columns)
    numbers = [rows[i][j] for i in shown_rows if i is not None for j in shown_columns if j is not None]
    texts = iter(style.rounding.texts(numbers))
    return Matrix(
        tuple(tuple("..." if i is None or j is None else next(texts) for j in shown_columns) for i in shown_rows),
        shape,
    )


def _ends(size: int, most: int) -> list[int | None]:
    """The indices shown of `size`: all, or the first and last ones around a None."""
    if size <= most:
        return list(range(size))
    head = most // 2
    return [*range(head), None, *range(size - (most - head - 1), size)]


def _relation(rows: Sequence[Sequence[Decimal]], rounding: Rounding) -> Sign:
    """= where the shown figures are the numbers themselves, the approximate sign where one was rounded."""
    exact = all(rounding.value(number) == number for row in rows for number in row)
    return Sign.EQUALS if exact else Sign.APPROXIMATELY


def _column(texts: Sequence[str]) -> list[Number]:
    return [Number(text) for text in texts]


def _argmax(row: Sequence[Decimal]) -> int:
    return max(range(len(row)), key=lambda i: (row[i], -i))


def _listed(names: Sequence[str], most: int = 12) -> str:
    return ", ".join(names) if len(names) <= most else f"{', '.join(names[: most - 1])}, ..., {names[-1]}"
