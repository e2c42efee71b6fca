"""The key of a sheet, blank by blank: what is right, how near an answer must be, and what each slip would give."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from nnlec.grading.figures import rounded
from nnlec.grading.worksheets.search import Variant
from nnlec.grading.worksheets.wishes import printed

_TOLERANCE, _AROUND_SLIP = Decimal("0.55"), Decimal("0.45")
_DECIMALS_MORE, _MOST_TOLD = 9, 3


class Wrong(NamedTuple):
    """A figure that a slip gives, as it is printed, and the sentence about the slip."""

    figure: Decimal
    sentence: str


class Blank(NamedTuple):
    """One figure to fill in: its row and label, the exact number, the figure, and what slips give in its place.

    `carried` is the figure that follows from rounded numbers, or from unrounded ones where rounding is asked for; None
    where it is the same.
    """

    row: str
    label: str
    exact: Decimal
    figure: Decimal
    text: str
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
    slips = _slips(variant)
    found = []
    for row in variant.rows:
        for unit, (exact, text) in enumerate(zip(row.exact, variant.texts(row), strict=True)):
            if variant.is_blank(row.name, unit):
                figure, other = printed(exact, places), printed(otherwise[row.name][unit], places)
                carried = None if other == figure else other
                wrong = _told(slips[row.name, unit], {figure, other})
                found.append(Blank(row.name, row.labels[unit], exact, figure, text, carried, wrong))
    return tuple(found)


def _slips(variant: Variant) -> dict[tuple[str, int], list[Wrong]]:
    """What every slip gives in each place: first those of whole rows, then those in one place."""
    found: dict[tuple[str, int], list[Wrong]] = defaultdict(list)
    for slip in variant.slips:
        for row, figures in slip.figures.items():
            told = slip.sentence if slip.row == row else f"{slip.row}: {slip.sentence}"
            for unit, number in enumerate(figures):
                found[row, unit].append(Wrong(printed(number, variant.places), told))
    for row, unit, number, told in variant.exercise.slips_in_place():
        found[row, unit].append(Wrong(printed(number, variant.places), told))
    return found


def _told(slips: Sequence[Wrong], right: set[Decimal]) -> tuple[Wrong, ...]:
    """Each figure that some slips give, with their sentences, each for one row only; of many the first."""
    sentences: dict[Decimal, dict[str, None]] = {}
    for figure, sentence in slips:
        if figure not in right:
            sentences.setdefault(figure, {})[sentence] = None
    return tuple(Wrong(figure, "; or ".join(_once(told)[:_MOST_TOLD])) for figure, told in sentences.items())


def _once(told: Mapping[str, None]) -> list[str]:
    """The sentences less those of a row before that say the same of this row."""
    return [sentence for sentence in told if sentence.partition(": ")[2] not in told]
