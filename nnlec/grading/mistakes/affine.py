"""Slips in x^T W + b."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from nnlec.arithmetic.rounding import Rounding
from nnlec.grading.mistakes.interface import (
    Alternative,
    SlipKind,
    Work,
    decimals,
    everywhere,
    misplaced_points,
    swapped_digits,
)
from nnlec.grading.steps import Affine, affine
from nnlec.network.trace import Row

Readings = Callable[[Decimal], list[Decimal]]


def _bias_times(extra: int) -> tuple[Callable[[Work], Iterator[Alternative]], Callable[[Work], Iterator[Alternative]]]:
    """The bias counted `1 + extra` times, by every unit and by one."""

    def each(work: Work) -> dict[int, Alternative]:
        bias = work.operation.bias or ()
        return {
            unit: Alternative({unit: work.after[unit] + extra * b}, unit, was=b) for unit, b in enumerate(bias) if b
        }

    def every(work: Work) -> Iterator[Alternative]:
        changes = {unit: one.changes[unit] for unit, one in each(work).items()}
        if len(changes) > 1:
            yield Alternative(changes)

    def one(work: Work) -> Iterator[Alternative]:
        alternatives = each(work)
        yield from (alternatives[unit] for unit in work.units if unit in alternatives)

    return every, one


def _transposed(work: Work) -> Iterator[Alternative]:
    """W^T where W is square; with the bias as the first row of W, that is the whole matrix."""
    weights, bias = work.operation.weights, work.operation.bias
    readings = [(work.before, weights, bias)]
    if bias is not None:
        readings.append(((Decimal(1), *work.before), (bias, *weights), None))
    for inputs, matrix, start in readings:
        if len(matrix) == len(matrix[0]) > 1:
            yield Alternative(everywhere(affine(inputs, tuple(zip(*matrix, strict=True)), start)))


def _row_for_column(work: Work) -> Iterator[Alternative]:
    for alternative in _transposed(work):
        if len(work.after) > 1:
            yield from (Alternative({unit: alternative.changes[unit]}, unit) for unit in work.units)


def _terms(work: Work) -> Iterator[tuple[int, int, Decimal, Decimal]]:
    """Each unit's products: unit, source, the weight, the product."""
    for unit in work.units:
        for source, (x, row) in enumerate(zip(work.before, work.operation.weights, strict=True)):
            if x and row[unit]:
                yield unit, source, row[unit], x * row[unit]


def _term_sign(work: Work) -> Iterator[Alternative]:
    for unit, source, weight, product in _terms(work):
        yield Alternative({unit: work.after[unit] - 2 * product}, unit, source, was=weight)


def _term_left_out(work: Work) -> Iterator[Alternative]:
    for unit, source, weight, product in _terms(work):
        yield Alternative({unit: work.after[unit] - product}, unit, source, was=weight)


def _term_twice(work: Work) -> Iterator[Alternative]:
    for unit, source, weight, product in _terms(work):
        yield Alternative({unit: work.after[unit] + product}, unit, source, was=weight)


def _weight_read(readings: Readings) -> Callable[[Work], Iterator[Alternative]]:
    def alternatives(work: Work) -> Iterator[Alternative]:
        for unit, source, weight, product in _terms(work):
            x = work.before[source]
            for read in readings(weight):
                yield Alternative({unit: work.after[unit] - product + x * read}, unit, source, read, weight)

    return alternatives


def _bias_read(readings: Readings) -> Callable[[Work], Iterator[Alternative]]:
    def alternatives(work: Work) -> Iterator[Alternative]:
        bias = work.operation.bias
        for unit in work.units if bias is not None else ():
            for read in readings(bias[unit]):
                yield Alternative({unit: work.after[unit] - bias[unit] + read}, unit, read=read, was=bias[unit])

    return alternatives


def _input_read(readings: Readings) -> Callable[[Work], Iterator[Alternative]]:
    def alternatives(work: Work) -> Iterator[Alternative]:
        if len(work.after) == 1:
            return  # one unit: the same as the misreading of its one weight
        for source, x in enumerate(work.before):
            for read in readings(x) if x else ():
                row = _with_input(work, source, read)
                yield Alternative(everywhere(row), source=source, read=read, was=x)

    return alternatives


