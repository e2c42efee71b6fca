"""Decides whether the first line of a table is a header; a line that may be one or not is an error."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nnlec.arithmetic.numbers import is_number
from nnlec.errors import NnlecError, shortened
from nnlec.tables.engines.dialects import TextRecord
from nnlec.tables.header import Header, names_by_probability, quoted
from nnlec.text import counted, visible

_NONFINITE = r"(?ia)[ \t]*[+-]?(nan|inf|infinity)[ \t]*"
_MISSING = {"na", "n/a", "nan", "null", "none", "?"}
_ASK = "say --header if this line names the columns, --no-header if it is data"


def is_nonfinite(cell: str) -> bool:
    """Whether a cell is nan or an infinity."""
    return re.fullmatch(_NONFINITE, cell) is not None


def is_written_as_number(cell: str, nonfinite: bool = False) -> bool:
    """Whether a cell is a number; with `nonfinite`, nan and inf are numbers."""
    return is_number(cell.strip(" \t")) or (nonfinite and is_nonfinite(cell))


def is_missing(cell: str) -> bool:
    """Whether a cell says that its number is missing: NA, null, ? or an empty one.

    >>> is_missing("NA"), is_missing(" "), is_missing("cat")
    (True, True, False)
    """
    return not cell.strip(" \t") or cell.strip(" \t").casefold() in _MISSING


def counts_up(cells: Sequence[str]) -> bool:
    """Whether the cells are 0, 1, 2, ... or 1, 2, 3, ...: column numbers, or data that looks like them."""
    trimmed = [cell.strip(" \t") for cell in cells[:1000]]
    return trimmed[0] in {"0", "1"} and all(
        text == str(number) for number, text in enumerate(trimmed, start=int(trimmed[0]))
    )


def is_header(
    first: TextRecord, second: TextRecord | None, quoted_names: Sequence[bool], place: str, nonfinite: bool
) -> bool:
    """A line without numbers is a header, a line of numbers is data. Raises `NnlecError` for a line of both.

    A number is a name where `quoted_names` says so, or where P(3) stands beside 3: as this program writes headers.
    It is also raised for 0, 1, 2, ..., and for 1, 2, 3, ... above a row of other than whole numbers, unless the table
    has one column.
    """
    numbers = [is_written_as_number(cell, nonfinite) for cell in first.cells]
    clear = names_by_probability(first.cells) if any(numbers) else frozenset()
    numeric = [
        number and not quoted and cell not in clear
        for cell, number, quoted in zip(first.cells, numbers, quoted_names, strict=True)
    ]
    if not any(numeric):
        return True
    if not all(numeric):
        number, word = numeric.index(True), numeric.index(False)
        raise NnlecError(
            f"the first line has names and numbers ({_short(first.cells[word])} and {_short(first.cells[number])})",
            where=place,
            hint=_ASK,
        )
    if len(numeric) > 1 and counts_up(first.cells):
        looks_alike = second is not None and all(cell.strip(" \t").lstrip("+-").isdigit() for cell in second.cells)
        if first.cells[0].strip(" \t") == "0" or (second is not None and not looks_alike):
            raise NnlecError(
                f"the first line counts up from {first.cells[0].strip()}: column numbers, or data?",
                where=place,
                hint=_ASK,
            )
    return False


def header_names(first: TextRecord) -> tuple[str, ...]:
    """The names of the columns, without the blanks around them, as numbers and labels are read."""
    return tuple(cell.strip(" \t") for cell in first.cells)


def expect_same_header(first: TextRecord, header: Header, place: str) -> None:
    """Raises `NnlecError` where a further file begins with another header than the first file."""
    names = header_names(first)
    if names == header.names:
        return
    if len(first.cells) != header.width:
        differs = f"{counted(len(first.cells), 'column')}, where {header.place} has {header.width}"
    else:
        given, name = next((g, n) for g, n in zip(names, header.names, strict=True) if g != n)
        differs = f"{quoted(given)}, where {header.place} has {quoted(name)}"
    raise NnlecError(f"another header than the first file's: {differs}", where=place)


def other_delimiter(cells: Sequence[str], delimiter: str) -> str:
    """A hint where a line looks separated otherwise than by `delimiter`; else empty."""
    if delimiter and cells and cells[0].lstrip().startswith(("{", "[")):
        return "this looks like JSON: --from json"
    if delimiter in (" ", "\t") and "" in cells and any(map(is_written_as_number, cells)):
        return "-d blank takes several blanks or tabs as one separator"
    if len(cells) == 1:
        for other, option in _DELIMITERS:
            if other != delimiter and other in cells[0].strip():
                return f"the cells look separated by {other!r}: {option}"
        words = cells[0].split()
        if delimiter != "blank" and (len(words) > 2 or any(map(is_written_as_number, words))) and len(words) > 1:
            return "the cells look separated by blanks: -d blank"
    return ""


def other_quoted_delimiter(line: str, delimiter: str) -> str:
    """A hint where another delimiter than this follows a quoted cell; else empty."""
    if line.lstrip().startswith(("{", "[")):
        return "this looks like JSON: --from json"
    found = re.search(r'"[^"]*"([;|\t ])', line)
    if found is None or found[1] == delimiter:
        return ""
    return next((f"the cells look separated by {found[1]!r}: {o}" for d, o in _DELIMITERS if d == found[1]), "-d blank")


_DELIMITERS = (("\t", "--tsv"), (";", "-d ';'"), ("|", "-d '|'"), (",", "-d ','"))


def _short(cell: str) -> str:
    return f"'{visible(shortened(cell, 30))}'"
