"""Exercises: the steps of a network, of given scores, of a loss alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from nnlec.grading.operations import Activated, Beside, Exponentials, Linear, LossOf, Normalised, Selected, TwoClasses
from nnlec.grading.steps import LECTURE, Problem, Step, Wording
from nnlec.network.activations import IDENTITY, Activation, activation
from nnlec.network.layers import Layer
from nnlec.network.layers.checks import numbered
from nnlec.network.losses import Loss
from nnlec.network.network import Network
from nnlec.network.trace import Row

RESERVED = ("logits", "output", "exponentials", "probabilities", "loss")
"""Names of rows that every network may have: a hidden layer of such a name is given as `layer output`."""

_SIGMOID, _SOFTMAX, _SOFTMIN = map(activation, ("sigmoid", "softmax", "softmin"))


def network_problem(
    network: Network, inputs: Row, loss: Loss | None = None, target: Row = (), wording: Wording = LECTURE
) -> Problem:
    """A forward pass, the probabilities of a classifier, and the loss where a target is given."""
    steps: list[Step] = []
    given_labels, output_labels = _input_labels(network, wording), _output_labels(network, wording)
    state = [(0, given_labels)]  # what stands in the row: which layer's numbers, and their labels
    for number, layer in enumerate(network.layers, start=1):
        last = number == len(network.layers)
        labels = output_labels if last else unit_labels(layer, wording.hidden)
        later = {source for sources in network.sources[number:] for source in sources}
        named = network.layers[number - 2].name
        kept = [
            (source, tuple(f"{label} of {named}" for label in own) if source == number - 1 > 0 else own)
            for source, own in state
            if source in later
        ]
        steps += _beside(_layer_steps(network, layer, labels, last), state, network.sources[number - 1], kept)
        state = [(number, labels), *kept]
    steps += _class_steps(network, steps[-1])
    if loss is not None:
        steps = _with_loss(steps, loss, target)
    return Problem(inputs, given_labels, tuple(steps), wording)


def _input_labels(network: Network, wording: Wording) -> tuple[str, ...]:
    """Their names; those that are only counted, x1, x2, ..., have the letter of their notation."""
    counted = network.input_names == _counted(LECTURE.input, network.n_in)
    return _counted(wording.input, network.n_in) if counted else network.input_names


def _output_labels(network: Network, wording: Wording) -> tuple[str, ...]:
    """Their names; those that are only counted, y1, y2, ..., have the letter of a notation other than the lecture's."""
    if wording == LECTURE or not counts_outputs(network):
        return network.output_names
    return _counted(wording.score if network.gives_scores else wording.output, network.n_out)


def counts_outputs(network: Network) -> bool:
    """Whether the outputs have no names but y1, y2, ..."""
    return network.output_names == _counted("y", network.n_out)


def _counted(letter: str, size: int) -> tuple[str, ...]:
    return tuple(f"{letter}{unit}" for unit in range(1, size + 1))


def unit_labels(layer: Layer, letter: str) -> tuple[str, ...]:
    """h1, h2, ... of a row, h[1,2,3] of maps: channel, row, column."""
    return _counted(letter, layer.n_out) if len(layer.out_shape) == 1 else place_labels(letter, layer.out_shape)


def place_labels(name: str, shape: tuple[int, ...]) -> tuple[str, ...]:
    """The places of an array's numbers, weights[1,1,2,1]; the name alone where there is one number without a place."""
    return tuple(f"{name}[{','.join(map(str, place))}]" if place else name for place in numbered(shape))


def _beside(
    own: Iterable[Step],
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


def scores_problem(
    scores: Row, classes: tuple[str, ...], loss: Loss | None = None, target: Row = (), wording: Wording = LECTURE
) -> Problem:
    """Probabilities from given scores, and the loss where a target is given; a loss of plain outputs stands alone."""
    kind = loss.kind.probabilities if loss is not None else _SOFTMAX.kind
    steps: list[Step] = []
    if kind is not None:
        steps += _activation_steps(activation(kind.name), classes, ("probabilities",))
    if loss is not None:
        steps = _with_loss(steps, loss, target)
    return Problem(scores, classes, tuple(steps), wording)


def loss_problem(probabilities: Row, classes: tuple[str, ...], loss: Loss, target: Row) -> Problem:
    """The loss alone, from given probabilities."""
    return Problem(probabilities, classes, (Step(("loss",), ("L",), LossOf(loss, target, True)),))


def _layer_steps(network: Network, layer: Layer, labels: tuple[str, ...], last: bool) -> Iterator[Step]:
    plain = layer.activation == IDENTITY
    after = row_names(layer.name, last)
    before = (f"{after[0]} before activation", *(("logits",) if last else ()))
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


def row_names(name: str, last: bool) -> tuple[str, ...]:
    """The names under which a sheet may have the numbers that a layer gives."""
    return tuple(dict.fromkeys((layer_key(name, last), *(("output",) if last else ()))))


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
