"""What a step of a computation on paper does to a row of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from nnlec.arithmetic.decimal_functions import DIGITS
from nnlec.arithmetic.lazy_numpy import np
from nnlec.arithmetic.numbers import decimal_of
from nnlec.grading.figures import rounded
from nnlec.named import NamedTuple
from nnlec.network.activations import Activation, activation
from nnlec.network.layers import Layer
from nnlec.network.layers.interface import Term
from nnlec.network.losses import Loss
from nnlec.network.trace import Row

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.arithmetic.written import Written

MOST_TERMS = 200_000
"""Products of a layer up to which mistakes in it are looked for."""

_SIGMOID = activation("sigmoid")


@dataclass(frozen=True)
class Linear:
    """A layer before its activation: each output unit a sum of terms and a bias.

    `others` are the activations of the network's other layers, which may be applied by mistake.
    """

    layer: Layer
    others: tuple[Activation, ...] = ()

    def follow(self, row: Row) -> Row:
        if self.layer.multiplications > MOST_TERMS or not self._is_learned:
            return self.layer.exact(row)
        return tuple(sum((product(row, term) for term in terms), bias) for terms, bias in self._units)

    def forward(self, rows: Array) -> Array:
        return self.layer.forward(rows)

    def follow_changes(self, row: Row, before: Row, after: Row) -> Row:
        """As `follow`, where `after` follows from `before`: only the terms of inputs that differ are added."""
        changed = {source: row[source] - old for source, old in enumerate(before) if row[source] != old}
        if 2 * len(changed) > len(row):
            return self.follow(row)
        result = list(after)
        for source, difference in changed.items():
            for unit, factor in self._uses[source]:
                result[unit] += difference * factor
        return tuple(result)

    def terms(self, unit: int) -> tuple[Sequence[Term], Decimal]:
        """The terms and the bias of one output unit."""
        return self._units[unit]

    @property
    def biases(self) -> list[Decimal]:
        return [bias for _, bias in self._units]

    @cached_property
    def matrix(self) -> tuple[tuple[Row, ...], Row | None] | None:
        """The weights (inputs, units) and the bias as they were written, for a layer that is x^T W + b."""
        if self.layer.matrix is None:
            return None
        bias = self.layer.numbers.get("bias")
        return _decimals(self.layer.matrix), None if bias is None else tuple(map(decimal_of, bias.tolist()))

    @cached_property
    def _units(self) -> list[tuple[Sequence[Term], Decimal]]:
        units = map(self.layer.terms, range(self.layer.n_out))
        return [(terms, Decimal(0) if bias is None else bias) for terms, bias in units]

    @cached_property
    def _is_learned(self) -> bool:
        """Whether no factor is a quotient, which has endless digits."""
        return all(term.factor is None or term.parameter for terms, _ in self._units for term in terms)

    @cached_property
    def _uses(self) -> list[list[tuple[int, Decimal]]]:
        """For each input the units that it goes into, and its factor there."""
        uses: list[list[tuple[int, Decimal]]] = [[] for _ in range(self.layer.n_in)]
        for unit, (terms, _) in enumerate(self._units):
            for source, factor, _ in terms:
                uses[source].append((unit, Decimal(1) if factor is None else factor))
        return uses


def product(row: Row, term: Term) -> Decimal:
    """The value of one term."""
    return row[term.source] if term.factor is None else row[term.source] * term.factor


def _decimals(matrix: Array | Written) -> tuple[Row, ...]:
    return tuple(tuple(map(decimal_of, row)) for row in matrix.tolist())


class Selected(NamedTuple):
    """A layer that takes numbers as they are: the largest of some, or each in another place."""

    layer: Layer

    def follow(self, row: Row) -> Row:
        return self.layer.exact(row)

    def forward(self, rows: Array) -> Array:
        return self.layer.forward(rows)


class Activated(NamedTuple):
    """g of each number."""

    activation: Activation

    @property
    def pointwise(self) -> bool:
        return self.activation.kind.pointwise

    @property
    def is_sigmoid(self) -> bool:
        return self.activation == _SIGMOID

    def follow(self, row: Row) -> Row:
        return tuple(self.activation.exact(row))

    def forward(self, rows: Array) -> Array:
        return self.activation(rows)


class Exponentials:
    """e^f of each number."""

    def follow(self, row: Row) -> Row:
        return tuple(DIGITS.exp(f) for f in row)

    def forward(self, rows: Array) -> Array:
        return np.exp(rows)


class Normalised:
    """Each number divided by the sum of all."""

    def follow(self, row: Row) -> Row:
        return normalised(row, sum(row, Decimal(0)))

    def forward(self, rows: Array) -> Array:
        return np.asarray(rows / rows.sum(axis=1, keepdims=True))


class TwoClasses(NamedTuple):
    """P(no) and P(yes) from one sigmoid output, given before or after the sigmoid."""

    activated: bool

    def follow(self, row: Row) -> Row:
        s = row[0] if self.activated else _SIGMOID.exact(row)[0]
        return (1 - s, s)

    def forward(self, rows: Array) -> Array:
        s = rows if self.activated else _SIGMOID(rows)
        return np.hstack([1 - s, s])


class LossOf(NamedTuple):
    """The loss of one example against its target g, from probabilities or from the network's outputs.

    A target shorter than the row is for its last numbers: P(yes) of the two classes of one output.
    """

    loss: Loss
    target: Row
    from_probabilities: bool

    def follow(self, row: Row, places: int | None = None) -> Row:
        """The loss, its terms rounded to so many decimals before they are added up."""
        predicted = row[-len(self.target) :]
        terms = self.loss.exact_terms(predicted, self.target, given_probabilities=self.from_probabilities)
        return (self.loss.exact_value([each if places is None else rounded(each, places) for each in terms]),)

    def forward(self, rows: Array) -> Array:
        predicted = np.ascontiguousarray(rows[:, -len(self.target) :])
        target = np.tile([float(g) for g in self.target], (len(rows), 1))
        return self.loss.value(predicted, target, given_probabilities=self.from_probabilities)[:, None]


Operation = Linear | Selected | Activated | Exponentials | Normalised | TwoClasses | LossOf


class Beside(NamedTuple):
    """An operation on some numbers of a row; others are kept behind its result, for a later layer that takes them."""

    operation: Operation
    takes: tuple[int, ...]
    keeps: tuple[int, ...]

    def taken(self, row: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(row[place] for place in self.takes)

    def follow(self, row: Row) -> Row:
        return (*self.operation.follow(self.taken(row)), *(row[place] for place in self.keeps))

    def forward(self, rows: Array) -> Array:
        taken, kept = np.ascontiguousarray(rows[:, list(self.takes)]), rows[:, list(self.keeps)]
        return np.hstack([self.operation.forward(taken), kept])


def normalised(row: Row, total: Decimal) -> Row:
    """Each number over a sum, to 60 digits."""
    return tuple(DIGITS.divide(number, total) for number in row)
