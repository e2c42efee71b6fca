"""The steps of a computation on paper, each from one row of numbers to the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, DecimalException, localcontext
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.arithmetic.decimal_functions import DIGITS
from nnlec.arithmetic.numbers import decimal_of
from nnlec.network.activations import IDENTITY, Activation, activation
from nnlec.network.layers import Layer
from nnlec.network.layers.interface import Term, numbered
from nnlec.network.losses import Loss
from nnlec.network.network import Network
from nnlec.network.trace import EXACT, Row

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

UNKNOWN = Decimal("NaN")

MOST_TERMS = 200_000
"""Products of a layer up to which mistakes in it are looked for."""

RESERVED = ("logits", "output", "exponentials", "probabilities", "loss")
"""Names of rows that every network may have: a hidden layer of such a name is given as `layer output`."""

_SIGMOID, _SOFTMAX, _SOFTMIN = map(activation, ("sigmoid", "softmax", "softmin"))


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
        bias = self.layer.arrays.get("bias")
        return _decimals(self.layer.matrix), None if bias is None else _decimals(bias[None, :])[0]

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


def _decimals(matrix: Array) -> tuple[Row, ...]:
    return tuple(tuple(map(decimal_of, row)) for row in matrix.tolist())


@dataclass(frozen=True)
class Selected:
    """A layer that takes numbers as they are: the largest of some, or each in another place."""

    layer: Layer

    def follow(self, row: Row) -> Row:
        return self.layer.exact(row)

    def forward(self, rows: Array) -> Array:
        return self.layer.forward(rows)


@dataclass(frozen=True)
class Activated:
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


@dataclass(frozen=True)
class Exponentials:
    """e^f of each number."""

    def follow(self, row: Row) -> Row:
        return tuple(DIGITS.exp(f) for f in row)

    def forward(self, rows: Array) -> Array:
        return np.exp(rows)


@dataclass(frozen=True)
class Normalised:
    """Each number divided by the sum of all."""

    def follow(self, row: Row) -> Row:
        return normalised(row, sum(row, Decimal(0)))

    def forward(self, rows: Array) -> Array:
        return np.asarray(rows / rows.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class TwoClasses:
    """P(no) and P(yes) from one sigmoid output, given before or after the sigmoid."""

    activated: bool

    def follow(self, row: Row) -> Row:
        s = row[0] if self.activated else _SIGMOID.exact(row)[0]
        return (1 - s, s)

    def forward(self, rows: Array) -> Array:
        s = rows if self.activated else _SIGMOID(rows)
        return np.hstack([1 - s, s])


@dataclass(frozen=True)
class LossOf:
    """The loss of one example against its target g, from probabilities or from the network's outputs.

    A target shorter than the row is for its last numbers: P(yes) of the two classes of one output.
    """

    loss: Loss
    target: Row
    from_probabilities: bool

    def follow(self, row: Row) -> Row:
        predicted = row[-len(self.target) :]
        terms = self.loss.exact_terms(predicted, self.target, given_probabilities=self.from_probabilities)
        return (self.loss.exact_value(terms),)

    def forward(self, rows: Array) -> Array:
        predicted = np.ascontiguousarray(rows[:, -len(self.target) :])
        target = np.tile([float(g) for g in self.target], (len(rows), 1))
        return self.loss.value(predicted, target, given_probabilities=self.from_probabilities)[:, None]


Operation = Linear | Selected | Activated | Exponentials | Normalised | TwoClasses | LossOf


@dataclass(frozen=True)
class Beside:
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


@dataclass(frozen=True)
class Step:
    """An operation, the names by which its row of figures may be given, and what each figure stands for.

    `inner` rows, x^T W before its activation and e^f before its sum, are often not written down. The last `kept`
    labels are of numbers that only a later step takes.
    """

    names: tuple[str, ...]
    labels: tuple[str, ...]
    operation: Operation | Beside
    inner: bool = False
    kept: int = 0

    @property
    def name(self) -> str:
        return self.names[0]

    @property
    def size(self) -> int:
        """How many figures a row of it has."""
        return len(self.labels) - self.kept

    @property
    def own_operation(self) -> Operation:
        """The operation alone, without the numbers beside it."""
        return self.operation.operation if isinstance(self.operation, Beside) else self.operation

    def taken(self, row: Sequence[Any]) -> tuple[Any, ...]:
        """Of a row before it, or of its labels, what the operation takes."""
        return self.operation.taken(row) if isinstance(self.operation, Beside) else tuple(row)

    def follow(self, row: Row) -> Row:
        """The next row, exact or to 60 digits; NaN throughout where it cannot be computed (a logarithm of -0.1)."""
        if any(number.is_nan() for number in row):
            return (UNKNOWN,) * len(self.labels)
        try:
            with localcontext(EXACT):
                return self.operation.follow(row)
        except (DecimalException, ArithmeticError):
            return (UNKNOWN,) * len(self.labels)

    def follow_again(self, row: Row, before: Row, after: Row) -> Row:
        """As `follow`, where `after` is known to follow from `before`: what did not change is not computed again."""
        if isinstance(self.operation, Linear) and all(number.is_finite() for number in (*row, *before, *after)):
            with localcontext(EXACT):
                return self.operation.follow_changes(row, before, after)
        if not isinstance(self.operation, Activated) or not self.operation.pointwise:
            return self.follow(row)
        changed = [unit for unit, (new, old) in enumerate(zip(row, before, strict=True)) if new != old]
        fresh = {unit: self._at_unit(unit, row[unit]) for unit in changed}
        return tuple(fresh.get(unit, known) for unit, known in enumerate(after))

    def _at_unit(self, unit: int, number: Decimal) -> Decimal:
        assert isinstance(self.operation, Activated)
        own = Activated(self.operation.activation.at_unit(unit))
        return Step(self.names, (self.labels[unit],), own).follow((number,))[0]

    def forward(self, rows: Array) -> Array:
        """The next rows in floating point, (rows, figures); nan where one cannot be computed."""
        with np.errstate(all="ignore"):
            return self.operation.forward(rows)


@dataclass(frozen=True)
class Problem:
    """An exercise: the numbers given, and every step that follows from them."""

    given: Row
    given_labels: tuple[str, ...]
    steps: tuple[Step, ...] = field(default=())

    def labels_before(self, index: int) -> tuple[str, ...]:
        """What the numbers that go into a step stand for."""
        return self.steps[index - 1].labels if index else self.given_labels

    def find(self, name: str) -> int | None:
        """The step whose row of figures has that name."""
        return next((index for index, step in enumerate(self.steps) if name in step.names), None)


def normalised(row: Row, total: Decimal) -> Row:
    """Each number over a sum, to 60 digits."""
    return tuple(DIGITS.divide(number, total) for number in row)


def network_problem(network: Network, inputs: Row, loss: Loss | None = None, target: Row = ()) -> Problem:
    """A forward pass, the probabilities of a classifier, and the loss where a target is given."""
    steps: list[Step] = []
    state = [(0, network.input_names)]  # what stands in the row: which layer's numbers, and their labels
    for number, layer in enumerate(network.layers, start=1):
        last = number == len(network.layers)
        labels = network.output_names if last else _hidden_labels(layer)
        later = {source for sources in network.sources[number:] for source in sources}
        named = network.layers[number - 2].name
        kept = [
            (source, tuple(f"{label} of {named}" for label in own) if source == number - 1 > 0 else own)
            for source, own in state
            if source in later
        ]
        steps_of_it = list(_layer_steps(network, layer, labels, last))
        steps += _beside(steps_of_it, state, network.sources[number - 1], kept)
        state = [(number, labels), *kept]
    steps += _class_steps(network, steps[-1])
    if loss is not None:
        steps = _with_loss(steps, loss, target)
    return Problem(inputs, network.input_names, tuple(steps))


def _hidden_labels(layer: Layer) -> tuple[str, ...]:
    """h1, h2, ... of a row, h[1,2,3] of maps: channel, row, column."""
    if len(layer.out_shape) == 1:
        return tuple(f"h{unit}" for unit in range(1, layer.n_out + 1))
    return tuple(f"h[{','.join(map(str, place))}]" for place in numbered(layer.out_shape))


def _beside(
    own: Sequence[Step],
    state: Sequence[tuple[int, tuple[str, ...]]],
    sources: tuple[int, ...],
    kept: Sequence[tuple[int, tuple[str, ...]]],
) -> Iterator[Step]:
    """The steps of a layer that takes some of what stands in the row, beside what is kept for later layers."""
    first = 0
    places: dict[int, tuple[int, ...]] = {}
    for source, labels in state:
        places[source] = tuple(range(first, first + len(labels)))
        first += len(labels)
    takes = tuple(place for source in sources for place in places[source])
    keeps = tuple(place for source, _ in kept for place in places[source])
    if not keeps and takes == tuple(range(first)):
        yield from own
        return
    labels_kept = tuple(label for _, labels in kept for label in labels)
    for step in own:
        operation = Beside(step.own_operation, takes, keeps)
        yield Step(step.names, (*step.labels, *labels_kept), operation, step.inner, len(keeps))
        takes = tuple(range(len(step.labels)))
        keeps = tuple(range(len(step.labels), len(step.labels) + len(keeps)))


def scores_problem(scores: Row, classes: tuple[str, ...], loss: Loss | None = None, target: Row = ()) -> Problem:
    """Probabilities from given scores, and the loss where a target is given; a loss of plain outputs stands alone."""
    kind = loss.kind.probabilities if loss is not None else _SOFTMAX.kind
    steps: list[Step] = []
    if kind is not None:
        steps += _activation_steps(activation(kind.name), classes, ("probabilities",))
    if loss is not None:
        steps = _with_loss(steps, loss, target)
    return Problem(scores, classes, tuple(steps))


def loss_problem(probabilities: Row, classes: tuple[str, ...], loss: Loss, target: Row) -> Problem:
    """The loss alone, from given probabilities."""
    return Problem(probabilities, classes, (Step(("loss",), ("L",), LossOf(loss, target, True)),))


def _layer_steps(network: Network, layer: Layer, labels: tuple[str, ...], last: bool) -> Iterator[Step]:
    plain = layer.activation == IDENTITY
    name = layer_key(layer.name, last)
    before = (f"{name} before activation", *(("logits",) if last else ()))
    after = tuple(dict.fromkeys((name, *(("output",) if last else ()))))
    others = {other.activation.name: other.activation for other in network.layers if other.activation.kind.pointwise}
    others.pop(IDENTITY.name, None)
    is_sum = layer.combine == "sum"
    operation = Linear(layer, tuple(others.values()) if plain else ()) if is_sum else Selected(layer)
    yield Step((*after, *before) if plain else before, labels, operation, inner=not plain)
    makes_probabilities = layer.activation.kind in (_SOFTMAX.kind, _SOFTMIN.kind, _SIGMOID.kind)
    are_probabilities = last and makes_probabilities and network.kind in {"multi-class", "multi-label"}
    names = (*after, "probabilities") if are_probabilities else after
    if not plain:
        yield from _activation_steps(layer.activation, labels, names)


def layer_key(name: str, last: bool = False) -> str:
    """The name by which a layer's figures are given; `output` is always the row of the last layer."""
    return f"layer {name}" if name in RESERVED and not (last and name == "output") else name


