"""A table of students' answers as forms and spreadsheets export it: text by the name of its column."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from nnlec.errors import NnlecError
from nnlec.models.yaml_file.source import SourceText
from nnlec.text import visible

MOST_SHEETS = 100_000
_SEPARATOR_LINE = re.compile(r"\s*(?:\"sep=(.)\"|sep=(.))[ \t]*\r?\n", re.IGNORECASE)


def rows_of_table(source: SourceText) -> Iterator[tuple[str, dict[str, str], str]]:
    """The place of each student, the cells by the names of their columns, and "" - or a row that cannot be told apart.

    A row with fewer cells than columns has empty ones; one with more cannot be told apart.
    Raises `NnlecError` for a table that is not valid, and for more rows than a class has.
    """
    shown = visible(source.path)
    first = _SEPARATOR_LINE.match(source.text)
    delimiter, before = (first[1] or first[2], 1) if first else (_delimiter(source.text), 0)
    text = source.text[first.end() if first else 0 :]
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = [(lines.line_num + before, row) for row in lines]
    except csv.Error as error:
        raise NnlecError(f"not valid CSV: {error}", where=f"{shown}:{lines.line_num + before}") from None
    full = [(number, row) for number, row in rows if any(cell.strip() for cell in row)]
    if len(full) > MOST_SHEETS + 1:
        raise NnlecError(f"more than {MOST_SHEETS:,} rows", where=f"{shown}:{full[MOST_SHEETS + 1][0]}")
    names = _names(full[0][1] if full else [])
    for number, row in full[1:]:
        filled = row[: len(names)] + [""] * (len(names) - len(row))
        more = any(cell.strip() for cell in row[len(names) :])
        odd = f"{len(row)} cells, expected {len(names)}: {delimiter.join(row)}" if more else ""
        yield f"{shown}:{number}", dict(zip(names, filled, strict=True)), odd


def _names(header: Sequence[str]) -> list[str]:
    """The names of columns; one that has none, or stands twice, has its position too."""
    names = [" ".join(name.split()) for name in header]
    counts = Counter(names)
    return [
        name if name and counts[name] == 1 else f"{name or 'column'} ({position})"
        for position, name in enumerate(names, start=1)
    ]


def _delimiter(text: str) -> str:
    """What separates the columns of the header, whose names may be quoted and run over lines."""
    unquoted = re.sub('"[^"]*"', "", text[:100_000]).lstrip("\r\n")
    first = re.split("[\r\n]", unquoted, maxsplit=1)[0]
    return max(",;\t", key=first.count)
