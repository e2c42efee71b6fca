"""Mistakes in a loss."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from nnlec.grading.mistakes.interface import Alternative, MistakeKind, Work, inputs_rounded
from nnlec.grading.operations import LossOf
from nnlec.network.activations import DIGITS, activation
from nnlec.network.losses import BASES
from nnlec.network.trace import Row


def _other_logarithm(work: Work) -> Iterator[Alternative]:
    operation: LossOf = work.operation
    if operation.from_probabilities:
        taken = BASES[operation.loss.base][1]
        own = DIGITS.ln(taken) if taken else Decimal(1)
        for name, base in BASES.values():
            logarithm = DIGITS.ln(base) if base else Decimal(1)
            if logarithm != own:
                yield Alternative({0: DIGITS.divide(work.after[0] * own, logarithm)}, word=name)


def _minus_forgotten(work: Work) -> Iterator[Alternative]:
    if work.operation.loss.kind.takes != "outputs":
        yield Alternative({0: -work.after[0]})


def _other_class(work: Work) -> Iterator[Alternative]:
    operation: LossOf = work.operation
    target = operation.target
    if operation.from_probabilities and sorted(target)[-1] == 1 and sum(target) == 1:
        for source in range(len(target)):
            turned = tuple(Decimal(int(i == source)) for i in range(len(target)))
            if turned != target:
                yield _against(turned, work, source=source)


def _other_target(work: Work) -> Iterator[Alternative]:
    """The targets of a regression in the wrong order, or one of them for every output."""
    target = work.operation.target
    if work.operation.from_probabilities or len(set(target)) < 2:
        return
    yield _against(target[::-1], work, word="the targets were taken in the wrong order")
    for source, label in enumerate(work.labels_before[: len(target)]):
        same = (target[source],) * len(target)
        yield _against(same, work, word=f"the target of {label} was taken for every output")


def _against(target: Row, work: Work, *, source: int | None = None, word: str = "") -> Alternative:
    """The loss against another target."""
    loss = work.operation._replace(target=target).follow(work.before)[0]
    return Alternative({0: loss}, source=source, word=word)


def _softmax_again(work: Work) -> Iterator[Alternative]:
    if work.operation.from_probabilities:
        again = tuple(activation("softmax").exact(work.before))
        yield Alternative({0: work.operation.follow(again)[0]})


def _probabilities_rounded(work: Work) -> Iterator[Alternative]:
    return inputs_rounded((3, 2, 1) if work.operation.from_probabilities else (), work)


def _outputs_rounded(work: Work) -> Iterator[Alternative]:
    return inputs_rounded((3, 2, 1) if not work.operation.from_probabilities else (), work)


def _no_logarithm(work: Work) -> Iterator[Alternative]:
    operation: LossOf = work.operation
    if operation.from_probabilities:
        pairs = list(zip(operation.target, work.before[-len(operation.target) :], strict=True))
        if operation.loss.kind.target == "each":
            terms = [g * s + (1 - g) * (1 - s) for g, s in pairs]
        else:
            terms = [g * s for g, s in pairs]
        yield Alternative({0: operation.loss.exact_value(terms)})


def _summed(work: Work) -> Iterator[Alternative]:
    operation: LossOf = work.operation
    if operation.loss.kind.averages and len(operation.target) > 1:
        yield Alternative({0: work.after[0] * len(operation.target)})


def _averaged(work: Work) -> Iterator[Alternative]:
    operation: LossOf = work.operation
    if not operation.loss.kind.averages and len(operation.target) > 1:
        yield Alternative({0: DIGITS.divide(work.after[0], Decimal(len(operation.target)))})


def _halved(work: Work) -> Iterator[Alternative]:
    if not work.operation.from_probabilities:
        yield Alternative({0: DIGITS.divide(work.after[0], Decimal(2))})


def _root_taken(work: Work) -> Iterator[Alternative]:
    if not work.operation.from_probabilities and work.after[0] > 0:
        yield Alternative({0: DIGITS.sqrt(work.after[0])})


LOSS_MISTAKES: tuple[MistakeKind, ...] = (
    MistakeKind("another logarithm", "{word} was taken", _other_logarithm, 4),
    MistakeKind("minus forgotten", "the minus in front of the sum was forgotten", _minus_forgotten, 3),
    MistakeKind("softmax of softmax", "softmax was applied to the probabilities", _softmax_again, 2),
    MistakeKind("another class", "the probability of {source} was taken", _other_class),
    MistakeKind("another target", "{word}", _other_target),
    MistakeKind("logarithm forgotten", "no logarithm was taken", _no_logarithm),
    MistakeKind("rounded too early", "the probabilities were rounded to {word}", _probabilities_rounded, 0.5),
    MistakeKind("rounded too early", "what went in was rounded to {word}", _outputs_rounded, 0.5),
    MistakeKind("summed for averaged", "the terms were added up and not divided by their number", _summed),
    MistakeKind("averaged for summed", "the sum was divided by the number of terms", _averaged),
    MistakeKind("halved", "the loss was divided by two", _halved),
    MistakeKind("root taken", "the root of the loss was taken", _root_taken, 0.5),
)
