"""Matrices in brackets for a terminal, and the pieces of a line that are never cut."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from io import StringIO

from rich.box import Box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable

from nnlec.named import NamedTuple

_BRACKETS = Box("┌  ┐\n│  │\n│  │\n│  │\n│  │\n│  │\n│  │\n└  ┘\n")
_ASCII_BRACKETS = Box("+  +\n|  |\n|  |\n|  |\n|  |\n|  |\n|  |\n+  +\n", ascii=True)


def plain_console(width: int, *, color: bool = False) -> Console:
    """A console of that width that decides nothing by itself and writes to a text."""
    return Console(
        file=StringIO(),
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=False,
        force_jupyter=False,
        legacy_windows=False,
        _environ={},  # the page decides, not the environment
    )


@cache
def _ruler() -> Console:
    return plain_console(1_000_000)


class Piece(NamedTuple):
    """A part of a line that is never cut: its text, one or several lines of the same width."""

    lines: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Piece:
        return cls((text,))

    @property
    def width(self) -> int:
        return cell_len(self.lines[0])

    def centred(self, height: int) -> list[str]:
        """The lines of a piece that stands beside a taller one."""
        blank, above = " " * self.width, (height - len(self.lines)) // 2
        return [*[blank] * above, *self.lines, *[blank] * (height - len(self.lines) - above)]


def bracketed(rows: Sequence[Sequence[str]], caption: str, *, unicode: bool, below: bool = False) -> Piece:
    """One group of columns in brackets, its shape at the lower right as a subscript is, or below."""
    if len(rows) == 1:
        lines = [f"[ {'  '.join(rows[0])} ]"]
    else:
        body = RichTable(box=_BRACKETS if unicode else _ASCII_BRACKETS, show_header=False, padding=(0, 1))
        for column in zip(*rows, strict=True):
            body.add_column(justify="right", no_wrap=True, width=max(map(len, column)))
        for row in rows:
            body.add_row(*row)
        lines = "".join(part.text for part in _ruler().render(body)).strip("\n").split("\n")
    if below:
        width = max(len(lines[0]), cell_len(caption))
        return Piece((*(line.ljust(width) for line in lines), " " * (width - cell_len(caption)) + caption))
    *upper, last = lines
    beside = " " * (cell_len(caption) + 1)
    return Piece((*(line + beside for line in upper), f"{last} {caption}"))