def _with_input(work: Work, source: int, read: Decimal) -> Row:
    weights = work.operation.weights[source]
    return tuple(z + (read - work.before[source]) * w for z, w in zip(work.after, weights, strict=True))


def _products_rounded(work: Work) -> Iterator[Alternative]:
    """Every product rounded before they are added: to the places of the figure, or to one fewer."""
    for fewer in (0, 1):
        changes = {}
        for unit in range(len(work.after)):
            places = work.written[unit].places - fewer if work.written else 0
            if work.written and places >= 0:
                bias = work.operation.bias[unit] if work.operation.bias is not None else Decimal(0)
                column = [row[unit] for row in work.operation.weights]
                changes[unit] = bias + _rounded_sum(work.before, column, places)
        if changes:
            yield Alternative(changes)


def _rounded_sum(inputs: Row, column: list[Decimal], places: int) -> Decimal:
    rounding = Rounding(places, fixed=True)
    return sum((rounding.value(x * w) for x, w in zip(inputs, column, strict=True)), Decimal(0))


def _inputs_rounded(work: Work) -> Iterator[Alternative]:
    """Every input rounded more than it needs to be: to 3 decimals, 2, 1 or none."""
    operation: Affine = work.operation
    for places in (3, 2, 1, 0):
        coarse = tuple(Rounding(places, fixed=True).value(x) for x in work.before)
        if coarse != work.before:
            yield Alternative(everywhere(affine(coarse, operation.weights, operation.bias)), word=decimals(places))


def _activation_where_none_is(work: Work) -> Iterator[Alternative]:
    for other in work.operation.others:
        yield Alternative(everywhere(other.exact(work.after)), word=other.name)


def _negated(number: Decimal) -> list[Decimal]:
    return [-number]


_BIAS_FORGOTTEN = _bias_times(-1)
_BIAS_TWICE = _bias_times(1)

AFFINE_SLIPS: tuple[SlipKind, ...] = (
    SlipKind("bias forgotten", "no bias was added", _BIAS_FORGOTTEN[0], 3),
    SlipKind("bias forgotten", "the bias {was} of {unit} was not added", _BIAS_FORGOTTEN[1], 3),
    SlipKind("bias counted twice", "every bias was added twice", _BIAS_TWICE[0]),
    SlipKind("bias counted twice", "the bias {was} of {unit} was added twice", _BIAS_TWICE[1]),
    SlipKind("matrix transposed", "rows of W were met where its columns should be", _transposed),
    SlipKind("row for column", "{unit} met a row of W where its column should be", _row_for_column),
    SlipKind("one sign", "the product of {source} and {was} in {unit} got the wrong sign", _term_sign, 4),
    SlipKind("one sign", "the bias {was} of {unit} got the wrong sign", _bias_read(_negated)),
    SlipKind("one sign", "{source} was read as {read}, it is {was}", _input_read(_negated)),
    SlipKind("one term left out", "the product of {source} and {was} in {unit} was left out", _term_left_out, 3),
    SlipKind("one term left out", "{source} was left out everywhere", _input_read(lambda _: [Decimal(0)])),
    SlipKind("one term counted twice", "the product of {source} and {was} in {unit} was added twice", _term_twice, 0.2),
    SlipKind(
        "one weight misread",
        "the weight {was} of {source} in {unit} was read as {read}",
        _weight_read(misplaced_points),
        3,
    ),
    SlipKind("one weight misread", "the bias {was} of {unit} was read as {read}", _bias_read(misplaced_points)),
    SlipKind("one input misread", "{source} was read as {read}, it is {was}", _input_read(misplaced_points)),
    SlipKind(
        "one weight misread",
        "the weight {was} of {source} in {unit} was read as {read}",
        _weight_read(swapped_digits),
        0.3,
    ),
    SlipKind("one weight misread", "the bias {was} of {unit} was read as {read}", _bias_read(swapped_digits), 0.1),
    SlipKind("one input misread", "{source} was read as {read}, it is {was}", _input_read(swapped_digits), 0.1),
    SlipKind("rounded too early", "the products were rounded before they were added", _products_rounded, 0.5),
    SlipKind("rounded too early", "what went in was rounded to {word}", _inputs_rounded, 0.5),
    SlipKind("activation applied early", "{word} was applied where no activation is", _activation_where_none_is),
)
