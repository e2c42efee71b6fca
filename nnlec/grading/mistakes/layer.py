"""Mistakes that a kind of layer names itself: another layer worked out in its place."""

from __future__ import annotations

from collections.abc import Iterator

from nnlec.grading.mistakes.interface import Alternative, MistakeKind, Work, everywhere


def _every_unit(work: Work) -> Iterator[Alternative]:
    for sentence, layer in work.operation.layer.mistaken_for():
        yield Alternative(everywhere(layer.exact(work.before)), word=sentence)


def _one_unit(work: Work) -> Iterator[Alternative]:
    for sentence, layer in work.operation.layer.mistaken_for():
        for unit in work.units if len(work.after) > 1 else ():
            yield Alternative({unit: layer.exact_unit(work.before, unit)}, unit, word=sentence)


LAYER_MISTAKES: tuple[MistakeKind, ...] = (
    MistakeKind("another layer", "{word}", _every_unit, 3),
    MistakeKind("another layer", "{word} in {unit}", _one_unit),
)
