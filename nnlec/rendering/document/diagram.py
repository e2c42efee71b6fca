"""A network as the lecture draws it: columns of units, and a weight on every edge. No coordinates, no markup.

Data of two or three dimensions is a volume: one sheet for each channel, and no edge for each weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from nnlec.rendering.document.maps import Shades
from nnlec.text import own


class UnitKind(Enum):
    """What a circle, or a stack of sheets, stands for."""

    UNIT = "unit"
    BIAS = "bias"
    OMITTED = "omitted"
    VOLUME = "volume"


@dataclass(frozen=True)
class Unit:
    """A circle: its name, the number it holds (none where there is no input), and a note beside an output.

    The bias unit is named 1. An omitted one stands for as many units as its name says. A volume is named by its sizes
    and has a `shape`: channels first. `shades` are an example's numbers in its first channel.
    """

    name: str
    value: str = ""
    note: str = ""
    kind: UnitKind = UnitKind.UNIT
    shape: tuple[int, ...] = ()
    shades: Shades | None = None


@dataclass(frozen=True)
class Weight:
    """A number on an edge ("" where it is not written), and its sign: -1, 0 or 1.

    The sign is None where the edge stands for a layer's work on a volume; `window` is what it looks at then.
    """

    text: str
    sign: int | None
    window: tuple[int, ...] = ()

    @property
    def unwritten(self) -> Weight:
        """The same edge without its number; what is done to a volume stays."""
        return self if self.sign is None else Weight("", self.sign)


@dataclass(frozen=True)
class Column:
    """A layer: what is written under it, and its units from top to bottom."""

    title: str
    units: tuple[Unit, ...]


Connection = tuple[tuple[Weight | None, ...], ...]
"""One row for each unit of a column, one entry for each unit of the next; None where no edge is drawn."""


@dataclass(frozen=True)
class Diagram:
    """Columns from inputs to outputs, and the connections between neighbours."""

    title: str
    columns: tuple[Column, ...]
    connections: tuple[Connection, ...]
    skips: tuple[tuple[int, int], ...] = ()
    """From which column to which an arrow leads that passes others by."""
    left_out: tuple[int, ...] = ()
    """How many weights of each connection are too many to be written; nothing where none are."""

    def says_left_out(self, number: int) -> str:
        """What is said of a connection whose weights are too many, and how to have them."""
        count = self.left_out[number] if self.left_out else 0
        return f"{own('{n} weights, not shown', n=count)} (--weights)" if count else ""
