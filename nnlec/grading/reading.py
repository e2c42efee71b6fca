"""Figures read from what was written: one, a row of them, a row with names."""

from __future__ import annotations

from collections.abc import Sequence

from nnlec.arithmetic.numbers import NumeralError, parse_number
from nnlec.errors import NnlecError, shortened, unknown
from nnlec.grading.figures import UNANSWERED, Figure
from nnlec.notation.typed_numbers import BLANK, bared, named, number, parts, spelled

MOST_DIGITS = 1000
"""Significant digits of a figure: a double written in full has up to 767."""

_MOST_SHOWN = 40


def figure(text: str) -> Figure:
    """The figure written as `text`; a blank, a question mark or a dash is one that was not answered.

    It may be written in every form of `nnlec.notation.typed_numbers`. Raises `NnlecError` for what is not a number, and
    for more digits than are ever computed.

    >>> figure("5.20").places, figure("?").value, figure("90%").value, figure("−3.3·10⁻⁷").value
    (2, None, Decimal('0.9'), Decimal('-3.3E-7'))
    """
    bare = bared(text)
    if bare in BLANK:
        return Figure(bare, None)
    found = number(text)
    if found is None:
        try:
            parse_number(bare)
        except NumeralError as error:
            raise NnlecError(error.what, hint=error.hint) from None
        raise NnlecError(f"{shortened(bare)} is not between 1e-1000000 and 1e1000000")
    written = Figure(text.strip(), *found)
    if written.significant > MOST_DIGITS:
        raise NnlecError(f"{shortened(bare)} has {written.significant} digits, expected at most {MOST_DIGITS}")
    return written


def unreadable(text: str) -> Figure:
    """The figure written as `text`, or what was written there where it is no number."""
    try:
        return figure(text)
    except NnlecError:
        return Figure(shortened(text.strip(), _MOST_SHOWN), None)


def figures(text: str, expected: int = 0) -> tuple[Figure, ...]:
    """Figures separated by commas, semicolons or blanks, brackets allowed: `5.2, 14.5, ?, 4.4`.

    As many as are `expected` decide what a comma is.

    >>> [f.text for f in figures("[5.2 14.5, -6.20]")], [str(f.value) for f in figures("5,2 14,5", 2)]
    (['5.2', '14.5', '-6.20'], ['5.2', '14.5'])
    """
    return tuple(map(figure, (parts(text, expected) if expected else None) or parts(text, 0) or ()))


def sheet_figures(row: str | Sequence[str | None], labels: Sequence[str]) -> tuple[Figure, ...]:
    """The figures of a row of an answers file, one for each label; a row that cannot be cut so is not read at all.

    >>> [f.value for f in sheet_figures("h2 = 14,5; h1 = 5.2", ["h1", "h2", "h3"])]
    [Decimal('5.2'), Decimal('14.5'), None]
    >>> [f.text for f in sheet_figures("5.2 14.5", ["h1", "h2", "h3"])]
    ['5.2 14.5', '5.2 14.5', '5.2 14.5']
    """
    if not isinstance(row, str):
        found = tuple(Figure("", None, asked=False) if cell is None else unreadable(cell) for cell in row)
        return found if len(found) == len(labels) else _unread(", ".join(filter(None, row)), len(labels))
    if len(labels) > 1 and (given := named(spelled(row), labels)) is not None:
        return tuple(unreadable(given.get(label, "")) for label in labels)
    if bared(row) in BLANK:
        return (UNANSWERED,) * len(labels)
    cut = parts(row, len(labels))
    return tuple(map(unreadable, cut)) if cut else _unread(row, len(labels))


def _unread(text: str, count: int) -> tuple[Figure, ...]:
    return (Figure(shortened(text.strip(), _MOST_SHOWN), None),) * count


def named_figures(text: str, names: Sequence[str]) -> tuple[Figure, ...]:
    """Figures given by name, `dog=0.12, cat=0.13`, in the order of `names`; those left out were not answered.

    Raises `NnlecError` for a name that is not there, and for one given twice.

    >>> [f.text for f in named_figures("cat=0.13,dog=0.12", ["dog", "tiger", "cat"])]
    ['0.12', '', '0.13']
    """
    given: dict[str, Figure] = {}
    for part in text.split(","):
        name, _, value = part.rpartition("=")
        name = name.strip()
        if name not in names:
            raise unknown("figure", name, names)
        if name in given:
            raise NnlecError(f"the figure of {shortened(name)!r} is given twice")
        given[name] = figure(value)
    return tuple(given.get(name, UNANSWERED) for name in names)
