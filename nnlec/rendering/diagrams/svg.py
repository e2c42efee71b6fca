"""A diagram as SVG, one self-contained file: nothing is fetched, nothing runs."""

from __future__ import annotations

import re

from nnlec.rendering.diagrams.layout import FONT, LABEL_FONT, Caption, Circle, Edge, Skip, laid_out
from nnlec.rendering.diagrams.size import Size
from nnlec.rendering.diagrams.volumes import Sheet
from nnlec.rendering.document.diagram import Diagram, UnitKind
from nnlec.text import own

_STYLE = f"""text {{ font: {FONT}px Helvetica, Arial, "DejaVu Sans", sans-serif; fill: #1b1b1b }}
text {{ dominant-baseline: central }}
.name {{ unicode-bidi: isolate }}
.middle {{ text-anchor: middle }} .end {{ text-anchor: end }} .start {{ text-anchor: start }}
.unit {{ fill: #fff; stroke: #1b1b1b; stroke-width: 1.5 }}
.bias {{ fill: #eee; stroke: #1b1b1b; stroke-width: 1.5 }}
.edge {{ stroke-width: 1.3 }}
.plus {{ stroke: #1f5fa8 }} .minus {{ stroke: #b5301c; stroke-dasharray: 6 3 }}
.zero {{ stroke: #999; stroke-dasharray: 1 4 }} .whole {{ stroke: #888; stroke-width: 1 }}
.sheet {{ fill: #eef3fa; stroke: #1b1b1b; stroke-width: 1 }}
.window {{ fill: #ffe08a; fill-opacity: 0.6; stroke: #d9480f; stroke-width: 1.3 }}
.look {{ stroke: #d9480f; stroke-width: 1 }}
.skip {{ fill: none; stroke: #1b1b1b; stroke-width: 1.2 }} .head {{ fill: #1b1b1b }}
.paper {{ fill: #fff }}
.weight {{ font-size: {LABEL_FONT}px }} .weight.plus {{ fill: #174a84; stroke: none }}
.weight.minus {{ fill: #97210f; stroke: none }} .weight.zero {{ fill: #666; stroke: none }}"""

_SIGNS = {1: "plus", 0: "zero", -1: "minus", None: "whole"}
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def write(diagram: Diagram, *, width: Size | None = None) -> str:
    """The picture; weights above zero are blue and solid, below zero red and dashed."""
    layout = laid_out(diagram)
    size = (width or Size(layout.width, "")).svg(layout.height / layout.width)
    title = _escaped(diagram.title or own("network"))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {layout.width:g} {layout.height:g}" {size} role="img">',
        f"<title>{title}</title>",
        f"<style>\n{_STYLE}\n</style>",
        f'<rect class="paper" width="{layout.width:g}" height="{layout.height:g}"/>',
        *(_line(edge) for edge in layout.edges if not edge.looks),
        *(_label(edge) for edge in layout.edges if edge.weight.text),
        *(_circle(circle) for circle in layout.circles),
        *(_rectangle(sheet, "sheet") for sheet in layout.sheets),
        *(_rectangle(window, "window") for window in layout.windows),
        *(_line(edge) for edge in layout.edges if edge.looks),
        *(_skip(skip) for skip in layout.skips),
        *(_caption(caption) for caption in layout.captions),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _line(edge: Edge) -> str:
    sign = "look" if edge.looks else _SIGNS[edge.weight.sign]
    return f'<line class="edge {sign}" x1="{edge.x1:.1f}" y1="{edge.y1:.1f}" x2="{edge.x2:.1f}" y2="{edge.y2:.1f}"/>'


def _rectangle(sheet: Sheet, name: str) -> str:
    size = f'width="{sheet.width:.1f}" height="{sheet.height:.1f}"'
    box = f'x="{sheet.x:.1f}" y="{sheet.y:.1f}" {size}'
    if not sheet.picture:
        return f'<rect class="{name}" {box}/>'
    drawn = f'preserveAspectRatio="none" style="image-rendering: pixelated" href="{sheet.picture}"'
    return f'<image {box} {drawn}/><rect class="{name}" fill-opacity="0" {box}/>'


def _skip(skip: Skip) -> str:
    """An arrow up, over the columns and down."""
    path = f"M{skip.x1:.1f} {skip.y1:.1f}V{skip.top + 8:.1f}q0 -8 8 -8H{skip.x2 - 8:.1f}q8 0 8 8V{skip.y2 - 5:.1f}"
    head = f"M{skip.x2 - 4:.1f} {skip.y2 - 7:.1f}h8l-4 7z"
    return f'<path class="skip" d="{path}"/><path class="head" d="{head}"/>'


def _label(edge: Edge) -> str:
    width, height = edge.label_width, LABEL_FONT + 3
    middle = f"{edge.label_x:.1f} {edge.label_y:.1f}"
    turned = f' transform="rotate({edge.label_angle:.1f} {middle})"' if edge.label_angle else ""
    return (
        f'<rect class="paper" x="{edge.label_x - width / 2:.1f}" y="{edge.label_y - height / 2:.1f}" '
        f'width="{width:.1f}" height="{height}"{turned}/>\n'
        f'<text class="weight middle {_SIGNS[edge.weight.sign]}" x="{edge.label_x:.1f}" y="{edge.label_y:.1f}"{turned}>'
        f"{_escaped(edge.weight.text)}</text>"
    )


def _circle(circle: Circle) -> str:
    unit = circle.unit
    middle = f'x="{circle.x:.1f}" y="{circle.y:.1f}"'
    if unit.kind is UnitKind.OMITTED:
        return f'<text class="middle" {middle}>⋮ {_escaped(unit.name)}</text>'
    shape = f'<circle class="{unit.kind.value}" cx="{circle.x:.1f}" cy="{circle.y:.1f}" r="{circle.radius:.1f}"/>'
    return f'{shape}<text class="middle" {middle}>{_escaped(circle.text)}</text>' if circle.text else shape


def _caption(caption: Caption) -> str:
    full = f"<title>{_escaped(caption.full)}</title>" if caption.full != caption.text else ""
    note = f" ({_escaped(caption.note)})" if caption.note else ""
    return (
        f'<text class="{caption.anchor}" x="{caption.x:.1f}" y="{caption.y:.1f}">{full}'
        f'<tspan class="name">{_escaped(caption.text)}</tspan>{note}</text>'
    )


def _escaped(text: str) -> str:
    """Text in XML; what XML cannot hold becomes the replacement character."""
    for character, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(character, name)
    return _NOT_XML.sub("\ufffd", text)
