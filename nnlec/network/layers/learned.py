"""A field of a layer that holds what it has learned: numbers as they were written until an array is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnlec.arithmetic.written import Written

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

_NONE_GIVEN = object()


def learned(default: Any = _NONE_GIVEN) -> Any:
    """The declaration of such a field in a layer's dataclass: `weights: Array = learned()`."""
    return _Learned(default)


def as_written(layer: object, name: str) -> Array | Written | None:
    """What the field holds, without making an array of it."""
    held: Array | Written | None = layer.__dict__[name]
    return held


class _Learned:
    def __init__(self, default: Any) -> None:
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, layer: object | None, owner: type) -> Any:
        if layer is None:
            if self._default is _NONE_GIVEN:
                raise AttributeError(self._name)  # a dataclass takes it as a field without a default
            return self._default
        held = layer.__dict__[self._name]
        if isinstance(held, Written):
            held = layer.__dict__[self._name] = held.array()
        return held

    def __set__(self, layer: object, value: Any) -> None:
        layer.__dict__[self._name] = value
