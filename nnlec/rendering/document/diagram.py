"""A network as the lecture draws it: columns of units, and a weight on every edge. No coordinates, no markup."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a circle stands for."""

    UNIT = "unit"
    BIAS = "bias"
    OMITTED = "omitted"


@dataclass(frozen=True)
class Unit:
    """A circle: its name, the number it holds (none where there is no input), and a note beside an output.

    The bias unit is named 1. An omitted one stands for as many units as its name says.
    """

    name: str
    value: str = ""
    note: str = ""
    kind: Kind = Kind.UNIT


@dataclass(frozen=True)
class Weight:
    """A number on an edge ("" where it is not written), and its sign: -1, 0 or 1."""

    text: str
    sign: int


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
