"""How many cells a map has, worked out from its input, padding, window and stride."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nnlec.notation import Formula, operand
from nnlec.rendering.document import Line, Name, Number, Sign
from nnlec.text import own

if TYPE_CHECKING:
    from nnlec.arithmetic.windows import Axis, Windows

_NAMES = {1: ("places",), 2: ("rows", "columns"), 3: ("frames", "rows", "columns")}


def sizes(windows: Windows) -> Iterator[Line]:
    """rows = (3 + 2 x 1 - 2) / 1 + 1 = 4; axes that are alike together, what does not divide rounded down."""
    names: dict[Axis, list[str]] = {}
    for axis, name in zip(windows.axes, _NAMES[len(windows.axes)], strict=True):
        names.setdefault(axis, []).append(name)
    for axis, alike in names.items():
        left = [term for name in alike for term in (Name(own(name)), Sign.EQUALS)]
        quotient = _room(axis) / operand(str(axis.stride))
        divides = (axis.padded - axis.extent) % axis.stride == 0
        steps: Line = (quotient,) if divides else (Name("floor"), Sign.OPEN, quotient, Sign.CLOSE)
        yield (*left, *steps, Sign.PLUS, Number("1"), Sign.EQUALS, Number(str(axis.cells)))


def _room(axis: Axis) -> Formula:
    """How far a window can move: the size with its padding without the window."""
    room = operand(str(axis.size))
    if axis.before == axis.after and axis.before:
        room = room + operand("2") * operand(str(axis.before))
    elif axis.before or axis.after:
        room = room + operand(str(axis.before)) + operand(str(axis.after))
    if axis.dilation == 1 or axis.window == 1:
        return room - operand(str(axis.window))
    return room - operand(str(axis.dilation)) * (operand(str(axis.window)) - 1) - 1
