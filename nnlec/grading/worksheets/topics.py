"""What a worksheet may be about: how an exercise is drawn. To add a topic, write its function and add a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from nnlec.arithmetic.numbers import decimal_of
from nnlec.errors import NnlecError
from nnlec.grading.problems import network_problem, scores_problem
from nnlec.grading.step_sheet import StepProblem
from nnlec.grading.steps import LECTURE, Problem, Wording
from nnlec.grading.worksheets.draws import Draws
from nnlec.grading.worksheets.exercise import Exercise
from nnlec.grading.worksheets.wishes import TRIVIAL
from nnlec.network.activations import activation
from nnlec.network.layers import Dense
from nnlec.network.layers.conv import Conv
from nnlec.network.losses import Loss, loss
from nnlec.network.losses.targets import target_of_labels
from nnlec.network.meaning import expect_fit, loss_name, usual_loss_of_scores
from nnlec.network.network import Network
from nnlec.network.trace import Row

_SCORES, _WEIGHTS, _STEEP_WEIGHTS, _PIXELS = 3, 3, 2, 5
"""How large scores, weights, those of sigmoids, and pixels may be."""


class Grain(NamedTuple):
    """Inputs as they are drawn: with so many decimals, and no larger than that."""

    places: int
    most: int

    def number(self, draws: Draws) -> Decimal:
        return draws.number(self.places, self.most, TRIVIAL)


GRAINS = (Grain(1, 5), Grain(1, 3), Grain(1, 2), Grain(0, 5))
"""Those that are tried in turn: small inputs where weights are large, whole ones where there are many layers."""


class Spec(NamedTuple):
    """What is asked of every sheet: a topic, a network or the shape of one, decimals, a seed, wishes that are dropped.

    `activation` is that of the hidden layers of a drawn network. `blank` says which figures are asked for: "every" one,
    the "results" alone, or so many of all; `carried`, whether rounded figures are gone on with; `wording`, how they are
    named.
    """

    topic: str
    network: Network | None = None
    shape: tuple[int, ...] = ()
    places: int = 1
    seed: str = "0"
    rate: Decimal = Decimal("0.1")
    without: frozenset[str] = frozenset()
    activation: str = "relu"
    blank: str | int = "every"
    carried: bool = False
    wording: Wording = LECTURE

    @property
    def places_of_weights(self) -> int:
        """Decimals of drawn weights: none where they are multiplied again and again."""
        return 0 if self.topic in ("step", "conv") and self.activation in ("relu", "identity") else 1


class Topic(NamedTuple):
    """A topic: its name, the decimals its figures have, how an exercise is drawn.

    It is drawn for a spec, from some draws, its inputs of that grain.
    """

    name: str
    places: int
    draw: Callable[[Spec, Draws, Grain], Exercise]


def _forward(spec: Spec, draws: Draws, grain: Grain) -> Exercise:
    network = spec.network or _drawn(spec, draws)
    return _passed(network, _input(network, draws, grain), spec.wording)


def _conv(spec: Spec, draws: Draws, _grain: Grain) -> Exercise:
    network = spec.network or _drawn_picture(spec, draws)
    if not any(layer.kind == "conv" for layer in network.layers):
        raise NnlecError("the network has no convolution", hint="leave it out and give --shape 4-2, or --topic forward")
    pixels = tuple(draws.number(0, _PIXELS, least=0) for _ in range(network.n_in))
    return _passed(network, pixels, spec.wording)


def _softmax(spec: Spec, draws: Draws, _grain: Grain) -> Exercise:
    classes = _classes(spec)
    return Exercise(scores_problem(_scores(draws, len(classes)), classes, wording=spec.wording))


def _loss(spec: Spec, draws: Draws, grain: Grain) -> Exercise:
    network = spec.network
    if network is None:
        classes = _classes(spec)
        taken, label, target = loss("cross-entropy"), *_labelled(draws, classes, len(classes), loss("cross-entropy"))
    else:
        classes = network.output_names
        taken, label, target = _truth(network, draws, grain)
    problem = scores_problem(_scores(draws, len(classes)), classes, taken, target, spec.wording)
    return Exercise(problem, None, taken, target, label)


def _step(spec: Spec, draws: Draws, grain: Grain) -> Exercise:
    network = spec.network or _drawn(spec, draws)
    row = _input(network, draws, grain)
    taken, label, target = _truth(network, draws, grain)
    step = StepProblem(network, row, taken, target, spec.rate, wording=spec.wording)
    return replace(_passed(network, row, spec.wording), loss=taken, target=target, label=label, step=step)


TOPICS: dict[str, Topic] = {
    topic.name: topic
    for topic in (
        Topic("forward", 1, _forward),
        Topic("softmax", 2, _softmax),
        Topic("loss", 2, _loss),
        Topic("step", 3, _step),
        Topic("conv", 0, _conv),
    )
}


def _passed(network: Network, row: Row, wording: Wording) -> Exercise:
    """The forward pass up to the outputs; what classes follow from them is another topic."""
    return Exercise(replace(_pass_of(network, wording), given=row), network)


@lru_cache(maxsize=1)
def _pass_of(network: Network, wording: Wording) -> Problem:
    """The steps of a network, which know its numbers: they are the same in every draw."""
    whole = network_problem(network, (Decimal(0),) * network.n_in, wording=wording)
    last = whole.find("output")
    assert last is not None
    return replace(whole, steps=whole.steps[: last + 1])


def _input(network: Network, draws: Draws, grain: Grain) -> Row:
    if network.layers[0].has_maps:
        return tuple(draws.number(0, _PIXELS, least=0) for _ in range(network.n_in))
    return tuple(grain.number(draws) for _ in range(network.n_in))


def _scores(draws: Draws, size: int) -> Row:
    return tuple(draws.number(1, _SCORES, TRIVIAL) for _ in range(size))


def _classes(spec: Spec) -> tuple[str, ...]:
    if spec.network is None:
        return tuple(f"y{number}" for number in range(1, spec.shape[-1] + 1))
    if spec.network.n_out < 2:
        raise NnlecError("softmax needs two scores or more, and the network has one output", hint="or --shape 3")
    return spec.network.output_names


def _truth(network: Network, draws: Draws, grain: Grain) -> tuple[Loss, str, Row]:
    """The loss of a network, with the right class, or with a target where it has no single one."""
    labelled = network.kind in ("multi-class", "binary", "decision")
    named = loss_name(None, network, labelled=labelled)
    taken = loss(named or usual_loss_of_scores(network.n_out, None))
    expect_fit(taken, network)
    if labelled and taken.kind.target != "real":
        return taken, *_labelled(draws, network.class_names, network.n_out, taken)
    bounded = taken.kind.target != "real" or network.layers[-1].activation.kind.gives == "probability"
    target = tuple(Decimal(draws.below(2)) if bounded else grain.number(draws) for _ in range(network.n_out))
    return taken, "", target


def _labelled(draws: Draws, classes: Sequence[str], size: int, taken: Loss) -> tuple[str, Row]:
    label = draws.one_of(classes)
    target = target_of_labels([label], classes, size, taken.kind.target)
    return label, tuple(map(decimal_of, target))


def _drawn(spec: Spec, draws: Draws) -> Network:
    """A dense network of that shape, its weights drawn; hidden layers have the activation, the last has none."""
    sizes = spec.shape
    layers = []
    for number, (n_in, n_out) in enumerate(pairwise(sizes), start=1):
        last = number == len(sizes) - 1
        name = "output" if last else "hidden" if len(sizes) == 3 else f"hidden{number}"
        most = _WEIGHTS if spec.activation in ("relu", "identity") else _STEEP_WEIGHTS
        weights = [[_weight(spec, draws, most) for _ in range(n_out)] for _ in range(n_in)]
        bias = [_weight(spec, draws, most) for _ in range(n_out)]
        layers.append(
            Dense(np.array(weights), np.array(bias), activation("identity" if last else spec.activation), name, True)
        )
    return Network(tuple(layers), loss="half-sum-squared-error" if spec.topic == "step" else "")


def _drawn_picture(spec: Spec, draws: Draws) -> Network:
    """One kernel on a square picture: the shape is the side of the picture and the side of the kernel."""
    side, kernel = spec.shape
    weights = [[_weight(spec, draws, _WEIGHTS) for _ in range(kernel)] for _ in range(kernel)]
    return Network((Conv(np.array([[weights]]), (1, side, side), name="output"),))


def _weight(spec: Spec, draws: Draws, most: int) -> float:
    return float(draws.number(spec.places_of_weights, most, TRIVIAL))
