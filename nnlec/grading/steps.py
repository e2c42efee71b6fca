"""The steps of a computation on paper, each from one row of numbers to the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, DecimalException, localcontext

from nnlec.arithmetic.decimal_functions import DIGITS
from nnlec.arithmetic.numbers import decimal_of
from nnlec.network.activations import Activation, activation
from nnlec.network.layers import Dense
from nnlec.network.losses import Loss
from nnlec.network.network import Network
from nnlec.network.trace import EXACT, Row

UNKNOWN = Decimal("NaN")
_LARGEST_EXPONENT = 1_000_000  # beyond it e^f is only computed in quotients


@dataclass(frozen=True)
class Affine:
    """x^T W + b; `others` are the activations of the network's other layers, which may be applied by mistake."""

    weights: tuple[Row, ...]
    bias: Row | None
    others: tuple[Activation, ...] = ()

    def follow(self, row: Row) -> Row:
        return affine(row, self.weights, self.bias)


@dataclass(frozen=True)
class Squash:
    """g of each number."""

    activation: Activation

    def follow(self, row: Row) -> Row:
        return tuple(self.activation.exact(row))


@dataclass(frozen=True)
class Exponentials:
    """e^f of each number."""

    def follow(self, row: Row) -> Row:
        return tuple(DIGITS.exp(f) for f in row)


@dataclass(frozen=True)
class Shares:
    """Each number divided by the sum of all."""

    def follow(self, row: Row) -> Row:
        return shares(row, sum(row, Decimal(0)))


@dataclass(frozen=True)
class TwoClasses:
    """P(no) and P(yes) from one sigmoid output, given before or after the sigmoid."""

    squashed: bool

    def follow(self, row: Row) -> Row:
        s = row[0] if self.squashed else activation("sigmoid").exact(row)[0]
        return (1 - s, s)


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


Operation = Affine | Squash | Exponentials | Shares | TwoClasses | LossOf


@dataclass(frozen=True)
class Step:
    """An operation, the names by which its row of figures may be given, and what each figure stands for.

    `inner` rows, x^T W before its activation and e^f before its sum, are often not written down.
    """

    names: tuple[str, ...]
    labels: tuple[str, ...]
    operation: Operation
    inner: bool = False

    @property
    def name(self) -> str:
        return self.names[0]

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
        if not isinstance(self.operation, Squash) or not self.operation.activation.kind.pointwise:
            return self.follow(row)
        changed = [unit for unit, (new, old) in enumerate(zip(row, before, strict=True)) if new != old]
        fresh = dict(zip(changed, self.follow(tuple(row[unit] for unit in changed)), strict=False))
        return tuple(fresh.get(unit, known) for unit, known in enumerate(after))


@dataclass(frozen=True)
class Problem:
    """What was asked: the numbers given, and every step that follows from them."""

    given: Row
    given_labels: tuple[str, ...]
    steps: tuple[Step, ...] = field(default=())

    def labels_before(self, index: int) -> tuple[str, ...]:
        """What the numbers that go into a step stand for."""
        return self.steps[index - 1].labels if index else self.given_labels

    def find(self, name: str) -> int | None:
        """The step whose row of figures has that name."""
        return next((index for index, step in enumerate(self.steps) if name in step.names), None)


def affine(row: Row, weights: Sequence[Row], bias: Row | None) -> Row:
    """x^T W + b in decimal numbers."""
    start = bias or (Decimal(0),) * len(weights[0])
    return tuple(
        sum((x * w for x, w in zip(row, column, strict=True)), b)
        for b, column in zip(start, zip(*weights, strict=True), strict=True)
    )


def shares(row: Row, total: Decimal) -> Row:
    """Each number over a sum, to 60 digits."""
    return tuple(DIGITS.divide(number, total) for number in row)


