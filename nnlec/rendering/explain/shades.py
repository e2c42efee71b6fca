"""The numbers of a map as grey."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import isfinite

from nnlec.rendering.document.maps import Shades
from nnlec.rendering.explain.figures import Style


def shades_of(numbers: Sequence[Decimal], style: Style) -> Shades:
    """From black for the lowest to white for the highest, black too for what is no finite double."""
    values = [float(number) / 2 for number in numbers]  # half of each: no difference overflows
    finite = [value for value in values if isfinite(value)] or [0.0]
    low, high = min(finite), max(finite)
    span = high - low or 1.0
    levels = bytes(int((value - low) / span * 255 + 0.5) if isfinite(value) else 0 for value in values)
    ends = (style.rounding.text(chosen(numbers)) for chosen in (min, max))
    return Shades(levels, *ends)
