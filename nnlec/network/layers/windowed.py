"""What a layer that looks through windows has: where they stand, and what people forget about them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nnlec.errors import NnlecError
from nnlec.network.layers.interface import Layer, Shaped
from nnlec.text import by

if TYPE_CHECKING:
    from nnlec.arithmetic.windows import Windows


class Windowed(Shaped):
    """A layer, a dataclass with `padding` and `stride`, of which each output is made of one window of the input."""

    windows: Windows

    def without_stride(self) -> list[tuple[str, Layer]]:
        """The mistake of forgetting the stride, where there is one: as many windows, each one step after the last."""
        if all(axis.stride == 1 for axis in self.windows.axes):
            return []
        changed: Layer = replace(self)  # type: ignore[type-var]
        object.__setattr__(changed, "windows", self.windows.with_stride_one())
        return [("the window moved by 1, not by the stride", changed)]

    def outputs_hint(self, wanted: int) -> str:
        for what, neutral in (("padding", 0), ("stride", 1)):
            try:
                other = replace(self, **{what: neutral})  # type: ignore[type-var]
            except NnlecError:
                continue
            if other.n_out == wanted != self.n_out:
                return f"without the {what} it would be {by(other.out_shape)}"
        return ""

    def inputs_hint(self, given: int) -> str:
        return f"`inputs: {{shape: [{', '.join(map(str, self.in_shape))}]}}`" if given == self.n_in else ""
