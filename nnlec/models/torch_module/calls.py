"""One call of a module's forward: what is called, on what, and with which settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnlec.errors import NnlecError
from nnlec.models.assembly import layer_of
from nnlec.models.expressions import ROWS
from nnlec.models.pointwise import Expression
from nnlec.text import counted

if TYPE_CHECKING:
    from nnlec.models.torch_module import TorchWalk


COUNTING = {"size", "dim", "ndimension"}
"""Methods that only look at a shape."""

_PLAIN = {"_operator", "operator", "builtins", "math"}
"""Modules whose functions may work out a shape from the number of rows."""


class CallRow(NamedTuple):
    """What a class or a function means: its settings in a function's order, their defaults, and what is made of it.

    `listed`: its one setting may be given as arguments one by one, view(-1, 8).
    """

    settings: Mapping[str, Any]
    build: Callable[[Call], Any]
    listed: bool = False


def refusal(place: str, name: str, what: str, hint: str = "") -> NnlecError:
    """What is wrong with a call of a class or a function of that name."""
    return NnlecError(what, where=f"{place} ({name})" if place else name, hint=hint)


@dataclass
class Call:
    """A call of `row`; `function` is what to call where nothing depends on the input, the name of a method for one."""

    walk: TorchWalk
    place: str
    name: str
    row: CallRow | None
    function: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    module: Any = None
    weights: str = ""

    def error(self, what: str, hint: str = "") -> NnlecError:
        """The refusal of this call: `fc.norm (GroupNorm): ...`."""
        return refusal(self.place, self.name, what, hint)

    def label(self) -> str:
        """What its layer is called."""
        return self.place if self.module is not None else layer_of(self.weights).removeprefix("0.")

    @property
    def in_place(self) -> bool:
        """Whether it changes what it is given."""
        return bool(getattr(self.module, "inplace", self.kwargs.get("inplace", False)))

    def value(self) -> Any:
        """An Expression, or something that no input changes. Raises `NnlecError` for what is not known here."""
        if not any(isinstance(each, Expression) for each in leaves((self.args, self.kwargs))):
            return self._folded()
        first = self.args[0] if self.args else None
        if isinstance(first, Expression) and self._asks_shape:
            sizes = (ROWS, *first.shape)
            if self.name in ("dim", "ndimension"):
                return len(sizes)
            which = self.args[1:] if self.name == "size" else ()
            return sizes[which[0]] if which else sizes
        if self.row is None or self._is_own:
            raise self.error("no layer does what this does", "`nnlec guide models` lists what is read")
        return self.row.build(self)

    @property
    def _is_own(self) -> bool:
        """Whether it calls a function that is none of PyTorch's, whatever its name."""
        module = str(getattr(self.function, "__module__", ""))
        return isinstance(self.function, FunctionType) and not module.startswith(("torch.", "torchvision."))

    @property
    def _asks_shape(self) -> bool:
        return self.name in COUNTING or (self.name == "getattr" and self.args[1] == "shape")

    def _folded(self) -> Any:
        counted = any(isinstance(each, int) and each and each % ROWS == 0 for each in leaves((self.args, self.kwargs)))
        if counted and getattr(self.function, "__module__", "") not in _PLAIN:
            raise self.error("it makes something for each row, which no layer does")
        if self.function is None:
            raise self.error("what it is given does not depend on the input")
        called = getattr(self.args[0], self.function) if isinstance(self.function, str) else self.function
        rest = self.args[1:] if isinstance(self.function, str) else self.args
        return called(*rest, **self.kwargs)

    @cached_property
    def _settings(self) -> dict[str, Any]:
        assert self.row is not None
        known = self.row.settings
        if self.module is not None:
            return {key: getattr(self.module, key, default) for key, default in known.items()}
        given = dict(zip(known, self.args[1:], strict=False)) | self.kwargs
        if len(self.args) - 1 > len(known) and not self.row.listed:
            raise self.error("it is given more than is known here")
        for key, value in self.kwargs.items():
            harmless = key in ("inplace", "_stacklevel") or (key in ("dtype", "out") and value is None)
            if key not in known and not harmless:
                raise self.error(f"its setting {key} is not known here")
        return {key: given.get(key, default) for key, default in known.items()}

    def __getitem__(self, setting: str) -> Any:
        return self._settings[setting]

    @property
    def part(self) -> Expression:
        """What it works on."""
        if not self.args or not isinstance(self.args[0], Expression):
            raise self.error("what it works on does not depend on the input")
        return self.args[0]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of that, without the rows."""
        return self.part.shape

    def whole(self, setting: str) -> tuple[int, ...]:
        """A setting of whole numbers, one or several."""
        return _whole(self, self[setting])

    def listed(self, setting: str) -> tuple[int, ...]:
        """A setting of whole numbers, which may be given as arguments one by one."""
        if isinstance(self[setting], int) and len(self.args) > 2:
            return _whole(self, self.args[1:])
        return self.whole(setting)

    def axis(self, number: Any) -> int:
        """An axis, counted from 0 with the rows."""
        rank = len(self.shape) + 1
        if not isinstance(number, int) or not -rank <= number < rank:
            raise self.error(f"axis {number} of a value with {counted(rank, 'axis')}")
        return number % rank

    def array(self, setting: str) -> np.ndarray | None:
        """A setting that is a tensor; None where there is none."""
        return None if self[setting] is None else self.walk.array(self[setting])

    def layer(self, kind: str, values: Mapping[str, object]) -> Expression:
        """A layer of that kind on what it works on; values that are None are left out."""
        given = {key: value for key, value in values.items() if value is not None}
        assembly = self.walk.assembly
        return self.walk.leaf(assembly.add(kind, given, (self.walk.layer(self.part),), self.label()))


def _whole(call: Call, value: Any) -> tuple[int, ...]:
    numbers = tuple(value) if isinstance(value, list | tuple) else (value,)
    if not all(isinstance(each, int) for each in numbers):
        raise call.error(f"{numbers[:4]} are no whole numbers known beforehand")
    return tuple(map(int, numbers))


def leaves(value: Any) -> Iterator[Any]:
    """Everything in a call's arguments."""
    if isinstance(value, list | tuple):
        for each in value:
            yield from leaves(each)
    elif isinstance(value, dict):
        yield from leaves(list(value.values()))
    elif isinstance(value, slice):
        yield from (value.start, value.stop, value.step)
    else:
        yield value
