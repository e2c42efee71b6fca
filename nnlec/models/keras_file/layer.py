"""A layer's entry in a Keras model: its options, each of which must be read before the layer is taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

from nnlec.errors import NnlecError, shortened
from nnlec.text import counted, visible

if TYPE_CHECKING:
    import numpy as np

    from nnlec.models.keras_file.stores import Store

_NO_EFFECT = {
    "name", "trainable", "batch_input_shape", "batch_shape", "input_dtype", "autocast", "shared_object_id",
    "momentum", "fused", "synchronized", "renorm_momentum", "renorm_clipping", "seed", "noise_shape",
}  # fmt: skip
"""Options that only learning looks at, and those that are read elsewhere."""
_NO_EFFECT_ENDS = ("_initializer", "_regularizer", "_constraint")

_MOST = 1 << 31


class KerasLayer:
    """A layer's class, name and options; `keras` is the major version that wrote it."""

    def __init__(self, entry: Mapping[str, Any], store: Store, keras: int) -> None:
        self.class_name, self.name, self.config = called(entry)
        self.module = entry.get("module")
        self.registered = entry.get("registered_name")
        self.store = store
        self.keras = keras
        self._read: set[str] = set()
        self._weights_read = False
        self.ignored = False
        """Whether its options and weights do not matter."""

    @property
    def where(self) -> str:
        return f"layer '{visible(shortened(self.name))}' ({visible(shortened(self.class_name, 40))})"

    def error(self, what: str, hint: str = "") -> NnlecError:
        """The refusal of this layer: `layer 'lstm' (LSTM): ...`."""
        return NnlecError(what, where=self.where, hint=hint)

    def option(self, key: str, default: Any = None) -> Any:
        """An option as it stands there."""
        self._read.add(key)
        return self.config.get(key, default)

    def _wrong(self, key: str, value: object) -> NnlecError:
        return self.error(f"{key} is {visible(shortened(str(value)))}, which is not read")

    def flag(self, key: str, default: bool) -> bool:
        value = self.option(key, default)
        if not isinstance(value, bool):
            raise self._wrong(key, value)
        return value

    def word(self, key: str, *known: str) -> str:
        """One of these words, the first where none is given."""
        value = self.option(key)
        if value is None:
            return known[0]
        if value not in known:
            raise self._wrong(key, value)
        return str(value)

    def number(self, key: str, default: float | None = None) -> float:
        value = self.option(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise self._wrong(key, value)
        return float(value)

    def whole(self, key: str, default: int | None = None) -> int:
        """A whole number from 1 on."""
        value = self.option(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value < _MOST:
            raise self._wrong(key, value)
        return value

    def sizes(self, key: str, axes: int, default: int | tuple[int, ...] | None = None) -> tuple[int, ...]:
        """A whole number from 1 on for each axis; one stands for all."""
        given = self.option(key)
        value: Any = default if given is None else given
        listed = list(value) if isinstance(value, list | tuple) else [value] * axes
        if len(listed) != axes or not all(_is_whole(each) and each > 0 for each in listed):
            raise self._wrong(key, value)
        return tuple(listed)

    def axis(self, key: str, axes: int) -> int:
        """One axis of an example, from 0; Keras counts the batch as the first."""
        found = self.axes(key, axes)
        if len(found) != 1:
            raise self._wrong(key, self.config.get(key))
        return found[0]

    def axes(self, key: str, axes: int) -> list[int]:
        """Axes of an example, from 0; the last where none is given."""
        value = self.option(key, -1)
        listed = list(value) if isinstance(value, list | tuple) else [value]
        if not all(_is_whole(each) and -axes <= each <= axes and each != 0 for each in listed):
            raise self._wrong(key, value)
        return [each - 1 if each > 0 else axes + each for each in listed]

    def off(self, *keys: str) -> None:
        """Raises `NnlecError` where one of these options is switched on."""
        for key in keys:
            if value := self.option(key):
                raise self._wrong(key, value)

    def weights(self, shapes: Mapping[str, Sequence[int]]) -> dict[str, np.ndarray]:
        """The layer's weights by name, which must have these shapes, in this order."""
        self._weights_read = True
        arrays = self.store.arrays()
        found, wanted = [list(array.shape) for array in arrays], [list(shape) for shape in shapes.values()]
        if found != wanted:
            shown = f"its weights are {shortened(str(found))}, expected {shortened(str(wanted))}"
            raise self.error(shown if arrays else f"it has no weights, expected {', '.join(shapes)}")
        return dict(zip(shapes, arrays, strict=True))

    def precision(self) -> str:
        """float32 or float64. Raises `NnlecError` for a layer that computes in another."""
        policy = self.option("dtype")
        if isinstance(policy, Mapping):
            inner = policy.get("config")
            policy = inner.get("name") if isinstance(inner, Mapping) else policy.get("class_name")
        if policy not in (None, "float32", "float64"):
            raise self.error(f"it computes in {visible(shortened(str(policy)))}, expected float32 or float64")
        return policy or "float32"

    def finish(self) -> None:
        """Raises `NnlecError` for an option, or weights, that nobody has read."""
        if self.ignored:
            return
        for key, value in self.config.items():
            known = key in self._read or key in _NO_EFFECT or key.endswith(_NO_EFFECT_ENDS)
            if not known and value is not None:  # None: not set
                shown = f"its option {visible(shortened(str(key)))} = {visible(shortened(str(value)))}"
                raise self.error(f"{shown} is not known here")
        if not self._weights_read and (extra := len(self.store.arrays())):
            raise self.error(f"it has {counted(extra, 'array')} of weights, expected none")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MOST


def called(entry: Mapping[str, Any]) -> tuple[str, str, Mapping[str, Any]]:
    """The class, the name and the options of an entry. Raises `NnlecError` for what is none."""
    class_name, config = entry.get("class_name"), entry.get("config")
    if isinstance(config, list):  # a Sequential model of Keras before 2.2.3
        config = {"layers": config}
    if not isinstance(class_name, str) or not isinstance(config, Mapping):
        raise NnlecError("a damaged model: an entry that is no layer")
    name = entry.get("name") or config.get("name") or ""
    if not isinstance(name, str):
        raise NnlecError("a damaged model: a name that is no text")
    return class_name, name, config
