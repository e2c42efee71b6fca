"""Mistakes in sums of products, x^T W + b."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from operator import mul

from nnlec.grading.figures import rounded
from nnlec.grading.mistakes.interface import (
    Alternative,
    MistakeKind,
    Work,
    everywhere,
    inputs_rounded,
    misplaced_points,
    misread_digits,
    swapped_digits,
)
from nnlec.grading.operations import product

_MOST_MIXED = 100
"""Products of a layer in which one number may be taken for another: larger ones are not worked by hand."""

Readings = Callable[[Decimal], list[Decimal]]


def _every_bias(extra: int, work: Work) -> Iterator[Alternative]:
    """Each bias counted `1 + extra` times."""
    changes = {unit: work.after[unit] + extra * bias for unit, bias in enumerate(work.operation.biases) if bias}
    if len(changes) > 1:
        yield Alternative(changes)


def _one_bias(extra: int, work: Work) -> Iterator[Alternative]:
    """The bias of one unit counted `1 + extra` times."""
    biases = work.operation.biases
    for unit in work.units:
        if biases[unit]:
            yield Alternative({unit: work.after[unit] + extra * biases[unit]}, unit, was=biases[unit])


def _transposed(work: Work) -> Iterator[Alternative]:
    """W^T where W is square; with the bias as the first row of W, that is the whole matrix."""
    if work.operation.matrix is None:
        return
    weights, bias = work.operation.matrix
    readings = [(work.before, weights, bias or (Decimal(0),) * len(work.after))]
    if bias is not None:
        readings.append(((Decimal(1), *work.before), (bias, *weights), (Decimal(0),) * len(work.after)))
    for inputs, matrix, start in readings:
        if len(matrix) == len(matrix[0]) > 1:
            sums = [sum(map(mul, inputs, row), b) for row, b in zip(matrix, start, strict=True)]
            yield Alternative(everywhere(sums))


def _row_for_column(work: Work) -> Iterator[Alternative]:
    for alternative in _transposed(work):
        yield from (Alternative({unit: alternative.changes[unit]}, unit) for unit in work.units)


def _factor_read(readings: Readings) -> Callable[[Work], Iterator[Alternative]]:
    """One factor of one unit taken for another: every mistake in one product."""

    def alternatives(work: Work) -> Iterator[Alternative]:
        for unit in work.units:
            z = work.after[unit]
            for source, factor, _ in work.operation.terms(unit)[0]:
                x = work.before[source]
                if x and factor:
                    for read in readings(factor):
                        yield Alternative({unit: z + x * (read - factor)}, unit, source, read, factor)

    return alternatives


def _bias_read(readings: Readings) -> Callable[[Work], Iterator[Alternative]]:
    def alternatives(work: Work) -> Iterator[Alternative]:
        for unit in work.units:
            bias = work.operation.terms(unit)[1]
            for read in readings(bias) if bias else ():
                yield Alternative({unit: work.after[unit] - bias + read}, unit, read=read, was=bias)

    return alternatives


def _input_read(readings: Readings) -> Callable[[Work], Iterator[Alternative]]:
    def alternatives(work: Work) -> Iterator[Alternative]:
        if len(work.after) == 1:
            return  # one unit: the same as the misreading of its one weight
        for source, x in enumerate(work.before):
            for read in readings(x) if x else ():
                row = (*work.before[:source], read, *work.before[source + 1 :])
                changed = work.operation.follow_changes(row, work.before, work.after)
                yield Alternative(everywhere(changed), source=source, read=read, was=x)

    return alternatives


def _input_for_another(work: Work) -> Iterator[Alternative]:
    """h1 taken where h2 belongs, by every unit and by one; of neighbours, in small layers."""
    if len(work.before) * len(work.after) > _MOST_MIXED:
        return
    for source, x in enumerate(work.before):
        for other in (source - 1, source + 1):
            if not 0 <= other < len(work.before) or work.before[other] == x:
                continue
            row = (*work.before[:source], work.before[other], *work.before[source + 1 :])
            changed, word = work.operation.follow_changes(row, work.before, work.after), work.labels_before[other]
            if len(work.after) > 1:
                yield Alternative(everywhere(changed), source=source, word=f"{word} was taken")
            for unit in work.units:
                yield Alternative({unit: changed[unit]}, unit, source, word=f"in {work.labels[unit]} {word} was taken")


def _products_rounded(work: Work) -> Iterator[Alternative]:
    """Every product rounded before they are added: to the places of the figure, or to one fewer."""
    for fewer in (0, 1):
        changes = {}
        for unit, figure in enumerate(work.written):
            places = figure.places - fewer
            if places >= 0:
                terms, bias = work.operation.terms(unit)
                changes[unit] = bias + sum((rounded(product(work.before, t), places) for t in terms), Decimal(0))
        if changes:
            yield Alternative(changes)


def _activation_where_none_is(work: Work) -> Iterator[Alternative]:
    for other in work.operation.others:
        yield Alternative(everywhere(other.exact(work.after)), word=other.name)


def _negated(number: Decimal) -> list[Decimal]:
    return [-number]


def _nothing(_: Decimal) -> list[Decimal]:
    return [Decimal(0)]


def _doubled(number: Decimal) -> list[Decimal]:
    return [2 * number]


_WEIGHT_READ = "the weight {was} of {source} in {unit} was read as {read}"
_BIAS_READ = "the bias {was} of {unit} was read as {read}"
_INPUT_READ = "{source} was read as {read}, it is {was}"

LINEAR_MISTAKES: tuple[MistakeKind, ...] = (
    MistakeKind("bias forgotten", "no bias was added", partial(_every_bias, -1), 3),
    MistakeKind("bias forgotten", "the bias {was} of {unit} was not added", partial(_one_bias, -1), 3),
    MistakeKind("bias counted twice", "every bias was added twice", partial(_every_bias, 1)),
    MistakeKind("bias counted twice", "the bias {was} of {unit} was added twice", partial(_one_bias, 1)),
    MistakeKind("matrix transposed", "{row}s of {weights} were met where its {column}s should be", _transposed),
    MistakeKind("row for column", "{unit} met a {row} of {weights} where its {column} should be", _row_for_column),
    MistakeKind(
        "one sign", "the product of {source} and {was} in {unit} got the wrong sign", _factor_read(_negated), 4
    ),
    MistakeKind("one sign", "the bias {was} of {unit} got the wrong sign", _bias_read(_negated)),
    MistakeKind("one sign", _INPUT_READ, _input_read(_negated)),
    MistakeKind(
        "one term left out", "the product of {source} and {was} in {unit} was left out", _factor_read(_nothing), 3
    ),
    MistakeKind("one term left out", "{source} was left out everywhere", _input_read(_nothing)),
    MistakeKind(
        "one term counted twice",
        "the product of {source} and {was} in {unit} was added twice",
        _factor_read(_doubled),
        0.2,
    ),
    MistakeKind("one weight misread", _WEIGHT_READ, _factor_read(misplaced_points), 3),
    MistakeKind("one weight misread", _BIAS_READ, _bias_read(misplaced_points)),
    MistakeKind("one input misread", _INPUT_READ, _input_read(misplaced_points)),
    MistakeKind("one weight misread", _WEIGHT_READ, _factor_read(swapped_digits), 0.3),
    MistakeKind("one weight misread", _BIAS_READ, _bias_read(swapped_digits), 0.1),
    MistakeKind("one input misread", _INPUT_READ, _input_read(swapped_digits), 0.1),
    MistakeKind("one weight misread", _BIAS_READ, _bias_read(misread_digits), 0.3),
    MistakeKind("one input for another", "{word} in the place of {source}", _input_for_another, 0.5),
    MistakeKind("rounded too early", "the products were rounded before they were added", _products_rounded, 0.5),
    MistakeKind("rounded too early", "what went in was rounded to {word}", partial(inputs_rounded, (3, 2, 1, 0)), 0.5),
    MistakeKind("activation applied early", "{word} was applied where no activation is", _activation_where_none_is),
)
