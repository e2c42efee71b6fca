"""Stacks of sheets, one sheet for each channel: how large they are drawn, and the window that a layer looks through."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod, sqrt

from nnlec.named import NamedTuple
from nnlec.rendering.document.diagram import Column, Diagram, Unit, UnitKind
from nnlec.rendering.maps.shades import data_uri

NAME = 18.0
"""Room below a stack for its sizes."""

_LARGEST, _SMALLEST, _STRIP = 96.0, 12.0, 12.0
_STEP = 5.0
_MOST_SHEETS = 6


@dataclass(frozen=True)
class Sheet:
    """A rectangle by its upper left corner: a sheet of a stack, or the window on the front one.

    `picture` is the address of an example's map in grey, for the front sheet of a stack.
    """

    x: float
    y: float
    width: float
    height: float
    picture: str = ""


class Stack(NamedTuple):
    """Sheets one behind the other, those behind shifted to the right and upwards."""

    sheet: tuple[float, float]
    sheets: int

    @property
    def width(self) -> float:
        return self.sheet[0] + (self.sheets - 1) * _STEP

    @property
    def height(self) -> float:
        return self.sheet[1] + (self.sheets - 1) * _STEP

    def at(self, x: float, y: float, unit: Unit) -> list[Sheet]:
        """The sheets around that middle, the front one last."""
        left, bottom = x - self.width / 2, y + self.height / 2
        shifts = [_STEP * number for number in reversed(range(self.sheets))]
        sheets = [Sheet(left + shift, bottom - self.sheet[1] - shift, *self.sheet) for shift in shifts]
        if unit.shades is not None:
            rows = unit.shape[-2] if len(unit.shape) > 2 else 1
            sheets[-1] = replace(sheets[-1], picture=data_uri(unit.shades, (rows, unit.shape[-1])))
        return sheets


def stacks_of(diagram: Diagram) -> list[Stack | None]:
    """The stack of each column that is a volume, all to one scale; None for circles."""
    shapes = [_shape(column) for column in diagram.columns]
    largest = max((size for shape in shapes for size in shape[1:]), default=1)
    return [_stack(shape, largest) if shape else None for shape in shapes]


def _shape(column: Column) -> tuple[int, ...]:
    first = column.units[0]
    return first.shape if first.kind is UnitKind.VOLUME else ()


def _stack(shape: tuple[int, ...], largest: int) -> Stack:
    """Areas, not sides, to scale: a map of 5 x 5 beside one of 28 x 28 is still to be seen."""
    *frames, width = (shape[0], *shape[1:])
    height = frames.pop() if len(shape) > 2 else 0
    sides = [max(_SMALLEST, _LARGEST * sqrt(size / largest)) for size in (width, height)]
    return Stack((sides[0], sides[1] if height else _STRIP), min(prod(frames), _MOST_SHEETS))


def window_on(front: Sheet, shape: tuple[int, ...], window: tuple[int, ...]) -> Sheet:
    """The window in the middle of the front sheet, as large as it is beside the map."""
    across = front.width * min(1.0, window[-1] / shape[-1])
    down = front.height * (min(1.0, window[-2] / shape[-2]) if len(window) > 1 else 1.0)
    return Sheet(front.x + 0.55 * (front.width - across), front.y + 0.4 * (front.height - down), across, down)
