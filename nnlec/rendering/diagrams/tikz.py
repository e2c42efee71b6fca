"""A diagram as TikZ, which plain pdflatex sets; what pdflatex has no glyph for stands as its code point."""

from __future__ import annotations

from nnlec.notation.latex import tex_number
from nnlec.rendering.diagrams.layout import Caption, Circle, Edge, Skip, laid_out
from nnlec.rendering.diagrams.size import Size
from nnlec.rendering.diagrams.volumes import Sheet
from nnlec.rendering.document.diagram import Diagram, UnitKind
from nnlec.rendering.letters import fonts, unknown
from nnlec.rendering.tex import escaped

_HEAD = r"""\begin{tikzpicture}[x=0.75pt, y=-0.75pt,
  every node/.style={font=\sffamily\scriptsize, inner sep=1pt},
  unit/.style={circle, draw, thick, fill=white}, bias/.style={unit, fill=black!8},
  weight/.style={font=\sffamily\tiny, fill=white, inner sep=0.7pt},
  plus/.style={draw=blue!60!black}, minus/.style={draw=red!70!black, densely dashed},
  zero/.style={draw=gray, dotted}, whole/.style={draw=gray, thin}, sheet/.style={draw, thin, fill=blue!5},
  look/.style={draw=orange!80!black, thin}, skip/.style={draw, ->, rounded corners=5pt}]"""
_SIGNS = {
    1: ("plus", "blue!60!black"),
    0: ("zero", "black!60"),
    -1: ("minus", "red!70!black"),
    None: ("whole", "black"),
}
_ANCHORS = {"end": "east", "start": "west", "middle": "center"}
_CLASS = "\\documentclass[border=4pt]{standalone}\n\\usepackage{tikz}"


def write(diagram: Diagram, *, standalone: bool = False, width: Size | None = None) -> str:
    """A tikzpicture to \\input where tikz is loaded; with `standalone`, a whole document."""
    layout = laid_out(diagram)
    lines = [
        _HEAD,
        *(_line(edge) for edge in layout.edges if not edge.looks),
        *(_label(edge) for edge in layout.edges if edge.weight.text),
        *(_circle(circle) for circle in layout.circles),
        *(_rectangle(sheet, "sheet") for sheet in layout.sheets),
        *(_rectangle(window, "look, fill=yellow!60!orange!40") for window in layout.windows),
        *(_line(edge) for edge in layout.edges if edge.looks),
        *(_skip(skip) for skip in layout.skips),
        *(_caption(caption) for caption in layout.captions),
        r"\end{tikzpicture}",
    ]
    if width is not None:
        lines = [rf"\resizebox{{{width.tex}}}{{!}}{{%", *lines, "}"]
    lines = [*unknown(lines), *lines]
    if standalone:
        lines = [_CLASS, *fonts(lines), r"\begin{document}", *lines, r"\end{document}"]
    return "\n".join(lines) + "\n"


def _line(edge: Edge) -> str:
    style = "look" if edge.looks else _SIGNS[edge.weight.sign][0]
    return f"\\draw[{style}] ({edge.x1:.1f},{edge.y1:.1f}) -- ({edge.x2:.1f},{edge.y2:.1f});"


def _rectangle(sheet: Sheet, style: str) -> str:
    far = f"({sheet.x + sheet.width:.1f},{sheet.y + sheet.height:.1f})"
    return f"\\draw[{style}] ({sheet.x:.1f},{sheet.y:.1f}) rectangle {far};"


def _skip(skip: Skip) -> str:
    """An arrow up, over the columns and down."""
    path = f"({skip.x1:.1f},{skip.y1:.1f}) |- ({skip.x2:.1f},{skip.top:.1f}) -- ({skip.x2:.1f},{skip.y2:.1f})"
    return f"\\draw[skip] {path};"


def _label(edge: Edge) -> str:
    color, text = _SIGNS[edge.weight.sign][1], _number(edge.weight.text)
    turned = f", rotate={-edge.label_angle:.1f}" if edge.label_angle else ""
    return f"\\node[weight, text={color}{turned}] at ({edge.label_x:.1f},{edge.label_y:.1f}) {{{text}}};"


def _circle(circle: Circle) -> str:
    unit, place = circle.unit, f"({circle.x:.1f},{circle.y:.1f})"
    if unit.kind is UnitKind.OMITTED:
        return f"\\node at {place} {{$\\vdots$ {escaped(unit.name)}}};"
    text = _number(circle.text) if unit.value else escaped(circle.text)
    return f"\\node[{unit.kind.value}, minimum size={1.5 * circle.radius:.1f}pt] at {place} {{{text}}};"


def _caption(caption: Caption) -> str:
    return (
        f"\\node[anchor={_ANCHORS[caption.anchor]}] at ({caption.x:.1f},{caption.y:.1f}) {{{escaped(caption.whole)}}};"
    )


def _number(text: str) -> str:
    return f"${tex_number(text)}$"
