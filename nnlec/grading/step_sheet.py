"""The figures of one step of learning, as they are, and as they come out where one thing was done otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from functools import lru_cache, partial
from itertools import chain

from nnlec.arithmetic.decimal_functions import DIGITS
from nnlec.arithmetic.numbers import decimal_of
from nnlec.grading.figures import rounded
from nnlec.grading.problems import row_names
from nnlec.grading.step_labels import parts, step_labels
from nnlec.grading.steps import LECTURE, Wording
from nnlec.named import NamedTuple
from nnlec.network.activations import exact_log_softmax
from nnlec.network.gradient import exact_last_delta
from nnlec.network.layers import Layer
from nnlec.network.layers.interface import decimals
from nnlec.network.losses import Loss
from nnlec.network.meaning import by_logarithms
from nnlec.network.network import Network
from nnlec.network.step import slopes_at, with_arrays, worked
from nnlec.network.trace import Row
from nnlec.notation import Formula
from nnlec.notation.formula import names_in

StepCarry = Callable[[Decimal, str], Decimal]
"""What is gone on with: the number itself or a rounded one, by what it is: "sum", "output", "upstream", "slope",
"delta", "gradient" or "weight"."""

StepFigures = dict[str, Row]
"""Rows of figures by name, in the order in which they are computed."""


@dataclass(frozen=True)
class Ways:
    """How a step is worked; each field as it is by default is right. Layers are counted from 0.

    `slopes` says for a layer what stands for g'(z): "none", or it is taken at "output" in place of the sum, or the rule
    of the output is given the "sum". `softmax_places` is how many decimals e^f, their sum and s are rounded to.
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
    softmax_places: int | None = None


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
    wording: Wording = LECTURE

    @property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """What the figures of each row are called."""
        return step_labels(self.network, self.wording.hidden)

    @property
    def products(self) -> int:
        """About how many products the step takes."""
        return 3 * sum(layer.multiplications for layer in self.network.layers)

    def sheet(
        self, ways: Ways = RIGHT, keep: StepCarry | None = None, written: Mapping[str, Row] | None = None
    ) -> StepFigures:
        """Every row; a row that is `written` is what later ones follow from."""
        with localcontext(DIGITS):
            return dict(_worked(self, ways, keep or (lambda number, _: number), written or {}))


class _At(NamedTuple):
    """A layer at work: what came in, the sums before its activation, and what it gave."""

    layer: Layer
    inputs: Row
    sums: Row
    output: Row


def _worked(problem: StepProblem, ways: Ways, keep: StepCarry, written: Mapping[str, Row]) -> Iterator[tuple[str, Row]]:
    network = problem.network
    passed = _forward(problem, keep, written)
    last = len(passed) - 1
    feedback, fused = _feedback(problem, ways, passed[last])
    upstream: list[list[Decimal]] = [[Decimal(0)] * at.layer.n_out for at in passed[:-1]] + [feedback]
    for index in range(last, -1, -1):
        at = passed[index]
        above = [keep(number, "upstream") for number in upstream[index]]
        slopes = _through(problem, ways, index, at, above, keep) if index < last or not fused else above
        delta = tuple(keep(number, "delta") for number in slopes)
        yield f"delta {at.layer.name}", delta
        delta = written.get(f"delta {at.layer.name}", delta)
        new: dict[str, Row] = {}
        yield from _numbers(problem, ways, at, delta, keep, written, new)
        if not any(network.sources[index]):
            continue
        down = _handed_down(at, ways, delta, new, of_output=index == last)
        for source in network.sources[index]:
            width = network.layers[source - 1].n_out if source else network.n_in
            part, down = down[:width], down[width:]
            if source:
                upstream[source - 1] = [a + b for a, b in zip(upstream[source - 1], part, strict=True)]


def _forward(problem: StepProblem, keep: StepCarry, written: Mapping[str, Row]) -> list[_At]:
    """Every layer at work; what is written of its output is gone on with."""
    network = problem.network
    rows: list[Row] = [problem.inputs]
    passed: list[_At] = []
    for number, layer in enumerate(network.layers, start=1):
        inputs = tuple(chain.from_iterable(rows[source] for source in network.sources[number - 1]))
        sums = tuple(keep(each, "sum") for each in layer.exact(inputs))
        output = tuple(keep(each, "output") for each in layer.activation.exact(sums))
        for name in row_names(layer.name, number == len(network.layers)):
            output = written.get(name, output)
        rows.append(output)
        passed.append(_At(layer, inputs, sums, output))
    return passed


def _feedback(problem: StepProblem, ways: Ways, last: _At) -> tuple[list[Decimal], bool]:
    """dL/df of the outputs, or of the logits beneath them (and true)."""
    network, loss = problem.network, problem.loss
    scale = last.layer.activation.logit_scale
    logits = last.output if scale is None else tuple(z / decimal_of(scale) for z in last.sums)
    predicted: Sequence[Decimal] = logits if loss.kind.takes == "logits" else last.output
    if by_logarithms(network, loss):
        predicted = exact_log_softmax(logits)
    target = problem.target if ways.target is None else ways.target
    slopes, fused = exact_last_delta(network, loss, predicted, logits, target)
    squash = loss.kind.probabilities
    if ways.softmax_places is not None and squash is not None and not squash.pointwise:
        shares = squash.in_steps(logits, partial(rounded, places=ways.softmax_places))
        slopes = slopes_at(loss, tuple(loss.exact_smoothed(target)), shares) or slopes
    if fused and scale not in (None, 1.0):
        slopes = [slope / decimal_of(scale or 1.0) for slope in slopes]
    return [ways.delta_sign * ways.factor * slope for slope in slopes], fused


