"""The key of a sheet, blank by blank: what is right, how near an answer must be, and what each slip would give."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from nnlec.grading.figures import rounded
from nnlec.grading.worksheets.search import Variant
from nnlec.grading.worksheets.wishes import printed

_TOLERANCE, _AROUND_SLIP = Decimal("0.55"), Decimal("0.45")
_DECIMALS_MORE = 9


class Wrong(NamedTuple):
    """A figure that a slip gives, as it is printed, and the sentence about the slip."""

    figure: Decimal
    sentence: str


class Blank(NamedTuple):
    """One figure to fill in: its row and label, the exact number and the figure, and what slips give in its place.

    `carried` is the figure that follows from rounded numbers, or from unrounded ones where rounding is asked for; None
    where it is the same.
    """

    row: str
    label: str
    exact: Decimal
    figure: Decimal
    carried: Decimal | None
    wrong: tuple[Wrong, ...]

    @property
    def middle(self) -> Decimal:
        """The exact number, with no more decimals than matter."""
        exponent = self.figure.as_tuple().exponent
        assert isinstance(exponent, int)
        return rounded(self.exact, _DECIMALS_MORE - exponent)


def tolerance(places: int) -> Decimal:
    """How far an answer may be from the exact number.

    Far from ties the right figure is at most 0.4 of a place away, and the next one at least 0.6: none is on the edge.
    """
    return _TOLERANCE.scaleb(-places)


def around_slip(places: int) -> Decimal:
    """How far an answer may be from a slip's figure: the ranges of neighbouring figures do not meet."""
    return _AROUND_SLIP.scaleb(-places)


def blanks_of(variant: Variant) -> tuple[Blank, ...]:
    """Every blank of a sheet, in the order in which they stand on it."""
    exercise, places = variant.exercise, variant.places
    otherwise = {row.name: row.exact for row in exercise.rows(None if variant.rounds else places)}
    found = []
    for row in variant.rows:
        for unit, exact in enumerate(row.exact):
            if variant.is_blank(row.name, unit):
                figure, other = printed(exact, places), printed(otherwise[row.name][unit], places)
                carried = None if other == figure else other
                wrong = _wrong(variant, row.name, unit, {figure, other})
                found.append(Blank(row.name, row.labels[unit], exact, figure, carried, wrong))
    return tuple(found)


def _wrong(variant: Variant, row: str, unit: int, right: set[Decimal]) -> tuple[Wrong, ...]:
    """Each figure that some slips give, with all their sentences."""
    sentences: dict[Decimal, list[str]] = {}
    for slip in variant.slips:
        if row in slip.figures:
            figure = printed(slip.figures[row][unit], variant.places)
            if figure not in right:
                told = slip.sentence if slip.row == row else f"{slip.row}: {slip.sentence}"
                sentences.setdefault(figure, []).append(told)
    return tuple(Wrong(figure, "; or ".join(dict.fromkeys(told))) for figure, told in sentences.items())
