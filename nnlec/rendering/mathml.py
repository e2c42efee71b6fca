"""Lines of terms as MathML: a short one is a single formula, a long one may be broken where a reader would."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Sequence

from nnlec.notation import Formula, call, symbol, symbols, text
from nnlec.notation.mathml import content, figure
from nnlec.rendering.document import (
    RELATIONS,
    TO_FILL,
    Line,
    Name,
    Number,
    Omitted,
    Remark,
    Sign,
    Slope,
    Symbol,
    Token,
)
from nnlec.rendering.signs import ADDING, SIGNS
from nnlec.text import own, visible


class Html(str):
    """HTML source: not text, which has to be escaped to become it."""

    __slots__ = ()


_LONGEST = 32
"""Characters of a formula that is never broken: what a phone shows on one line."""

_TYPED = re.compile(r"\b(?:e|2|10)\^-?[fx]\b|\bdL/dw\b|\(L\(w \+ e\) - L\(w - e\)\) / 2e\b")
_PLAIN = re.compile(r"-?\d+([.,]\d+)?")
_TOKEN = re.compile(r"\d[\d.]*|[^\W\d_]+|.")


def escaped(shown: str) -> Html:
    """Text that a browser shows as it stands, in its own direction."""
    return Html(html.escape(visible(shown), quote=True))


def typeset(shown: Html) -> Html:
    """Escaped text in which e^f, dL/dw and their like are formulas."""
    return Html(_TYPED.sub(lambda found: math((_formula(found[0]),)), shown))


def _formula(typed: str) -> Token:
    if "L" not in typed:
        base, _, exponent = typed.partition("^")
        raised = symbol(exponent.removeprefix("-"))
        return symbol(base) ** (-raised if exponent.startswith("-") else raised)
    if typed == "dL/dw":
        return Slope(Symbol("L"), Symbol("w"))
    w, e = symbols("w", "e")
    return (call("L", w + e) - call("L", w - e)) / (2 * e)


def math(terms: Sequence[Token]) -> Html:
    """The terms as one formula."""
    return Html(f"<math>{''.join(map(_content, terms))}</math>")


def chain(line: Line, *, bare: bool = False) -> Html:
    """A chain of relations: the page may break it before each, and a long side of one before a plus or a minus.

    `bare`: numbers and signs are text, of which the page's script makes elements: a page holds thousands of such lines.
    """
    return Html(
        "".join(f'<span class="part">{_part(part, _bare if bare else _content)}</span>' for part in _sides(line))
    )


def blank(underscores: str) -> Html:
    """A line to write on, that long."""
    width = f"{len(underscores) * 0.9:g}rem"
    return Html(f'<span class="blank" role="img" aria-label="{own("blank")}" style="width: {width}"></span>')


def _part(terms: Line, written: Callable[[Token], str]) -> str:
    if isinstance(terms[0], Remark):
        return f'<span class="remark">({escaped(terms[0].text)})</span>'
    return "<wbr>".join(f"<math>{''.join(map(written, piece))}</math>" for piece in _pieces(terms))


def _sides(line: Line) -> Iterator[Line]:
    """Parts of a line that begin with a relation, short ones together."""
    part: list[Token] = []
    for side in _split(line, RELATIONS):
        remark = isinstance(side[0], Remark)
        named = part and side[0] in RELATIONS and RELATIONS.isdisjoint(part)
        if part and not named and (remark or _width((*part, *side)) > _LONGEST):
            yield tuple(part)
            part = []
        part += side
        if remark:
            yield tuple(part)
            part = []
    if part:
        yield tuple(part)


def _pieces(terms: Line) -> Iterator[Line]:
    """The terms in pieces that are short, each after the first with its plus or minus before it."""
    piece: list[Token] = []
    for part in _split(terms, ADDING):
        if piece and _width((*piece, *part)) > _LONGEST:
            yield tuple(piece)
            piece = []
        piece += part
    yield tuple(piece)


def _split(line: Line, before: frozenset[Sign]) -> Iterator[Line]:
    """The line cut before each of these signs, and before a remark."""
    start = 0
    for index, term in enumerate(line):
        if index > start and (term in before or isinstance(term, Remark)):
            yield line[start:index]
            start = index
    yield line[start:]


def _width(terms: Line) -> int:
    """About how many characters wide the terms are."""
    return sum(map(_characters, terms))


def _characters(term: Token) -> int:
    match term:
        case Number(shown) | Name(shown):
            return len(shown)
        case Sign():
            return 1 if term in (Sign.OPEN, Sign.CLOSE, Sign.COMMA, Sign.SEMICOLON) else 3
        case Formula():
            return len(text(term))
        case Omitted(count, total):
            return len(f"[{own('{n} terms', n=count)}: {total}]")
        case Slope(of, by):
            return max(_characters(of), _characters(by)) + 1
        case Symbol(letter, superscript, subscript, _, place):
            return len(letter) + max(len(superscript), len(subscript)) + len(place)
        case _:
            return 0


def _bare(term: Token) -> str:
    if isinstance(term, Sign):
        return f" {SIGNS[term]} "
    plain = isinstance(term, Number) and _PLAIN.fullmatch(term.text)
    return term.text.replace("-", "\u2212") if isinstance(term, Number) and plain else _content(term)


def _content(term: Token) -> str:
    match term:
        case Number(shown):
            return f"<mtext>{blank(shown)}</mtext>" if shown.startswith(TO_FILL) else figure(escaped(shown))
        case Name(shown):
            return f"<mtext>{escaped(shown)}</mtext>"
        case Sign.PLUS | Sign.MINUS:
            return f'<mo form="infix">{SIGNS[term]}</mo>'
        case Sign.OPEN | Sign.CLOSE | Sign.DIVIDED:  # as high as a letter, whatever stands beside them
            return f'<mo stretchy="false">{SIGNS[term]}</mo>'
        case Sign():
            return f"<mo>{SIGNS[term]}</mo>"
        case Formula():
            return content(term)
        case Omitted(count, total):
            return f"<mrow><mtext>[{own('{n} terms', n=count)}: </mtext>{figure(escaped(total))}<mtext>]</mtext></mrow>"
        case Slope(of, by):
            return f"<mfrac>{_differential(of)}{_differential(by)}</mfrac>"
        case Symbol():
            return _symbol(term)
        case _:
            raise TypeError("neither a matrix nor a remark is part of a formula")


def _differential(of: Symbol) -> str:
    return f"<mrow><mo>∂</mo>{_symbol(of)}</mrow>"


def _symbol(letter: Symbol) -> str:
    base = _spelled(letter.letter)
    low, high = _spelled(letter.subscript), _spelled(letter.superscript)
    if letter.transposed:
        high = f"<mrow>{high}<mtext>T</mtext></mrow>" if high else "<mtext>T</mtext>"
    marks = (low and "sub") + (high and "sup")
    marked = f"<m{marks}>{base}{low}{high}</m{marks}>" if marks else base
    return f"<mrow>{marked}{_spelled(f'[{letter.place}]')}</mrow>" if letter.place else marked


def _spelled(marks: str) -> str:
    """Letters, figures and signs, each as what it is: (1) is a number in brackets."""
    tokens = "".join(map(_token, _TOKEN.findall(marks)))
    return f"<mrow>{tokens}</mrow>" if len(_TOKEN.findall(marks)) > 1 else tokens


def _token(token: str) -> str:
    if token == " ":
        return '<mspace width="0.3em"/>'
    if token[0].isdigit():
        return f"<mn>{token}</mn>"
    return f"<mi>{escaped(token)}</mi>" if token[0].isalpha() else f'<mo stretchy="false">{escaped(token)}</mo>'
