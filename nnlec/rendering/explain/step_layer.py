"""One layer on the way back: its delta, the gradient of each weight, each new weight, and what it hands down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from nnlec.arithmetic.numbers import decimal_of
from nnlec.arithmetic.rounding import in_full
from nnlec.named import NamedTuple
from nnlec.network.activations import Activation, Derivative
from nnlec.network.layers import Layer
from nnlec.network.layers.backward import slopes_of
from nnlec.network.step import LayerStep
from nnlec.notation import Formula, lettered, put_in, symbol
from nnlec.notation.formula import names_in
from nnlec.rendering.document import (
    Block,
    Equation,
    Heading,
    Line,
    Number,
    Prose,
    Sign,
    Slope,
    Steps,
    Symbol,
    Token,
)
from nnlec.rendering.explain.activation import is_exactly, with_numbers
from nnlec.rendering.explain.figures import ShownFigure, Style, bracketed, figure, places_shown, relation, shown_matrix
from nnlec.rendering.explain.held import computed, computed_product, computed_sum, held, operand_figure
from nnlec.rendering.explain.step_letters import LOSS, Letters
from nnlec.rendering.explain.step_weights import WeightTable

_ONE = Decimal(1)


class Taker(NamedTuple):
    """A layer that takes what this one gives, and where that stands among its inputs."""

    letters: Letters
    start: int


class LayerBack(NamedTuple):
    """A layer of a step with its letters; `names` are those of what comes in and of its units, `unit` is from 0."""

    step: LayerStep
    letters: Letters
    names: tuple[Sequence[str], Sequence[str]]
    rate: Decimal
    style: Style
    above: Sequence[Taker] = ()
    unit: int | None = None

    @property
    def layer(self) -> Layer:
        return self.step.layer

    def blocks(self) -> Iterator[Block]:
        """The layer's heading, what comes down to it, its deltas, its gradients and its new weights."""
        yield Heading(self.letters.forward.title, 2)
        if self.above:
            outputs = [(self.letters.output(j), self.step.upstream[j]) for j in range(self.layer.n_out)]
            yield Steps(tuple(handed_down(outputs, self.units, self.above, self.style)))
        yield from self._deltas()
        if self.step.gradients:
            yield from WeightTable(self.step, self.letters, self.names, self.units, self.rate, self.style).blocks()
        else:
            yield Prose(f"{self.layer.name} has no numbers that a step changes.")
        yield from self._left_out()

    @property
    def units(self) -> list[int]:
        if self.unit is not None:
            return [self.unit]
        return places_shown(self.layer.n_out, self.style.most_columns)

    # Through the activation.

    def _deltas(self) -> Iterator[Block]:
        function = self.layer.activation
        if self.step.meets_logits or function.is_identity:
            yield Steps(tuple(self._delta_is_upstream(j) for j in self.units))
            return
        yield from self._pointwise(function) if function.kind.pointwise else self._of_a_row(function)
        if self._derivative.corner and self._at_corner(function):
            yield Prose(f"{function.name}: {self._derivative.corner}.")

    @property
    def _derivative(self) -> Derivative:
        derivative = self.layer.activation.kind.derivative
        assert derivative is not None
        return derivative

    def _delta_is_upstream(self, j: int) -> Line:
        name = (self.letters.delta(j), Sign.EQUALS, Slope(LOSS, self.letters.upstream(j)))
        scale = decimal_of(self.layer.activation.logit_scale or 1.0) if self.step.meets_logits else _ONE
        if scale != _ONE:
            numbers = [self.step.upstream[j], scale]
            over = (Sign.DIVIDED, Number(in_full(scale)))
            return (*name, *over, *computed(lambda n: n[0] / n[1], numbers, self.step.delta[j], self.style))
        shown = figure(self.step.delta[j], self.style)
        return (*name, *shown.with_relation(exact=shown.in_full))

    def _pointwise(self, function: Activation) -> Iterator[Steps]:
        """Each delta, the derivative's numbers put in; a derivative that is no fraction is worked out before."""
        formula, slopes = self._derivative.formula, self.step.slopes
        assert slopes is not None
        if names_in(formula) <= {"y"}:
            yield Steps(tuple(line for j in self.units for line in self._delta_from_output(formula, j, slopes[j])))
            return
        lines: list[Line] = []
        for j in self.units:
            slope = slopes[j]
            lines.append(self._slope_line(function.at_unit(j), j, slope))
            name = (self.letters.delta(j), Sign.EQUALS, Slope(LOSS, self.letters.output(j)), Sign.TIMES)
            numbers = computed(lambda n: n[0] * n[1], [self.step.upstream[j], slope], self.step.delta[j], self.style)
            lines.append((*name, Slope(self.letters.output(j), self.letters.sum(j)), *numbers))
        yield Steps(tuple(lines))

    def _delta_from_output(self, formula: Formula, j: int, slope: Decimal) -> Iterator[Line]:
        """delta1 = dL/df1 x f1 (1 - f1), numbers put in; with the style's steps df1/dz1 before it."""
        output = self.letters.output(j)
        named = put_in(formula, {"y": symbol(output.letter, output.subscript)})
        written: Line = (Sign.OPEN, named, Sign.CLOSE) if formula.operation in ("sum", "negative") else (named,)
        name = (self.letters.delta(j), Sign.EQUALS, Slope(LOSS, output), Sign.TIMES, *written)
        numbers = [self.step.upstream[j], self.step.at.output[j]]
        if self.style.steps:
            put = computed(lambda n: put_in(formula, {"y": n[0]}), numbers[1:], slope, self.style)
            yield (Slope(output, self.letters.sum(j)), Sign.EQUALS, named, *put)
        yield (
            *name,
            *computed(lambda n: n[0] * put_in(formula, {"y": n[1]}), numbers, self.step.delta[j], self.style),
        )

    def _slope_line(self, function: Activation, j: int, slope: Decimal) -> Line:
        """dh1/dz1 = the derivative's formula with z1 put in."""
        shown = figure(slope, self.style)

        def holds(tried: Sequence[ShownFigure]) -> bool:
            return self.style.rounding.value(function.slopes([tried[0].shown])[0]) == shown.shown

        z = held([self.step.at.pre_activation[j]], self.style, holds)[0]
        name = Slope(self.letters.output(j), self.letters.sum(j))
        written = with_numbers(self._derivative.formula, function, z.text)
        result = shown.with_relation(exact=is_exactly(written, shown.shown))
        return (name, relation(exact=z.in_full), written, *result)

    def _of_a_row(self, function: Activation) -> Iterator[Block]:
        """The Jacobian of a function of the whole row, and each delta as a sum over it."""
        letter, sums = self.letters.output(), self.letters.sum()
        row, column = letter._replace(subscript="i"), sums._replace(subscript="j")
        formula = undivided(with_numbers(lettered(self._derivative.formula, {"y": letter.letter}), function))
        yield Equation(((Slope(row, column), Sign.EQUALS, formula),))
        columns = _jacobian(function, self.step.at.pre_activation)
        shown = shown_matrix((len(columns),) * 2, lambda i, j: columns[j][i], self.style)
        yield shown.equation(Slope(letter, sums))
        lines = []
        for j in self.units:
            pairs = list(zip(self.step.upstream, columns[j], strict=True))
            lines.append((self.letters.delta(j), *computed_sum(pairs, self.step.delta[j], self.style)))
        yield Steps(tuple(lines))

    def _at_corner(self, function: Activation) -> bool:
        """Whether a unit shown stands where its activation has two slopes, or its derivative is 0 everywhere."""
        if not function.kind.pointwise or not names_in(self._derivative.formula):
            return True
        near = Decimal("1e-30")
        for j in self.units:
            z, own = self.step.at.pre_activation[j], function.at_unit(j)
            below, above = own.slopes([z - near])[0], own.slopes([z + near])[0]
            if abs(above - below) > Decimal("1e-20"):
                return True
        return False

    def _left_out(self) -> Iterator[Prose]:
        most = self.style.most_columns
        if self.unit is None and self.layer.n_out > most:
            yield Prose(f"not shown: {self.layer.n_out - most + 1} of {self.layer.n_out} units (--all shows them)")


