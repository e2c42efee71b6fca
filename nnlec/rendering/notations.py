"""How a layer is written on paper: letters, neurons as columns or rows, the bias inside or apart. A row adds one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from nnlec.errors import NnlecError, unknown
from nnlec.rendering.explain.figures import Notation

if TYPE_CHECKING:
    from nnlec.grading.steps import Wording

_OF_ROWS = Notation(output="y", score="z", probability="y", target="t", neurons_in_rows=True)

ROWS: dict[str, Notation] = {
    "x^T W": Notation(),
    "x^T W + b^T": Notation(bias_apart=True),
    "W x + b": _OF_ROWS._replace(bias_apart=True),
    "W x": _OF_ROWS,
}
"""The formula of a layer -> its notation; the lecture's is the first."""

LETTERS = tuple(name for name in Notation._fields if isinstance(Notation._field_defaults[name], str))
"""What has a letter."""

_TAKEN = {"e": "the base of e^x", "i": "an index", "j": "an index", "n": "a count", "L": "the loss"}
_SHARED = ({"score", "output"}, {"output", "probability"}, {"score", "pre_activation"})
"""What may have one letter."""


def wording_of(note: Notation) -> Wording:
    """How figures and slips are named in the notation."""
    from nnlec.grading.steps import Wording

    row, column = ("column", "row") if note.neurons_in_rows else ("row", "column")
    letters = (note.input, note.hidden, note.pre_activation, note.scores, note.output, note.probability, note.target)
    return Wording(*letters, note.weights, row, column)


def notation_of(name: str, letters: str = "") -> Notation:
    """The notation of that name with other letters, as `output=y,target=t`.

    Raises `NnlecError` for what has no letter, for what is none, and for a letter that would mean two things.
    """
    note = ROWS[name]
    chosen: dict[str, Any] = {}
    for part in letters.split(",") if letters else ():
        what, sign, letter = (text.strip() for text in part.partition("="))
        what = what.replace("-", "_").replace(" ", "_")
        if not sign:
            raise NnlecError(f"{part.strip()!r}, expected NAME=LETTER", hint="as output=y,target=t")
        if what not in LETTERS:
            raise unknown("letter", what, LETTERS)
        if what in chosen:
            raise NnlecError(f"{what} is given twice")
        if len(letter) != 1 or not (letter.isascii() and letter.isalpha()):
            raise NnlecError(f"{what}={letter}, expected one letter from a to z or A to Z")
        if letter in _TAKEN:
            raise NnlecError(f"{what}={letter}: {letter} is {_TAKEN[letter]} in formulas")
        chosen[what] = letter
    return _unmistakable(note._replace(**chosen), chosen)


def _unmistakable(note: Notation, chosen: Iterable[str]) -> Notation:
    for what in chosen:
        for other in LETTERS:
            letter = getattr(note, other)
            if other != what and letter == getattr(note, what) and {what, other} not in _SHARED:
                raise NnlecError(f"{letter} is {what} and {other}", hint=f"give {other} another letter too")
    return note
