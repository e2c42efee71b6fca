"""The letters of a step of learning, in the lecture's notation."""

from __future__ import annotations

from nnlec.named import NamedTuple
from nnlec.network.step import LayerStep
from nnlec.rendering.document import Symbol
from nnlec.rendering.explain.layer_letters import LayerLetters

LOSS = Symbol("L")


class Letters(NamedTuple):
    """The letters of one layer on the way back: those of its forward pass, with numbers at single units, and delta."""

    step: LayerStep
    forward: LayerLetters

    def _of(self, symbol: Symbol, j: int | None) -> Symbol:
        return symbol if j is None or self.step.layer.n_out == 1 else symbol._replace(subscript=str(j + 1))

    def output(self, j: int | None = None) -> Symbol:
        """h of a hidden layer, f (s of a softmax) of the last one."""
        return self._of(self.forward.result, j)

    def upstream(self, j: int | None = None) -> Symbol:
        """What the derivative that comes from above is by: the outputs, or the logits f beneath them."""
        return self._of(Symbol(self.forward.style.notation.scores), j) if self.step.meets_logits else self.output(j)

    def sum(self, j: int | None = None) -> Symbol:
        return self._of(self.forward.sum, j)

    def delta(self, j: int | None = None) -> Symbol:
        return self._of(Symbol("δ", superscript=self.forward.raised), j)

    @property
    def source(self) -> Symbol:
        """What comes in, turned: x, whose row is the lecture's x^T, or h^T; of columns x^T and h^T."""
        taken = self.forward.taken(self.forward.sources[0])
        return taken._replace(transposed=not taken.transposed)

    def bias(self) -> Symbol:
        return Symbol(self.forward.style.notation.bias, superscript=self.forward.raised)

    def weights(self) -> Symbol:
        return Symbol(self.forward.style.notation.weights, superscript=self.forward.raised)
