"""Expressions of single numbers that wait for what comes after them, and the layers they become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.errors import NnlecError
from nnlec.models.arranged import LAYERS, norm_of, transposed
from nnlec.models.pointwise import Expression, MadeLayer, is_closed, recognised
from nnlec.network.activations import Activation

if TYPE_CHECKING:
    from nnlec.models.assembly import Assembly
    from nnlec.network.layers import Shape

ROWS = 1_000_003
"""Stands for the number of rows in the arithmetic of shapes: a prime that no layer's size is a multiple of."""

Argument = Expression | np.ndarray

_NO_FUNCTION = "nothing that nnlec knows computes this function of one number", "`nnlec list activations` lists them"
_NO_NORM = "it makes of a row's mean what is neither a layer norm nor a pooling layer", "`nnlec list layers` lists them"


class Expressions:
    """A walk through a model: the layers so far, and what is made of values.

    A `node` is what the model calls an operator: `error(what, hint)` is its refusal, `label()` a name for its layer.
    """

    def __init__(self, assembly: Assembly) -> None:
        self.assembly = assembly

    def leaf(self, number: int, shape: Shape | None = None) -> Expression:
        """What a layer gives, as a value."""
        return Expression(self.assembly.shapes[number] if shape is None else shape, number=number)

    def layer(self, part: Expression) -> int:
        """The number of the layer that gives a value, made where there is none yet. Raises `NnlecError`."""
        number = self._made(part)
        if number is None:
            raise part.node.error(*(_NO_NORM if part.is_arranged else _NO_FUNCTION))
        return number

    def finish(self, part: Expression) -> None:
        """Makes what a model gives. Raises `NnlecError` where a later layer was made that nothing takes."""
        if self.layer(part) != len(self.assembly.layers):
            raise NnlecError("its output is not the last thing it computes")

    def _made(self, part: Expression) -> int | None:
        if part.number is not None:
            return part.number
        for start, run in part.cuts():
            found = recognised(start, run) or norm_of(start, run)
            if found is None:
                continue
            before = self._made(start)
            if before is None:
                continue
            alone = is_closed(start, run)
            for step in found.steps:
                if isinstance(step, Activation):
                    before = self.assembly.activate(before, step, alone=alone)
                elif isinstance(step, MadeLayer):
                    before = self.assembly.add(*step, (before,), part.node.label())
                else:
                    before = self.assembly.scale(before, *step, alone=alone)
                alone = True
            part.number = before
            return before
        part.number = self._joined(part)
        return part.number

    def _joined(self, part: Expression) -> int | None:
        """An operator by itself: layers that move or pool numbers, or one that adds or multiplies two values."""
        if part.operator in LAYERS:
            number = self._made(part.parts[0])
            if number is not None:
                for step in LAYERS[part.operator](part):
                    number = self.assembly.add(*step, (number,), part.node.label())
            return number
        if part.operator not in ("Add", "Sub", "Mul") or len(part.parts) != 2:
            return None
        first, second = map(self._made, part.parts)
        if first is None or second is None:
            return None
        return self._met(part.node, part.operator, first, second)

    def _met(self, node: Any, operator: str, first: int, second: int) -> int:
        shapes = [self.assembly.shapes[number] for number in (first, second)]
        if len(shapes[0]) != len(shapes[1]):
            raise node.error(f"values of {list(shapes[0])} and {list(shapes[1])} meet")
        if operator == "Sub":
            second = self.assembly.scale(second, "multiply", np.array(-1.0), alone=False)
        return self.assembly.add("multiply" if operator == "Mul" else "add", {}, (first, second), node.label())

    def combined(
        self, node: Any, operator: str, arguments: Sequence[Argument], given: Mapping[str, float]
    ) -> Expression:
        """An operator of single numbers, as an expression; two different values meet in a layer."""
        if operator == "Pow" and _is_two(arguments[-1]) and isinstance(arguments[0], Expression):
            arguments[0].uses += 1
            operator, arguments = "Mul", (arguments[0], arguments[0])
        parts = [each for each in arguments if isinstance(each, Expression)]
        origins = {_origin(part).number for part in parts}
        waits = len(origins) == 1 and any(part.is_arranged for part in parts)
        shape = np.broadcast_shapes(*(part.shape for part in parts))
        for each in arguments:
            if not isinstance(each, Expression):
                shape = _laid_on(node, each, shape, prod(_origin(parts[0]).shape if waits else shape))
        single = Expression(shape, operator, tuple(arguments), given, node=node)
        if len(origins) == 1 and (waits or all(part.shape == shape for part in parts)):
            return self._with_bias(single)
        if len(parts) == len(arguments) == 2 and operator in ("Add", "Sub", "Mul"):
            return self.leaf(self._met(node, operator, *map(self.layer, parts)))
        raise node.error("several values meet here in a way that no layer has")

    def _with_bias(self, single: Expression) -> Expression:
        """An expression; what is added to weights without a bias is the bias, even where it is one number."""
        (part,) = single.parts if len(single.parts) == 1 else (None,)
        if single.operator != "Add" or part is None or single.shape != part.shape:
            return single
        turned = part if part.operator == "transpose" and part.number is None else None
        made = turned.parts[0] if turned else part
        if not made.number or not part.uses == made.uses == 1:
            return single
        layer = self.assembly.layers[made.number - 1]
        constant = next(each for each in single.arguments if not isinstance(each, Expression))
        free = layer.kind in ("dense", "conv") and layer.activation.is_identity and "bias" not in layer.numbers
        per_map = _per_map(constant, part) if free else None
        if per_map is None:
            return single
        biased = self.leaf(self.assembly.change(made.number, bias=per_map))
        biased.uses = 1 if turned else 0
        return transposed(biased, turned.parameters["order"], turned.node) if turned else biased

    def dense_of_maps(self, node: Any, part: Expression, given: Mapping[str, object]) -> Expression:
        """Weights that meet the last axis of maps: a convolution with kernels of one place, its axes turned for it."""
        rank = len(part.shape)
        first, last = [rank - 1, *range(rank - 1)], [*range(1, rank), 0]
        weights = np.asarray(given["weights"])
        kernels = weights.T.reshape(*weights.T.shape, *(1,) * (rank - 1))
        turned = self.layer(transposed(part, first, node))
        made = self.leaf(self.assembly.add("conv", {**given, "weights": kernels}, (turned,), node.label()))
        made.uses = 1
        return transposed(made, last, node)


