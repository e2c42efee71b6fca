"""The letters of a layer on paper: what it takes, its weights and bias, its pre-activation, what it gives."""

from __future__ import annotations

from typing import Self

from nnlec.named import NamedTuple
from nnlec.network.layers import Layer
from nnlec.network.trace import ExactLayer, ExactTrace
from nnlec.rendering.document import Line, Sign, Symbol
from nnlec.rendering.explain.figures import Style
from nnlec.rendering.explain.sides import Side


class LayerLetters(NamedTuple):
    """A layer of a trace, and what its numbers are called; `number` counts from 1, `unit` from 0 (None: all units).

    `sources` are the layers it takes, by their numbers; 0 is the input.
    """

    step: ExactLayer
    number: int
    depth: int
    sources: tuple[int, ...]
    style: Style
    unit: int | None = None

    @classmethod
    def of(cls, trace: ExactTrace, number: int, style: Style, unit: int | None = None) -> Self:
        """That of one layer of a trace."""
        network, step = trace.network, trace.layers[number - 1]
        return cls(step, number, len(network.layers), network.sources[number - 1], style, unit)

    @property
    def layer(self) -> Layer:
        return self.step.layer

    @property
    def title(self) -> str:
        kind = "" if self.layer.kind == "dense" else f"{self.layer.kind}, "
        return f"layer {self.number} of {self.depth}: {self.layer.name} ({kind}{self.layer.activation.name})"

    @property
    def _is_product(self) -> bool:
        """Whether the layer is the lecture's x^T W, a product without a name."""
        return self.layer.matrix is not None and not self.style.notation.rearranges

    @property
    def _vector(self) -> Symbol:
        """x^T for the first layer, else the h that comes in."""
        return self.taken(self.sources[0])

    @property
    def _formula(self) -> Line:
        """x^T W, or W x + b."""
        note = self.style.notation
        factors = (self._weights(), self._vector) if note.neurons_in_rows else (self._vector, self._weights())
        if not (note.bias_apart and self._has_bias):
            return factors
        bias = Symbol(note.bias, superscript=self.raised, transposed=not note.neurons_in_rows)
        return (*factors, Sign.PLUS, bias)

    @property
    def _head(self) -> Line:
        """What stands before the first relation of a layer: x^T x W, or z = W x + b."""
        if self._is_product:
            return (self._vector, Sign.TIMES, self._weights())
        return (self.result if self.layer.activation.is_identity else self.sum, Sign.EQUALS, *self._formula)

    @property
    def _has_bias(self) -> bool:
        return "bias" in self.layer.numbers

    @property
    def raised(self) -> str:
        return f"({self.number})" if self.depth > 1 else ""

    def taken(self, number: int) -> Symbol:
        """The letter of a layer's numbers, or of the input for 0."""
        note = self.style.notation
        return self._hidden(number) if number else Symbol(note.input, transposed=not note.neurons_in_rows)

    @property
    def result(self) -> Symbol:
        """The letter of what the layer gives."""
        note = self.style.notation
        if self.number < self.depth:
            return self._hidden(self.number)
        softmax = self.layer.activation.kind.gives == "distribution"
        return Symbol(note.probability if softmax else note.output)

    @property
    def sum(self) -> Symbol:
        """The pre-activation of a layer that is no x^T W."""
        return Symbol(self.style.notation.pre_activation, superscript=self.raised)

    def _weights(self, subscript: str = "") -> Symbol:
        """W, or w for a single column of it."""
        note = self.style.notation
        single = subscript or (self.layer.n_out == 1 and not note.neurons_in_rows)
        return Symbol(note.weight if single else note.weights, superscript=self.raised, subscript=subscript)

    @property
    def kernel(self) -> Symbol:
        """The letter of a kernel's weights."""
        return Symbol(self.style.notation.weight, superscript=self.raised)

    def _hidden(self, number: int) -> Symbol:
        return Symbol(self.style.notation.hidden, superscript=f"({number})" if self.depth > 2 else "")

    def _subscript(self, j: int) -> str:
        return "" if self.layer.n_out == 1 else str(j + 1)

    def _numbered(self, symbol: Symbol, j: int) -> Symbol:
        if len(self.layer.out_shape) > 1:
            return Side(symbol, self.layer.out_shape, 0).cell_symbol(j)
        return symbol._replace(subscript=self._subscript(j))

    def unit_name(self, j: int) -> Line:
        """f1 for a layer without activation; x^T w1, or z1, where an activation follows."""
        if self.layer.activation.is_identity:
            return (self._numbered(self.result, j),)
        if self._is_product:
            return (self._vector, self._weights(subscript=self._subscript(j)))
        return (self._numbered(self.sum, j),)
