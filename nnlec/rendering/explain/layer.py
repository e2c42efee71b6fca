"""One layer at work on one example: its product, its activation, and how each number came about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, Inexact, localcontext
from typing import TypeVar

from nnlec.arithmetic.numbers import decimal_of
from nnlec.network.activations import Activation
from nnlec.network.layers import LAYERS, Term
from nnlec.network.trace import EXACT, Row
from nnlec.rendering.document import (
    Block,
    Entry,
    Equation,
    Heading,
    Line,
    Name,
    Product,
    Prose,
    Sign,
    Steps,
)
from nnlec.rendering.explain.activation import activation_line, gives_exactly
from nnlec.rendering.explain.figures import (
    ShownFigure,
    ShownMatrix,
    Style,
    figure,
    figures,
    places_shown,
    relation,
    row_matrix,
    shown_matrix,
    vector,
)
from nnlec.rendering.explain.layer_letters import LayerLetters
from nnlec.rendering.explain.sums import sum_of_products

_ONE = Decimal(1)
T = TypeVar("T")


class LayerExplanation(LayerLetters):
    """A layer of a trace with its letters and figures."""

    __slots__ = ()

    def blocks(self) -> Iterator[Block]:
        """The whole layer, with the style's steps every unit written out; or the one unit asked for."""
        yield Heading(self.title, 2)
        if self.layer.has_maps:
            from nnlec.rendering.explain.maps import MapsExplanation

            yield from MapsExplanation(self).blocks()
        elif self.unit is None:
            yield from self._whole_row()
        else:
            yield self._sums()
            yield from self._activation_steps()

    def _whole_row(self) -> Iterator[Block]:
        identity = self.layer.activation.is_identity
        if self._hides_weights:
            yield from self._without_weights()
        elif self.layer.matrix is not None:
            yield self.product
        elif not (identity and self.style.steps):
            yield self._applied()
        if self.style.steps:
            yield self._sums()
        if self._is_product and not (self.style.steps and identity):
            yield self._activated(self._formula)
        elif not identity:
            yield self._activated((self.sum,))
        if self.style.steps:
            yield from self._activation_steps()
        yield from self._left_out()

    # The whole row.

    @property
    def product(self) -> Product:
        """x^T W with the leading 1 and the bias as its first row, and how each of its entries came about."""
        inputs = row_matrix(self._inputs, self.style)
        weights = shown_matrix((len(self._inputs), self.layer.n_out), self._weight, self.style)
        result = row_matrix(self.step.pre_activation, self.style)
        product = Product(
            self._head,
            relation(exact=inputs.in_full and weights.in_full),
            inputs.matrix,
            weights.matrix,
            relation(exact=self._adds_up_as_shown(inputs, weights, result)),
            result.matrix,
            tuple(self._entries()),
        )
        if not self.style.notation.rearranges:
            return product
        from nnlec.rendering.explain.arranged import arranged

        return arranged(product, self.style.notation, bias=self._has_bias)

    @property
    def _inputs(self) -> Row:
        """What meets the rows of W: a leading 1 where there is a bias."""
        return (_ONE, *self.step.inputs) if self._has_bias else self.step.inputs

    def _weight(self, i: int, j: int) -> Decimal:
        matrix, bias = self.layer.matrix, self.layer.numbers.get("bias")
        assert matrix is not None
        if bias is None:
            return decimal_of(matrix[i, j])
        return decimal_of(bias[j] if i == 0 else matrix[i - 1, j])

    def _adds_up_as_shown(self, inputs: ShownMatrix, weights: ShownMatrix, result: ShownMatrix) -> bool:
        """Whether the product of the shown figures is the shown result; not where rows are left out."""
        value, shown = weights.rounding.value, result.rounding.value
        if not inputs.whole or {i for i, _ in weights.numbers} != set(range(len(self._inputs))):
            return False
        xs = [inputs.rounding.value(x) for x in self._inputs]
        with localcontext(EXACT) as context:
            context.clear_flags()
            adds_up = all(
                sum((x * value(weights.numbers[i, j]) for i, x in enumerate(xs)), Decimal(0))
                == shown(self.step.pre_activation[j])
                for j in self._units
            )
            return adds_up and not context.flags[Inexact]

    def _applied(self) -> Equation:
        """z = scale(x^T) of the whole row, for a layer that is no x^T W."""
        name = self.result if self.layer.activation.is_identity else self.sum
        shown = vector(self.step.pre_activation, self.style)
        taken = [term for number in self.sources for term in (Sign.COMMA, self.taken(number))]
        return shown.equation(name, Sign.EQUALS, Name(self.layer.kind), Sign.OPEN, *taken[1:], Sign.CLOSE)

    def _activated(self, argument: Line) -> Equation:
        """g(x^T W) of the whole row."""
        activation, output = self.layer.activation, self.step.output
        shown = vector(output, self.style)
        exact = activation.kind.pointwise and all(
            gives_exactly(activation.at_unit(j), self.step.pre_activation[j], shown.rounding.value(output[j]))
            for j in self._units
        )
        applied = (Name(activation.name), Sign.OPEN, *argument, Sign.CLOSE)
        return Equation(((self.result, Sign.EQUALS, *applied, relation(exact=exact), shown.matrix),))

    # Unit by unit.

    @property
    def _units(self) -> list[int]:
        """The units that are shown."""
        return places_shown(self.layer.n_out, self.style.most_columns) if self.unit is None else [self.unit]

    def _sums(self) -> Steps:
        """The sum of products of each unit shown."""
        return Steps((*self.moment_lines(self._units[0]), *self.unit_lines(self._units)))

    def _entries(self) -> Iterator[Entry]:
        for place, (j, line) in enumerate(zip(self._units, self.unit_lines(self._units), strict=True)):
            yield Entry(0, place if j == place else place + 1, line)  # the "..." takes a place too

    def unit_lines(self, units: Sequence[int]) -> Iterator[Line]:
        """How each of these units' pre-activation came about."""
        terms = {j: self.layer.terms(j) for j in units}
        inputs = figures(self._inputs if self.layer.matrix is not None else self.step.inputs, self.style)
        one = [figure(_ONE, self.style)]
        factors = {
            j: [*([bias] if bias is not None else []), *(_ONE if t.factor is None else t.factor for t in found)]
            for j, (found, bias) in terms.items()
        }
        spelled = _spelled_together(factors, self.style)
        sources = inputs[1:] if self.layer.matrix is not None and self._has_bias else inputs
        for j in units:
            name, result = self.unit_name(j), figure(self.step.pre_activation[j], self.style)
            found, bias = terms[j]
            met = [sources[term.source] for term in found]
            if not self._adds_products(found):
                from nnlec.rendering.explain.stepwise import formula_line

                yield formula_line(self.step, j, name, met, result, self.style)
                continue
            leading = (inputs[:1] if sources is not inputs else one) if bias is not None else []
            met_by = list(zip([*leading, *met], spelled[j], strict=True))
            pairs, apart = self.ordered(met_by, bias=bool(leading))
            yield sum_of_products(name, pairs, result, self.style, apart=apart)

    def ordered(self, pairs: Sequence[tuple[T, T]], *, bias: bool) -> tuple[Sequence[tuple[T, T]], bool]:
        """The products of a unit as the notation has them, and whether the last of them is the bias, alone.

        `pairs` are the inputs and what they meet; with `bias` the first one is 1 and the bias.
        """
        note = self.style.notation
        if self.layer.matrix is None or not note.rearranges:
            return pairs, False
        apart = bias and note.bias_apart
        products = [(w, x) if note.neurons_in_rows else (x, w) for x, w in pairs[apart:]]
        return [*products, *(pair[::-1] for pair in pairs[:apart])], apart

    def _adds_products(self, terms: Sequence[Term]) -> bool:
        """Whether a unit is a sum of products, and no formula of its own."""
        plain = LAYERS[self.layer.kind].formula is None and self.layer.combine == "sum"
        return plain and any(term.factor is not None for term in terms)

    def moment_lines(self, j: int) -> Iterator[Line]:
        """The mean and the variance that a unit's formula holds, where they are those of the numbers that come in."""
        if self.layer.combine == "function":
            from nnlec.rendering.explain.stepwise import moment_lines

            yield from moment_lines(self.step, j, self.style)

    def _activation_steps(self) -> Iterator[Steps]:
        if lines := tuple(self.activation_lines(self._units)):
            yield Steps(lines)

    def activation_lines(self, units: Sequence[int]) -> Iterator[Line]:
        """The activation at each of these units; nothing where there is none, or one of the whole row."""
        activation = self.layer.activation
        if activation.is_identity or not activation.kind.pointwise:
            return
        for j in units:
            function, output = activation.at_unit(j), figure(self.step.output[j], self.style)
            argument = self._argument(function, self.step.pre_activation[j], output)
            yield activation_line((self._numbered(self.result, j),), function, argument, output)

    def _argument(self, function: Activation, number: Decimal, output: ShownFigure) -> ShownFigure:  # noqa: ARG002
        """The number that an activation is taken of, as it is shown."""
        return figure(number, self.style)

    @property
    def _hides_weights(self) -> bool:
        """Whether the matrix is left out: as asked for, else where it would be shown in part."""
        style = self.style
        if self.layer.matrix is None:
            return False
        if style.weights is not None:
            return not style.weights
        return len(self._inputs) > style.most_rows or self.layer.n_out > style.most_columns

    def _without_weights(self) -> Iterator[Equation]:
        """The input of the first layer, and x^T W of the whole row."""
        apart = self.style.notation.bias_apart
        if self.number == 1:
            yield vector(self.step.inputs if apart else self._inputs, self.style).equation(self._vector)
        yield vector(self.step.pre_activation, self.style).equation(*self._head)

    def _left_out(self) -> Iterator[Prose]:
        """How much of a large layer is not shown."""
        style, note = self.style, self.style.notation
        apart, order = self._has_bias and note.bias_apart, -1 if note.neurons_in_rows else 1
        if self._hides_weights:
            size = " x ".join(str(n) for n in (len(self._inputs) - apart, self.layer.n_out)[::order])
            yield Prose(f"not shown: {note.weights}{self.raised}, {size} (--weights shows it)")
            return
        rows = len(self._inputs) if self.layer.matrix is not None else 0
        sides = [(rows, min(style.most_rows, style.most_columns), apart), (self.layer.n_out, style.most_columns, False)]
        parts = [
            f"{size - most + 1} of {size - less} {what}"
            for (size, most, less), what in zip(sides[::order], ("rows", "columns"), strict=True)
            if size > most
        ]
        if parts:
            yield Prose(f"not shown: {' and '.join(parts)} of {note.weights} (--all shows them)")


def _spelled_together(rows: dict[int, list[Decimal]], style: Style) -> dict[int, list[ShownFigure]]:
    """The figures of several rows, all with as many decimals as the longest of them needs."""
    flat = iter(figures([number for row in rows.values() for number in row], style))
    return {key: [next(flat) for _ in row] for key, row in rows.items()}
