"""A figure as a student writes it, and what it claims: 5.2 claims one decimal, 5.20 two, 12300 at least hundreds."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_UP, Context, Decimal
from functools import cached_property

from nnlec.arithmetic.numbers import NumeralError, is_number, parse_number
from nnlec.errors import NnlecError, shortened, unknown

MOST_DIGITS = 1000
"""Significant digits of a figure: a double written in full has up to 767."""

BLANK = ("", "?", "-")
_FRACTION_DIGITS = Context(prec=60)  # as many as the computation has
_MINUS = str.maketrans(dict.fromkeys("\u2212\u2010\u2011\u2012\u2013\ufe63\uff0d", "-"))
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_POWER = re.compile(r"(?<=[0-9.])\s*[*×x·⋅]\s*10\s*(?:(?:\^|\*\*)\s*\(?([-+]?[0-9]+)\)?|([⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+))")
_RATIO = re.compile(r"([-+]?[0-9]{1,15})/([0-9]{1,15})")
_DECIMAL_COMMA = re.compile(r"[-+~≈]*[0-9]*,[0-9]+")
_LARGEST_EXPONENT = 1_000_000
_BETWEEN = re.compile(r"[\s,;]+")
_WIDE = Context(prec=20_000, rounding=ROUND_HALF_UP, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])
_DOUBLE = Decimal(2) ** -53  # a number computed in floating point is this far off, times itself
SHOWN_AS_ZERO = Decimal("0.00005")
"""A number below this is 0 in the four decimals that nnlec shows."""


@dataclass(frozen=True)
class Figure:
    """A number and how precise it claims to be; `value` is None where nothing was answered, or nothing readable."""

    text: str
    value: Decimal | None

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
        return -exponent - (0 if self._counts_zeros else _trailing_zeros(digits))

    @cached_property
    def significant(self) -> int:
        """The significant figures claimed: 3 in 37.7 and in 12300."""
        if self.value is None:
            return 0
        digits = self.value.as_tuple().digits
        return len(digits) - (0 if self._counts_zeros else _trailing_zeros(digits))

    @property
    def _counts_zeros(self) -> bool:
        """Whether the last zeros claim something: those of 5.20 do, and a fraction claims every digit."""
        return "." in self.text or "/" in self.text

    def claims(self, number: Decimal, *, beside: bool = False, slack: Decimal = Decimal(0)) -> bool:
        """Whether this is `number` rounded to the places claimed; at a tie to either side, as doubles fall.

        At least one significant figure of `number` must be claimed: 1e1 is wrong for 5.17. A zero claims none, and is
        right for `SHOWN_AS_ZERO` and for a number that is 0 with one more decimal too; `beside` says that it may also
        be 0.00 for 0.004, as in the row 0.90, 0.10, 0.00. `slack` is by how much `number` itself is uncertain.

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
        return self.places if self.places >= 0 else max(self.places, first)


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


def figure(text: str) -> Figure:
    """The figure written as `text`; a blank, a question mark or a dash is one that was not answered.

    It may be written as 90%, 1/3, ~0.9 or 3.3*10^-27, and with the minus sign of print. Raises `NnlecError` for what
    is not a number, and for more digits than are ever computed.

    >>> figure("5.20").places, figure("?").value, figure("90%").value, figure("−3.3·10⁻⁷").value
    (2, None, Decimal('0.90'), Decimal('-3.3E-7'))
    """
    trimmed = _spelled(text).strip()
    if trimmed in BLANK:
        return Figure(trimmed, None)
    value = _value(trimmed.lstrip("~≈ "))
    if not value.is_finite() or abs(value.adjusted()) > _LARGEST_EXPONENT:
        raise NnlecError(f"{shortened(trimmed)} is not between 1e-{_LARGEST_EXPONENT} and 1e{_LARGEST_EXPONENT}")
    written = Figure(text.strip(), value)
    if "/" not in trimmed and written.significant > MOST_DIGITS:
        raise NnlecError(f"{shortened(trimmed)} has {written.significant} digits, expected at most {MOST_DIGITS}")
    return written


def unreadable(text: str) -> Figure:
    """The figure written as `text`, or what was written there where it is no number."""
    try:
        return figure(text)
    except NnlecError:
        return Figure(shortened(text.strip(), 40), None)


def _spelled(text: str) -> str:
    """`text` with the signs of a keyboard: − and × 10⁻⁷ become - and e-7, and 90 % has no blank."""
    text = re.sub(r"(?<=[0-9.])\s+%", "%", text)
    return _POWER.sub(lambda power: f"e{power[1] or power[2].translate(_SUPERSCRIPT)}", text.translate(_MINUS))


def _value(text: str) -> Decimal:
    ratio = _RATIO.fullmatch(text)
    if ratio and int(ratio[2]):
        whole = _FRACTION_DIGITS.divide(Decimal(ratio[1]), Decimal(ratio[2]))
        return whole.quantize(Decimal(1).scaleb(whole.adjusted() - 50), context=_WIDE)
    number, percent = (text[:-1].strip(), True) if text.endswith("%") else (text, False)
    if not is_number(number):
        try:
            parse_number(text)
        except NumeralError as error:
            raise NnlecError(error.what, hint=error.hint) from None
    value = _WIDE.create_decimal(number)
    return value.scaleb(-2, _WIDE) if percent else value


def has_neighbour(figures: Sequence[Figure], right: Sequence[bool]) -> list[bool]:
    """For each figure, whether a zero there may stand for a small number.

    It may beside a right figure that is not 0, and alone if it is written with decimals.
    """
    shows = any(ok and figure.value for figure, ok in zip(figures, right, strict=True))
    return [shows or (len(figures) == 1 and figure.places > 0) for figure in figures]


def figures(text: str, expected: int = 0, read: Callable[[str], Figure] = figure) -> tuple[Figure, ...]:
    """Figures separated by commas, semicolons or blanks, brackets allowed: `5.2, 14.5, ?, 4.4`.

    Where they are not as many as `expected`, but would be if each comma were a decimal comma, it is one.

    >>> [f.text for f in figures("[5.2 14.5, -6.20]")], [str(f.value) for f in figures("5,2 14,5", 2)]
    (['5.2', '14.5', '-6.20'], ['5.2', '14.5'])
    """
    bare = _spelled(text).strip()
    if bare[:1] in ("[", "(") and bare[-1:] in ("]", ")"):
        bare = bare[1:-1].strip()
    parts = _BETWEEN.split(bare) if bare else []
    if len(parts) != expected and "." not in bare:
        with_commas = re.split(r"[\s;]+", bare)
        if len(with_commas) == expected and all(map(_DECIMAL_COMMA.fullmatch, with_commas)):
            parts = [part.replace(",", ".") for part in with_commas]
    return tuple(map(read, parts))


def named_figures(text: str, names: Sequence[str], read: Callable[[str], Figure] = figure) -> tuple[Figure, ...]:
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
        given[name] = read(_spelled(number))
    return tuple(given.get(name, figure("")) for name in names)


def counted(given: Sequence[Figure], expected: int) -> Sequence[Figure]:
    """`given`, which must be as many as expected."""
    if len(given) != expected:
        raise NnlecError(
            f"{len(given)} figures, expected {expected}", hint="write ? for a figure that was not answered"
        )
    return given