def network_problem(network: Network, inputs: Row, loss: Loss | None = None, target: Row = ()) -> Problem:
    """A forward pass, the probabilities of a classifier, and the loss where a target is given."""
    steps: list[Step] = []
    for number, layer in enumerate(network.layers, start=1):
        last = number == len(network.layers)
        labels = network.output_names if last else tuple(f"h{unit}" for unit in range(1, layer.n_out + 1))
        steps += _layer_steps(network, layer, labels, last)
    steps += _class_steps(network, steps[-1])
    if loss is not None:
        steps = _with_loss(steps, loss, target)
    return Problem(inputs, network.input_names, tuple(steps))


def scores_problem(scores: Row, classes: tuple[str, ...], loss: Loss | None = None, target: Row = ()) -> Problem:
    """Probabilities from given scores, and the loss where a target is given; a loss of plain outputs stands alone."""
    squash = loss.kind.probabilities if loss is not None else activation("softmax").kind
    steps: list[Step] = []
    if squash is not None:
        steps += _squash_steps(activation(squash.name), classes, ("probabilities",))
    if loss is not None:
        steps = _with_loss(steps, loss, target)
    return Problem(scores, classes, tuple(steps))


def loss_problem(probabilities: Row, classes: tuple[str, ...], loss: Loss, target: Row) -> Problem:
    """The loss alone, from given probabilities."""
    return Problem(probabilities, classes, (Step(("loss",), ("L",), LossOf(loss, target, True)),))


def _layer_steps(network: Network, layer: object, labels: tuple[str, ...], last: bool) -> Iterator[Step]:
    assert isinstance(layer, Dense)
    weights = tuple(tuple(decimal_of(w) for w in row) for row in layer.weights.tolist())
    bias = None if layer.bias is None else tuple(decimal_of(b) for b in layer.bias.tolist())
    plain = layer.activation.name == "identity"
    before = (f"{layer.name} before activation", *(("logits",) if last else ()))
    after = tuple(dict.fromkeys((layer.name, *(("output",) if last else ()))))
    others = {other.activation.name: other.activation for other in network.layers if other.activation.kind.pointwise}
    others.pop("identity", None)
    affine_step = Affine(weights, bias, tuple(others.values()) if plain else ())
    yield Step((*after, *before) if plain else before, labels, affine_step, inner=not plain)
    squashed = layer.activation.name in {"softmax", "softmin", "sigmoid"}
    are_probabilities = last and squashed and network.kind in {"multi-class", "multi-label"}
    names = (*after, "probabilities") if are_probabilities else after
    if not plain:
        yield from _squash_steps(layer.activation, labels, names)


def _squash_steps(squash: Activation, labels: tuple[str, ...], names: tuple[str, ...]) -> Iterator[Step]:
    """Softmax in its two steps, any other activation in one."""
    if squash == activation("softmax"):
        yield Step(("exponentials",), labels, Exponentials(), inner=True)
        yield Step(names, labels, Shares())
    else:
        yield Step(names, labels, Squash(squash))


def _class_steps(network: Network, last: Step) -> Iterator[Step]:
    """From the outputs of a classifier to the probabilities of its classes, where they are not the outputs."""
    if "probabilities" in last.names:
        return
    names = ("probabilities",)
    match network.kind:
        case "multi-class":
            yield from _squash_steps(activation("softmax"), network.class_names, names)
        case "multi-label":
            yield from _squash_steps(activation("sigmoid"), network.class_names, names)
        case "binary":
            yield Step(names, network.class_names, TwoClasses(network.ends_in_probabilities))


def _with_loss(steps: list[Step], loss: Loss, target: Row) -> list[Step]:
    """The steps up to the row that the loss is computed from, and the loss."""
    if loss.kind.exact_from_probabilities is not None:
        return [*steps, Step(("loss",), ("L",), LossOf(loss, target, True))]
    name = "logits" if loss.kind.takes == "logits" else "output"
    until = next((number for number, step in enumerate(steps, start=1) if name in step.names), 0)
    return [*steps[:until], Step(("loss",), ("L",), LossOf(loss, target, False))]
