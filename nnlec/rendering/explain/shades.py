"""The numbers of a map as grey."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import isfinite

from nnlec.rendering.document.maps import Shades
from nnlec.rendering.explain.figures import Style


def shades_of(numbers: Sequence[Decimal], style: Style) -> Shades:
    """From black for the lowest to white for the highest, black too for what is no finite double."""
    values = [float(number) for number in numbers]
    finite = [value for value in values if isfinite(value)] or [0.0]
    low, high = min(finite), max(finite)
    scale = 255 / (high - low) if high - low > 0 and isfinite(high - low) else 0.0
    levels = (int((value - low) * scale + 0.5) if isfinite(value) else 0 for value in values)
    ends = (style.rounding.text(chosen(numbers)) for chosen in (min, max))
    return Shades(bytes(min(level, 255) for level in levels), *ends)
