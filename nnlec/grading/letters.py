"""The letters that paper uses for rows and figures, h and y1 and P(cat), beside the names of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nnlec.grading.problems import layer_key
from nnlec.grading.steps import Problem
from nnlec.network.network import Network

Place = tuple[str, int | None]
"""The name of a row of figures, and which of its figures is meant: None for the whole row."""


def letters(problem: Problem, network: Network | None = None) -> dict[str, Place]:
    """What each letter stands for; a letter that is the name of a row, or may stand for two things, is left out.

    A network has `layer 1` for a row, h and h1 where it has one hidden layer, f or s, the names of its outputs and of
    their probabilities; scores have s and the names of their classes.
    """
    known = {name: step.size for step in problem.steps for name in step.names}
    found: dict[str, set[Place]] = {}
    for letter, place in (*_of_layers(network), *_of_classes(problem, known, network)):
        if place[0] in known and letter not in known:
            found.setdefault(letter, set()).add(place)
    return {letter: next(iter(places)) for letter, places in found.items() if len(places) == 1}


def _of_layers(network: Network | None) -> Iterator[tuple[str, Place]]:
    layers = network.layers if network is not None else ()
    for number, layer in enumerate(layers, start=1):
        last = number == len(layers)
        row = "output" if last else layer_key(layer.name)
        yield f"layer {number}", (row, None)
        if not last:
            yield from _numbered("h", row, layer.n_out)


def _of_classes(problem: Problem, known: dict[str, int], network: Network | None) -> Iterator[tuple[str, Place]]:
    outputs = "output" if "output" in known else "probabilities"
    names: Sequence[str] = network.output_names if network is not None else problem.given_labels
    classes = network.class_names or names if network is not None else names
    for unit, name in enumerate(names):
        yield name, (outputs, unit)
    for unit, name in enumerate(classes):
        yield f"P({name})", ("probabilities", unit)
    yield from _numbered("y", outputs, len(names))
    yield from _numbered("f", "logits", len(names))
    yield from _numbered("s", "probabilities", known.get("probabilities", 0))
    yield "L", ("loss", None)


def _numbered(letter: str, row: str, count: int) -> Iterator[tuple[str, Place]]:
    yield letter, (row, None)
    for unit in range(count):
        yield f"{letter}{unit + 1}", (row, unit)
