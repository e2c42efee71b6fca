"""A diagram as SVG, one self-contained file: nothing is fetched, nothing runs."""

from __future__ import annotations

import re

from nnlec.rendering.diagrams.layout import FONT, LABEL_FONT, Caption, Circle, Edge, laid_out
from nnlec.rendering.document.diagram import Diagram, Kind

_STYLE = f"""text {{ font: {FONT}px Helvetica, Arial, "DejaVu Sans", sans-serif; fill: #1b1b1b }}
text {{ dominant-baseline: central }}
.name {{ unicode-bidi: isolate }}
.middle {{ text-anchor: middle }} .end {{ text-anchor: end }} .start {{ text-anchor: start }}
.unit {{ fill: #fff; stroke: #1b1b1b; stroke-width: 1.5 }}
.bias {{ fill: #eee; stroke: #1b1b1b; stroke-width: 1.5 }}
.edge {{ stroke-width: 1.3 }}
.plus {{ stroke: #1f5fa8 }} .minus {{ stroke: #b5301c; stroke-dasharray: 6 3 }}
.zero {{ stroke: #999; stroke-dasharray: 1 4 }}
.paper {{ fill: #fff }}
.weight {{ font-size: {LABEL_FONT}px }} .weight.plus {{ fill: #174a84; stroke: none }}
.weight.minus {{ fill: #97210f; stroke: none }} .weight.zero {{ fill: #666; stroke: none }}"""

_SIGNS = {1: "plus", 0: "zero", -1: "minus"}
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def write(diagram: Diagram) -> str:
    """The picture; weights above zero are blue and solid, below zero red and dashed."""
    layout = laid_out(diagram)
    title = _escaped(layout.title or "network")
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {layout.width:g} {layout.height:g}" '
        f'width="{layout.width:g}" height="{layout.height:g}" role="img">',
        f"<title>{title}</title>",
        f"<style>\n{_STYLE}\n</style>",
        f'<rect class="paper" width="{layout.width:g}" height="{layout.height:g}"/>',
        *(_line(edge) for edge in layout.edges),
        *(line for edge in layout.edges if edge.weight.text for line in _label(edge)),
        *(_circle(circle) for circle in layout.circles),
        *(_caption(caption) for caption in layout.captions),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _line(edge: Edge) -> str:
    sign = _SIGNS[edge.weight.sign]
    return f'<line class="edge {sign}" x1="{edge.x1:.1f}" y1="{edge.y1:.1f}" x2="{edge.x2:.1f}" y2="{edge.y2:.1f}"/>'


def _label(edge: Edge) -> tuple[str, str]:
    width, height = edge.label_width, LABEL_FONT + 3
    return (
        f'<rect class="paper" x="{edge.label_x - width / 2:.1f}" y="{edge.label_y - height / 2:.1f}" '
        f'width="{width:.1f}" height="{height}"/>',
        f'<text class="weight middle {_SIGNS[edge.weight.sign]}" x="{edge.label_x:.1f}" y="{edge.label_y:.1f}">'
        f"{_escaped(edge.weight.text)}</text>",
    )


def _circle(circle: Circle) -> str:
    unit = circle.unit
    middle = f'x="{circle.x:.1f}" y="{circle.y:.1f}"'
    if unit.kind is Kind.OMITTED:
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
