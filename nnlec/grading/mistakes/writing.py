"""Mistakes in writing a result down, whatever the step."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_DOWN, Decimal
from itertools import combinations

from nnlec.grading.figures import rounded
from nnlec.grading.mistakes.interface import Alternative, MistakeKind, Work, decimals, misplaced_points, swapped_digits
from nnlec.network.trace import EXACT


def _two_swapped(work: Work) -> Iterator[Alternative]:
    for a, b in combinations(range(len(work.after)), 2):
        yield Alternative({a: work.after[b], b: work.after[a]}, a, word=work.labels[b])


def _truncated(work: Work) -> Iterator[Alternative]:
    """Every figure cut off where it should be rounded, or only one."""
    cut = {
        unit: _cut_off(number, figure.places)
        for unit, (number, figure) in enumerate(zip(work.after, work.written, strict=True))
        if number.is_finite()
    }
    yield Alternative(cut)
    if len(cut) > 1:
        yield from (Alternative({unit: cut[unit]}, unit) for unit in work.units if unit in cut)


def _cut_off(number: Decimal, places: int) -> Decimal:
    """The number without its further decimals."""
    return number.quantize(Decimal(1).scaleb(-places), ROUND_DOWN, EXACT)


def _rounded_twice(work: Work) -> Iterator[Alternative]:
    for unit in work.units:
        figure = work.written[unit]
        for more in (1, 2):
            once = rounded(work.after[unit], figure.places + more)
            yield Alternative({unit: figure.rounded(once)}, unit, was=once)


def _padded(work: Work) -> Iterator[Alternative]:
    """Rounded to fewer places than are written, the rest filled with zeros: 5.20 for 5.17, 236.0 for 236.5."""
    for unit in work.units:
        for places in range(max(-3, work.written[unit].places - 20), work.written[unit].places):
            coarse = rounded(work.after[unit], places)
            if coarse:
                yield Alternative({unit: coarse}, unit, word=decimals(places))


def _minus_misplaced(work: Work) -> Iterator[Alternative]:
    yield from (Alternative({unit: -work.after[unit]}, unit) for unit in work.units if work.after[unit])


def _point_misplaced(work: Work) -> Iterator[Alternative]:
    """The number as it stands on paper has fewer decimals where the point moved to the right, or more."""
    for unit in work.units:
        if not work.written[unit].value:
            continue  # a 0 has no point that could be misplaced
        for read in misplaced_points(work.after[unit]):
            was = work.written[unit].rounded(work.after[unit])
            yield Alternative({unit: read}, unit, read=work.written[unit].value, was=was)


def _digits_swapped(work: Work) -> Iterator[Alternative]:
    for unit in work.units:
        was = work.written[unit].rounded(work.after[unit])
        zeros = max(0, -was.adjusted())
        yield from (Alternative({unit: read}, unit, read=read, was=was) for read in swapped_digits(was, zeros))


SWAPPED = MistakeKind("two outputs swapped", "{unit} and {word} stand in each other's place", _two_swapped, 2)
"""The one that can be made in a row that is not written down."""

WRITING_MISTAKES: tuple[MistakeKind, ...] = (
    SWAPPED,
    MistakeKind("truncated for rounded", "the figure was cut off, not rounded", _truncated, 4),
    MistakeKind("rounded too early", "{unit} was rounded twice, first to {was}", _rounded_twice, 0.3),
    MistakeKind("rounded too early", "{unit} was rounded to {word} and written with more", _padded, 2),
    MistakeKind("one sign", "{unit} lost or gained its minus", _minus_misplaced, 1),
    MistakeKind("decimal point misplaced", "{unit} is {was}, written {read}", _point_misplaced, 0.2),
    MistakeKind("digits swapped", "{unit} is {was}, written {read}", _digits_swapped, 0.2),
)