def _activation_steps(function: Activation, labels: tuple[str, ...], names: tuple[str, ...]) -> Iterator[Step]:
    """Softmax in its two steps, any other activation in one."""
    if function == _SOFTMAX:
        yield Step(("exponentials",), labels, Exponentials(), inner=True)
        yield Step(names, labels, Normalised())
    else:
        yield Step(names, labels, Activated(function))


def _class_steps(network: Network, last: Step) -> Iterator[Step]:
    """From the outputs of a classifier to the probabilities of its classes, where they are not the outputs."""
    if "probabilities" in last.names:
        return
    names = ("probabilities",)
    match network.kind:
        case "multi-class":
            yield from _activation_steps(_SOFTMAX, network.class_names, names)
        case "multi-label":
            yield from _activation_steps(_SIGMOID, network.class_names, names)
        case "binary":
            yield Step(names, network.class_names, TwoClasses(network.ends_in_probabilities))


def _with_loss(steps: list[Step], loss: Loss, target: Row) -> list[Step]:
    """The steps up to the row that the loss is computed from, and the loss."""
    if loss.kind.exact_from_probabilities is not None:
        return [*steps, Step(("loss",), ("L",), LossOf(loss, target, True))]
    name = "logits" if loss.kind.takes == "logits" else "output"
    until = next((number for number, step in enumerate(steps, start=1) if name in step.names), 0)
    return [*steps[:until], Step(("loss",), ("L",), LossOf(loss, target, False))]
