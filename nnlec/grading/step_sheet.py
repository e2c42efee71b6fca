"""The figures of one step of learning, as they are, and as they come out where one thing was done otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import NamedTuple

from nnlec.arithmetic.decimal_functions import DIGITS
from nnlec.arithmetic.numbers import decimal_of
from nnlec.errors import NnlecError
from nnlec.network.forward import chain
from nnlec.network.gradient import by_logarithms, exact_last_delta, meets_logits
from nnlec.network.layers import Dense
from nnlec.network.losses import Loss
from nnlec.network.network import Network
from nnlec.network.trace import Row
from nnlec.notation import Undefined, exact_value, operand, put_in
from nnlec.notation.formula import names_in

Carry = Callable[[Decimal, str], Decimal]
"""What is gone on with: the number itself or a rounded one, by what it is: "sum", "output", "upstream", "slope",
"delta", "gradient" or "weight"."""

Sheet = dict[str, Row]
"""Rows of figures by name, in the order in which they are computed."""


@dataclass(frozen=True)
class Ways:
    """How a step is worked; each field as it is by default is right. Layers are counted from 0.

    `slopes` says for a layer what stands for g'(z): "none", or it is taken at "output" in place of the sum, or the rule
    of the output is given the "sum".
    """

    delta_sign: int = 1
    update_sign: int = 1
    factor: Decimal = Decimal(1)
    target: Row | None = None
    slopes: Mapping[int, str] = field(default_factory=dict)
    new_weights: bool = False
    one_output: int | None = None
    transposed: bool = False
    weight_forgotten: bool = False
    input_forgotten: bool = False
    rate_forgotten: bool = False
    biases_otherwise: bool = False


RIGHT = Ways()
CONVENTION = Ways(delta_sign=-1, update_sign=-1)
"""Delta is g - f, and what it gives is added: as right, and usual in older books."""


class StepProblem(NamedTuple):
    """A step of learning as an exercise: the network, one example, its loss and target, and the rate."""

    network: Network
    inputs: Row
    loss: Loss
    target: Row
    rate: Decimal
    keep_biases: bool = False

    @property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """What the figures of each row are called."""
        return step_labels(self.network)

    def sheet(self, ways: Ways = RIGHT, keep: Carry | None = None, written: Mapping[str, Row] | None = None) -> Sheet:
        """Every row; a row that is `written` is what later ones follow from."""
        with localcontext(DIGITS):
            return dict(_worked(self, ways, keep or (lambda number, _: number), written or {}))


def step_labels(network: Network) -> dict[str, tuple[str, ...]]:
    """What the figures of each row are called, by the row's name, in the order in which they are computed.

    Raises `NnlecError` for a network with layers that are no x^T W + b.
    """
    other = next((layer for layer in network.layers if not isinstance(layer, Dense)), None)
    if other is not None or network.sources != chain(len(network.layers)):
        what = f"{other.name} is {other.kind}" if other is not None else "a layer takes another than the one before"
        raise NnlecError(f"a step is marked where every layer is dense, one after the other, but {what}")
    found: dict[str, tuple[str, ...]] = {}
    for index in range(len(network.layers) - 1, -1, -1):
        name = network.layers[index].name
        found[f"delta {name}"] = tuple(f"d({unit})" for unit in _units(network, index + 1))
        for kind, written in (("gradient", "dL/d{}"), ("after", "{}+")):
            for apart, labels in zip(("", " bias"), weight_labels(network, index), strict=True):
                if labels:
                    found[f"{kind} {name}{apart}"] = tuple(map(written.format, labels))
    return found


def step_letters(network: Network) -> dict[str, tuple[str, int | None]]:
    """What single figures are called on paper: w5+, dL/dw5, dE/dw5, d(o1), d_o1, delta_o1; d1, d2 of the output."""
    found: dict[str, tuple[str, int | None]] = {}
    for row, labels in step_labels(network).items():
        for unit, label in enumerate(labels):
            bare = label.removeprefix("d(").removesuffix(")")
            others = (f"d_{bare}", f"delta_{bare}", f"delta {bare}") if label.startswith("d(") else ()
            for name in (label, label.replace("dL/", "dE/"), *others):
                found[name] = (row, unit)
    last = network.layers[-1]
    return found | {f"d{j + 1}": (f"delta {last.name}", j) for j in range(last.n_out) if f"d{j + 1}" not in found}


def weight_labels(network: Network, index: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of a layer's numbers in the file's order, and of its biases where they stand apart: w1, w3, w2, w4; b1, b2.

    As on paper the weights of all layers are counted through, unit by unit. A bias in the first row is the unit's b.
    """
    before, units_before = 0, 0
    for layer in network.layers[:index]:
        before += layer.n_in * layer.n_out
        units_before += layer.n_out
    layer = network.layers[index]
    weights = [f"w{before + j * layer.n_in + i + 1}" for i in range(layer.n_in) for j in range(layer.n_out)]
    biases = [f"b{units_before + j + 1}" for j in range(layer.n_out)] if "bias" in layer.numbers else []
    return ((*biases, *weights), ()) if layer.leading_one else (tuple(weights), tuple(biases))


