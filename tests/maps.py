"""Documents of maps made by hand, for the tests of formats."""

from __future__ import annotations

from collections.abc import Sequence

from nnlec.rendering.document import Line, Name, Number, Sign, Symbol
from nnlec.rendering.document.maps import Grid, MapEntry, Maps, Shades, Window

Rows = Sequence[Sequence[float]]

PICTURE: Rows = ((0, 1, 2), (3, 4, 5), (6, 7, 8))
KERNEL: Rows = ((0, 1), (2, 3))


def named(letter: str, index: str, *, equals: bool = True) -> Line:
    symbol = Symbol(letter, place=index)
    return (symbol, Sign.EQUALS) if equals else (symbol,)


def grid(letter: str, index: str, rows: Rows, padding: int = 0) -> Grid:
    """Whole numbers as a map with a ring of padding."""
    width = len(rows[0]) + 2 * padding
    ring = [("0",) * width] * padding
    inner = [(*["0"] * padding, *(f"{number:g}" for number in row), *["0"] * padding) for row in rows]
    shape = len(rows), len(rows[0])
    return Grid(named(letter, index), (*ring, *map(tuple, inner), *ring), shape, (-padding, -padding))


def summed(name: Line, pairs: Sequence[tuple[float, float]]) -> Line:
    """`h[1,1,1] = 0 x 0 + 1 x 1 = 0 + 1 = 1`."""

    def added(parts: Sequence[Line]) -> Line:
        return tuple(term for number, part in enumerate(parts) for term in ((Sign.PLUS, *part) if number else part))

    products = [(Number(f"{a:g}"), Sign.TIMES, Number(f"{b:g}")) for a, b in pairs]
    values: list[Line] = [(Number(f"{a * b:g}"),) for a, b in pairs]
    total = Number(f"{sum(a * b for a, b in pairs):g}")
    return (*name, Sign.EQUALS, *added(products), Sign.EQUALS, *added(values), Sign.EQUALS, total)


def convolved(
    pictures: Sequence[Rows], kernels: Sequence[Rows], padding: int = 0, stride: int = 1, dilation: int = 1
) -> Maps:
    """One output map of a convolution, every cell written out."""
    height, width = len(kernels[0]), len(kernels[0][0])
    high, wide = (height - 1) * dilation + 1, (width - 1) * dilation + 1
    entries = []
    result: list[list[float]] = []
    for top in range(-padding, len(pictures[0]) + padding - high + 1, stride):
        result.append([])
        for left in range(-padding, len(pictures[0][0]) + padding - wide + 1, stride):
            place = len(result), len(result[-1]) + 1
            pairs = [
                [
                    (_at(picture, top + i * dilation, left + j * dilation), kernel[i][j])
                    for i in range(height)
                    for j in range(width)
                ]
                for picture, kernel in zip(pictures, kernels, strict=True)
            ]
            windows = tuple(Window(c, top, left, high, wide, (dilation, dilation), c) for c in range(len(pictures)))
            name = (Symbol("h", place=f"1,{place[0]},{place[1]}"),)
            totals = [sum(a * b for a, b in part) for part in pairs]
            if len(pairs) == 1:
                lines: tuple[Line, ...] = (summed(name, pairs[0]),)
            else:
                lines = tuple(summed((Name(f"channel {c + 1}"),), part) for c, part in enumerate(pairs))
                parts = [term for t in totals for term in (Sign.PLUS, Number(f"{t:g}"))][1:]
                lines += ((*name, Sign.EQUALS, *parts, Sign.EQUALS, Number(f"{sum(totals):g}")),)
            entries.append(MapEntry(0, place[0] - 1, place[1] - 1, windows, lines))
            result[-1].append(sum(totals))
    inputs = tuple(grid("x", f"{c + 1}", picture, padding) for c, picture in enumerate(pictures))
    weights = tuple(grid("w", f"1,{c + 1}", kernel) for c, kernel in enumerate(kernels))
    return Maps(inputs, weights, (grid("h", "1", result),), tuple(entries), (_size(len(pictures[0]), height),))


def _at(rows: Rows, row: int, column: int) -> float:
    return rows[row][column] if 0 <= row < len(rows) and 0 <= column < len(rows[0]) else 0.0


def _size(size: int, kernel: int) -> Line:
    return (
        Name("rows"), Sign.EQUALS, Number(str(size)), Sign.MINUS, Number(str(kernel)), Sign.PLUS, Number("1"),
        Sign.EQUALS, Number(str(size - kernel + 1)),
    )  # fmt: skip


def pooled() -> Maps:
    """The largest of each 2 x 2 of a 4 x 4 map."""
    rows = ((1, 3, 2, 1), (4, 2, 0, 5), (6, 1, 2, 2), (0, 7, 8, 3))
    cells = {(0, 0): (1, 0), (0, 1): (1, 3), (1, 0): (3, 1), (1, 1): (3, 2)}
    entries = tuple(
        MapEntry(
            0, i, j, (Window(0, 2 * i, 2 * j, 2, 2, chosen=(r, c)),),
            ((Symbol("h", place=f"1,{i + 1},{j + 1}"), Sign.EQUALS, Number(str(rows[r][c]))),),
        )
        for (i, j), (r, c) in cells.items()
    )  # fmt: skip
    return Maps((grid("x", "1", rows),), (), (grid("h", "1", ((4, 5), (7, 8))),), entries, padding="-inf")


def part_of_large() -> Maps:
    """Rows 3-7 and columns 1-5 of a 28 x 28 map in grey, a 3 x 3 kernel at work."""
    levels = bytes((i * 7 + j * 3) % 256 for i in range(28) for j in range(28))
    shown = tuple(tuple(f"{levels[i * 28 + j] / 255:.2f}" for j in range(5)) for i in range(2, 7))
    picture = Grid(named("x", "1", equals=False), shown, (28, 28), (2, 0), Shades(levels, "0", "0.98"))
    kernel = grid("w", "1,1", ((1, 0, -1), (2, 0, -2), (1, 0, -1)))
    working: Line = (Symbol("h", place="1,4,2"), Sign.APPROXIMATELY, Number("-0.09"))
    result = Grid(
        named("h", "1", equals=False),
        (("-0.09", "-0.08", "-0.09"),) * 3,
        (26, 26),
        (2, 0),
        Shades(levels[:676], "-0.1", "0.2"),
    )
    return Maps((picture,), (kernel,), (result,), (MapEntry(0, 3, 1, (Window(0, 3, 1, 3, 3, kernel=0),), (working,)),))


MADE: dict[str, Maps] = {
    "one channel": convolved([PICTURE], [KERNEL]),
    "two channels": convolved([PICTURE, ((1, 2, 3), (4, 5, 6), (7, 8, 9))], [KERNEL, ((1, 2), (3, 4))]),
    "padding": convolved([PICTURE], [KERNEL], padding=1),
    "dilation": convolved([[[i * 5 + j for j in range(5)] for i in range(5)]], [KERNEL], dilation=2),
    "stride": convolved([[[i * 4 + j for j in range(4)] for i in range(4)]], [KERNEL], stride=2),
    "pooling": pooled(),
    "one row": convolved([((1, 3, -2, 5, 0, 4),)], [((1, -1),)]),
    "frames": convolved([PICTURE, PICTURE], [KERNEL, KERNEL]),
    "large": part_of_large(),
}
