"""The one grammar in which a number may be written: ASCII, decimal, finite.

It is YAML 1.2's and CSV's common ground: `1`, `-.5`, `+.5`, `1.`, `1e-3`. Python's `float` takes more (`1_000`,
`nan`, full-width digits); in a network file or a table such a text is most likely a mistake.
"""

from __future__ import annotations

import math
import re
import struct
from decimal import Decimal

# Possessive (`++`): a text of a million digits and a letter is refused in one pass, without trying every split of it.
NUMBER = r"[+-]?(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?"
"""The pattern of a number, for readers that match many at a time."""

_NUMBER = re.compile(NUMBER)


class NumeralError(ValueError):
    """A text that is not a number: `what` it is, and a `hint` where the mistake is a known one."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


def is_number(text: str) -> bool:
    """Whether `text` is written as a number; it may still be too large for a double.

    >>> [is_number(t) for t in ("-.01", "1e-3", "+.5", "010", "1:30", "1_000", "nan", "")]
    [True, True, True, True, False, False, False, False]
    """
    return _NUMBER.fullmatch(text) is not None


def parse_number(text: str) -> float:
    """The double nearest to the decimal number `text`, blanks around it allowed.

    Raises `NumeralError` for anything else, and for a number beyond the largest double.

    >>> parse_number(" -.01 ")
    -0.01
    """
    trimmed = text.strip(" \t")
    if not is_number(trimmed):
        raise NumeralError(f"{_quoted(text)} is not a number", _hint_for(trimmed))
    value = float(trimmed)
    if math.isinf(value):
        raise NumeralError(f"{_quoted(text)} is beyond the largest double, 1.797e308")
    return value


def shortest(value: float) -> str:
    """The shortest text that reads back to the same double.

    >>> shortest(0.1), shortest(1.0), shortest(1e22)
    ('0.1', '1.0', '1e+22')
    """
    return float.__repr__(float(value))


class Precise(float):
    """The double nearest to a number, which keeps its `digits` for what is computed exactly."""

    digits: Decimal

    @classmethod
    def of(cls, digits: Decimal) -> Precise:
        """The double for this number."""
        precise = cls(digits)
        precise.digits = digits
        return precise


def decimal_of(value: float) -> Decimal:
    """The decimal number that a reader sees in `value`: 5.17, not 5.16999999999999992894572642399.

    For numbers of up to 15 digits this is exactly what was written in the file; a `Precise` has its digits.

    >>> decimal_of(0.1) + decimal_of(0.2)
    Decimal('0.3')
    """
    return value.digits if type(value) is Precise else Decimal(float.__repr__(float(value)))


def nearest_double(number: Decimal) -> float:
    """The double nearest to `number`, the even one of two as near; infinite beyond the largest, NaN of NaN.

    >>> nearest_double(Decimal("1e-400")), nearest_double(Decimal("1.8e308"))
    (0.0, inf)
    """
    return float(number)


def nearest_float32(number: Decimal) -> float:
    """The float32 nearest to `number`, as a double; infinite from 2^128 - 2^103 up, NaN of NaN.

    The double nearest to 1.00000005960464478 lies half-way between two float32 and would be rounded to the even one:
    so `number` is first cut to a double that ends in an odd bit where it is not exact, which no rounding mistakes.

    >>> nearest_float32(Decimal("1.0000000596046448")), nearest_float32(Decimal("0.1"))
    (1.0000001192092896, 0.10000000149011612)
    """
    near = float(number)
    if math.isfinite(near) and Decimal(near) != number:
        cut = near if Decimal(near).copy_abs() < number.copy_abs() else math.nextafter(near, 0.0)
        near = struct.unpack("<d", struct.pack("<q", struct.unpack("<q", struct.pack("<d", cut))[0] | 1))[0]
    try:
        return float(struct.unpack("<f", struct.pack("<f", near))[0])
    except OverflowError:
        return math.copysign(math.inf, near)


# Patterns are compiled when a number is wrong, not when the program starts.
_HINTS: tuple[tuple[str, str], ...] = (
    (r"\s*", "it is empty"),
    (r"(?s).*[\u2212\u2010-\u2015\ufe63\uff0d].*", "write the minus sign as '-'"),
    (r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?", "write it without thousands separators"),
    (r"[+-]?[0-9]*,[0-9]+", "write the decimal comma as a point"),
    (r"[+-]?[0-9][0-9.]*_[0-9_.]*", "write it without underscores"),
    (r"[+-]?0[xXoObB][0-9a-fA-F]+", "write it in decimal"),
    (r"(?i)[+-]?[.]?(nan|inf|infinity)", "only finite numbers are taken"),
    (r"[0-9.+-]+[eE][+-]?", "the exponent is missing"),
    (r"[+-]?[0-9.]+[dD][+-]?[0-9]+", "write the exponent with 'e'"),
    (r"[+-]\s+[0-9.]+", "no blank between sign and digits"),
    (r"[+-]?[0-9]+([\s\u00a0\u202f\u2009'][0-9]{3})+.*", "write it without thousands separators"),
    (r"[+-]?[0-9.]+([ \t]+[+-]?[0-9.]+)+", "is a separator missing between two numbers?"),
    (r"[+-]?[0-9.]+ ?%", "write a percentage as a fraction, 0.5 for 50 %"),
    (r"[+-]?[0-9.]+/[0-9.]+", "write a fraction as a decimal number"),
    (r"(['\"]).*\1", "write it without quotes"),
)


def _hint_for(text: str) -> str:
    """What was most likely meant by a text that is not a number; empty when nothing is known."""
    short = text[:200]
    for pattern, hint in _HINTS:
        if re.fullmatch(pattern, short):
            return hint
    if not short.isascii():
        return "write it with the ASCII characters 0-9 . + - e"
    return ""


def _quoted(text: str) -> str:
    return repr(text) if len(text) <= 40 else f"{text[:25]!r}... ({len(text)} characters)"
