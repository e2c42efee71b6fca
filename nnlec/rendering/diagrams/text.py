"""A diagram in characters: the units as columns, and between them the weights as the matrix they are."""

from __future__ import annotations

from nnlec.rendering.document.diagram import Column, Connection, Diagram, Unit, UnitKind
from nnlec.text import visible, width_in_cells

_ASCII = str.maketrans("─│┐┘┌└┤├┼┬┴⋮×", "-|+++++++++:x")
_CORNERS = {
    (False, True, True, False): "┐",
    (True, False, True, False): "┘",
    (False, True, False, True): "┌",
    (True, False, False, True): "└",
    (True, True, True, False): "┤",
    (True, True, False, True): "├",
    (True, True, True, True): "┼",
    (True, True, False, False): "│",
    (False, True, True, True): "┬",
    (True, False, True, True): "┴",
    (False, False, True, True): "─",
}


def write(diagram: Diagram, *, unicode: bool = True) -> str:
    """Each row of weights stands beside the unit it leads from, each of its columns under the unit it leads to."""
    height = max(len(column.units) for column in diagram.columns)
    lines = _column(diagram.columns[0], height, right=False)
    for number, connection in enumerate(diagram.connections):
        source, target = diagram.columns[number], diagram.columns[number + 1]
        last = number == len(diagram.connections) - 1
        lines = _beside(lines, _weights(connection, source, target, height))
        lines = _beside(lines, _bus(connection, source, target, height))
        lines = _beside(lines, _column(target, height, right=last))
    names = [visible(column.title) for column in diagram.columns]
    lines += [f"{names[source]} ──> {names[target]}" for source, target in diagram.skips]
    said = map(diagram.says_left_out, range(len(diagram.connections)))
    lines += [f"{names[n]} ──> {names[n + 1]}: {words}" for n, words in enumerate(said) if words]
    text = "\n".join(line.rstrip() for line in lines) + "\n"
    return text if unicode else text.translate(_ASCII)


def _padded(text: str, width: int, *, right: bool = False) -> str:
    blanks = " " * (width - width_in_cells(text))
    return blanks + text if right else text + blanks


def _beside(left: list[str], right: list[str]) -> list[str]:
    return [a + b for a, b in zip(left, right, strict=True)]


def _top(count: int, height: int) -> int:
    """The line, below the two of the head, where the first of `count` units stands."""
    return 2 + (height - count) // 2


def _column(column: Column, height: int, *, right: bool) -> list[str]:
    """The circles, as ( h1 5.17 ); on the right-hand side of the picture with their notes."""
    lines = [""] * (height + 2)
    lines[0] = visible(column.title)
    top = _top(len(column.units), height)
    names = max(width_in_cells(visible(u.name)) for u in column.units if u.kind is not UnitKind.OMITTED)
    values = max(width_in_cells(u.value) for u in column.units)
    for number, unit in enumerate(column.units):
        lines[top + number] = _circle(unit, names, values, note=right)
    width = max(map(width_in_cells, lines))
    return [_padded(line, width) for line in lines]


def _circle(unit: Unit, names: int, values: int, *, note: bool) -> str:
    if unit.kind is UnitKind.OMITTED:
        return f"⋮ {visible(unit.name)}"
    if unit.kind is UnitKind.VOLUME:
        return f"[{unit.name.replace(' ', '')}]"
    value = f" {_padded(unit.value, values, right=True)}" if values else ""
    noted = f" {visible(unit.note)}" if note and unit.note else ""
    return f"({_padded(visible(unit.name), names)}{value}){noted}"


def _weights(connection: Connection, source: Column, target: Column, height: int) -> list[str]:
    """The matrix W: a head with the names of the units its columns lead to, a row for each unit it leads from."""
    if UnitKind.VOLUME in (source.units[0].kind, target.units[0].kind):
        return _operation(connection, source, height)
    heads = [visible(u.name) if u.kind is UnitKind.UNIT else "..." for u in target.units if u.kind is not UnitKind.BIAS]
    cells = [["" if w is None else w.text for w in row] for row in connection]
    if not any(cell for row in cells for cell in row):
        return [""] * (height + 2)
    widths = [max(width_in_cells(head), *(len(row[j]) for row in cells)) for j, head in enumerate(heads)]
    lines = [" " * (sum(widths) + 2 * len(widths) + 2)] * (height + 2)
    lines[1] = "    " + "  ".join(_padded(head, width, right=True) for head, width in zip(heads, widths, strict=True))
    top = _top(len(source.units), height)
    for number, row in enumerate(cells):
        texts = "  ".join(_padded(cell, width, right=True) for cell, width in zip(row, widths, strict=True))
        lines[top + number] = (" ── " if any(row) else "    ") + texts
    width = max(map(width_in_cells, lines))
    return [_padded(line, width) for line in lines]


def _operation(connection: Connection, source: Column, height: int) -> list[str]:
    """What is done to a volume, on the line that leads from it."""
    texts = [w.text for row in connection for w in row if w is not None and w.text]
    label = f" ── {texts[0].replace(' ', '')}" if texts else ""
    lines = [" " * len(label)] * (height + 2)
    if connection:
        for line in _rows(source, height, (UnitKind.OMITTED,)):
            lines[line] = label
    return lines


def _bus(connection: Connection, source: Column, target: Column, height: int) -> list[str]:
    """The bar that every row of weights runs into and every unit of the next column hangs on."""
    if not any(w for row in connection for w in row):
        return ["  "] * (height + 2)
    left = _rows(source, height, (UnitKind.OMITTED,))
    right = _rows(target, height, (UnitKind.OMITTED, UnitKind.BIAS))
    low, high = min(left | right), max(left | right)
    lines = []
    for line in range(height + 2):
        arms = (low < line <= high, low <= line < high, line in left, line in right)
        joint = _CORNERS.get(arms, " ")
        lines.append(f" {'─' if line in left else ' '}{joint}{'─' if line in right else ' '} ")
    return lines


def _rows(column: Column, height: int, without: tuple[UnitKind, ...]) -> set[int]:
    top = _top(len(column.units), height)
    return {top + number for number, unit in enumerate(column.units) if unit.kind not in without}
