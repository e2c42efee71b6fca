"""The learned numbers of one layer in a step: the gradient of each and its new value, a row for each number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, localcontext

from nnlec.named import NamedTuple
from nnlec.network.layers.backward import bias_place, flat_index
from nnlec.network.layers.interface import decimals
from nnlec.network.step import LayerStep
from nnlec.network.trace import EXACT
from nnlec.rendering.document import (
    Block,
    Cell,
    Entry,
    Line,
    Name,
    Number,
    Product,
    Prose,
    Sign,
    Slope,
    Symbol,
    Table,
    Working,
)
from nnlec.rendering.explain.figures import (
    ShownMatrix,
    Style,
    figure,
    places_shown,
    relation,
    shown_indices,
    shown_matrix,
    vector,
)
from nnlec.rendering.explain.held import computed, computed_product, computed_sum, finer_and_finer, operand_figure
from nnlec.rendering.explain.sides import from_one, unravelled
from nnlec.rendering.explain.step_letters import LOSS, Letters

_ONE = Decimal(1)


def _times(left: ShownMatrix, i: int, right: ShownMatrix, j: int) -> Decimal:
    with localcontext(EXACT):
        return left.rounding.value(left.numbers[i, 0]) * right.rounding.value(right.numbers[0, j])


class LearnedNumber(NamedTuple):
    """A learned number: its array, its place there, what it is called, and the pairs whose products its gradient is."""

    array: str
    at: int
    name: Line | str
    pairs: Sequence[tuple[Decimal, Decimal]]


class WeightTable(NamedTuple):
    """The gradients and new numbers of one layer; `names` are those of what comes in and of the units."""

    step: LayerStep
    letters: Letters
    names: tuple[Sequence[str], Sequence[str]]
    units: Sequence[int]
    rate: Decimal
    style: Style

    def blocks(self) -> Iterator[Block]:
        """The gradient as a matrix where it is one, then each gradient and each new number."""
        dense = self.step.layer.matrix is not None
        if dense:
            yield self._product()
            yield from self._of_bias()
        places = [*(self._dense() if dense else self._others())]
        weight, slope = Symbol(self.style.notation.weight), Slope(LOSS, Symbol(self.style.notation.weight))
        columns: list[Cell] = ["weight", Working((slope, Sign.EQUALS, Name("input"), Sign.TIMES, Symbol("δ")))]
        if self.rate:
            rate = Number(operand_figure(self.rate, self.style).text)
            if self.style.steps:
                columns.append(Working((rate, Sign.TIMES, slope)))
            columns.append(Working((weight, Sign.MINUS, rate, Sign.TIMES, slope)))
        yield Table(tuple(columns), tuple(map(self._row, places)))
        left_out = 0 if dense else sum(map(len, self.step.gradients.values())) - len(places)
        if left_out:
            yield Prose(f"not shown: {left_out:,} of its numbers (--all shows them)")
        kept = [name for name in self.step.gradients if name not in self.step.after]
        if kept and self.rate:
            yield Prose(f"kept as they are: the {' and '.join(kept)}")

    def _row(self, place: LearnedNumber) -> tuple[Cell, ...]:
        """Its name, its gradient, with the style's steps how far it goes, and its new value."""
        gradient = self.step.gradients[place.array][place.at]
        name: Cell = Working(place.name) if isinstance(place.name, tuple) else place.name
        plain = (Number(figure(gradient, self.style).text),)
        shown: tuple[Cell, ...] = (
            name,
            Working(computed_sum(place.pairs, gradient, self.style)[1:] if place.pairs else plain),
        )
        if not self.rate:
            return shown
        old = decimals(self.step.layer.numbers[place.array])[place.at]
        if self.style.steps:
            shown = (*shown, Working(computed_product(self.rate, gradient, self.style)[1:]))
        if place.array not in self.step.after:
            return (*shown, Working((Number(operand_figure(old, self.style).text),)))
        new = self.step.after[place.array][place.at]
        update = computed(lambda n: n[0] - n[1] * n[2], [old, self.rate, gradient], new, self.style)
        return (*shown, Working(update[1:]))

    def _product(self) -> Product:
        """dL/dW = [1 h]^T x delta: each entry is one number of the left times one of the right."""
        layer, style = self.step.layer, self.style
        bias = self.step.gradients.get("bias")
        inputs = self.step.at.inputs if bias is None else (_ONE, *self.step.at.inputs)

        def entry(i: int, j: int) -> Decimal:
            if bias is not None and i == 0:
                return bias[j]
            return self.step.gradients["weights"][flat_index(layer, "weights", (i - (bias is not None), j))]

        only = self.units if len(self.units) == 1 else range(layer.n_out)
        result = shown_matrix((len(inputs), len(only)), lambda i, j: entry(i, only[j]), style)
        shown = {place: result.rounding.value(number) for place, number in result.numbers.items()}
        for finer in finer_and_finer(style):
            left = shown_matrix((len(inputs), 1), lambda i, _: inputs[i], finer)
            right = shown_matrix((1, len(only)), lambda _, j: self.step.delta[only[j]], finer)
            products = {(i, j): _times(left, i, right, j) for i, j in result.numbers}
            rounded = {place: result.rounding.value(number) for place, number in products.items()}
            if rounded == shown or (left.in_full and right.in_full):
                break
        note = style.notation
        product = Product(
            self._product_name(with_one=bias is not None and not note.bias_apart),
            relation(exact=left.in_full and right.in_full),
            left.matrix,
            right.matrix,
            relation(exact=all(products[place] == shown[place] for place in products)),
            result.matrix,
            tuple(self._entries(result, inputs, only)),
        )
        if not note.rearranges:
            return product
        from nnlec.rendering.explain.arranged import gradient_arranged

        return gradient_arranged(product, note, bias=bias is not None)

    def _product_name(self, *, with_one: bool) -> Line:
        """dL/dW = [1 x]^T times delta, or delta times x^T."""
        source, turned = self.letters.source, self.style.notation.neurons_in_rows
        taken = Symbol(f"[1 {source.letter}]", transposed=True) if with_one else source
        factors = (taken, Sign.TIMES, self.letters.delta())
        return (Slope(LOSS, self.letters.weights()), Sign.EQUALS, *(factors[::-1] if turned else factors))

    def _of_bias(self) -> Iterator[Block]:
        """dL/db = delta, where the bias is apart."""
        bias = self.step.gradients.get("bias")
        if bias is None or not self.style.notation.bias_apart:
            return
        only = self.units if len(self.units) == 1 else range(self.step.layer.n_out)
        name = (Slope(LOSS, self.letters.bias()), Sign.EQUALS, self.letters.delta())
        yield vector([bias[j] for j in only], self.style).equation(*name)

    def _entries(self, result: ShownMatrix, inputs: Sequence[Decimal], only: Sequence[int]) -> Iterator[Entry]:
        """How each shown gradient came about: one input times one delta."""
        rows = {i: place for place, i in enumerate(shown_indices(len(inputs), self.style.most_rows))}
        columns = {j: place for place, j in enumerate(shown_indices(len(only), self.style.most_columns))}
        for (i, j), gradient in result.numbers.items():
            pair = (inputs[i], self.step.delta[only[j]])
            name = (Slope(LOSS, Symbol(self.style.notation.weight)),)
            yield Entry(rows[i], columns[j], (*name, *computed_sum([pair], gradient, self.style)))

    def _dense(self) -> Iterator[LearnedNumber]:
        """For each unit its bias and its weights, named by what they join."""
        layer, (sources, units) = self.step.layer, self.names
        inputs = places_shown(layer.n_in, self.style.most_rows)
        for j in self.units:
            to = (Sign.TO, Name(units[j]))
            delta = self.step.delta[j]
            if "bias" in self.step.gradients:
                yield LearnedNumber("bias", j, (Name("1"), *to), [(_ONE, delta)])
            for i in inputs:
                place = flat_index(layer, "weights", (i, j))
                yield LearnedNumber("weights", place, (Name(sources[i]), *to), [(self.step.at.inputs[i], delta)])

    def _others(self) -> Iterator[LearnedNumber]:
        """Every learned number of another layer by its place in its array: many units may share it."""
        layer = self.step.layer
        found: dict[tuple[str, int], list[tuple[Decimal, Decimal]]] = {}
        for unit in range(layer.n_out):
            terms, bias = layer.terms(unit)
            if bias is not None and "bias" in self.step.gradients:
                found.setdefault(("bias", bias_place(layer, unit)), []).append((_ONE, self.step.delta[unit]))
            for term in terms:
                if term.parameter is not None:
                    place = (term.parameter[0], flat_index(layer, *term.parameter))
                    found.setdefault(place, []).append((self.step.at.inputs[term.source], self.step.delta[unit]))
        places = [(array, index) for array, row in self.step.gradients.items() for index in range(len(row))]
        for array, index in (places[k] for k in places_shown(len(places), self.style.most_rows)):
            at = from_one(unravelled(index, layer.numbers[array].shape))
            yield LearnedNumber(array, index, f"{array}[{at}]", found.get((array, index), ()))