def _units(network: Network, number: int) -> Sequence[str]:
    if number == len(network.layers):
        return network.output_names
    letter = "h" if len(network.layers) == 2 else f"h({number})"
    return [f"{letter}{j}" for j in range(1, network.layers[number - 1].n_out + 1)]


def _worked(problem: StepProblem, ways: Ways, keep: Carry, written: Mapping[str, Row]) -> Iterator[tuple[str, Row]]:
    rows, sums = _forward(problem, keep, written)
    layers = problem.network.layers
    upstream, fused = _feedback(problem, ways, rows[-1], sums[-1])
    upstream = [keep(number, "upstream") for number in upstream]
    for index in range(len(layers) - 1, -1, -1):
        layer = layers[index]
        assert isinstance(layer, Dense)
        slopes = _through(problem, ways, index, upstream, sums[index], rows[index + 1], fused, keep)
        delta = tuple(keep(number, "delta") for number in slopes)
        fused = False
        yield f"delta {layer.name}", delta
        delta = written.get(f"delta {layer.name}", delta)
        new: list[list[Decimal]] = []
        for name, row in _numbers(problem, ways, index, rows[index], delta, keep, written):
            yield name, row
            if name == f"after {layer.name}":
                of = list(written.get(name, row))[layer.n_out if layer.leading_one else 0 :]
                new = [of[i * layer.n_out : (i + 1) * layer.n_out] for i in range(layer.n_in)]
        upstream = [keep(number, "upstream") for number in _handed_down(layer, ways, delta, new)]


def _forward(problem: StepProblem, keep: Carry, written: Mapping[str, Row]) -> tuple[list[Row], list[Row]]:
    """What each layer gives, the input before them, and the sums before the activations."""
    rows: list[Row] = [problem.inputs]
    sums: list[Row] = []
    for layer in problem.network.layers:
        sums.append(tuple(keep(number, "sum") for number in layer.exact(rows[-1])))
        computed = tuple(keep(number, "output") for number in layer.activation.exact(sums[-1]))
        last = layer is problem.network.layers[-1]
        rows.append(written.get(layer.name, written.get("output", computed) if last else computed))
    return rows, sums


def _feedback(problem: StepProblem, ways: Ways, output: Row, before: Row) -> tuple[list[Decimal], bool]:
    """dL/df of the outputs, or of the logits beneath them (and true)."""
    network, loss = problem.network, problem.loss
    scale = network.layers[-1].activation.logit_scale
    logits = output if scale is None else tuple(z / decimal_of(scale) for z in before)
    predicted: Sequence[Decimal] = logits if loss.kind.takes == "logits" else output
    if by_logarithms(network, loss):
        from nnlec.network.activations import exact_log_softmax

        predicted = exact_log_softmax(logits)
    target = problem.target if ways.target is None else ways.target
    slopes, fused = exact_last_delta(network, loss, predicted, logits, target)
    if fused and scale not in (None, 1.0):
        slopes = [slope / decimal_of(scale or 1.0) for slope in slopes]
    return [ways.delta_sign * ways.factor * slope for slope in slopes], fused