def with_rows(sizes: Sequence[int]) -> str:
    """A shape as it is shown, the rows as a word."""
    return str([size if size % ROWS else "rows" for size in sizes]).replace("'", "")


def _is_two(exponent: Argument) -> bool:
    return not isinstance(exponent, Expression) and exponent.size == 1 and float(exponent.ravel()[0]) == 2.0


def _laid_on(node: Any, constant: np.ndarray, shape: Shape, most: int) -> Shape:
    """The shape with a constant laid on it. Raises `NnlecError` where it has more axes, or more than `most` places."""
    own = constant.shape
    if len(own) > len(shape) and set(own[: len(own) - len(shape)]) != {1}:
        raise node.error(f"a constant of {list(own)} differs from row to row")
    laid = own[max(0, len(own) - len(shape)) :]
    together = np.broadcast_shapes(laid, shape)
    if len(own) > len(shape) + 1 or prod(together) > most:
        raise node.error(f"a constant of {list(own)} makes more numbers of {list(shape)}")
    return together


def _origin(part: Expression) -> Expression:
    """The value of a layer that an expression is a function of."""
    while part.operator and part.number is None:
        part = part.parts[0]
    return part


def _per_map(constant: np.ndarray, part: Expression) -> np.ndarray | None:
    """A constant as one number for each unit, or each map before they were turned; None where it differs within one."""
    shape = part.shape
    laid = np.broadcast_to(constant.reshape(constant.shape[-len(shape) :]), shape)
    if part.operator == "transpose":
        laid = laid.transpose(np.argsort(part.parameters["order"]))
    laid = laid.reshape(laid.shape[0], -1)
    return laid[:, 0].astype(np.float64) if (laid == laid[:, :1]).all() else None