def _through(
    problem: StepProblem, ways: Ways, index: int, at: _At, upstream: Sequence[Decimal], keep: StepCarry
) -> Sequence[Decimal]:
    """dL/dz of a layer from dL/dy."""
    function = problem.network.layers[index].activation
    if ways.slopes.get(index) == "none":
        return upstream
    if not function.kind.pointwise:
        return function.exact_backward(at.sums, upstream)
    derivative = function.kind.derivative
    of_output = derivative is not None and names_in(derivative.formula) == {"y"}
    way = ways.slopes.get(index, "output rule" if of_output else "")
    if way == "output":
        slopes: Sequence[Decimal] = function.slopes(at.output)
    elif way in ("sum", "output rule") and derivative is not None:
        slopes = [_put(derivative.formula, y) for y in (at.sums if way == "sum" else at.output)]
    else:
        slopes = function.slopes(at.sums)
    return [up * keep(slope, "slope") for up, slope in zip(upstream, slopes, strict=True)]


@lru_cache(maxsize=4096)
def _put(formula: Formula, y: Decimal) -> Decimal:
    """The derivative's rule in y with a number put in: the same few in most sheets."""
    value = worked(formula, {"y": y})
    return Decimal("NaN") if value is None else +value


def _numbers(
    problem: StepProblem,
    ways: Ways,
    at: _At,
    delta: Row,
    keep: StepCarry,
    written: Mapping[str, Row],
    new: dict[str, Row],
) -> Iterator[tuple[str, Row]]:
    """The rows of a layer's gradients and of its new numbers, which are put into `new` array by array."""
    layer = at.layer
    of_arrays = _gradients(at, delta, ways)
    found = {
        name: tuple(row) if name == "bias" else tuple(keep(number, "gradient") for number in row)
        for name, row in of_arrays.items()
    }
    kept = problem.keep_biases != ways.biases_otherwise
    step = ways.update_sign * (Decimal(1) if ways.rate_forgotten else problem.rate)
    rows = {part: tuple(chain.from_iterable(found[name] for name in part.arrays)) for part in parts(layer)}
    for part, row in rows.items():
        yield f"gradient {layer.name}{part.apart}", row
    for part, row in rows.items():
        slopes = list(written.get(f"gradient {layer.name}{part.apart}", row))
        after: list[Decimal] = []
        for name in part.arrays:
            old = decimals(layer.numbers[name])
            used, slopes = slopes[: len(old)], slopes[len(old) :]
            still = kept and name == "bias"
            after += old if still else [keep(w - step * g, "weight") for w, g in zip(old, used, strict=True)]
        yield f"after {layer.name}{part.apart}", tuple(after)
        after = list(written.get(f"after {layer.name}{part.apart}", after))
        for name in part.arrays:
            size = int(layer.numbers[name].size)
            new[name], after = tuple(after[:size]), after[size:]


def _gradients(at: _At, delta: Row, ways: Ways) -> Mapping[str, Sequence[Decimal]]:
    layer = at.layer
    inputs = (Decimal(1),) * len(at.inputs) if ways.input_forgotten and layer.combine == "sum" else at.inputs
    if layer.matrix is None:
        return layer.exact_backward(inputs, delta)[1] if layer.learned else {}
    weights = [x * d for x in inputs for d in delta]
    return {"weights": weights, "bias": delta} if "bias" in layer.numbers else {"weights": weights}


def _handed_down(at: _At, ways: Ways, delta: Row, new: Mapping[str, Row], *, of_output: bool) -> list[Decimal]:
    """dL/dx of what came into a layer."""
    layer = at.layer
    if ways.one_output is not None and of_output:
        delta = tuple(d if unit == ways.one_output else Decimal(0) for unit, d in enumerate(delta))
    if ways.weight_forgotten and layer.learned:
        return _without_weights(layer, delta)
    if layer.matrix is None:
        handing = with_arrays(layer, new) if ways.new_weights and new else layer
        return list(handing.exact_backward(at.inputs, delta)[0])
    weights = new["weights"] if ways.new_weights else decimals(layer.matrix)
    matrix = [weights[i * layer.n_out : (i + 1) * layer.n_out] for i in range(layer.n_in)]
    if ways.transposed and layer.n_in == layer.n_out:
        matrix = [tuple(column) for column in zip(*matrix, strict=True)]
    return [sum((d * w for d, w in zip(delta, row, strict=True)), Decimal(0)) for row in matrix]


def _without_weights(layer: Layer, delta: Row) -> list[Decimal]:
    """What each input gets where every factor is taken for 1."""
    below = [Decimal(0)] * layer.n_in
    for unit, d in enumerate(delta):
        for term in layer.terms(unit).terms:
            below[term.source] += d
    return below
