"""A figure as a student writes it, and what it claims: 5.2 claims one decimal, 5.20 two, 12300 at least hundreds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_UP, Context, Decimal
from functools import cached_property

from nnlec.errors import NnlecError
from nnlec.notation.typed_numbers import BLANK
from nnlec.text import counted

_WIDE = Context(prec=20_000, rounding=ROUND_HALF_UP, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])
_DOUBLE = Decimal(2) ** -53  # a number computed in floating point is this far off, times itself
SHOWN_AS_ZERO = Decimal("0.00005")
"""A number below this is 0 in the four decimals that nnlec shows."""


@dataclass(frozen=True)
class Figure:
    """A number and how precise it claims to be; `value` is None where nothing was answered, or nothing readable.

    `zeros` says whether its last zeros claim something, `note` what was read, where that is not plain, and `asked`
    whether there was a place for it.
    """

    text: str
    value: Decimal | None
    zeros: bool = True
    note: str = ""
    asked: bool = True

    @property
    def readable(self) -> bool:
        """Whether this is a number, or says that nothing was answered."""
        return self.value is not None or self.text in BLANK

    @cached_property
    def places(self) -> int:
        """The decimals claimed; -2 for 12300, whose last zeros may claim nothing, and for 123e2."""
        if self.value is None:
            return 0
        _, digits, exponent = self.value.as_tuple()
        assert isinstance(exponent, int)
        return -exponent - (0 if self.zeros else _trailing_zeros(digits))

    @cached_property
    def significant(self) -> int:
        """The significant figures claimed: 3 in 37.7 and in 12300."""
        if self.value is None:
            return 0
        digits = self.value.as_tuple().digits
        return len(digits) - (0 if self.zeros else _trailing_zeros(digits))

    def claims(self, number: Decimal, *, beside: bool = False, slack: Decimal = Decimal(0)) -> bool:
        """Whether this is `number` rounded to the places claimed; at a tie to either side, as doubles fall.

        At least one significant figure of `number` must be claimed: 1e1 is wrong for 5.17. A zero claims none, and is
        right for `SHOWN_AS_ZERO` and for a number that is 0 with one more decimal too; `beside` says that it may also
        be 0.00 for 0.004, as in the row 0.90, 0.10, 0.00. `slack` is by how much `number` itself is uncertain.

        >>> from nnlec.grading.reading import figure
        >>> [figure("0.2").claims(Decimal(n)) for n in ("0.25", "0.15", "0.26")]
        [True, True, False]
        >>> [figure(text).claims(Decimal("12345")) for text in ("12300", "12000", "12400", "1.23e4", "0e9")]
        [True, True, False, True, False]
        """
        if self.value is None or not number.is_finite():
            return False
        if self.value == 0 and not (beside or abs(number) < self.smallest):
            return False
        distance = _WIDE.abs(_WIDE.subtract(self.value, number))
        half = Decimal(5).scaleb(-self._places_for(number) - 1, _WIDE)
        return distance <= _WIDE.add(half, _WIDE.fma(_WIDE.abs(number), _DOUBLE, slack))

    @property
    def smallest(self) -> Decimal:
        """The number below which a zero is right whatever stands beside it."""
        return max(SHOWN_AS_ZERO, Decimal(5).scaleb(-self.places - 2, _WIDE) if self.places > 0 else SHOWN_AS_ZERO)

    def rounded(self, number: Decimal) -> Decimal:
        """`number` as it should have been written, to the places claimed."""
        return rounded(number, self._places_for(number))

    def _places_for(self, number: Decimal) -> int:
        """The places claimed, but never coarser than the first figure of `number`."""
        first = -max(0, number.adjusted()) if number and self.value else 0
        return max(self.places, first)


def rounded(number: Decimal, places: int) -> Decimal:
    """`number` to so many decimals, half away from zero.

    >>> rounded(Decimal("236.5"), -1), rounded(Decimal("0.25"), 1), rounded(Decimal("7e-66"), 69)
    (Decimal('2.4E+2'), Decimal('0.3'), Decimal('7E-66'))
    """
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or exponent >= -places:
        return number
    return number.quantize(Decimal(1).scaleb(-places, _WIDE), context=_WIDE)


def _trailing_zeros(digits: Sequence[int]) -> int:
    """How many zeros follow the last other digit; none in 0 itself."""
    return next((count for count, digit in enumerate(reversed(digits)) if digit), 0)


def has_neighbour(figures: Sequence[Figure], right: Sequence[bool]) -> list[bool]:
    """For each figure, whether a zero there may stand for a small number.

    It may beside a right figure that is not 0, and alone if it is written with decimals.
    """
    shows = any(ok and figure.value for figure, ok in zip(figures, right, strict=True))
    return [shows or (len(figures) == 1 and figure.places > 0) for figure in figures]


UNANSWERED = Figure("", None)


def as_many(given: Sequence[Figure], expected: int) -> Sequence[Figure]:
    """`given`, which must be as many as expected; an empty row was not answered."""
    if given and len(given) != expected:
        raise NnlecError(
            f"{counted(len(given), 'figure')}, expected {expected}", hint="write ? for a figure that was not answered"
        )
    return given or (UNANSWERED,) * expected