def _through(
    problem: StepProblem,
    ways: Ways,
    index: int,
    upstream: Sequence[Decimal],
    sums: Row,
    output: Row,
    fused: bool,
    keep: Carry,
) -> Sequence[Decimal]:
    function = problem.network.layers[index].activation
    if fused or ways.slopes.get(index) == "none":
        return upstream
    if not function.kind.pointwise:
        return function.exact_backward(sums, upstream)
    derivative = function.kind.derivative
    of_output = derivative is not None and names_in(derivative.formula) == {"y"}
    way = ways.slopes.get(index, "output rule" if of_output else "")
    if way == "output":
        slopes: Sequence[Decimal] = function.slopes(output)
    elif way in ("sum", "output rule") and derivative is not None:
        slopes = [_put(derivative.formula, y) for y in (sums if way == "sum" else output)]
    else:
        slopes = function.slopes(sums)
    return [up * keep(slope, "slope") for up, slope in zip(upstream, slopes, strict=True)]


def _put(formula: object, y: Decimal) -> Decimal:
    """The derivative's rule in y with a number put in."""
    try:
        value = exact_value(put_in(formula, {"y": operand(str(y).lower())}))  # type: ignore[arg-type]
    except Undefined:
        value = None
    return Decimal("NaN") if value is None else Decimal(value.numerator) / Decimal(value.denominator)


def _numbers(
    problem: StepProblem, ways: Ways, index: int, inputs: Row, delta: Row, keep: Carry, written: Mapping[str, Row]
) -> Iterator[tuple[str, Row]]:
    """The gradients of a layer's numbers, and the new numbers."""
    layer = problem.network.layers[index]
    assert isinstance(layer, Dense)
    taken = (Decimal(1),) * len(inputs) if ways.input_forgotten else inputs
    weights = [keep(x * d, "gradient") for x in taken for d in delta]
    old = [decimal_of(w) for w in layer.weights.ravel().tolist()]
    biases = [] if layer.bias is None else [decimal_of(b) for b in layer.bias.tolist()]
    slopes, kept = list(delta) if biases else [], problem.keep_biases != ways.biases_otherwise
    first = layer.leading_one
    rows = {"": (weights, old)} if not first else {"": ([*slopes, *weights], [*biases, *old])}
    if biases and not first:
        rows[" bias"] = (slopes, biases)
    rate = Decimal(1) if ways.rate_forgotten else problem.rate
    for apart, (gradients, _) in rows.items():
        yield f"gradient {layer.name}{apart}", tuple(gradients)
    for apart, (gradients, before) in rows.items():
        used = written.get(f"gradient {layer.name}{apart}", tuple(gradients))
        still = len(biases) if first and kept else len(before) if apart and kept else 0
        moved = [keep(w - ways.update_sign * rate * g, "weight") for w, g in zip(before, used, strict=True)]
        yield f"after {layer.name}{apart}", (*before[:still], *moved[still:])


def _handed_down(layer: Dense, ways: Ways, delta: Row, new: Sequence[Sequence[Decimal]]) -> list[Decimal]:
    """dL/dh of what came into a layer."""
    matrix = new if ways.new_weights else [[decimal_of(w) for w in row] for row in layer.weights.tolist()]
    if ways.transposed and len(matrix) == len(delta):
        matrix = [list(column) for column in zip(*matrix, strict=True)]
    if ways.weight_forgotten:
        matrix = [[Decimal(1)] * len(delta) for _ in matrix]
    units = range(len(delta)) if ways.one_output is None else [min(ways.one_output, len(delta) - 1)]
    return [sum((delta[j] * row[j] for j in units), Decimal(0)) for row in matrix]


def meets(problem: StepProblem) -> bool:
    """Whether the loss meets the logits: no derivative of the last activation is asked for."""
    return meets_logits(problem.network, problem.loss)
