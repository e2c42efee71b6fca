"""Nodes of an ONNX graph, each of whose inputs and attributes must be read before it is taken."""

from __future__ import annotations

from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.arithmetic.written import LARGE, Stored
from nnlec.errors import NnlecError, shortened
from nnlec.models.assembly import doubles, layer_of
from nnlec.models.onnx_file.protobuf import value_of
from nnlec.models.onnx_file.tensors import DOUBLE, Files, array_of, is_there
from nnlec.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlec.models.pointwise import Expression


class Constant:
    """Numbers, or texts, that no input changes; `counted`: they depend on the number of rows."""

    def __init__(self, array: np.ndarray, *, counted: bool = False) -> None:
        self.array = array
        self.counted = counted


class Tensor(Constant):
    """A tensor of the file, read when its numbers are asked for."""

    def __init__(self, proto: Any, files: Files) -> None:
        self.proto, self.files = proto, files
        self.counted = False

    @cached_property
    def array(self) -> np.ndarray:  # type: ignore[override]
        return array_of(self.proto, self.files)


OnnxValue = Any
"""What a name of the graph stands for: an Expression or a Constant."""


class OnnxNode:
    """A node with its values, which notes what of it was read."""

    def __init__(self, proto: Any, place: int, version: int, values: Sequence[OnnxValue | None]) -> None:
        self.proto, self.place, self.version = proto, place, version
        self.operator: str = proto.op_type
        self.values = list(values)
        self._inputs: set[int] = set()
        self._attributes: set[str] = set()

    def error(self, what: str, hint: str = "") -> NnlecError:
        """The refusal of this node: `node 27 If ('/out'): ...`."""
        name = self.proto.name or (self.proto.output[0] if self.proto.output else "")
        shown = f"node {self.place} {visible(shortened(self.operator, 40))}"
        return NnlecError(what, where=f"{shown} ('{visible(shortened(name, 60))}')", hint=hint)

    def label(self, weights: int = 0) -> str:
        """What its layer is called: `fc1` of the weights `fc1.weight`, or of the node `/fc1/Gemm`; empty for none.

        `weights` is the input that they are, 0 for none.
        """
        if weights and (name := layer_of(self.proto.input[weights])):
            return name
        parts = [part for part in self.proto.name.split("/") if part]
        return parts[-2] if self.proto.name.startswith("/") and len(parts) > 1 else ""

    @property
    def size(self) -> int:
        """How many inputs it has."""
        return len(self.values)

    def value(self, index: int) -> OnnxValue | None:
        """An input; None where it is left out."""
        self._inputs.add(index)
        return self.values[index] if index < len(self.values) else None

    def part(self, index: int = 0) -> Expression:
        """An input that the rows change."""
        value = self.value(index)
        if value is None or isinstance(value, Constant):
            raise self.error(f"its input {index + 1} is a constant, expected what a layer gives")
        return value  # type: ignore[no-any-return]

    def constant(self, index: int) -> np.ndarray | None:
        """An input that nothing changes; None where it is left out."""
        value = self.value(index)
        if value is None:
            return None
        if not isinstance(value, Constant):
            raise self.error(f"its input {index + 1} is no constant: it depends on the rows")
        if value.counted:
            raise self.error(f"its input {index + 1} depends on the number of rows")
        return value.array

    def weights(self, index: int) -> np.ndarray:
        """A constant of real numbers that must be there."""
        array = self.constant(index)
        if array is None:
            raise self.error(f"its input {index + 1} is missing")
        if array.dtype.kind not in "fiu":
            raise self.error(f"its input {index + 1} holds {array.dtype}, expected numbers")
        return array

    def matrix(self, index: int, *, turned: bool = False) -> np.ndarray | Stored:
        """A constant matrix, its axes exchanged if it is `turned`; a large one is not read before it is used."""
        value = self.value(index)
        sizes = tuple(value.proto.dims) if isinstance(value, Tensor) else ()
        small = len(sizes) != 2 or min(sizes) < 1 or prod(sizes) < LARGE
        if not isinstance(value, Tensor) or small or not is_there(value.proto, value.files):
            array = self.weights(index)
            return array.T if turned else array

        def read() -> np.ndarray:
            array = array_of(value.proto, value.files)
            if not np.isfinite(array).all():
                raise self.error(f"its input {index + 1} holds a number that is not finite")
            return doubles(array.T if turned else array)

        return Stored(sizes[::-1] if turned else sizes, read, single=value.proto.data_type != DOUBLE)

    def whole(self, index: int) -> tuple[list[int], bool] | None:
        """A constant of whole numbers, and whether they depend on the number of rows; None where it is left out."""
        value = self.value(index)
        if value is None:
            return None
        if not isinstance(value, Constant) or value.array.dtype.kind not in "iu" or value.array.size > 64:
            raise self.error(f"its input {index + 1} is no short list of whole numbers known beforehand")
        return [int(number) for number in value.array.ravel()], value.counted

    def attribute(self, name: str, default: Any = None) -> Any:
        """An attribute's value, texts decoded; the default where it is not written."""
        self._attributes.add(name)
        for attribute in self.proto.attribute:
            if attribute.name == name:
                if attribute.ref_attr_name:
                    raise self.error(f"its attribute {name} belongs to a function")
                value = value_of(attribute)
                if isinstance(value, bytes):
                    return value.decode("utf-8", "replace")
                if isinstance(value, list):
                    return [each.decode("utf-8", "replace") if isinstance(each, bytes) else each for each in value]
                return value
        return default

    def whole_number(self, name: str, default: int) -> int:
        """An attribute that is one whole number."""
        value = self.attribute(name, default)
        if not isinstance(value, int):
            raise self.error(f"its attribute {name} is no whole number")
        return value

    def whole_numbers(self, name: str) -> list[int] | None:
        """An attribute that is a list of whole numbers; None where it is not written."""
        value = self.attribute(name)
        if value is not None and not (isinstance(value, list) and all(isinstance(each, int) for each in value)):
            raise self.error(f"its attribute {name} is no list of whole numbers")
        return value

    def number(self, name: str, default: float) -> float:
        """An attribute that is one number."""
        value = self.attribute(name, default)
        if not isinstance(value, float | int):
            raise self.error(f"its attribute {name} is no number")
        return float(value)

    def axes(self, rank: int) -> list[int] | None:
        """The axes of an attribute, or from some version on of the second input; from 0, the batch counted."""
        given = self.whole_numbers("axes")
        if given is None and (listed := self.whole(1)) is not None:
            given = listed[0]
        return None if given is None else [self.axis(axis, rank) for axis in given]

    def axis(self, axis: int, rank: int) -> int:
        """An axis counted from 0. Raises `NnlecError` for one that is not there."""
        if not -rank <= axis < rank:
            raise self.error(f"axis {axis} of a value with {counted(rank, 'axis')}")
        return axis % rank

    def check_accounted(self) -> None:
        """Raises `NnlecError` for an attribute or an input that nobody read."""
        for attribute in self.proto.attribute:
            if attribute.name not in self._attributes:
                raise self.error(f"its attribute '{visible(shortened(attribute.name))}' is not known here")
        for index, value in enumerate(self.values):
            if value is not None and index not in self._inputs:
                raise self.error(f"its input {index + 1} is not known here")
