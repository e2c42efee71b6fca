"""Slides for Beamer: what stands under one heading shares a frame as far as it fits, and goes on on the next one.

All on a frame begins at its top, and what changes from slide to slide stands below what does not: nothing jumps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from nnlec.named import NamedTuple
from nnlec.rendering import RenderOptions, letters, tex
from nnlec.rendering.document import Block, Document, Heading, Line, Product, Sign, Steps
from nnlec.rendering.document.maps import Maps
from nnlec.rendering.maps import tex as maps
from nnlec.rendering.slide_parts import GAP, LINES, SMALLEST, SlidePart, height_of, parts_of, scale_of, stacked, steps
from nnlec.rendering.tex import Latex, escaped

_PREAMBLE = (
    r"\documentclass{beamer}",
    r"\usepackage{amsmath}",
    r"\setbeamertemplate{navigation symbols}{}",
    r"\setbeamercolor{alerted text}{fg=red!80!black}",
)
_FIT = Latex(
    r"""\ifdefined\nnlecbox\else\newsavebox{\nnlecbox}\fi
\providecommand{\nnlecfit}{}
\renewcommand{\nnlecfit}[2]{\sbox{\nnlecbox}{$\displaystyle #2$}%
  \ifdim\wd\nnlecbox>\linewidth\sbox{\nnlecbox}{\resizebox{\linewidth}{!}{\usebox{\nnlecbox}}}\fi
  \ifdim\dimexpr\ht\nnlecbox+\dp\nnlecbox\relax>#1\textheight
  \resizebox*{!}{#1\textheight}{\usebox{\nnlecbox}}\else\usebox{\nnlecbox}\fi}"""
)
"""Mathematics no larger than a part of a slide."""

_OF_MAPS = 0.85
"""How much of a slide maps need."""

_LAST_LINE = 1.5
"""Lines that a slide has to spare, so that one of words does not stand on the next one alone."""


def write(document: Document, options: RenderOptions) -> str:
    """Frames to stand among others, or a whole document of them with a title."""
    body = [*tex.wide_matrices(document), _FIT, "", *_frames(document, options.title)]
    if options.latex == "frames":
        return "\n".join((letters.needed(body), *letters.unknown(body), *body)) + "\n"
    headings = (block.text for block in document if isinstance(block, Heading) and block.level == 1)
    title = escaped(next(headings, options.title))
    head = (*_PREAMBLE, *letters.fonts([*body, title]), rf"\title{{{title}}}", r"\date{}")
    start = (r"\begin{document}", *letters.unknown([*body, title]), r"\begin{frame}\titlepage\end{frame}")
    return "\n".join((*head, *start, *body, r"\end{document}")) + "\n"


class _Frame:
    """A frame that is filled: parts, then one that is built up, and what comes last in place of its working."""

    def __init__(self, room: float) -> None:
        self.parts: list[Latex] = []
        self.stages: tuple[Latex, ...] | None = None
        self.later: list[Latex] = []
        self.room = room

    def put(self, source: Latex, lines: float) -> None:
        """Adds what takes so many lines."""
        (self.parts if self.stages is None else self.later).append(source)
        self.room -= lines + GAP

    def build(self, source: Latex, lines: float, stages: Sequence[Latex]) -> None:
        """Adds what is built up on further slides, each with its working below."""
        self.put(source, lines)
        self.stages = tuple(stages)

    def source(self, title: str) -> Iterator[Latex]:
        yield Latex(rf"\begin{{frame}}[t]{{{title}}}")
        yield Latex("\n\\par\\medskip\n".join(self.parts))
        if self.stages is not None:
            yield Latex(r"\par\medskip")
        for slide, stage in enumerate(self.stages or (), start=2):
            if stage:
                yield Latex(rf"\only<{slide}>{{{stage}}}%")
        if self.later:
            body = "\n\\par\\medskip\n".join(self.later)
            yield Latex(f"\\only<{len(self.stages or ()) + 2}->{{{body}}}%")
        yield Latex(r"\end{frame}")
        yield Latex("")


def _frames(document: Document, title: str) -> Iterator[Latex]:
    """The frames under each heading, titled by it; of several the title says which one it is."""
    sections: list[tuple[str, list[Block]]] = [(title, [])]
    for block in _without_repetition(document):
        if isinstance(block, Heading):
            sections.append((block.text, []))
        else:
            sections[-1][1].append(block)
    for heading, blocks in sections:
        frames = _evenly_filled(blocks)
        for number, frame in enumerate(frames, start=1):
            which = f" ({number}/{len(frames)})" if len(frames) > 1 else ""
            yield from frame.source(f"{escaped(heading)}{which}")


def _without_repetition(document: Document) -> Iterator[Block]:
    """The blocks but for the steps that a product shows."""
    shown: set[Line] = set()
    for block in document:
        if isinstance(block, Product):
            shown.update(entry.working for entry in block.entries)
        if not (isinstance(block, Steps) and shown.issuperset(block.lines)):
            yield block


def _evenly_filled(blocks: Sequence[Block]) -> list[_Frame]:
    """As few frames as it takes; without products, each with about as much."""
    frames = _filled(blocks, LINES)
    if len(frames) > 1 and not any(isinstance(block, Product | Maps) for block in blocks):
        for room in (LINES * part / 8 for part in range(4, 8)):
            evenly = _filled(blocks, room)
            if len(evenly) == len(frames):
                return evenly
    return frames


def _filled(blocks: Sequence[Block], room: float) -> list[_Frame]:
    """Frames of so many lines with the blocks."""
    frames = [_Frame(room)]
    for block in blocks:
        if isinstance(block, Product):
            _put_product(frames, block)
        elif isinstance(block, Maps):
            frame = _with_room(frames, LINES * _OF_MAPS, apart=True)
            frame.put(Latex("\n".join(maps.slides(block, frame.room))), 2 * LINES)  # nothing below what changes
        else:
            for part in parts_of(block):
                _put(frames, part, room)
    return [frame for frame in frames if frame.parts]


def _with_room(frames: list[_Frame], lines: float, whole: float = LINES, *, apart: bool = False) -> _Frame:
    """The last frame where it has so much room, else a new one; `apart` from what is built up."""
    if (frames[-1].room < lines and frames[-1].parts) or (apart and frames[-1].stages is not None):
        frames.append(_Frame(whole))
    return frames[-1]


def _put(frames: list[_Frame], part: SlidePart, whole: float = LINES) -> None:
    """A part on one frame where it fits on one, else on as many as it takes."""
    rest: SlidePart | None = part
    while rest is not None:
        spare = _LAST_LINE if rest.lines <= 1 else 0.0
        frame = _with_room(frames, rest.lines - spare if rest.lines <= whole else whole / 2, whole)
        taken, rest = rest.cut(frame.room + spare)
        frame.put(taken.source(), taken.lines)


class _Built(NamedTuple):
    """A product as it is built up, and how many lines of text it is high."""

    source: Latex
    lines: float


def _put_product(frames: list[_Frame], product: Product) -> None:
    """The product built up where slides can show it whole, else its matrices in parts; its sums below or after it."""
    working = [steps([entry.working]) for entry in product.entries[: maps.MOST_SLIDES]]
    highest = max((part.lines for part in working), default=0.0)
    below = len(working) == len(product.entries)
    built = _built_up(product, LINES - GAP - highest) if below else None
    if built is not None:
        _with_room(frames, built.lines + GAP + highest, apart=True).build(*built, [part.source() for part in working])
        return
    built = _built_up(product, LINES)
    if built is not None:
        _with_room(frames, built.lines, apart=True).build(*built, [Latex("")] * len(working))
    else:
        for part in parts_of(product.equation):
            _put(frames, part)
    _put(frames, steps([entry.working for entry in product.entries]))


def _built_up(product: Product, room: float) -> _Built | None:
    """x^T W entry by entry: slide 1 has the factors; each further one works at one entry, its row and column marked.

    None where it would be too small to be read in so many lines. The right factor may stand below the left one.
    """
    first, second, last = (
        (*product.name, product.equals, product.left),
        (Sign.TIMES, product.right, *product.addition),
        (product.gives, product.result),
    )
    for arranged in ([(*first, *second), last], [first, second, last]):
        lines = sum(map(height_of, arranged))
        scale = min(scale_of(map(tex.width_of, arranged)), room / lines)
        if scale >= SMALLEST:
            break
    else:
        return None
    left, right, result = _marked(product)
    start = Latex(f"{tex.aligned((*product.name, product.equals))} {left}")
    times, gives = tex.inline((Sign.TIMES,)), tex.inline((product.gives,))
    factors = [f"{start} {times} {right}"] if len(arranged) == 2 else [start, rf"&\quad {times} {right}"]
    return _Built(stacked([Latex(row) for row in (*factors, f"&{gives} {result}")], lines * scale), lines * scale)


def _marked(product: Product) -> tuple[Latex, Latex, Latex]:
    """The factors of a product, what is added and its result, with what each slide marks and uncovers."""
    working = dict(enumerate(product.entries[: maps.MOST_SLIDES], start=2))
    slide_of = {(entry.row, entry.column): slide for slide, entry in working.items()}

    def on_left(row: int, _column: int, text: str) -> str:
        return tex.alerted((slide for slide, entry in working.items() if entry.row == row), text)

    def on_right(_row: int, column: int, text: str) -> str:
        return tex.alerted((slide for slide, entry in working.items() if entry.column == column), text)

    right = tex.matrix(product.right, on_right)
    if product.addition:  # a column is marked as the rows of the left matrix are
        sign, added = product.addition
        right = Latex(
            f"{right} {tex.inline((sign,))} {tex.matrix(added, on_left if added.shape[1] == 1 else on_right)}"
        )
    return tex.matrix(product.left, on_left), right, tex.matrix(product.result, partial(tex.uncovered, slide_of))
