"""The curve of an activation of one number: where it runs, and where it jumps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnlec.errors import NnlecError
from nnlec.network.activations import Activation
from nnlec.notation import text

SIDE = 5.0
"""The window is from -5 to 5 in x, and no more than that in y."""

_SAMPLES = 2001
_STEEPEST = 50.0  # between two samples: beyond it the function has jumped


@dataclass(frozen=True)
class Curve:
    """Its name, its formula, and pieces of points (x, y) inside the window, one piece between two jumps."""

    name: str
    formula: str
    pieces: tuple[tuple[tuple[float, float], ...], ...]

    @property
    def heights(self) -> tuple[float, float]:
        """The lowest and the highest y shown: what the curve reaches, 0 included, and at least from -1 to 1."""
        ys = [y for piece in self.pieces for _, y in piece]
        return min(-1.0, *ys), max(1.0, *ys)


def curve_of(activation: Activation) -> Curve:
    """The curve over the window. Raises `NnlecError` for a function of a whole row, which has none."""
    if not activation.kind.pointwise:
        raise NnlecError(f"{activation.name} is a function of all units together, it has no curve")
    xs = np.linspace(-SIDE, SIDE, _SAMPLES)
    ys = activation(xs.reshape(-1, 1)).ravel()
    pieces: list[list[tuple[float, float]]] = [[]]
    before = 0.0
    for x, y in zip(xs.tolist(), ys.tolist(), strict=True):
        jumps = abs(y - before) * (_SAMPLES - 1) > _STEEPEST * 2 * SIDE
        if pieces[-1] and (jumps or abs(y) > SIDE):
            pieces.append([])
        if abs(y) <= SIDE:
            pieces[-1].append((x, y))
        before = y
    settled = ", ".join(f"{name} = {value}" for name, value in activation.parameters.items())
    written = text(activation.kind.formula)
    formula = f"{written}; {settled}" if settled else written
    return Curve(activation.name, formula, tuple(tuple(piece) for piece in pieces if piece))
