"""The signs of formulas as characters, for the writers that have a true minus."""

from __future__ import annotations

from nnlec.rendering.document import Sign

SIGNS = {
    Sign.TIMES: "×",
    Sign.PLUS: "+",
    Sign.MINUS: "\u2212",
    Sign.EQUALS: "=",
    Sign.APPROXIMATELY: "≈",
    Sign.DIVIDED: "/",
    Sign.TO: "→",
    Sign.OPEN: "(",
    Sign.CLOSE: ")",
    Sign.COMMA: ",",
    Sign.SEMICOLON: ";",
}
