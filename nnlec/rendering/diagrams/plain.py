"""A diagram as words: what each layer is made of, and the weight from each unit to each of the next."""

from __future__ import annotations

from collections.abc import Iterator

from nnlec.rendering.document.diagram import Column, Connection, Diagram, Unit, UnitKind
from nnlec.rendering.lines import folded
from nnlec.text import own, visible


def write(diagram: Diagram, *, width: int | None = None) -> str:
    """A line for each unit that holds a number, and for each weight; a blank line between layers."""
    return "\n".join("".join(f"{line}\n" for fact in part for line in folded(fact, width)) for part in _parts(diagram))


def _parts(diagram: Diagram) -> Iterator[list[str]]:
    columns = diagram.columns
    for number, column in enumerate(columns):
        yield [*_column(column)]
        if number < len(diagram.connections):
            said = diagram.says_left_out(number)
            weights = [said] if said else [*_weights(diagram.connections[number], column, columns[number + 1])]
            if weights:
                yield [own("from {a} to {b}", a=visible(column.title), b=visible(columns[number + 1].title)), *weights]
    titles = [visible(column.title) for column in columns]
    skips = [own("{a} leads to {b} too", a=titles[a], b=titles[b]) for a, b in diagram.skips]
    if skips:
        yield skips


def _column(column: Column) -> Iterator[str]:
    """The layer's name, and its units: on one line where they hold no numbers."""
    title, names = visible(column.title), [_name(unit) for unit in column.units]
    if not any(unit.value for unit in column.units):
        yield f"{title}: {', '.join(names)}"
        return
    yield title
    for unit, name in zip(column.units, names, strict=True):
        noted = f", {visible(unit.note)}" if unit.note else ""
        yield f"{name}: {unit.value}{noted}" if unit.value else name


def _name(unit: Unit) -> str:
    return f" {own('by')} ".join(map(str, unit.shape)) if unit.kind is UnitKind.VOLUME else visible(unit.name)


def _weights(connection: Connection, source: Column, target: Column) -> Iterator[str]:
    """A line for each number on an edge, one for a window that moves, and how many edges have no number."""
    reached = [unit for unit in target.units if unit.kind is not UnitKind.BIAS]
    edges = [
        (weight, f"{_name(unit)} {own('to')} {_name(other)}")
        for unit, row in zip(source.units, connection, strict=True)
        for other, weight in zip(reached, row, strict=True)
        if weight is not None
    ]
    if UnitKind.VOLUME in (source.units[0].kind, target.units[0].kind):
        windows = dict.fromkeys(weight.window for weight, _ in edges if weight.window)
        yield from (own("window {size}", size=f" {own('by')} ".join(map(str, window))) for window in windows)
    elif edges and not any(weight.text or weight.sign is None for weight, _ in edges):
        yield own("{n} weights, not shown", n=len(edges))
    else:
        yield from (f"{name}: {weight.text}" if weight.text else name for weight, name in edges)
