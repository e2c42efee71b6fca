"""The forward pass layer by layer, as on the slides: x^T W(1), the activation, h W(2), the output."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, Inexact, localcontext
from typing import NamedTuple

from nnlec.network.exact import EXACT, ExactLayer, ExactTrace, Row
from nnlec.rendering.document import (
    Block,
    Cell,
    Document,
    Entry,
    Equation,
    Heading,
    Line,
    Name,
    Number,
    Product,
    Prose,
    Sign,
    Steps,
    Symbol,
    Table,
)
from nnlec.rendering.explain.activation import activation_line, gives_exactly
from nnlec.rendering.explain.figures import (
    Figure,
    Style,
    argmax,
    column,
    figure,
    figures,
    matrix,
    relation,
    shown_indices,
)
from nnlec.rendering.explain.softmax import softmax_steps
from nnlec.rendering.explain.sums import sum_of_products


def describe_forward(trace: ExactTrace, style: Style) -> Document:
    """The forward pass layer by layer, then what the outputs say."""
    network = trace.network
    depth = len(network.layers)
    blocks: list[Block] = [Heading(network.name)] if network.name else []
    for number, step in enumerate(trace.layers, start=1):
        blocks += _LayerOnPaper(step, number, depth, style).blocks()
    return (*blocks, *_describe_output(trace, style))


def describe_cell(trace: ExactTrace, layer: int, unit: int | None, style: Style) -> Document:
    """One layer of the forward pass, or one unit of it, written out; both are counted from 0."""
    on_paper = _LayerOnPaper(trace.layers[layer], layer + 1, len(trace.layers), style._replace(steps=True), unit)
    return tuple(on_paper.blocks() if unit is None else on_paper.unit_blocks())


class _LayerOnPaper(NamedTuple):
    """One layer at work: its letters, its figures, its blocks."""

    step: ExactLayer
    number: int
    depth: int
    style: Style
    unit: int | None = None

    def unit_blocks(self) -> Iterator[Block]:
        """The one unit's sum of products, and its activation."""
        yield Heading(self.title, 2)
        yield Steps(tuple(entry.working for entry in self._entries()))
        if not self.is_linear and self.step.layer.activation.kind.pointwise:
            yield Steps(tuple(self._activation_steps()))

    @property
    def title(self) -> str:
        return f"layer {self.number} of {self.depth}: {self.step.layer.name} ({self.step.layer.activation.name})"

    def blocks(self) -> Iterator[Block]:
        yield Heading(self.title, 2)
        product = self.product
        yield product
        if self.style.steps:
            yield Steps(tuple(entry.working for entry in product.entries))
        if not (self.style.steps and self.is_linear):
            yield self.activated()
        if self.style.steps and not self.is_linear and self.step.layer.activation.kind.pointwise:
            yield Steps(tuple(self._activation_steps()))
        yield from self._left_out()

    @property
    def is_linear(self) -> bool:
        return self.step.layer.activation.name == "identity"

    @property
    def vector(self) -> Symbol:
        """x^T for the first layer, else the h before."""
        if self.number == 1:
            return Symbol(self.style.notation.input, transposed=True)
        return self._hidden(self.number - 1)

    @property
    def result(self) -> Symbol:
        note = self.style.notation
        if self.number < self.depth:
            return self._hidden(self.number)
        softmax = self.step.layer.activation.name == "softmax"
        return Symbol(note.probability if softmax else note.output)

    def weights(self, subscript: str = "") -> Symbol:
        """W, or w for a single column of it."""
        note = self.style.notation
        single = subscript or self.step.layer.n_out == 1
        raised = f"({self.number})" if self.depth > 1 else ""
        return Symbol(note.column if single else note.weights, superscript=raised, subscript=subscript)

    @property
    def inputs(self) -> Row:
        """What meets the rows of W: a leading 1 where there is a bias."""
        return self.step.inputs if self.step.bias is None else (Decimal(1), *self.step.inputs)

    @property
    def rows(self) -> tuple[Row, ...]:
        """W with the bias as its first row."""
        return self.step.weights if self.step.bias is None else (self.step.bias, *self.step.weights)

    @property
    def shown_columns(self) -> list[int]:
        if self.unit is not None:
            return [self.unit]
        return [j for j in shown_indices(self.step.layer.n_out, self.style.most_columns) if j is not None]

    @property
    def product(self) -> Product:
        """x^T W, and how each of its entries came about."""
        rounding = self.style.rounding
        rows, inputs = self.rows, self.inputs
        in_full = all(map(rounding.is_shown_in_full, (*inputs, *(w for row in rows for w in row))))
        return Product(
            (self.vector, Sign.TIMES, self.weights()),
            relation(exact=in_full),
            matrix([inputs], self.style),
            matrix(rows, self.style),
            relation(exact=self._adds_up_as_shown()),
            matrix([self.step.pre_activation], self.style),
            tuple(self._entries()),
        )

    def activated(self) -> Equation:
        """g(x^T W) of the whole row."""
        activation, output = self.step.layer.activation, self.step.output
        shown = [self.style.rounding.value(h) for h in output]
        if activation.kind.pointwise:
            pairs = zip(self.step.pre_activation, shown, strict=True)
            exact = all(gives_exactly(activation.at_unit(j), z, h) for j, (z, h) in enumerate(pairs))
        else:
            exact = False
        call = (Name(activation.name), Sign.OPEN, self.vector, self.weights(), Sign.CLOSE)
        line = (self.result, Sign.EQUALS, *call, relation(exact=exact), matrix([output], self.style))
        return Equation((line,))

    def _adds_up_as_shown(self) -> bool:
        """Whether the product of the shown figures is the shown result."""
        value = self.style.rounding.value
        inputs = [value(x) for x in self.inputs]
        with localcontext(EXACT) as context:
            context.clear_flags()
            adds_up = all(
                sum((x * value(w) for x, w in zip(inputs, weights, strict=True)), Decimal(0)) == value(z)
                for weights, z in zip(zip(*self.rows, strict=True), self.step.pre_activation, strict=True)
            )
            return adds_up and not context.flags[Inexact]

    def _entries(self) -> Iterator[Entry]:
        inputs = figures(self.inputs, self.style)
        weights = self._shown_weights()
        results = self._shown(self.step.pre_activation)
        for place, j in enumerate(self.shown_columns):
            pairs = list(zip(inputs, weights[j], strict=True))
            position = place if j == place else place + 1  # the "..." takes a place too
            yield Entry(0, position, sum_of_products(self._entry_name(j), pairs, results[j], self.style))

    def _entry_name(self, j: int) -> Line:
        """f1 for a layer without activation, x^T w1 where an activation follows."""
        if self.is_linear:
            return (self._numbered(self.result, j),)
        return (self.vector, self.weights(subscript=self._subscript(j)))

    def _activation_steps(self) -> Iterator[Line]:
        arguments, outputs = self._shown(self.step.pre_activation), self._shown(self.step.output)
        for j in self.shown_columns:
            name = self._numbered(self.result, j)
            yield activation_line((name,), self.step.layer.activation.at_unit(j), arguments[j], outputs[j])

    def _shown(self, row: Row) -> dict[int, Figure]:
        """The figures of the columns that are shown, each in a line of its own."""
        return {j: figure(row[j], self.style) for j in self.shown_columns}

    def _shown_weights(self) -> dict[int, list[Figure]]:
        columns = self.shown_columns
        flat = figures([row[j] for row in self.rows for j in columns], self.style)
        return {j: flat[place :: len(columns)] for place, j in enumerate(columns)}

    def _left_out(self) -> Iterator[Prose]:
        """How much of a large layer is not shown."""
        layer, style = self.step.layer, self.style
        parts = [
            f"{size - most + 1} of {size} {what}"
            for size, most, what in (
                (len(self.rows), min(style.most_rows, style.most_columns), "rows"),
                (layer.n_out, style.most_columns, "columns"),
            )
            if size > most
        ]
        if parts:
            yield Prose(f"not shown: {' and '.join(parts)} of W (--all shows them)")

    def _hidden(self, number: int) -> Symbol:
        return Symbol(self.style.notation.hidden, superscript=f"({number})" if self.depth > 2 else "")

    def _subscript(self, j: int) -> str:
        return "" if self.step.layer.n_out == 1 else str(j + 1)

    def _numbered(self, symbol: Symbol, j: int) -> Symbol:
        return Symbol(symbol.letter, symbol.superscript, self._subscript(j))


def _describe_output(trace: ExactTrace, style: Style) -> Iterator[Block]:
    network, note = trace.network, style.notation
    probabilities = trace.probabilities
    if probabilities is None:
        yield Heading("output", 2)
        yield _output_table(network.output_names, trace.layers[-1].output, network.unit, style)
        return
    columns: dict[Cell, list[Cell]] = {Symbol(note.probability): column(probabilities, style)}
    if network.kind == "multi-class":
        columns = {Symbol(note.output): column(trace.logits, style), **columns}
        if style.steps:
            yield Heading("softmax", 2)
            yield from softmax_steps(trace.logits, style)
    yield Heading("classes", 2)
    yield Table(("class", *columns), tuple(zip(network.class_names, *columns.values(), strict=True)))
    if network.kind != "multi-label":
        yield Prose(f"prediction: {network.class_names[argmax(probabilities)]} (argmax)")


def _output_table(names: Sequence[str], output: Row, unit: str, style: Style) -> Table:
    rows = zip(names, style.rounding.texts(output), strict=True)
    return Table(("output", Symbol(style.notation.output)), tuple((name, Number(text, unit)) for name, text in rows))
