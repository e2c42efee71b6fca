"""Mathematics and text in LaTeX, for every format that speaks it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise, zip_longest

from nnlec.notation import Formula, text
from nnlec.notation.latex import latex, tex_number
from nnlec.rendering.document import (
    RELATIONS,
    Cell,
    Document,
    Equation,
    Line,
    Matrix,
    Name,
    Number,
    Omitted,
    Product,
    Remark,
    Sign,
    Slope,
    Steps,
    Symbol,
    Table,
    Token,
    Working,
)
from nnlec.rendering.letters import MATHEMATICS, composed
from nnlec.rendering.signs import ADDING, ASCII, cut_before
from nnlec.text import own, visible


class Latex(str):
    """LaTeX source: not text, which has to be escaped to become it."""

    __slots__ = ()


_SIGNS = ASCII | {Sign.TIMES: r"\times", Sign.APPROXIMATELY: r"\approx", Sign.TO: r"\to"}
USUAL_COLUMNS = 10
"""What amsmath allows a matrix without being told."""
_LETTERS = {"δ": r"\delta"}
_SPECIAL = {
    # The usual fonts draw these from pieces, or do not have them; the typewriter font has the characters themselves.
    **{character: rf"{{\ttfamily\char{ord(character)}}}" for character in '~^"'},
    **{character: f"\\{character}" for character in "$&#%_{}"},
    "\\": r"\textbackslash{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "[": "{[}",  # no option after a line break
    "*": "{*}",
    **MATHEMATICS,
}


def escaped(shown: str) -> Latex:
    r"""Text that LaTeX sets as it stands; letters that it knows are themselves.

    >>> print(escaped("50% of a_b"), escaped("[cat]"), escaped("Käse – α"))
    50\% of a\_b {[}cat] Käse – $\alpha$
    """
    text = "".join(_SPECIAL.get(character, character) for character in composed(visible(shown)))
    return Latex(re.sub("(?<=['`?!])(?=['`])|(?<=-)(?=-)", "{}", text))  # no two joined to one


def cell(content: Cell) -> Latex:
    """A cell of a table: a name as text, anything else as mathematics."""
    if isinstance(content, str):
        return escaped(content)
    if isinstance(content, Number):
        return Latex(f"${tex_number(content.text)}${content.unit and ' '}{escaped(content.unit)}")
    return Latex(f"${inline(content.line if isinstance(content, Working) else [content])}$")


def inline(line: Sequence[Token]) -> Latex:
    """Terms one after the other."""
    return Latex(" ".join(_term(term) for term in line).replace("( ", "(").replace(" )", ")"))


def matrix(
    shown: Matrix, mark: Callable[[int, int, str], str] = lambda _row, _column, figure: figure, part: Sequence[str] = ()
) -> Latex:
    """A matrix in brackets, its shape as subscript, or which part of one it is; `mark` may dress an entry."""
    if shown.is_scalar:
        return Latex(mark(0, 0, tex_number(shown.rows[0][0])))
    rows = (
        " & ".join(mark(i, j, tex_number(figure)) for j, figure in enumerate(row)) for i, row in enumerate(shown.rows)
    )
    body = " \\\\\n  ".join(rows)
    return Latex(f"\\begin{{bmatrix}}\n  {body}\n\\end{{bmatrix}}_{{{below(shown.shape, part)}}}")


def below(shape: tuple[int, int], parts: Sequence[str]) -> str:
    """What stands at the lower right of brackets: the size, or which rows and columns are shown."""
    if not parts:
        return rf"{shape[0]} \times {shape[1]}"
    names = r" \\ ".join(rf"\text{{{escaped(part)}}}" for part in parts)
    return rf"\substack{{{names}}}"


def alerted(slides: Iterable[int], shown: str) -> str:
    """Mathematics that is marked on these slides."""
    numbers = ",".join(map(str, slides))
    return rf"\alert<{numbers}>{{{{{shown}}}}}" if numbers else shown


def uncovered(slides: Mapping[tuple[int, int], int], row: int, column: int, shown: str) -> str:
    """An entry of a result from the slide on that works at it, marked on that one; with the last one those without."""
    slide = slides.get((row, column))
    if slide is None:
        return rf"\uncover<{len(slides) + 1}->{{{{{shown}}}}}"
    return rf"\uncover<{slide}->{{{alerted([slide], shown)}}}"


def wide_matrices(document: Document) -> Iterator[Latex]:
    """What a document with matrices wider than usual needs."""
    equations = [block.equation if isinstance(block, Product) else block for block in document]
    lines = [line for block in equations if isinstance(block, Equation) for line in block.lines]
    widest = max((len(term.rows[0]) for line in lines for term in line if isinstance(term, Matrix)), default=0)
    if widest > USUAL_COLUMNS:
        yield Latex(rf"\setcounter{{MaxMatrixCols}}{{{widest}}}")


def table_rows(table: Table, bars: Sequence[float] = ()) -> list[Latex]:
    """The rows of a table, the totals set apart as the last; beside each a bar where it has one."""
    beside = [rf" & \rule{{{5 * share:.2f}cm}}{{1ex}}" for share in bars] or [""] * len(table.rows)
    rows = [Latex(rf"{' & '.join(map(cell, row))}{bar} \\") for row, bar in zip(table.rows, beside, strict=True)]
    return [*rows, *([Latex(rf"\hline {' & '.join(map(cell, table.totals))} \\")] if table.totals else [])]


def tabular(table: Table, rows: Sequence[str], bars: Sequence[float] = ()) -> Latex:
    """Some rows of a table under its heads."""
    alignment = "".join("r" if right else "l" for right in table.numeric) + ("l" if bars else "")
    head = rf"{' & '.join(map(cell, table.columns))} \\ \hline"
    return Latex("\n".join((rf"\begin{{tabular}}{{{alignment}}}", head, *rows, r"\end{tabular}")))


def lines_of(block: Equation | Product | Steps) -> list[Latex]:
    """Mathematics as the lines of an aligned environment: x^T W &= [..] [..], then &= [..]."""
    if isinstance(block, Steps):
        return chains(block.lines)
    return [aligned(line) for line in (block.equation if isinstance(block, Product) else block).lines]


def aligned(line: Line) -> Latex:
    """A line with its alignment mark before the first relation."""
    for index, term in enumerate(line):
        if term in RELATIONS:
            return Latex(f"{inline(line[:index])} &{inline(line[index:])}".strip())
    return Latex(f"&{inline(line)}")


def stacked(lines: Sequence[str]) -> Latex:
    """Lines below each other; fractions are kept apart."""
    ends = (r" \\[1ex]" if r"\frac" in above + below else r" \\" for above, below in pairwise(lines))
    return Latex("\n".join(line + end for line, end in zip_longest(lines, ends, fillvalue="")))


def chain(line: Line, width: int = 72) -> list[Latex]:
    """A chain of relations as the lines of an aligned environment: one, or one for each relation, long sums broken."""
    name, *sides = cut_before(line, RELATIONS)
    if width_of(line) <= width or not sides:
        return [aligned(line)]
    lines: list[Latex] = []
    start = f"{inline(name)} "
    for side in sides:
        first, *others = _broken(side, width)
        lines.append(Latex(f"{start}&{inline(first)}"))
        lines += [Latex(rf"&\quad {inline(other)}") for other in others]
        start = ""
    return lines


def chains(lines: Iterable[Line]) -> list[Latex]:
    """Chains of relations below each other."""
    return [part for line in lines for part in chain(line)]


def _broken(side: Line, width: int) -> Iterator[Line]:
    """The side of a relation in pieces short enough for a line, broken before a plus or minus."""
    piece, *summands = cut_before(side, ADDING)
    for summand in summands:
        if len(piece) > 1 and width_of(piece + summand) > width:
            yield piece
            piece = summand
        else:
            piece += summand
    yield piece


def width_of(line: Line) -> int:
    """Roughly how many digits wide it is when set."""
    return sum(_term_width(term) for term in line)


def _term_width(term: Token) -> int:
    if isinstance(term, Formula):
        return len(text(term))
    if isinstance(term, Matrix):
        return 4 + sum(2 + max(map(len, column)) for column in zip(*term.rows, strict=True))
    return len(term.text) if isinstance(term, Number | Name | Remark) else 8 if isinstance(term, Omitted) else 2


def _term(term: Token) -> str:
    match term:
        case Number(figure):
            return tex_number(figure)
        case Name(name):
            if name.isascii() and name.replace("_", "").isalnum():
                return rf"\operatorname{{{name}}}".replace("_", r"\_")
            return rf"\text{{{escaped(name)}}}"
        case Remark(words):
            return rf"\quad\text{{({escaped(words)})}}"
        case Sign():
            return _SIGNS[term]
        case Formula():
            return latex(term)
        case Omitted(count, total):
            return rf"\underbrace{{{tex_number(total)}}}_{{\text{{{own('{n} terms', n=count)}}}}}"
        case Matrix():
            return matrix(term)
        case Slope(of, by):
            return rf"\frac{{\partial {_term(of)}}}{{\partial {_term(by)}}}"
        case Symbol(letter, superscript, subscript, transposed, place):
            raised = superscript + ("T" if transposed else "")
            low = f"_{{{subscript}}}" if subscript else ""
            marked = _LETTERS.get(letter, letter) + low + (f"^{{{raised}}}" if raised else "")
            return f"{marked}[{place}]" if place else marked
