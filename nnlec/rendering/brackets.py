"""Matrices in brackets for a terminal, and the pieces of a line that are never cut."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from nnlec.named import NamedTuple

_ASCII = str.maketrans("┌┐│└┘", "++|++")


class LinePart(NamedTuple):
    """A part of a line that is never cut: its text, one or several lines of the same width."""

    lines: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> LinePart:
        return cls((text,))

    @property
    def width(self) -> int:
        return cell_len(self.lines[0])

    def centred(self, height: int) -> list[str]:
        """The lines of a piece that stands beside a taller one."""
        blank, above = " " * self.width, (height - len(self.lines)) // 2
        return [*[blank] * above, *self.lines, *[blank] * (height - len(self.lines) - above)]


def bracketed(rows: Sequence[Sequence[str]], caption: str, *, unicode: bool, below: bool = False) -> LinePart:
    """One group of columns in brackets, its shape at the lower right as a subscript is, or below."""
    if len(rows) == 1:
        lines = [f"[ {'  '.join(rows[0])} ]"]
    else:
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        body = [f"│ {'   '.join(map(str.rjust, row, widths))} │" for row in rows]
        blank = " " * (len(body[0]) - 2)
        lines = [f"┌{blank}┐", *body, f"└{blank}┘"]
        if not unicode:
            lines = [line.translate(_ASCII) for line in lines]
    if below:
        width = max(len(lines[0]), cell_len(caption))
        return LinePart((*(line.ljust(width) for line in lines), " " * (width - cell_len(caption)) + caption))
    *upper, last = lines
    beside = " " * (cell_len(caption) + 1)
    return LinePart((*(line + beside for line in upper), f"{last} {caption}"))
