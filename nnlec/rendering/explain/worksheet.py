"""A worksheet on paper: what is given, blanks to fill; and its key, with every step and what each slip would give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from math import prod
from typing import NamedTuple

from nnlec.arithmetic.numbers import Precise, decimal_of
from nnlec.arithmetic.rounding import Rounding
from nnlec.grading.worksheets import AskedRow, Exercise, Slip, Variant
from nnlec.network.activations import exact_softmax_of
from nnlec.network.layers import LAYERS, Layer
from nnlec.network.losses import LossExample
from nnlec.network.network import Network
from nnlec.network.step import exact_step
from nnlec.network.trace import ExactTrace, Row, exact_trace, predicted_for
from nnlec.rendering.document import (
    TO_FILL,
    Block,
    Cell,
    Display,
    Document,
    Equation,
    Heading,
    Matrix,
    Number,
    Prose,
    Sign,
    Symbol,
    Table,
    UserName,
)
from nnlec.rendering.explain.check import row_title
from nnlec.rendering.explain.figures import LECTURE, Notation, Style, shown_matrix, vector
from nnlec.rendering.explain.forward import describe_cell
from nnlec.rendering.explain.loss import describe_loss
from nnlec.rendering.explain.sides import from_one, unravelled
from nnlec.rendering.explain.softmax import describe_softmax
from nnlec.rendering.explain.step import describe_step
from nnlec.text import own

_ACROSS = 6
"""Blanks beside each other."""

_IN_FULL = Style(rounding=Rounding(ending=True)).showing_all()


class Paper(NamedTuple):
    """What all sheets of a class share: title, topic, whether rounded figures are gone on with, and the notation."""

    title: str
    topic: str
    carried: bool = False
    notation: Notation = LECTURE

    @property
    def named(self) -> str:
        """The title, or the topic in words where there is none."""
        return self.title or own(self.topic)


def describe_sheet(variant: Variant, paper: Paper) -> Document:
    """One sheet: a place for a name, what is given, and blanks."""
    return (
        Heading(f"{paper.named}: {variant.name}", new_page=True),
        Table(("name", "number", "sheet"), ((Number(TO_FILL * 3), Number(TO_FILL * 2), variant.name),)),
        *describe_question(variant, paper),
    )


def describe_question(variant: Variant, paper: Paper) -> Document:
    """A sheet without its title and the place for a name, as a learning platform shows it."""
    return (
        Prose(_rules(variant, paper)),
        *_given(variant.exercise, paper.notation),
        *_asked(variant, paper.notation, filled=False),
    )


def describe_key(variant: Variant, paper: Paper) -> Document:
    """The key of one sheet: its figures, every step, and what each slip would give."""
    rounding = Rounding(variant.places, fixed=True)
    style = Style(rounding=rounding, notation=paper.notation, steps=True).showing_all()
    return (
        Heading(f"{paper.named}: {variant.name}, key", new_page=True),
        *_asked(variant, paper.notation, filled=True),
        *_working(variant.exercise, style, carried=paper.carried),
        *_slips(variant),
    )


def _rules(variant: Variant, paper: Paper) -> str:
    places = {0: "a whole number", 1: "1 decimal"}.get(variant.places, f"{variant.places} decimals")
    on_the_way = "go on with the rounded figures" if paper.carried else "go on with unrounded numbers"
    return f"Fill in every blank, rounded to {places}; {on_the_way}."


# What is given.


def _given(exercise: Exercise, note: Notation) -> Iterator[Block]:
    network = exercise.network
    if network is None:
        letter = note.scores if exercise.loss is None else note.predicted(exercise.loss)
        columns: dict[Cell, list[Cell]] = {Symbol(letter): [Number(_text(f)) for f in exercise.given]}
        if exercise.target:
            columns[Symbol(note.target)] = [Number(_text(g)) for g in exercise.target]
        yield Table(
            ("class", *columns),
            tuple(zip(map(UserName, exercise.problem.given_labels), *columns.values(), strict=True)),
        )
        if exercise.loss is not None:
            yield Display(note.of(exercise.loss.formula, letter))
        return
    style = _IN_FULL._replace(notation=note).of_network(network)
    yield from _maps_or_row(Symbol(note.input), exercise.given, network.layers[0].in_shape, style)
    if exercise.step is not None and exercise.loss is not None:
        target = Symbol(note.target, transposed=not note.neurons_in_rows)
        yield Equation(((target, Sign.EQUALS, vector(exercise.target, style).matrix),))
        yield Prose(f"The rate of the step is {_text(exercise.step.rate)}. The loss is {exercise.loss.name}:")
        yield Display(note.of(exercise.loss.formula, style.notation.predicted(exercise.loss)))
    for number, layer in enumerate(network.layers, start=1):
        yield from _layer(network, layer, number, style)


def _layer(network: Network, layer: Layer, number: int, style: Style) -> Iterator[Block]:
    """A layer's numbers, its activation."""
    raised = f"({number})" if len(network.layers) > 1 else ""
    kind = "" if layer.kind == "dense" else f"{layer.kind}: {LAYERS[layer.kind].meaning}; "
    bias, note = layer.arrays.get("bias"), style.notation
    inside = layer.matrix is not None and bias is not None and not note.bias_apart
    line = "column" if note.neurons_in_rows else "row"
    first = f"; the first {line} of {note.weights} is the bias, it meets a leading 1" if inside else ""
    yield Heading(f"layer {number}: {layer.name}", 2)
    yield Prose(f"{kind}activation: {layer.activation.name}{first}")
    if layer.matrix is not None:
        weights = [tuple(map(decimal_of, row)) for row in layer.matrix.tolist()]
        biases = () if bias is None else tuple(map(decimal_of, bias.tolist()))
        rows = [biases, *weights] if inside else weights
        lines = [*zip(*rows, strict=True)] if note.neurons_in_rows else rows
        matrix = shown_matrix((len(lines), len(lines[0])), lambda i, j: lines[i][j], style).matrix
        yield Equation(((Symbol(note.weights, superscript=raised), Sign.EQUALS, matrix),))
        if bias is not None and not inside:
            letter = Symbol(note.bias, superscript=raised, transposed=not note.neurons_in_rows)
            yield Equation(((letter, Sign.EQUALS, vector(biases, style).matrix),))
        return
    for name, array in layer.arrays.items():
        flat = tuple(decimal_of(float(value)) for value in array.ravel())
        own = Symbol({"weights": note.weight, "bias": note.bias}.get(name, name), superscript=raised)
        yield from _maps_or_row(own, flat, _as_maps(array.shape), style)


