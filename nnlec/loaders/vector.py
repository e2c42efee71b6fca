"""Values typed on a command line: 1,2.8,-3.1 or dog=-0.2,cat=0.3."""

from __future__ import annotations

from dataclasses import dataclass

from nnlec.errors import NnlecError
from nnlec.numerals import NumeralError, parse_number


@dataclass(frozen=True)
class Values:
    """Numbers in the order given, and their names where each has one."""

    numbers: tuple[float, ...]
    names: tuple[str, ...] = ()


def parse_values(text: str) -> Values:
    """The values in `text`. Raises `NnlecError` that names the position of what is no number."""
    parts = [part.rpartition("=") for part in text.split(",")]
    names = tuple(name.strip() for name, equals, _ in parts if equals)
    return Values(tuple(_number(number, text) for number, (_, _, text) in enumerate(parts, start=1)), names)


def _number(position: int, text: str) -> float:
    try:
        return parse_number(text)
    except NumeralError as error:
        raise NnlecError(error.what, where=f"value {position}", hint=error.hint) from None
