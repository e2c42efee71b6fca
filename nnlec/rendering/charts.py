"""Pictures of an evaluation as SVG, one self-contained file each, for light and dark pages.

A picture is made of the JSON record of `evaluate`. A row of `CHARTS` adds one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from html import escape
from typing import Any

from nnlec.errors import NnlecError
from nnlec.text import own, visible

_SIDE, _LEFT, _TOP, _RIGHT, _BOTTOM = 360.0, 120.0, 48.0, 32.0, 88.0
_MOST = 40
"""Classes of a confusion matrix that can be drawn."""

_STYLE = """svg { color-scheme: light dark; --ink: #1b1b1b; --paper: #fff; --faint: #999; --line: #1f5fa8 }
@media (prefers-color-scheme: dark) {
  svg { --ink: #eee; --paper: #1b1b1b; --faint: #888; --line: #7db4f0 }
}
text { font: 13px Helvetica, Arial, "DejaVu Sans", sans-serif; fill: var(--ink) }
.title { font-size: 15px; font-weight: bold } .small { font-size: 11px }
.paper { fill: var(--paper) } .axis { fill: none; stroke: var(--faint) } .even { stroke-dasharray: 5 4 }
.curve { fill: none; stroke: var(--line); stroke-width: 2 } .dot { fill: var(--line) }
.cell { fill: var(--line); stroke: var(--faint) } .strong { fill: var(--paper) }"""


def write(name: str, record: Mapping[str, Any]) -> str:
    """The picture of that name; raises `NnlecError` where the record has no figures for it."""
    return CHARTS[name](record)


def _confusion(record: Mapping[str, Any]) -> str:
    """A square for each pair of classes, the darker the more of the class's rows; the count stands in it."""
    cells = record.get("confusion")
    if not cells or isinstance(cells[0][0], list):
        raise _nothing("confusion", "one class a row")
    names = record["classes"]
    if len(names) > _MOST:
        raise NnlecError(f"{len(names)} classes, at most {_MOST} can be drawn", where="--picture")
    side = max(_SIDE / len(names), 30.0)
    whole = side * len(names)
    parts = []
    for i, row in enumerate(cells):
        total = sum(row)
        for j, count in enumerate(row):
            share = count / total if total else 0.0
            x, y = _LEFT + j * side, _TOP + i * side
            strong = ' class="strong"' if share > 0.5 else ""
            text = _text(f"{count:,}" if isinstance(count, int) else f"{count:.3g}", x + side / 2, y + side / 2, strong)
            square = f'x="{x:.1f}" y="{y:.1f}" width="{side:.1f}" height="{side:.1f}"'
            parts += [f'<rect class="cell" fill-opacity="{share:.3f}" {square}/>', text]
    for k, name in enumerate(names):
        at = (k + 0.5) * side
        parts.append(_text(_short(name, 13), _LEFT - 8, _TOP + at, anchor="end"))
        turned = f'transform="rotate(-35 {_LEFT + at:.1f} {_TOP + whole + 14:.1f})"'
        parts.append(_text(_short(name, 9), _LEFT + at, _TOP + whole + 14, f" {turned}", anchor="end"))
    return _page(own("Confusion"), whole, own("predicted class"), own("true class"), parts)


def _reliability(record: Mapping[str, Any]) -> str:
    """How often what was said came true, beside the diagonal on which it always does."""
    lines = record.get("reliability")
    if not lines:
        raise _nothing("reliability", "probabilities")
    points = [(line["probability"], line["frequency"]) for line in lines]
    title = own("Reliability, calibration error {n}", n=f"{record['calibration_error']:.3g}")
    return _plot(title, own("mean probability"), own("share that came true"), points, dots=True)


def _roc(record: Mapping[str, Any]) -> str:
    """The share of hits by the share of false alarms, for every threshold."""
    points = record.get("roc")
    if not points:
        raise _nothing("roc", "two classes, both with rows")
    title = own("ROC curve, area {n}", n=f"{record['roc_auc']:.4g}")
    return _plot(title, own("false positive rate"), own("true positive rate"), [tuple(point) for point in points])


def _predicted(record: Mapping[str, Any]) -> str:
    """Each predicted number above the true one, beside the diagonal on which both are the same."""
    outputs = record.get("pairs")
    if not outputs:
        raise _nothing("predicted", "numbers")
    if len(outputs) > 1:
        raise NnlecError(f"{len(outputs)} outputs, one can be drawn", where="--picture")
    points = [tuple(pair) for pair in outputs[0]["pairs"]]
    if not points:
        raise _nothing("predicted", "rows with finite numbers")
    numbers = [number for point in points for number in point]
    r2 = "" if record["r2"] is None else f", R² {record['r2']:.3g}"
    numbered = ticks(min(numbers), max(numbers))
    title = f"{outputs[0]['name']}{r2}"
    return _plot(title, own("true value"), own("predicted value"), points, lines=False, dots=True, marks=numbered)


def ticks(low: float, high: float) -> list[float]:
    """Round numbers, some five, from one at most `low` to one at least `high`."""
    width = Decimal(high) - Decimal(low) or Decimal(abs(high)) or Decimal(1)
    unit = Decimal(1).scaleb((width / 5).adjusted())
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= width / 5)
    first, last = Decimal(low) // step, -(-Decimal(high) // step)
    first -= Decimal(low) < first * step
    last += last * step < Decimal(high)
    last += first == last
    return [float(step * (first + number)) for number in range(int(last - first) + 1)]


_SHARES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def _plot(
    title: str,
    x_name: str,
    y_name: str,
    points: Sequence[tuple[float, float]],
    *,
    lines: bool = True,
    dots: bool = False,
    marks: Sequence[float] = _SHARES,
) -> str:
    """Points between the same numbers on both axes, joined by lines."""
    low, high = marks[0], marks[-1]

    def at(x: float, y: float) -> tuple[float, float]:
        # Halves first: the width of an axis may be more than the largest double.
        across, up = ((number / 2 - low / 2) / (high / 2 - low / 2) for number in (x, y))
        return _LEFT + across * _SIDE, _TOP + (1 - up) * _SIDE

    def joined(ends: Sequence[tuple[float, float]]) -> str:
        return " ".join(f"{x:.2f},{y:.2f}" for x, y in (at(*end) for end in ends))

    parts = [
        f'<rect class="axis" x="{_LEFT}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}"/>',
        f'<polyline class="axis even" points="{joined([(low, low), (high, high)])}"/>',
    ]
    if lines:
        parts.append(f'<polyline class="curve" points="{joined(points)}"/>')
    if dots:
        parts += [
            f'<circle class="dot" cx="{x:.2f}" cy="{y:.2f}" r="{4 if lines else 2.5}"/>'
            for x, y in (at(*each) for each in points)
        ]
    for tick in marks:
        (x, bottom), (left, y) = at(tick, low), at(low, tick)
        parts += [_text(f"{tick:g}", x, bottom + 16), _text(f"{tick:g}", left - 8, y, anchor="end")]
    return _page(title, _SIDE, x_name, y_name, parts, near=48 if lines else 92)


def _page(title: str, side: float, x_name: str, y_name: str, parts: Sequence[str], near: float = 104) -> str:
    """A title, what is drawn, and the names of the axes, `near` to the left side."""
    width, height = _LEFT + side + _RIGHT, _TOP + side + _BOTTOM
    middle = _TOP + side / 2
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>\n{_STYLE}\n</style>",
        f'<rect class="paper" width="{width:g}" height="{height:g}"/>',
        _text(title, _LEFT + side / 2, 24, ' class="title"'),
        *parts,
        _text(x_name, _LEFT + side / 2, _TOP + side + min(near, 74)),
        _text(y_name, _LEFT - near, middle, f' transform="rotate(-90 {_LEFT - near:g} {middle:g})"'),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _text(text: str, x: float, y: float, attributes: str = "", *, anchor: str = "middle") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" dominant-baseline="central"'
    return f"<text {place}{attributes}>{escape(visible(text))}</text>"


def _short(name: str, most: int) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _nothing(name: str, of: str) -> NnlecError:
    return NnlecError(f"{name} is a picture of {of}", where="--picture")


CHARTS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "confusion": _confusion,
    "reliability": _reliability,
    "roc": _roc,
    "predicted": _predicted,
}
"""Name of a picture -> its SVG from a record."""