def handed_down(
    outputs: Sequence[tuple[Symbol, Decimal]], units: Sequence[int], takers: Sequence[Taker], style: Style
) -> Iterator[Line]:
    """dL/dh1 = delta1 x 0.40 + delta2 x 0.50: every unit that h1 goes into counts.

    `outputs` are the letters with their derivatives; with the style's steps each product stands on a line of its own.
    """
    uses = [(taker, _uses(taker, set(units))) for taker in takers]
    for j in units:
        letter, slope = outputs[j]
        used = [(taker, unit, factor) for taker, of in uses for unit, factor in of[j]]
        if not used:
            yield (Slope(LOSS, letter), Sign.EQUALS, Number("0"))
            continue
        symbols: list[Token] = []
        for taker, unit, factor in used if len(used) <= style.most_terms else ():
            number = bracketed(operand_figure(factor, style).text)
            product = (taker.letters.delta(unit), Sign.TIMES, *number)
            symbols += [Sign.PLUS if symbols else Sign.EQUALS, *product]
            if style.steps and len(used) > 1:
                yield (*product, *computed_product(taker.letters.step.delta[unit], factor, style))
        pairs = [(taker.letters.step.delta[unit], factor) for taker, unit, factor in used]
        yield (Slope(LOSS, letter), *symbols, *computed_sum(pairs, slope, style))


def _uses(taker: Taker, sources: set[int]) -> dict[int, list[tuple[int, Decimal]]]:
    """For each number asked for, the units of the taker that it goes into and how much each changes with it."""
    step = taker.letters.step
    uses: dict[int, list[tuple[int, Decimal]]] = {source: [] for source in sources}
    layer = step.handing_down
    for unit in range(layer.n_out):
        for term, slope in slopes_of(layer, layer.terms(unit), step.at.inputs):
            if term.source - taker.start in uses:
                uses[term.source - taker.start].append((unit, slope))
    return uses


def _jacobian(function: Activation, row: Sequence[Decimal]) -> list[tuple[Decimal, ...]]:
    """For each input the derivatives of all outputs by it."""
    size = len(row)
    rows = [function.exact_backward(row, [Decimal(int(i == k)) for k in range(size)]) for i in range(size)]
    return list(zip(*rows, strict=True))


def undivided(formula: Formula) -> Formula:
    """The formula without divisions by 1, a temperature that changes nothing."""
    if formula.operation == "quotient" and formula.operands[1].parts in (("1",), ("1.0",)):
        return undivided(formula.operands[0])
    parts = tuple(undivided(part) if isinstance(part, Formula) else part for part in formula.parts)
    return Formula(formula.operation, parts)
