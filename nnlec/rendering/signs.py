"""The signs between terms: how they are spelled, and lines that are cut before some of them."""

from __future__ import annotations

from itertools import pairwise

from nnlec.rendering.document import Line, Sign

ASCII = {
    Sign.TIMES: "x",
    Sign.PLUS: "+",
    Sign.MINUS: "-",
    Sign.EQUALS: "=",
    Sign.APPROXIMATELY: "~",
    Sign.DIVIDED: "/",
    Sign.TO: "->",
    Sign.OPEN: "(",
    Sign.CLOSE: ")",
    Sign.COMMA: ",",
    Sign.SEMICOLON: ";",
}
UNICODE = ASCII | {Sign.TIMES: "×", Sign.APPROXIMATELY: "≈", Sign.TO: "→"}
SIGNS = UNICODE | {Sign.MINUS: "\u2212"}
"""For the writers that have a true minus."""

ADDING = frozenset({Sign.PLUS, Sign.MINUS})


def cut_before(line: Line, signs: frozenset[Sign]) -> list[Line]:
    """What stands before the first of these signs, which may be nothing, and the pieces that begin with one each."""
    starts = [index for index, term in enumerate(line) if term in signs]
    return [line[start:end] for start, end in pairwise((0, *starts, len(line)))]
