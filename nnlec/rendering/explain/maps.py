"""A layer of maps at work: the input with its windows, the kernels, every shown cell of the result worked out.

What is shown follows from what a layer offers: `windows` and `kernels`, `windows` alone, or else its terms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, localcontext
from functools import cached_property
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from nnlec.arithmetic.numbers import decimal_of
from nnlec.network.layers import LAYERS, Shape
from nnlec.network.trace import EXACT, Row
from nnlec.rendering.document import Block, Line, Name, Prose, Sign, Steps
from nnlec.rendering.document.maps import Entries, Grid, MapEntry, Maps, Window
from nnlec.rendering.explain.figures import ShownFigure, figure, figures, relation
from nnlec.rendering.explain.meetings import Meeting, Span, kernels_of, met_by_terms, met_in_windows, windows_of
from nnlec.rendering.explain.shades import shades_of
from nnlec.rendering.explain.sides import ShownRange, Side, covering, from_one, part_around, unravelled
from nnlec.rendering.explain.sums import largest, mean, sum_of_parts, sum_of_products
from nnlec.rendering.explain.window_size import sizes
from nnlec.text import own

if TYPE_CHECKING:
    from nnlec.rendering.explain.layer import LayerExplanation

_ONE = ShownFigure(Decimal(1), "1", Decimal(1))
_PADDING = ShownFigure(Decimal(0), "0", Decimal(0))

RowColumn = tuple[int, int]
"""A side, and a grid of it."""


class MapsExplanation:
    """What `explanation`'s layer does to its maps; the unit asked for comes first, else the first one."""

    def __init__(self, explanation: LayerExplanation) -> None:
        self._of, self._layer, self._style = explanation, explanation.layer, explanation.style
        self._windows, self._kernels = windows_of(self._layer), kernels_of(self._layer)
        self._unit = explanation.unit or 0
        self._result = Side(explanation.result, self._layer.out_shape, 0)
        self._figures: dict[int, ShownFigure] = {}
        self._weights: dict[Shape, list[ShownFigure]] = {}

    def blocks(self) -> Iterator[Block]:
        """What the layer does, its maps, with the style's steps cell by cell, and what is not shown."""
        yield Prose(LAYERS[self._layer.kind].meaning)
        yield self.maps
        if self._style.steps and self._of.unit is None:
            entries = self.maps.entries[: self._style.most_columns]
            yield Steps(tuple(line for entry in entries for line in entry.working))
        left_out = list(self._left_out())
        if left_out:
            yield Prose(f"not shown: {', '.join(left_out)} (--all shows them)")

    @cached_property
    def maps(self) -> Maps:
        inputs = {place: self._input(place) for place in self._input_grids}
        kernels = {kernel: self._kernel(kernel) for kernel in self._kernel_grids}
        results = [self._grid(self._result, grid, self._of.step.output, self._part) for grid in self._result_grids]
        numbers = {place: n for n, place in enumerate(inputs)}, {kernel: n for n, kernel in enumerate(kernels)}
        entries = Entries(self._units, lambda unit: self._entry(unit, *numbers))
        size = () if self._windows is None else tuple(sizes(self._windows))
        return Maps(tuple(inputs.values()), tuple(kernels.values()), tuple(results), entries, size, self._padding)

    # What is shown.

    @cached_property
    def _part(self) -> tuple[ShownRange, ShownRange]:
        """The rows and columns of the results that are shown, around the unit's."""
        _, row, column = self._result.at(self._unit)
        rows, columns = self._result.size
        return part_around(row, rows, self._style.most_cells), part_around(column, columns, self._style.most_cells)

    @cached_property
    def _result_grids(self) -> range:
        """The map of the unit asked for, else as many as are shown."""
        if self._of.unit is not None:
            grid = self._result.at(self._of.unit)[0]
            return range(grid, grid + 1)
        return range(min(self._result.grids, self._style.most_maps))

    @cached_property
    def _units(self) -> list[int]:
        """The cells that are shown, the one asked for before all others."""
        shown = product(self._result_grids, range(*self._part[0]), range(*self._part[1]))
        units = (self._result.unit(*place) for place in shown)
        return [self._unit, *(unit for unit in units if unit != self._unit)]

    @cached_property
    def _sides(self) -> list[Side]:
        """The maps of each layer that is taken."""
        shapes: tuple[Shape, ...] = getattr(self._layer, "shapes", (self._layer.in_shape,))
        symbols = [self._of.taken(number)._replace(transposed=False) for number in self._of.sources]
        starts = [sum(map(prod, shapes[:number])) for number in range(len(shapes))]
        return [Side(*side) for side in zip(symbols, shapes, starts, strict=True)]

    @cached_property
    def _all_meetings(self) -> dict[int, list[Meeting]]:
        """What meets in each cell that is shown; of many terms the first."""
        windows, most = self._windows, self._style.most_terms
        if windows is None:
            return {unit: list(met_by_terms(self._layer, self._sides, unit, most)) for unit in self._units}
        places = {unit: unravelled(unit, self._layer.out_shape) for unit in self._units}
        return {unit: list(met_in_windows(self._layer, windows, self._sides[0], at)) for unit, at in places.items()}

    @cached_property
    def _meetings(self) -> dict[int, list[Meeting]]:
        """The same without the channels that are not shown."""
        most = self._style.most_maps
        return {
            unit: [m for m in met if not m.kernel or m.kernel[1] < most] for unit, met in self._all_meetings.items()
        }

    @cached_property
    def _input_grids(self) -> list[RowColumn]:
        """The grids that give something, in the order of the row."""
        return sorted({(met.side, met.grid) for meetings in self._meetings.values() for met in meetings})

    @cached_property
    def _kernel_grids(self) -> list[Shape]:
        return sorted({met.kernel for meetings in self._meetings.values() for met in meetings if met.kernel})

    def _left_out(self) -> Iterator[str]:
        counts = [] if self._of.unit is not None else [("maps", len(self._result_grids), self._result.grids)]
        if self._kernels is not None:
            channels = self._kernels.shape[1]
            counts.append(("channels of the input", min(self._style.most_maps, channels), channels))
        yield from (f"{whole - shown} of {whole} {what}" for what, shown, whole in counts if shown < whole)
        cells = prod(end - first for first, end in self._part)
        if cells < prod(self._result.size):
            yield f"{prod(self._result.size) - cells:,} of {prod(self._result.size):,} cells of a map"

    # Grids of numbers.

    def _input(self, place: RowColumn) -> Grid:
        """The part of an input that the windows of the shown cells need, with its padding."""
        met = [each for some in self._meetings.values() for each in some if (each.side, each.grid) == place]
        side, windows = self._sides[place[0]], self._windows
        pads = [(0, 0), (0, 0), *((axis.before, axis.after) for axis in (windows.axes if windows else ()))][-2:]
        spans: tuple[list[Span], list[Span]] = [each.rows for each in met], [each.columns for each in met]
        rows, columns = (
            covering([(span.first, span.end) for span in some], size, *pad, self._style.most_cells)
            for some, size, pad in zip(spans, side.size, pads, strict=True)
        )
        return self._grid(side, place[1], self._of.step.inputs, (rows, columns), kept=self._figures)

    def _grid(
        self,
        side: Side,
        grid: int,
        row: Row,
        part: tuple[ShownRange, ShownRange],
        *,
        kept: dict[int, ShownFigure] | None = None,
    ) -> Grid:
        """Some rows and columns of a grid, their numbers spelled alike; beside it stands padding."""
        (rows, columns), (height, width) = part, side.size
        places = {
            (i, j): side.unit(grid, i, j)
            for i in range(max(rows[0], 0), min(rows[1], height))
            for j in range(max(columns[0], 0), min(columns[1], width))
        }
        shown = dict(zip(places.values(), figures([row[unit] for unit in places.values()], self._style), strict=True))
        if kept is not None:
            kept |= shown
        texts = tuple(
            tuple(shown[places[i, j]].text if (i, j) in places else self._padding_text for j in range(*columns))
            for i in range(*rows)
        )
        whole = len(places) == height * width
        signs = (relation(exact=all(each.in_full for each in shown.values())),) if whole else ()
        first = side.unit(grid, 0, 0)
        shades = None if whole else shades_of(row[first : first + height * width], self._style)
        return Grid((side.grid_symbol(grid), *signs), texts, side.size, (rows[0], columns[0]), shades)

    def _kernel(self, kernel: Shape) -> Grid:
        """The weights of one map for one channel, and for one frame of it."""
        assert self._kernels is not None
        spelled = self._kernel_figures(kernel)
        height, width = self._kernels[kernel].shape
        most = self._style.most_cells
        texts = [
            [figure.text for figure in spelled[i * width : i * width + min(width, most)]]
            for i in range(min(height, most))
        ]
        place = from_one(kernel[: 3 if self._kernels.shape[2] > 1 else 2])
        signs = (relation(exact=all(each.in_full for each in spelled)),) if max(height, width) <= most else ()
        symbol = self._of.kernel._replace(place=place)
        return Grid((symbol, *signs), tuple(map(tuple, texts)), (height, width))

    @property
    def _padding(self) -> str:
        """What a cell of padding counts as."""
        if self._kernels is not None or getattr(self._layer, "count_padding", False):
            return "0"
        return "-inf" if self._layer.combine == "max" else "not counted"

    @property
    def _padding_text(self) -> str:
        return "" if self._padding == "not counted" else self._padding

    # How cells come about.

    def _entry(self, unit: int, inputs: dict[RowColumn, int], kernels: dict[Shape, int]) -> MapEntry:
        meetings, winner = self._meetings[unit], self._winner(unit)
        grid, row, column = self._result.at(unit)
        windows = tuple(
            Window(
                inputs[met.side, met.grid],
                met.rows.first,
                met.columns.first,
                met.rows.end - met.rows.first,
                met.columns.end - met.columns.first,
                (met.rows.step, met.columns.step),
                kernels[met.kernel] if met.kernel else None,
                self._sides[met.side].at(winner)[1:] if winner is not None and winner in self._sources(met) else None,
            )
            for met in meetings
        )
        lines = (*self._lines(unit), *self._of.activation_lines([unit]))
        return MapEntry(grid - self._result_grids.start, row, column, windows, lines)

    def _winner(self, unit: int) -> int | None:
        """Which input is the largest of a window, the first of equals; None for what is no maximum."""
        if self._layer.combine != "max":
            return None
        return max(self._held(unit), key=lambda source: self._of.step.inputs[source])

    def _held(self, unit: int) -> list[int]:
        return [source for met in self._meetings[unit] for source in self._sources(met) if source is not None]

    def _sources(self, met: Meeting) -> list[int | None]:
        return met.sources(self._sides[met.side])

    def _lines(self, unit: int) -> Iterator[Line]:
        """How a cell's number came about, before its activation."""
        name, result = self._of.unit_name(unit), figure(self._of.step.pre_activation[unit], self._style)
        if self._kernels is not None:
            yield from self._convolved(unit, name, result)
        elif self._layer.combine == "max":
            yield largest(name, list(map(self._input_figure, self._held(unit))), result, self._style)
        elif self._windows is not None:
            held = self._held(unit)
            count = sum(len(self._sources(met)) for met in self._meetings[unit]) if self._padding == "0" else len(held)
            yield mean(name, list(map(self._input_figure, held)), count, result, self._style)
        elif self._layer.combine == "copy":
            (source,) = self._held(unit)
            side = next(side for side in self._sides if side.holds(source))
            yield (*name, Sign.EQUALS, side.cell_symbol(source), *result.with_relation(exact=result.in_full))
        else:
            yield from self._of.moment_lines(unit)
            yield from self._of.unit_lines([unit])

    def _convolved(self, unit: int, name: Line, result: ShownFigure) -> Iterator[Line]:
        """One sum for each channel, and their sum with the bias; one line where there is one channel."""
        pairs = [self._pairs(met) for met in self._meetings[unit]]
        biases, bias = self._layer.arrays.get("bias"), []
        if biases is not None:
            bias = [figure(decimal_of(float(biases[unravelled(unit, self._layer.out_shape)[0]])), self._style)]
        left_out = [met for met in self._all_meetings[unit] if met not in self._meetings[unit]]
        if len(pairs) == 1 and not left_out:
            yield sum_of_products(name, [*((_ONE, each) for each in bias), *pairs[0]], result, self._style)
            return
        with localcontext(EXACT):
            sums = [figure(_total(some), self._style) for some in pairs]
            rest = [_total(self._pairs(met)) for met in left_out]
        for met, some, total in zip(self._meetings[unit], pairs, sums, strict=True):
            yield sum_of_products((Name(self._part_name(met)),), some, total, self._style)
        yield sum_of_parts(name, sums, rest, bias, result, self._style)

    def _part_name(self, met: Meeting) -> str:
        """Channel 2, or channel 2, frame 1, as the input counts them."""
        channel, *frame = unravelled(met.grid, self._sides[met.side].leading)
        return ", ".join([own("channel {n}", n=channel + 1), *(own("frame {n}", n=index + 1) for index in frame)])

    def _pairs(self, met: Meeting) -> list[tuple[ShownFigure, ShownFigure]]:
        """Each number of a window and the weight it meets."""
        inputs = (_PADDING if source is None else self._input_figure(source) for source in self._sources(met))
        return list(zip(inputs, self._kernel_figures(met.kernel), strict=True))

    def _input_figure(self, source: int) -> ShownFigure:
        """As it is shown in its grid, or alone."""
        if source not in self._figures:
            self._figures[source] = figure(self._of.step.inputs[source], self._style)
        return self._figures[source]

    def _kernel_figures(self, kernel: Shape) -> list[ShownFigure]:
        if kernel not in self._weights:
            assert self._kernels is not None
            weights = self._kernels[kernel].ravel().tolist()
            self._weights[kernel] = figures(list(map(decimal_of, weights)), self._style)
        return self._weights[kernel]


def _total(pairs: Sequence[tuple[ShownFigure, ShownFigure]]) -> Decimal:
    return sum((a.number * b.number for a, b in pairs), Decimal(0))
