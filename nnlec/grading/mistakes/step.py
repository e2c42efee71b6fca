"""Slips in a step of learning, in the order in which people make them. To add one, add a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from nnlec.grading.step_sheet import StepProblem, Ways
from nnlec.named import NamedTuple
from nnlec.network.gradient import meets_logits


class StepSlip(NamedTuple):
    """A slip and what it is called: how the step was worked, one way or several."""

    name: str
    sentence: str
    ways: Callable[[StepProblem], Iterator[tuple[Ways, str]]]

    def explain(self, problem: StepProblem, word: str) -> str:
        """The sentence, with names put in."""
        return self.sentence.format(word=word, **problem.wording._asdict())


def _one(ways: Ways) -> Callable[[StepProblem], Iterator[tuple[Ways, str]]]:
    return lambda _: iter([(ways, "")])


def _in_layers(problem: StepProblem, layers: Sequence[int], way: str, all_of_them: str) -> Iterator[tuple[Ways, str]]:
    """The slopes of all these layers taken that way, and of one."""
    if len(layers) > 1:
        yield Ways(slopes=dict.fromkeys(layers, way)), all_of_them
    for index in layers:
        yield Ways(slopes={index: way}), problem.network.layers[index].name


def _sloped(problem: StepProblem) -> list[int]:
    """The layers, from 0, whose activation has a derivative that is asked for: not the last where the loss meets it."""
    layers = problem.network.layers[:-1] if meets_logits(problem.network, problem.loss) else problem.network.layers
    return [index for index, layer in enumerate(layers) if not layer.activation.is_identity]


def _left_out_below(problem: StepProblem) -> Iterator[tuple[Ways, str]]:
    hidden = [index for index in _sloped(problem) if index < len(problem.network.layers) - 1]
    return _in_layers(problem, hidden, "none", "the hidden layers")


def _left_out_at_the_output(problem: StepProblem) -> Iterator[tuple[Ways, str]]:
    last = [index for index in _sloped(problem) if index == len(problem.network.layers) - 1]
    return _in_layers(problem, last, "none", "")


def _wrong_argument(problem: StepProblem) -> Iterator[tuple[Ways, str]]:
    layers = [i for i in _sloped(problem) if problem.network.layers[i].activation.kind.pointwise]
    for way in ("output", "sum"):
        yield from _in_layers(problem, layers, way, "every layer")


def _factor(problem: StepProblem) -> Iterator[tuple[Ways, str]]:
    n = len(problem.target)
    factors: dict[Decimal, str] = {}
    if n > 1:
        factors[Decimal(1) / n] = f"divided by the {n} outputs"
        if problem.loss.kind.averages:
            factors[Decimal(n)] = f"not divided by the {n} outputs"
    if problem.loss.kind.takes == "outputs":
        factors.setdefault(Decimal(2), "twice as large, as without a 1/2 in the loss")
        factors.setdefault(Decimal("0.5"), "half as large, as with a 1/2 in the loss")
    yield from ((Ways(factor=factor), word) for factor, word in factors.items())


def _one_output(problem: StepProblem) -> Iterator[tuple[Ways, str]]:
    if len(problem.network.layers) > 1:
        for unit, name in enumerate(problem.network.output_names):
            if problem.network.n_out > 1:
                yield Ways(one_output=unit), name


def _other_target(problem: StepProblem) -> Iterator[tuple[Ways, str]]:
    target = problem.target
    if len(set(target)) > 1:
        yield Ways(target=target[::-1]), "in the wrong order"
        for unit, name in enumerate(problem.network.output_names):
            yield Ways(target=(target[unit],) * len(target)), f"of {name} for every output"


def _square(problem: StepProblem) -> Iterator[tuple[Ways, str]]:
    layers = problem.network.layers
    if any(layer.matrix is not None and layer.n_in == layer.n_out > 1 for layer in layers[1:]):
        yield Ways(transposed=True), ""


def _below(ways: Ways) -> Callable[[StepProblem], Iterator[tuple[Ways, str]]]:
    return lambda problem: iter([(ways, "")] if len(problem.network.layers) > 1 else [])


def _biases(problem: StepProblem) -> Iterator[tuple[Ways, str]]:
    if any("bias" in layer.numbers for layer in problem.network.layers):
        yield Ways(biases_otherwise=True), "changed" if problem.keep_biases else "left as they were"


_UPSTREAM = "the new weights were used on the way back, not those before"
_LEFT_OUT = "the derivative of the activation was left out in {word}"
_ARGUMENT = "the derivative was not taken where it belongs in {word}"

STEP_SLIPS: tuple[StepSlip, ...] = (
    StepSlip("new weights upstream", _UPSTREAM, _below(Ways(new_weights=True))),
    StepSlip("sign of delta", "{target} - {output} was taken for {output} - {target}", _one(Ways(delta_sign=-1))),
    StepSlip("sign of the update", "the gradient was added, not subtracted", _one(Ways(update_sign=-1))),
    StepSlip("derivative left out", _LEFT_OUT, _left_out_below),
    StepSlip("derivative at the wrong argument", _ARGUMENT, _wrong_argument),
    StepSlip("factor of the loss", "the derivative of the loss was {word}", _factor),
    StepSlip("one output only", "only {word} counted on the way back", _one_output),
    StepSlip("W not transposed", "{weights} was not transposed on the way back", _square),
    StepSlip("rate forgotten", "the rate was forgotten", _one(Ways(rate_forgotten=True))),
    StepSlip("biases", "the biases were {word}", _biases),
    StepSlip("input factor forgotten", "delta was not multiplied by what went in", _one(Ways(input_forgotten=True))),
    StepSlip("another target", "the target was taken {word}", _other_target),
    StepSlip("derivative left out", _LEFT_OUT, _left_out_at_the_output),
    StepSlip("weight forgotten", "delta was handed down without the weights", _below(Ways(weight_forgotten=True))),
)