def _as_maps(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Kernels of one channel are counted through like maps."""
    return (shape[0], *shape[2:]) if len(shape) == 4 and shape[1] == 1 else shape


def _maps_or_row(symbol: Symbol, numbers: Row, shape: tuple[int, ...], style: Style) -> Iterator[Block]:
    """A row as x^T = [...], maps as one matrix for each channel."""
    if len(shape) > 1:
        yield from _grids(symbol, [_text(number) for number in numbers], shape)
        return
    turned = symbol.letter == style.notation.input and not style.notation.neurons_in_rows
    yield Equation(((symbol._replace(transposed=turned), Sign.EQUALS, vector(numbers, style).matrix),))


def _grids(symbol: Symbol, texts: Sequence[str], shape: tuple[int, ...]) -> Iterator[Block]:
    *grids, height, width = shape
    size = height * width
    for start in range(0, len(texts), size):
        rows = tuple(tuple(texts[row : row + width]) for row in range(start, start + size, width))
        place = from_one(unravelled(start // size, grids)) if len(texts) > size else ""
        yield Equation(((symbol._replace(place=place), Sign.EQUALS, Matrix(rows, (height, width))),))


def _text(number: Decimal) -> str:
    return _IN_FULL.rounding.text(number)


# What is asked.


def _asked(variant: Variant, note: Notation, *, filled: bool) -> Iterator[Block]:
    """The rows with their blanks, or with the figures that belong there."""
    yield Heading("figures" if filled else "fill in", 2)
    for row in variant.rows:
        texts = variant.texts(row)
        shown = [t if filled or not variant.is_blank(row.name, i) else TO_FILL for i, t in enumerate(texts)]
        shape = _shape_of(variant.exercise, row)
        if len(shape) > 1 and prod(shape[-2:]) > 1:
            yield Prose(row_title(row.name))
            yield from _grids(
                Symbol(note.hidden if row.labels[0].startswith(f"{note.hidden}[") else note.output), shown, shape
            )
            continue
        for start in range(0, len(shown), _ACROSS):
            part = slice(start, start + _ACROSS)
            yield Table((row_title(row.name), *map(UserName, row.labels[part])), (("", *map(Number, shown[part])),))


def _shape_of(exercise: Exercise, row: AskedRow) -> tuple[int, ...]:
    layers = exercise.network.layers if exercise.network is not None else ()
    steps = {step.name: step for step in exercise.problem.steps}
    if row.name not in steps or not any(layer.has_maps for layer in layers):
        return (len(row.labels),)
    name = row.name.removesuffix(" before activation").removeprefix("layer ")
    return next((layer for layer in reversed(layers) if layer.name == name), layers[-1]).out_shape


# The key.


def _working(exercise: Exercise, style: Style, *, carried: bool) -> Iterator[Block]:
    keep = style.rounding.value if carried else None
    if exercise.step is not None:
        step = exercise.step
        worked_step = exact_step(
            step.network,
            tuple(map(Precise.of, step.inputs)),
            lambda trace: _example(exercise, trace),
            step.rate,
            keep,
        )
        for block in describe_step(worked_step, None, style):
            yield block._replace(level=block.level + 1) if isinstance(block, Heading) else block
    elif exercise.network is not None:
        trace = exact_trace(exercise.network, exercise.given, keep)
        for index in range(len(exercise.network.layers)):
            yield from describe_cell(trace, index, None, style)
    elif exercise.loss is not None:
        given, target = tuple(map(Precise.of, exercise.given)), tuple(map(float, exercise.target))
        yield from describe_loss(LossExample(exercise.loss, exercise.problem.given_labels, given, target), style, keep)
    else:
        yield Heading("softmax", 2)
        worked = exact_softmax_of(exercise.given, keep)
        yield from describe_softmax(worked, exercise.problem.given_labels, style, keep)


def _example(exercise: Exercise, trace: ExactTrace) -> LossExample:
    assert exercise.loss is not None
    predicted = tuple(map(Precise.of, predicted_for(exercise.loss, trace)))
    return LossExample(exercise.loss, trace.network.output_names, predicted, tuple(map(float, exercise.target)))


def _slips(variant: Variant) -> Iterator[Block]:
    if not variant.slips:
        return
    yield Heading("slips, and what each would give", 2)
    for row in dict.fromkeys(slip.row for slip in variant.slips):
        yield Heading(row_title(row), 3)
        yield from (Prose(f"{s.sentence}: {_gives(variant, s)}") for s in variant.slips if s.row == row)
    if variant.alike or variant.unseen:
        yield Heading("slips that this sheet does not tell apart", 3)
    for one, other in variant.alike:
        yield Prose(f"{one.sentence} ({one.row}), and {other.sentence} ({other.row})")
    for slip in variant.unseen:
        yield Prose(f"{slip.sentence} ({slip.row}), and no slip at all")


def _gives(variant: Variant, slip: Slip) -> str:
    """The row in which it is made, and the last one that follows from it."""
    after = [row.name for row in variant.rows if row.name in slip.figures][-1:]
    others = [f"{name}: {_listed(variant, slip, name)}" for name in after if name != slip.row]
    return "; ".join([_listed(variant, slip, slip.row), *others])


def _listed(variant: Variant, slip: Slip, name: str) -> str:
    return ", ".join(variant.printed(slip.figures[name]))
