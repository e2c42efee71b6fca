"""What a layer that looks through windows has: where they stand, and what people forget about them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from nnlec.errors import NnlecError
from nnlec.network.layers.checks import by
from nnlec.network.layers.interface import Layer

if TYPE_CHECKING:
    from nnlec.arithmetic.windows import Windows

Same = TypeVar("Same", bound="Windowed")


class Windowed(Layer):
    """A layer, a dataclass with `padding` and `stride`, of which each output is made of one window of the input."""

    windows: Windows

    def with_stride_one(self: Same) -> Same:
        """The layer with as many windows, each one step after the one before."""
        changed = replace(self)  # type: ignore[type-var]
        object.__setattr__(changed, "windows", self.windows.with_stride_one())
        return changed

    @property
    def has_stride(self) -> bool:
        return any(axis.stride > 1 for axis in self.windows.axes)

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
