"""Numbers as they are typed on a command line: `1,2.8,-3.1` or `dog=-0.2,tiger=0.3`."""

from __future__ import annotations

import re
import warnings
from decimal import Context, Decimal

from nnlec.arithmetic.numbers import NumeralError, Precise, decimal_of, is_number, parse_number, shortest
from nnlec.errors import NnlecError, NnlecWarning, shortened
from nnlec.named import NamedTuple
from nnlec.text import is_plain, visible

_PLAIN = r"([-+]?(?:[0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40}))"
_RATIO = rf"[ \t]*{_PLAIN}[ \t]*/[ \t]*{_PLAIN}[ \t]*"
_PERCENTAGE = rf"[ \t]*{_PLAIN}[ \t]*%[ \t]*"

_DIGITS = Context(prec=200)

MOST_DIGITS = 15
"""Digits that a double holds of any number, however it is written."""


class TypedValues(NamedTuple):
    """Numbers, and a name for each where names were given."""

    numbers: tuple[float, ...]
    names: tuple[str, ...] = ()


def parse_values(text: str) -> TypedValues:
    """The numbers in `text`, separated by commas or blanks, all of them named (`name=number`) or none.

    A fraction such as 1/3 is kept to 200 digits, 20% is 0.2, and the minus sign of print is one.

    Raises `NnlecError` that names the position of the first bad value.

    >>> parse_values("1, 2.8,-3.1").numbers
    (1.0, 2.8, -3.1)
    >>> parse_values("polar bear=-0.2,tiger=0.3").names
    ('polar bear', 'tiger')
    """
    _expect_row(text)
    parts = [part.strip(" \t") for part in text.split(",")] if "," in text else list(filter(None, text.split(" ")))
    if not any(parts):
        raise NnlecError("no values", hint="give numbers separated by commas: 1,2.8,-3.1")
    named = any("=" in part for part in parts)
    names: list[str] = []
    numbers: list[float] = []
    for position, part in enumerate(parts, start=1):
        name, equals, number = part.rpartition("=")
        if named:
            names.append(_name(position, name.strip(" \t"), bool(equals), names))
        try:
            numbers.append(_typed(number))
        except NumeralError as error:
            raise NnlecError(visible(error.what), where=f"value {position}", hint=error.hint) from None
        if len(number) > MOST_DIGITS and is_number(number.strip()) and decimal_of(numbers[-1]) != Decimal(number):
            what = f"value {position} is read as {shortest(numbers[-1])}: a number has at most 15 to 17 digits"
            warnings.warn(NnlecWarning(what, kind="digits"), stacklevel=2)
    return TypedValues(tuple(numbers), tuple(names))


def _typed(text: str) -> float:
    """A number as people type it: 2.8, 1/3, 20%, and with the minus sign of print; raises `NumeralError`."""
    plain = text.replace("\u2212", "-")
    ratio = re.fullmatch(_RATIO, plain) if "/" in plain else None
    if ratio is not None:
        if not Decimal(ratio[2]):
            raise NumeralError(f"{text!r} is a division by 0", "")
        return Precise.of(_DIGITS.divide(Decimal(ratio[1]), Decimal(ratio[2])))
    percentage = re.fullmatch(_PERCENTAGE, plain) if "%" in plain else None
    return parse_number(f"{percentage[1]}e-2" if percentage is not None else plain)


def _expect_row(text: str) -> None:
    """Raises `NnlecError` for text that is no row of numbers: line breaks, tabs, brackets, semicolons."""
    if "\n" in text or "\r" in text:
        raise NnlecError("a line break among the values", hint="one row of numbers, separated by commas")
    if "\t" in text.strip("\t") and "," not in text and "=" not in text:
        raise NnlecError("a tab between the values", hint="separate the numbers by commas")
    stripped = text.strip(" \t")
    if stripped[:1] in {"[", "("} and stripped[-1:] in {"]", ")"}:
        bare = visible(shortened(stripped.strip("[]() ")))
        raise NnlecError("brackets around the values are not numbers", hint=f"leave them out: {bare}")
    if ";" in text and "," not in text:
        raise NnlecError("';' between the values", hint="separate the numbers by commas")


def _name(position: int, name: str, given: bool, before: list[str]) -> str:
    place = f"value {position}"
    if not given or not name:
        raise NnlecError("it has no name, but others have one", where=place, hint="name all values or none: dog=-0.2")
    if not is_plain(name):
        raise NnlecError(f"the name '{visible(shortened(name))}' holds control characters", where=place)
    if name in before:
        raise NnlecError(f"the name {shortened(name)!r} is given twice", where=place)
    return name
