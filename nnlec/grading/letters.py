"""The letters that paper uses for rows and figures, h and y1 and P(cat), beside the names of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from nnlec.grading.problems import counts_outputs, layer_key
from nnlec.grading.steps import LECTURE, Problem
from nnlec.network.network import Network

if TYPE_CHECKING:
    from nnlec.models.answers import FigurePlace


def letters(problem: Problem, network: Network | None = None) -> dict[str, FigurePlace]:
    """What each letter stands for; a letter that is the name of a row, or may stand for two things, is left out.

    A network has `layer 1` for a row, h and h1 where it has one hidden layer, f or s, the names of its outputs and of
    their probabilities; scores have s and the names of their classes. Other notations have their own letters, and z.
    """
    known = {name: len(labels) for name, labels in problem.labels.items()}
    step_of = {name: number for number, step in enumerate(problem.steps) for name in step.names}
    found: dict[str, dict[tuple[int, int | None], FigurePlace]] = {}
    of_classes = _of_classes(problem, known, network) if problem.wording == LECTURE else _named(problem, known, network)
    for letter, place in (*_of_layers(problem, network), *of_classes, ("L", ("loss", None))):
        if place[0] in known and letter not in known:
            found.setdefault(letter, {}).setdefault((step_of[place[0]], place[1]), place)
    return {letter: next(iter(places.values())) for letter, places in found.items() if len(places) == 1}


def _of_layers(problem: Problem, network: Network | None) -> Iterator[tuple[str, FigurePlace]]:
    layers = network.layers if network is not None else ()
    for number, layer in enumerate(layers, start=1):
        last = number == len(layers)
        row = "output" if last else layer_key(layer.name)
        yield f"layer {number}", (row, None)
        if not last:
            yield from _numbered(problem.wording.hidden, row, layer.n_out)
        if problem.wording != LECTURE and not layer.activation.is_identity:
            before = "logits" if last else f"{row} before activation"
            for letter in (problem.wording.pre_activation, f"{problem.wording.pre_activation}({number})"):
                yield from _numbered(letter, before, layer.n_out)


def _of_classes(problem: Problem, known: dict[str, int], network: Network | None) -> Iterator[tuple[str, FigurePlace]]:
    """Names of outputs and classes; y is the output too, as the lecture's tables name it."""
    outputs = "output" if "output" in known else "probabilities"
    names = _names(problem, network)
    yield from _of_names(outputs, names, network)
    yield from _numbered("y", outputs, len(names))
    yield from _numbered("f", "logits", len(names))
    yield from _numbered("s", "probabilities", known.get("probabilities", 0))


def _named(problem: Problem, known: dict[str, int], network: Network | None) -> Iterator[tuple[str, FigurePlace]]:
    """The same in another notation, in which y1 may be the first probability: an output without a name is not y1."""
    words, names = problem.wording, _names(problem, network)
    shares = network is None or network.gives_scores
    if network is None or not (shares and counts_outputs(network)):
        yield from _of_names("probabilities" if network is None else "output", names, network)
    yield from _numbered(words.score, "logits", len(names))
    if shares or words.probability != words.output:
        yield from _numbered(words.probability, "probabilities", known.get("probabilities", 0))
    if not shares or words.score == words.output:
        yield from _numbered(words.output, "output", len(names))


def _names(problem: Problem, network: Network | None) -> Sequence[str]:
    return network.output_names if network is not None else problem.given_labels


def _of_names(outputs: str, names: Sequence[str], network: Network | None) -> Iterator[tuple[str, FigurePlace]]:
    classes = network.class_names or names if network is not None else names
    for unit, name in enumerate(names):
        yield name, (outputs, unit)
    for unit, name in enumerate(classes):
        yield f"P({name})", ("probabilities", unit)


def _numbered(letter: str, row: str, count: int) -> Iterator[tuple[str, FigurePlace]]:
    yield letter, (row, None)
    for unit in range(count):
        yield f"{letter}{unit + 1}", (row, unit)
