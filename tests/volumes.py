"""Diagrams with volumes made by hand, for the tests of drawings."""

from __future__ import annotations

from itertools import pairwise

from nnlec.rendering.document.diagram import Column, Connection, Diagram, Unit, UnitKind, Weight


def volume(title: str, *shape: int) -> Column:
    return Column(title, (Unit(" × ".join(map(str, shape)), kind=UnitKind.VOLUME, shape=shape),))


def circles(title: str, units: int) -> Column:
    if units <= 10:
        return Column(title, tuple(Unit(f"h{j + 1}") for j in range(units)))
    shown = [Unit(f"h{j + 1}") for j in (*range(4), *range(units - 3, units))]
    return Column(title, (*shown[:4], Unit(f"{units - 7} more", kind=UnitKind.OMITTED), *shown[4:]))


def look(*window: int) -> Connection:
    return ((Weight(" × ".join(map(str, window)), None, window),),)


def fan(source: Column, target: Column) -> Connection:
    drawn = [[unit.kind is not UnitKind.OMITTED for unit in column.units] for column in (source, target)]
    return tuple(tuple(Weight("", None) if a and b else None for b in drawn[1]) for a in drawn[0])


def diagram(columns: tuple[Column, ...], looks: tuple[Connection, ...], *skips: tuple[int, int]) -> Diagram:
    fans = tuple(fan(a, b) for a, b in pairwise(columns[len(looks) :]))
    return Diagram("", columns, (*looks, *fans), skips)


DRAWN: dict[str, Diagram] = {
    "images": diagram(
        (
            volume("input", 1, 28, 28), volume("conv1 (relu)", 6, 28, 28), volume("pool1", 6, 14, 14),
            volume("conv2 (relu)", 16, 10, 10), volume("pool2", 16, 5, 5), circles("flat", 400),
            circles("dense (relu)", 120), circles("out (softmax)", 10),
        ),
        (look(5, 5), look(2, 2), look(5, 5), look(2, 2)),
    ),
    "residual": diagram(
        (
            volume("input", 3, 8, 8), volume("first", 3, 8, 8), volume("second", 3, 8, 8),
            volume("sum (relu)", 3, 8, 8), volume("pool", 3, 1, 1), circles("flat", 3), circles("out", 2),
        ),
        (look(3, 3), look(3, 3), ((Weight("", None),),), look(8, 8)),
        (0, 3), (1, 3),
    ),
    "signal": diagram((volume("input", 1, 30), volume("conv", 4, 28), circles("flat", 112)), (look(3),)),
    "frames": diagram((volume("input", 1, 2, 6, 6), volume("conv", 2, 1, 5, 5), circles("flat", 50)), (look(2, 2, 2),)),
}  # fmt: skip
