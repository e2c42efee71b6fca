"""The prediction of a step of learning unit by unit: as a forward pass shows it, with digits until each line holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial, reduce
from operator import add, mul

from nnlec.network.activations import Activation
from nnlec.network.layers import LAYERS
from nnlec.rendering.document import Line
from nnlec.rendering.explain.figures import ShownFigure
from nnlec.rendering.explain.held import computed, computed_sum, held
from nnlec.rendering.explain.layer import LayerExplanation


class HeldLayer(LayerExplanation):
    """A layer whose sums and activations are true as printed."""

    __slots__ = ()

    def unit_lines(self, units: Sequence[int]) -> Iterator[Line]:
        """How each of these units' pre-activation came about."""
        for j in units:
            terms, bias = self.layer.terms(j)
            met = [self.step.inputs[term.source] for term in terms]
            result, name = self.step.pre_activation[j], self.unit_name(j)
            if LAYERS[self.layer.kind].formula is not None or self.layer.combine not in ("sum", "product"):
                yield from super().unit_lines([j])
            elif all(term.factor is None for term in terms) and len(met) > 1:
                together = add if self.layer.combine == "sum" else mul
                yield (*name, *computed(partial(reduce, together), met, result, self.style))
            else:
                factors = [Decimal(1) if term.factor is None else term.factor for term in terms]
                first = [] if bias is None else [(Decimal(1), bias)]
                pairs, apart = self.ordered([*first, *zip(met, factors, strict=True)], bias=bool(first))
                yield (*name, *computed_sum(pairs, result, self.style, apart=apart))

    def _argument(self, function: Activation, number: Decimal, output: ShownFigure) -> ShownFigure:
        """With as few digits as give the output."""

        def gives(tried: Sequence[ShownFigure]) -> bool:
            return self.style.rounding.value(function.exact([tried[0].shown])[0]) == output.shown

        return held([number], self.style, gives)[0]
