"""Two networks side by side: which numbers are alike, the first layer that differs, and the causes found."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from nnlec.errors import shortened
from nnlec.rendering.document import Cell, Document, Number, Prose, Table, UserName
from nnlec.rendering.explain.figures import Style
from nnlec.text import visible

_MOST = 24
"""Lines of the table; of more, those in the middle are left out."""


def describe_differences(record: Mapping[str, Any], style: Style | None) -> Document:
    """The record of a comparison as a table and a verdict, numbers as the style has them, else in six figures."""
    lines = [_line(each) for each in record["layers"]]
    if len(lines) > _MOST:
        left_out = f"... {len(lines) - _MOST + 1} more, in --format json"
        lines = [*lines[: _MOST // 2], (left_out, "", "", ""), *lines[len(lines) - _MOST // 2 + 1 :]]
    places = f"last places ({record['precision']})"
    return (
        Table(("layer of A", "shape", "in B", places), tuple(lines)),
        *(Prose(sentence) for sentence in _sentences(record, style)),
    )


def _line(each: Mapping[str, Any]) -> tuple[Cell, ...]:
    shape = " x ".join(map(str, each["shape"]))
    if each["distance"] is None:
        return (UserName(each["name"]), shape, "-", "-")
    return (UserName(each["name"]), shape, UserName(each["partner"]), Number(f"{each['distance']:.1f}"))


def _sentences(record: Mapping[str, Any], style: Style | None) -> list[str]:
    """What was found, in words."""
    shown = ", ".join(visible(shortened(name, 40)) for name in record["unused"][:12])
    ending = [f"In B, and like nothing in A: {shown}."] * bool(shown) + [f"Tried with {record['input']}."]
    found = record["difference"]
    if found is None:
        folded = "; what has - is not in B by itself" * any(each["distance"] is None for each in record["layers"])
        return [f"The same: every difference of the outputs is rounding{folded}.", *ending]
    said = [f"The first layer that differs: {found['layer']}"]
    if found["of"]:
        a, b = (_number(found[side], style) for side in "ab")
        row, unit = found["worst"]
        same = "given the same input, " if found["given_the_same"] else ""
        where = f"at unit {unit} of row {row}; {found['wrong']:,} of {found['of']:,} numbers differ"
        said.append(f"{same}A says {a}, B's {found['other']} says {b} {where}")
    said += [f"because: {cause}" for cause in found["causes"]]
    return [*said, *ending]


def _number(value: float, style: Style | None) -> str:
    return f"{value:.6g}" if style is None else style.rounding.text(Decimal(repr(value)))
