"""The letters of a step of learning, in the lecture's notation."""

from __future__ import annotations

from nnlec.named import NamedTuple
from nnlec.network.step import LayerStep
from nnlec.rendering.document import Symbol
from nnlec.rendering.explain.figures import Style


class Letters(NamedTuple):
    """The letters of one layer of a network, counted from 1."""

    number: int
    depth: int
    units: int
    style: Style
    meets_logits: bool = False
    distribution: bool = False
    taken: int = 0

    def _of(self, letter: str, j: int | None, raised: bool) -> Symbol:
        subscript = "" if j is None or self.units == 1 else str(j + 1)
        return Symbol(letter, superscript=f"({self.number})" if raised else "", subscript=subscript)

    def output(self, j: int | None = None) -> Symbol:
        """h of a hidden layer, f (s of a softmax) of the last one."""
        note = self.style.notation
        if self.number < self.depth:
            return self._of(note.hidden, j, self.depth > 2)
        return self._of(note.probability if self.distribution else note.output, j, False)

    def upstream(self, j: int | None = None) -> Symbol:
        """What the derivative that comes from above is by: the outputs, or the logits f beneath them."""
        return self._of(self.style.notation.scores, j, False) if self.meets_logits else self.output(j)

    def sum(self, j: int | None = None) -> Symbol:
        return self._of(self.style.notation.pre_activation, j, self.depth > 1)

    def delta(self, j: int | None = None) -> Symbol:
        return self._of("δ", j, self.depth > 1)

    @property
    def source(self) -> Symbol:
        """What comes in, turned: x, whose row is the lecture's x^T, or h^T; of columns x^T and h^T."""
        note = self.style.notation
        if not self.taken:
            return Symbol(note.input, transposed=note.neurons_in_rows)
        return Symbol(note.hidden, superscript=f"({self.taken})" if self.depth > 2 else "", transposed=True)

    def bias(self) -> Symbol:
        return Symbol(self.style.notation.bias, superscript=f"({self.number})" if self.depth > 1 else "")

    def weights(self) -> Symbol:
        return Symbol(self.style.notation.weights, superscript=f"({self.number})" if self.depth > 1 else "")


def letters_of(step: LayerStep, number: int, depth: int, style: Style, taken: int = 0) -> Letters:
    """The letters of a layer that takes what the layer `taken` gives; 0 is the input."""
    distribution = step.layer.activation.kind.gives == "distribution"
    return Letters(number, depth, step.layer.n_out, style, step.meets_logits, distribution, taken)
