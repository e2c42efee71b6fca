"""A figure as a student writes it: 5.2 claims one decimal, 5.20 two."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from nnlec.arithmetic.numbers import NumeralError, parse_number
from nnlec.arithmetic.rounding import Rounding
from nnlec.errors import NnlecError, shortened, unknown

MOST_PLACES = 40
BLANK = ("", "?", "-")
_BETWEEN = re.compile(r"[\s,;]+")


@dataclass(frozen=True)
class Figure:
    """A number and how precise it claims to be; `value` is None where nothing was answered."""

    text: str
    value: Decimal | None

    @property
    def places(self) -> int:
        """The decimals claimed; negative for 1e3, which claims thousands."""
        exponent = self.value.as_tuple().exponent if self.value is not None else 0
        return -exponent if isinstance(exponent, int) else 0

    @property
    def significant(self) -> int:
        """The significant figures claimed: 3 in 37.7."""
        return len(self.value.as_tuple().digits) if self.value is not None else 0

    @property
    def rounding(self) -> Rounding:
        return Rounding(self.places, fixed=True)

    def rounds(self, number: Decimal) -> bool:
        """Whether this is `number` rounded to the places claimed: half away from zero, or half to even at a tie.

        >>> [figure("0.2").rounds(Decimal(n)) for n in ("0.25", "0.15", "0.26")]
        [True, True, False]
        """
        if self.value is None or not number.is_finite():
            return False
        if abs(self.value - number).scaleb(self.places) * 2 > 1:
            return False
        if self.rounding.value(number) == self.value:
            return True
        is_tie = abs(self.value - number).scaleb(self.places) * 2 == 1
        return is_tie and self.value.scaleb(self.places) % 2 == 0


def figure(text: str) -> Figure:
    """The figure written as `text`; a blank, a question mark or a dash is one that was not answered.

    Raises `NnlecError` for what is not a number, and for more decimals than are ever computed.

    >>> figure("5.20").places, figure("?").value
    (2, None)
    """
    trimmed = text.strip()
    if trimmed in BLANK:
        return Figure(trimmed, None)
    try:
        parse_number(trimmed)
    except NumeralError as error:
        raise NnlecError(error.what, hint=error.hint) from None
    written = Figure(trimmed, Decimal(trimmed))
    if written.places > MOST_PLACES:
        raise NnlecError(f"{shortened(trimmed)} has {written.places} decimals, expected at most {MOST_PLACES}")
    return written


def figures(text: str) -> tuple[Figure, ...]:
    """Figures separated by commas, semicolons or blanks, brackets allowed: `5.2, 14.5, ?, 4.4`.

    >>> [f.text for f in figures("[5.2 14.5, -6.20]")]
    ['5.2', '14.5', '-6.20']
    """
    bare = text.strip()
    if bare[:1] in ("[", "(") and bare[-1:] in ("]", ")"):
        bare = bare[1:-1].strip()
    return tuple(figure(part) for part in _BETWEEN.split(bare)) if bare else ()


def named_figures(text: str, names: Sequence[str]) -> tuple[Figure, ...]:
    """Figures given by name, `dog=0.12, cat=0.13`, in the order of `names`; those left out were not answered.

    Raises `NnlecError` for a name that is not there, and for one given twice.

    >>> [f.text for f in named_figures("cat=0.13,dog=0.12", ["dog", "tiger", "cat"])]
    ['0.12', '', '0.13']
    """
    given: dict[str, Figure] = {}
    for part in text.split(","):
        name, _, number = part.rpartition("=")
        name = name.strip()
        if name not in names:
            raise unknown("figure", name, names)
        if name in given:
            raise NnlecError(f"the figure of {shortened(name)!r} is given twice")
        given[name] = figure(number)
    return tuple(given.get(name, figure("")) for name in names)


def counted(given: Sequence[Figure], expected: int) -> Sequence[Figure]:
    """`given`, which must be as many as expected."""
    if len(given) != expected:
        raise NnlecError(
            f"{len(given)} figures, expected {expected}", hint="write ? for a figure that was not answered"
        )
    return given
